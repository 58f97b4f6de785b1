// SPDX-License-Identifier: GPL-2.0
/*
 * Timeouts: poll, then abort the command, then reset the controller.
 *
 * A request is completed, and its data unmapped, only after its completion entry or after the
 * device is disabled.
 */
#include "phyr_nvme.h"

static bool pnvme_cancel_rq(struct request *rq, void *data)
{
	struct pnvme_iod *iod = blk_mq_rq_to_pdu(rq);

	if (blk_mq_rq_state(rq) == MQ_RQ_IN_FLIGHT) {
		iod->status = PNVME_SC_CANCELLED;
		iod->gen++;
		blk_mq_complete_request(rq);
	}
	return true;
}

/* Complete all requests in flight.  The device is disabled and the queues are quiesced. */
static void pnvme_cancel_all(struct pnvme_ctrl *ctrl)
{
	blk_mq_tagset_busy_iter(&ctrl->tagset, pnvme_cancel_rq, NULL);
	blk_mq_tagset_wait_completed_request(&ctrl->tagset);
}

/**
 * pnvme_ctrl_stop - disable the device and cancel all requests
 * @ctrl:	the controller
 * @next:	PNVME_RESETTING: requests are requeued and wait for reset_work; PNVME_DEAD: these
 *		and all later requests fail
 * @shutdown:	let the device flush its cache first
 *
 * Context: May sleep; ctrl->lock is held.
 */
void pnvme_ctrl_stop(struct pnvme_ctrl *ctrl, enum pnvme_state next, bool shutdown)
{
	unsigned int nr_io = ctrl->disk ? ctrl->nr_io : 0, i;

	lockdep_assert_held(&ctrl->lock);

	if (ctrl->disk && !ctrl->quiesced) {
		blk_mq_quiesce_tagset(&ctrl->tagset);
		ctrl->quiesced = true;
	}
	WRITE_ONCE(ctrl->state, next);
	for (i = 1; i <= nr_io; i++)
		pnvme_queue_mute(&ctrl->queues[i]);
	pnvme_ctrl_disable(ctrl, shutdown);
	for (i = 1; i <= nr_io; i++)
		pnvme_queue_drain(&ctrl->queues[i]);
	if (!ctrl->disk)
		return;
	pnvme_cancel_all(ctrl);

	if (next == PNVME_DEAD) {
		blk_mq_unquiesce_tagset(&ctrl->tagset);
		ctrl->quiesced = false;
	}
}

void pnvme_reset_work(struct work_struct *work)
{
	struct pnvme_ctrl *ctrl = container_of(work, struct pnvme_ctrl, reset_work);
	int err;

	guard(mutex)(&ctrl->lock);
	if (ctrl->removing || ctrl->state != PNVME_RESETTING)
		return;

	err = pnvme_ctrl_enable(ctrl);
	if (!err)
		err = pnvme_ctrl_start_io(ctrl);
	if (err) {
		dev_err(ctrl->dev, "reset failed (%d), all I/O fails from now on\n", err);
		pnvme_ctrl_stop(ctrl, PNVME_DEAD, false);
		return;
	}
	pnvme_count(ctrl, PNVME_STAT_RESETS, 1);
	dev_warn(ctrl->dev, "controller was reset\n");
	WRITE_ONCE(ctrl->state, PNVME_LIVE);
	blk_mq_unquiesce_tagset(&ctrl->tagset);
	ctrl->quiesced = false;
}

static bool pnvme_in_flight(struct request *rq)
{
	return blk_mq_rq_state(rq) == MQ_RQ_IN_FLIGHT;
}

/**
 * pnvme_timeout - blk-mq's timeout handler
 * @rq:	the request, in flight for too long
 *
 * Context: A workqueue.
 * Return: BLK_EH_DONE if @rq is completed; BLK_EH_RESET_TIMER to wait longer.
 */
enum blk_eh_timer_return pnvme_timeout(struct request *rq)
{
	struct pnvme_iod *iod = blk_mq_rq_to_pdu(rq);
	struct pnvme_queue *q = iod->q;
	struct pnvme_ctrl *ctrl = q->ctrl;

	pnvme_count(ctrl, PNVME_STAT_TIMEOUTS, 1);

	/* Perhaps only the interrupt is lost.  A stopped controller is polled already. */
	scoped_guard(mutex, &ctrl->lock) {
		if (ctrl->state == PNVME_LIVE)
			pnvme_queue_poll(q);
	}
	if (!pnvme_in_flight(rq)) {
		dev_warn(ctrl->dev, "queue %u: completion without interrupt\n", q->qid);
		return BLK_EH_DONE;
	}

	if (READ_ONCE(ctrl->state) == PNVME_LIVE && !READ_ONCE(ctrl->removing) &&
	    !(iod->flags & PNVME_IOD_ABORTED)) {
		iod->flags |= PNVME_IOD_ABORTED;
		pnvme_count(ctrl, PNVME_STAT_ABORTS, 1);
		dev_warn(ctrl->dev, "queue %u: command %#x timed out, aborting it\n", q->qid,
			 iod->cmd.common.command_id);
		if (!pnvme_admin_abort(ctrl, iod))
			return BLK_EH_RESET_TIMER;
	}

	guard(mutex)(&ctrl->lock);
	if (ctrl->state == PNVME_LIVE && pnvme_in_flight(rq)) {
		dev_err(ctrl->dev, "queue %u: command %#x is lost, stopping the controller\n",
			q->qid, iod->cmd.common.command_id);
		pnvme_ctrl_stop(ctrl, ctrl->removing ? PNVME_DEAD : PNVME_RESETTING, false);
		if (!ctrl->removing)
			queue_work(system_dfl_wq, &ctrl->reset_work);
	}
	/* pnvme_ctrl_stop() has completed it. */
	return pnvme_in_flight(rq) ? BLK_EH_RESET_TIMER : BLK_EH_DONE;
}
