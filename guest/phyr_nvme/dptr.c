// SPDX-License-Identifier: GPL-2.0
/*
 * Data pointers of commands: choice of PRPs or SGL, reservation, completion, release.
 *
 * PRP1 is the first entry.  PRP2 is the second one if there are only two, else it points to a
 * list.  An SGL of one descriptor is in the command itself, a longer one is a single segment that
 * the command points to.
 *
 * A small list is in memory that the tag owns, a larger one in a page.  PNVME_MAX_KIB and
 * PNVME_MAX_SEGS limit a list to one page, so lists are never linked.
 */
#include <linux/dmapool.h>

#include "dptr.h"

static_assert(PNVME_MAX_KIB * 1024 / PNVME_PAGE_SIZE <= PNVME_PAGE_SIZE / sizeof(__le64));
static_assert(PNVME_MAX_SEGS <= PNVME_PAGE_SIZE / sizeof(struct nvme_sgl_desc));

/**
 * pnvme_dptr_begin - reserve the memory of a command's data pointer
 * @dptr:	the writer to set up
 * @ctrl:	the controller
 * @iod:	the request; its queue is set
 * @tag:	its tag
 * @bytes:	length of its data, up to PNVME_MAX_KIB
 * @segs:	most DMA ranges that may follow, up to PNVME_MAX_SEGS; 0 to use PRPs
 *
 * Context: Any.
 * Return: false if memory is short; nothing is reserved then.
 */
bool pnvme_dptr_begin(struct pnvme_dptr *dptr, struct pnvme_ctrl *ctrl, struct pnvme_iod *iod,
		      unsigned int tag, u32 bytes, u32 segs)
{
	/* PRPs besides PRP1, whatever the offset of the first byte: bytes / page, rounded up. */
	u32 reach = PNVME_TAG_ENTRIES * PNVME_PAGE_SIZE, need = bytes;

	dptr->iod = iod;
	dptr->sgl = false;
	dptr->shape = PHYR_SHAPE_NONE;
	dptr->left = bytes;
	dptr->pieces = 0;
	dptr->edges = 0;
	/* An SGL takes 16 bytes for each segment, PRPs 8 bytes for each page. */
	if (unlikely(segs && bytes / segs >= ctrl->sgl_bytes)) {
		dptr->sgl = true;
		dptr->edges = 1;
		reach = PNVME_TAG_BYTES;
		need = segs * sizeof(*dptr->desc);
	}

	if (likely(need <= reach)) {
		dptr->list = iod->q->tag_mem + tag * PNVME_TAG_BYTES;
		iod->list_dma = iod->q->tag_dma + tag * PNVME_TAG_BYTES;
	} else {
		iod->list_page = dma_pool_alloc(ctrl->list_pool, GFP_ATOMIC, &iod->list_dma);
		if (!iod->list_page)
			return false;
		dptr->list = iod->list_page;
	}
	if (likely(!dptr->sgl)) {
		dptr->slot = dptr->list;
	} else {
		dptr->room = segs;
		dptr->odd = 0;
	}
	return true;
}

/* pnvme_dptr_add() for an SGL; the range is already counted. */
void __pnvme_dptr_add_sgl(struct pnvme_dptr *dptr, dma_addr_t addr, u32 len)
{
	dptr->odd |= addr | len;
	if (unlikely(len > dptr->left || dptr->pieces > dptr->room)) {
		dptr->odd |= 1;
		return;
	}
	dptr->left -= len;
	dptr->desc[dptr->pieces - 1] = (struct nvme_sgl_desc){
		.addr = cpu_to_le64(addr),
		.length = cpu_to_le32(len),
		.type = NVME_SGL_FMT_DATA_DESC << 4,
	};
}

static bool pnvme_end_sgl(struct pnvme_dptr *dptr)
{
	struct nvme_command *cmd = &dptr->iod->cmd;

	if (unlikely(dptr->left || dptr->odd & 3))
		return false;

	cmd->common.flags |= NVME_CMD_SGL_METABUF;
	if (dptr->pieces == 1)
		cmd->common.dptr.sgl = dptr->desc[0];
	else
		cmd->common.dptr.sgl = (struct nvme_sgl_desc){
			.addr = cpu_to_le64(dptr->iod->list_dma),
			.length = cpu_to_le32(dptr->pieces * sizeof(*dptr->desc)),
			.type = NVME_SGL_FMT_LAST_SEG_DESC << 4,
		};
	return true;
}

static bool pnvme_end_prp(struct pnvme_dptr *dptr)
{
	union nvme_data_ptr *out = &dptr->iod->cmd.common.dptr;

	if (unlikely(dptr->left || dptr->edges & PNVME_PAGE_MASK))
		return false;

	out->prp1 = cpu_to_le64(dptr->first);
	if (dptr->slot == dptr->list)
		out->prp2 = 0;
	else if (dptr->slot == dptr->list + 1)
		out->prp2 = *dptr->list;
	else
		out->prp2 = cpu_to_le64(dptr->iod->list_dma);
	return true;
}

/**
 * pnvme_dptr_end - write the data pointer into the command
 * @dptr:	the writer
 *
 * Return: false if the ranges cannot be expressed: too few or too many bytes; for PRPs a boundary
 * inside a page; for an SGL one that is not a multiple of 4.
 */
bool pnvme_dptr_end(struct pnvme_dptr *dptr)
{
	return unlikely(dptr->sgl) ? pnvme_end_sgl(dptr) : pnvme_end_prp(dptr);
}

/**
 * pnvme_dptr_free - free the page of the list, if there is one
 * @ctrl:	the controller
 * @iod:	the request; the device has finished with it
 *
 * Context: Any.
 */
void pnvme_dptr_free(struct pnvme_ctrl *ctrl, struct pnvme_iod *iod)
{
	if (likely(!iod->list_page))
		return;
	dma_pool_free(ctrl->list_pool, iod->list_page, iod->list_dma);
	iod->list_page = NULL;
}
