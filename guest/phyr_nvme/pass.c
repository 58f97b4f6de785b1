// SPDX-License-Identifier: GPL-2.0
/* Passthrough requests: a mapped list, or a slice of a registered buffer, without a bio. */
#include <linux/blkdev.h>

#include "ctl.h"
#include "trace.h"

/* Check the range on the disk and initialise all but the data. */
int pnvme_pass_init(struct pnvme_pass *pass, const struct pnvme_ctrl *ctrl, bool write,
		    u64 offset, u32 len)
{
	u64 size = ctrl->nr_lba << ctrl->lba_shift;
	u32 block_mask = (1U << ctrl->lba_shift) - 1;

	if (!len || len > ctrl->max_bytes || (offset | len) & block_mask || offset > size ||
	    len > size - offset)
		return -EINVAL;
	*pass = (struct pnvme_pass){
		.write = write,
		.slba = offset >> ctrl->lba_shift,
		.len = len,
	};
	return 0;
}

static bool pnvme_pass_list(struct pnvme_ctrl *ctrl, struct pnvme_iod *iod, unsigned int tag,
			    blk_status_t *st)
{
	const struct pnvme_pass *pass = iod->pass;
	struct phyr_dma_iter it;
	struct pnvme_dptr dptr;
	u32 segs = 0;

	if (pass->map) {
		segs = pnvme_sgl_segs(ctrl, max(pass->map->list->nr, pass->map->nr));
		phyr_dma_iter_init(&it, pass->map);
	} else {
		phyr_reg_iter_init(&it, &pass->io);
	}
	if (!pnvme_dptr_begin(&dptr, ctrl, iod, tag, pass->len, segs)) {
		pnvme_count(ctrl, PNVME_STAT_BUSY, 1);
		*st = BLK_STS_RESOURCE;
		return false;
	}
	while (phyr_dma_iter_next(&it))
		pnvme_dptr_add(&dptr, it.range.addr, it.range.len);
	if (!pnvme_dptr_end(&dptr)) {
		pnvme_dptr_free(ctrl, iod);
		pnvme_count(ctrl, PNVME_STAT_REFUSED, 1);
		*st = BLK_STS_INVAL;
		return false;
	}
	if (iod->list_page)
		pnvme_count(ctrl, PNVME_STAT_LIST_PAGES, 1);
	if (dptr.sgl)
		pnvme_count(ctrl, PNVME_STAT_SGLS, 1);
	return true;
}

/**
 * pnvme_pass_map - complete the command of a passthrough request with its data pointer
 * @ctrl:	the controller
 * @rq:		the request; its queue is set, the rest of its command is there
 *
 * The data is already mapped and stays mapped if the request is requeued.
 *
 * Context: No sleeping.
 * Return: BLK_STS_OK; BLK_STS_RESOURCE to try again later; BLK_STS_INVAL if the command cannot
 * express the addresses.
 */
blk_status_t pnvme_pass_map(struct pnvme_ctrl *ctrl, struct request *rq)
{
	struct pnvme_iod *iod = blk_mq_rq_to_pdu(rq);
	const struct pnvme_pass *pass = iod->pass;
	blk_status_t st;

	if ((pass->map || !pnvme_buffer_dptr(&pass->io, &iod->cmd.common.dptr)) &&
	    !pnvme_pass_list(ctrl, iod, rq->tag, &st))
		return st;

	return BLK_STS_OK;
}

/**
 * pnvme_pass_execute - execute a passthrough request and wait for it
 * @ctrl:	the controller, with a disk
 * @pass:	the request
 *
 * Context: May sleep.
 * Return: 0 or a negative errno.  In either case the device has finished with the data.
 */
int pnvme_pass_execute(struct pnvme_ctrl *ctrl, const struct pnvme_pass *pass)
{
	struct pnvme_iod *iod;
	struct request *rq;
	blk_status_t st;

	rq = blk_mq_alloc_request(ctrl->disk->queue, pass->write ? REQ_OP_DRV_OUT : REQ_OP_DRV_IN,
				  0);
	if (IS_ERR(rq))
		return PTR_ERR(rq);
	iod = blk_mq_rq_to_pdu(rq);
	iod->pass = pass;
	iod->status = 0;
	trace_phyr_nvme_ctl_io(rq, pass->file, pass->handle, pass->addr, pass->len);
	st = blk_execute_rq(rq, false);
	/* A request completed in a batch has status OK even if the command failed. */
	if (!st)
		st = pnvme_cmd_status(iod->status);
	blk_mq_free_request(rq);
	return blk_status_to_errno(st);
}
