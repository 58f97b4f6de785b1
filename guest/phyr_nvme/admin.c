// SPDX-License-Identifier: GPL-2.0
/*
 * Admin commands: synchronous, one at a time.
 *
 * Everything that needs them can sleep: probe, reset, and the timeout handler, which the
 * block layer runs from a workqueue.
 */
#include <linux/interrupt.h>

#include "phyr_nvme.h"

/**
 * pnvme_admin_cmd - send an admin command and wait for it
 * @ctrl:	the controller, enabled
 * @cmd:	the command; its id is set here
 * @result:	where dword 0 of the completion goes, or NULL
 * @timeout:	jiffies to wait
 *
 * Context: May sleep.
 * Return: 0; -ETIMEDOUT, after which the device may still execute the command; -EIO with
 * the status in the log when the device refused it.
 */
int pnvme_admin_cmd(struct pnvme_ctrl *ctrl, struct nvme_command *cmd, u32 *result,
		    unsigned long timeout)
{
	struct pnvme_admin *admin = &ctrl->admin;
	u16 status;

	guard(mutex)(&admin->lock);

	reinit_completion(&admin->done);
	cmd->common.command_id = ++admin->cid;
	WRITE_ONCE(admin->waits, admin->cid);
	pnvme_queue_submit(&ctrl->queues[0], cmd, true);

	if (!wait_for_completion_timeout(&admin->done, timeout)) {
		/* The interrupt may have been lost. */
		pnvme_queue_poll(&ctrl->queues[0]);
		if (!try_wait_for_completion(&admin->done)) {
			/* A late completion is for no one. */
			WRITE_ONCE(admin->waits, PNVME_NO_CID);
			synchronize_irq(ctrl->queues[0].irq);
			dev_err(ctrl->dev, "admin command %#x timed out\n", cmd->common.opcode);
			return -ETIMEDOUT;
		}
	}
	status = admin->status;
	if (result)
		*result = admin->result;
	if (status) {
		dev_err(ctrl->dev, "admin command %#x failed, status %#x\n",
			cmd->common.opcode, status);
		return -EIO;
	}
	return 0;
}

static unsigned long pnvme_admin_timeout(void)
{
	return READ_ONCE(pnvme_param_timeout_s) * HZ;
}

int pnvme_admin_identify(struct pnvme_ctrl *ctrl, u8 cns, u32 nsid, void *buf, dma_addr_t dma)
{
	struct nvme_command cmd = {
		.identify.opcode = nvme_admin_identify,
		.identify.nsid = cpu_to_le32(nsid),
		.identify.dptr.prp1 = cpu_to_le64(dma),
		.identify.cns = cns,
	};

	memset(buf, 0, PNVME_PAGE_SIZE);
	return pnvme_admin_cmd(ctrl, &cmd, NULL, pnvme_admin_timeout());
}

/**
 * pnvme_admin_queue_count - agree on the number of I/O queues
 * @ctrl:	the controller
 * @nr:		in: wanted, out: granted, never more than wanted
 *
 * Return: 0 or an error of pnvme_admin_cmd().
 */
int pnvme_admin_queue_count(struct pnvme_ctrl *ctrl, unsigned int *nr)
{
	u32 n = *nr - 1, result = 0;
	struct nvme_command cmd = {
		.features.opcode = nvme_admin_set_features,
		.features.fid = cpu_to_le32(NVME_FEAT_NUM_QUEUES),
		.features.dword11 = cpu_to_le32(n | n << 16),
	};
	int err = pnvme_admin_cmd(ctrl, &cmd, &result, pnvme_admin_timeout());

	if (!err)
		*nr = min3(*nr, (result & 0xffff) + 1, (result >> 16) + 1);
	return err;
}

/**
 * pnvme_admin_create_queue - make an I/O queue pair known to the device
 * @ctrl:	the controller
 * @q:		the pair; its vector has the number of the queue
 *
 * Return: 0 or an error of pnvme_admin_cmd().  Nothing is undone: disabling the controller
 * deletes all queues.
 */
int pnvme_admin_create_queue(struct pnvme_ctrl *ctrl, struct pnvme_queue *q)
{
	struct nvme_command cq = {
		.create_cq.opcode = nvme_admin_create_cq,
		.create_cq.prp1 = cpu_to_le64(q->cq_dma),
		.create_cq.cqid = cpu_to_le16(q->qid),
		.create_cq.qsize = cpu_to_le16(q->depth - 1),
		.create_cq.cq_flags = cpu_to_le16(NVME_QUEUE_PHYS_CONTIG | NVME_CQ_IRQ_ENABLED),
		.create_cq.irq_vector = cpu_to_le16(q->qid),
	};
	struct nvme_command sq = {
		.create_sq.opcode = nvme_admin_create_sq,
		.create_sq.prp1 = cpu_to_le64(q->sq_dma),
		.create_sq.sqid = cpu_to_le16(q->qid),
		.create_sq.qsize = cpu_to_le16(q->depth - 1),
		.create_sq.sq_flags = cpu_to_le16(NVME_QUEUE_PHYS_CONTIG),
		.create_sq.cqid = cpu_to_le16(q->qid),
	};
	int err;

	err = pnvme_admin_cmd(ctrl, &cq, NULL, pnvme_admin_timeout());
	if (err)
		return err;
	return pnvme_admin_cmd(ctrl, &sq, NULL, pnvme_admin_timeout());
}

/**
 * pnvme_admin_abort - ask the device to abort a command
 * @ctrl:	the controller
 * @iod:	the command
 *
 * Return: 0 if the device answered; whether the command was aborted shows in its own completion.
 * Otherwise an error of pnvme_admin_cmd().
 */
int pnvme_admin_abort(struct pnvme_ctrl *ctrl, const struct pnvme_iod *iod)
{
	struct nvme_command cmd = {
		.abort.opcode = nvme_admin_abort_cmd,
		.abort.sqid = cpu_to_le16(iod->q->qid),
		.abort.cid = iod->cmd.common.command_id,
	};

	return pnvme_admin_cmd(ctrl, &cmd, NULL, 5 * HZ);
}
