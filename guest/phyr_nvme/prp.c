// SPDX-License-Identifier: GPL-2.0
/*
 * PRP lists: reserve, link, finish.
 *
 * PRP1 is the first entry.  PRP2 is the second one if there are only two, else it points
 * to a list.  A list of up to 128 KiB lives in memory that the tag owns; a larger one in
 * pages of which the last entry links to the next.
 */
#include <linux/dmapool.h>

#include "prp.h"

#define PRPS_PER_PAGE	(PNVME_PAGE_SIZE / sizeof(__le64))

/**
 * pnvme_prp_begin - reserve the room for a command's PRPs
 * @prp:	the writer to set up
 * @ctrl:	the controller
 * @iod:	the request; its queue is set
 * @tag:	its tag
 * @bytes:	length of its data
 *
 * Context: Any.
 * Return: true, or false without anything reserved when there is no memory now.
 */
bool pnvme_prp_begin(struct pnvme_prp *prp, struct pnvme_ctrl *ctrl, struct pnvme_iod *iod,
		     unsigned int tag, u32 bytes)
{
	/* Besides PRP1, and whatever the offset of the first byte. */
	unsigned int entries = DIV_ROUND_UP(bytes, PNVME_PAGE_SIZE);

	prp->iod = iod;
	prp->edges = 0;
	prp->left = bytes;
	prp->pieces = 0;
	prp->page = 0;
	iod->nr_prp_pages = 0;

	if (likely(entries <= PNVME_TAG_PRPS)) {
		prp->list = iod->q->tag_mem + tag * PNVME_TAG_BYTES;
		prp->last = prp->list + PNVME_TAG_PRPS;	/* never reached with data to come */
	} else {
		unsigned int pages = 1;

		if (entries > PRPS_PER_PAGE)
			pages += DIV_ROUND_UP(entries - PRPS_PER_PAGE, PRPS_PER_PAGE - 1);
		if (WARN_ON_ONCE(pages > PNVME_PRP_PAGES))
			return false;
		while (iod->nr_prp_pages < pages) {
			unsigned int i = iod->nr_prp_pages;

			iod->prp_page[i] = dma_pool_alloc(ctrl->prp_pool, GFP_ATOMIC,
							  &iod->prp_dma[i]);
			if (!iod->prp_page[i]) {
				pnvme_prp_free(ctrl, iod);
				return false;
			}
			iod->nr_prp_pages++;
		}
		prp->list = iod->prp_page[0];
		prp->last = prp->list + PRPS_PER_PAGE - 1;
	}
	prp->slot = prp->list;
	return true;
}

/**
 * pnvme_prp_chain - go on in the next page
 * @prp:	the writer, at the last entry of a page with more than one entry to come
 */
void pnvme_prp_chain(struct pnvme_prp *prp)
{
	struct pnvme_iod *iod = prp->iod;

	prp->page++;
	*prp->slot = cpu_to_le64(iod->prp_dma[prp->page]);
	prp->slot = iod->prp_page[prp->page];
	prp->last = prp->slot + PRPS_PER_PAGE - 1;
}

/**
 * pnvme_prp_end - put the finished list into the command
 * @prp:	the writer
 *
 * Return: false if the pieces were not what PRPs can express: too few or too many bytes, or
 * a boundary inside a page.
 */
bool pnvme_prp_end(struct pnvme_prp *prp)
{
	struct pnvme_iod *iod = prp->iod;
	union nvme_data_ptr *dptr = &iod->cmd.common.dptr;

	if (unlikely(prp->left || prp->edges & PNVME_PAGE_MASK))
		return false;

	dptr->prp1 = cpu_to_le64(prp->first);
	if (prp->slot == prp->list)
		dptr->prp2 = 0;
	else if (prp->slot == prp->list + 1)
		dptr->prp2 = *prp->list;
	else if (iod->nr_prp_pages)
		dptr->prp2 = cpu_to_le64(iod->prp_dma[0]);
	else
		dptr->prp2 = cpu_to_le64(iod->q->tag_dma + ((void *)prp->list - iod->q->tag_mem));
	return true;
}

/**
 * pnvme_prp_free - give back the pages of a list
 * @ctrl:	the controller
 * @iod:	the request; the device is done with it
 *
 * Context: Any.
 */
void pnvme_prp_free(struct pnvme_ctrl *ctrl, struct pnvme_iod *iod)
{
	while (iod->nr_prp_pages) {
		unsigned int i = --iod->nr_prp_pages;

		dma_pool_free(ctrl->prp_pool, iod->prp_page[i], iod->prp_dma[i]);
	}
}
