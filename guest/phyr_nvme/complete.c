// SPDX-License-Identifier: GPL-2.0
/* Completion of commands. */
#include <linux/blkdev.h>

#include "phyr_nvme.h"

/* Called from the interrupt handler, or with the interrupt disabled. */
void pnvme_admin_complete(struct pnvme_ctrl *ctrl, const struct nvme_completion *cqe)
{
	struct pnvme_admin *admin = &ctrl->admin;
	u32 cid = READ_ONCE(cqe->command_id);

	/* Accept it once: a duplicate must not complete the next command. */
	if (cmpxchg(&admin->waits, cid, PNVME_NO_CID) != cid) {
		dev_err_ratelimited(ctrl->dev, "admin completion of unknown id %#x\n", cid);
		return;
	}
	admin->status = le16_to_cpu(cqe->status) >> 1;
	admin->result = le32_to_cpu(cqe->result.u32);
	complete(&admin->done);
}

static void pnvme_retry_or_fail(struct request *rq)
{
	struct pnvme_iod *iod = blk_mq_rq_to_pdu(rq);
	struct pnvme_ctrl *ctrl = iod->q->ctrl;
	bool cancelled = iod->status == PNVME_SC_CANCELLED;
	bool final = !cancelled && iod->status & NVME_STATUS_DNR;

	if (!final && !blk_noretry_request(rq) && iod->retries < PNVME_MAX_RETRIES &&
	    READ_ONCE(ctrl->state) != PNVME_DEAD) {
		iod->retries++;
		blk_mq_requeue_request(rq, true);
		return;
	}
	if (!(rq->rq_flags & RQF_QUIET))
		dev_err_ratelimited(ctrl->dev, "%s of %u bytes at sector %llu failed, status %#x\n",
				    blk_op_str(req_op(rq)), blk_rq_bytes(rq), blk_rq_pos(rq),
				    iod->status);
	blk_mq_end_request(rq, pnvme_cmd_status(iod->status));
}

/* Context: hard interrupt, softirq or process. */
void pnvme_complete_rq(struct request *rq)
{
	struct pnvme_iod *iod = blk_mq_rq_to_pdu(rq);

	pnvme_unmap(rq);
	if (unlikely(iod->status))
		pnvme_retry_or_fail(rq);
	else
		blk_mq_end_request(rq, BLK_STS_OK);
}

/* Complete several requests that succeeded. */
void pnvme_complete_batch(struct io_comp_batch *iob)
{
	struct request *rq;

	rq_list_for_each(&iob->req_list, rq)
		pnvme_unmap(rq);
	blk_mq_end_request_batch(iob);
}
