// SPDX-License-Identifier: GPL-2.0
/*
 * PRP lists: reserve, finish, free.
 *
 * PRP1 is the first entry.  PRP2 is the second one if there are only two, else it points
 * to a list.  A list of up to 128 KiB lives in memory that the tag owns, a larger one in a
 * page; PNVME_MAX_KIB is what fits there at any offset, so lists are never linked.
 */
#include <linux/dmapool.h>

#include "prp.h"

static_assert(PNVME_MAX_KIB * 1024 / PNVME_PAGE_SIZE <= PNVME_PAGE_SIZE / sizeof(__le64));

/**
 * pnvme_prp_begin - reserve the room for a command's PRPs
 * @prp:	the writer to set up
 * @ctrl:	the controller
 * @iod:	the request; its queue is set
 * @tag:	its tag
 * @bytes:	length of its data, up to PNVME_MAX_KIB
 *
 * Context: Any.
 * Return: true, or false without anything reserved when there is no memory now.
 */
bool pnvme_prp_begin(struct pnvme_prp *prp, struct pnvme_ctrl *ctrl, struct pnvme_iod *iod,
		     unsigned int tag, u32 bytes)
{
	prp->iod = iod;
	prp->edges = 0;
	prp->left = bytes;
	prp->pieces = 0;
	prp->shape = PHYR_SHAPE_NONE;

	/* Entries besides PRP1, whatever the offset of the first byte: bytes / page, rounded up. */
	if (likely(bytes <= PNVME_TAG_PRPS * PNVME_PAGE_SIZE)) {
		prp->list = iod->q->tag_mem + tag * PNVME_TAG_BYTES;
		iod->prp_dma = iod->q->tag_dma + tag * PNVME_TAG_BYTES;
	} else {
		iod->prp_page = dma_pool_alloc(ctrl->prp_pool, GFP_ATOMIC, &iod->prp_dma);
		if (!iod->prp_page)
			return false;
		prp->list = iod->prp_page;
	}
	prp->slot = prp->list;
	return true;
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
	union nvme_data_ptr *dptr = &prp->iod->cmd.common.dptr;

	if (unlikely(prp->left || prp->edges & PNVME_PAGE_MASK))
		return false;

	dptr->prp1 = cpu_to_le64(prp->first);
	if (prp->slot == prp->list)
		dptr->prp2 = 0;
	else if (prp->slot == prp->list + 1)
		dptr->prp2 = *prp->list;
	else
		dptr->prp2 = cpu_to_le64(prp->iod->prp_dma);
	return true;
}

/**
 * pnvme_prp_free - give back the page of a list, if it has one
 * @ctrl:	the controller
 * @iod:	the request; the device is done with it
 *
 * Context: Any.
 */
void pnvme_prp_free(struct pnvme_ctrl *ctrl, struct pnvme_iod *iod)
{
	if (likely(!iod->prp_page))
		return;
	dma_pool_free(ctrl->prp_pool, iod->prp_page, iod->prp_dma);
	iod->prp_page = NULL;
}
