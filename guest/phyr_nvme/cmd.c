// SPDX-License-Identifier: GPL-2.0
/* Conversion of block requests to NVMe commands, and of NVMe status to block status. */
#include "ctl.h"

static u64 pnvme_sector_to_lba(const struct pnvme_ctrl *ctrl, sector_t sector)
{
	return sector >> (ctrl->lba_shift - SECTOR_SHIFT);
}

static void pnvme_cmd_rw(struct pnvme_ctrl *ctrl, struct nvme_command *cmd, struct request *rq,
			 u8 opcode)
{
	u16 control = 0;

	if (rq->cmd_flags & REQ_FUA)
		control |= NVME_RW_FUA;

	cmd->rw.opcode = opcode;
	cmd->rw.slba = cpu_to_le64(pnvme_sector_to_lba(ctrl, blk_rq_pos(rq)));
	cmd->rw.length = cpu_to_le16((blk_rq_bytes(rq) >> ctrl->lba_shift) - 1);
	cmd->rw.control = cpu_to_le16(control);
}

/* The ranges are stored in the tag's PRP memory, which a discard does not need for PRPs. */
static blk_status_t pnvme_cmd_discard(struct pnvme_ctrl *ctrl, struct pnvme_iod *iod,
				      struct request *rq)
{
	struct nvme_dsm_range *range = iod->q->tag_mem + rq->tag * PNVME_TAG_BYTES;
	unsigned int n = 0;
	struct bio *bio;

	__rq_for_each_bio(bio, rq) {
		if (WARN_ON_ONCE(n == PNVME_DSM_RANGES))
			return BLK_STS_IOERR;
		range[n].cattr = 0;
		range[n].nlb = cpu_to_le32(bio->bi_iter.bi_size >> ctrl->lba_shift);
		range[n].slba = cpu_to_le64(pnvme_sector_to_lba(ctrl, bio->bi_iter.bi_sector));
		n++;
	}
	if (WARN_ON_ONCE(!n))
		return BLK_STS_IOERR;

	iod->cmd.dsm.opcode = nvme_cmd_dsm;
	iod->cmd.dsm.dptr.prp1 = cpu_to_le64(iod->q->tag_dma + rq->tag * PNVME_TAG_BYTES);
	iod->cmd.dsm.nr = cpu_to_le32(n - 1);
	iod->cmd.dsm.attributes = cpu_to_le32(NVME_DSMGMT_AD);
	return BLK_STS_OK;
}

static void pnvme_cmd_pass(struct nvme_command *cmd, const struct pnvme_ctrl *ctrl,
			   const struct pnvme_pass *pass)
{
	cmd->rw.opcode = pass->write ? nvme_cmd_write : nvme_cmd_read;
	cmd->rw.slba = cpu_to_le64(pass->slba);
	cmd->rw.length = cpu_to_le16((pass->len >> ctrl->lba_shift) - 1);
}

/**
 * pnvme_cmd_init - initialise a command, except for its data pointer
 * @ctrl:	the controller
 * @iod:	the request's driver data; its queue is set
 * @rq:		the request, with a tag
 *
 * Return: BLK_STS_OK, or BLK_STS_NOTSUPP for an operation that was not offered.
 */
blk_status_t pnvme_cmd_init(struct pnvme_ctrl *ctrl, struct pnvme_iod *iod, struct request *rq)
{
	struct nvme_command *cmd = &iod->cmd;
	u16 gen = iod->gen & PNVME_CID_GEN_MASK;

	memset(cmd, 0, sizeof(*cmd));
	cmd->common.command_id = gen << PNVME_CID_TAG_BITS | rq->tag;
	cmd->common.nsid = cpu_to_le32(1);

	switch (req_op(rq)) {
	case REQ_OP_READ:
		pnvme_cmd_rw(ctrl, cmd, rq, nvme_cmd_read);
		return BLK_STS_OK;
	case REQ_OP_WRITE:
		pnvme_cmd_rw(ctrl, cmd, rq, nvme_cmd_write);
		return BLK_STS_OK;
	case REQ_OP_FLUSH:
		cmd->common.opcode = nvme_cmd_flush;
		return BLK_STS_OK;
	case REQ_OP_WRITE_ZEROES:
		pnvme_cmd_rw(ctrl, cmd, rq, nvme_cmd_write_zeroes);
		if (!(rq->cmd_flags & REQ_NOUNMAP))
			cmd->write_zeroes.control |= cpu_to_le16(NVME_WZ_DEAC);
		return BLK_STS_OK;
	case REQ_OP_DISCARD:
		return pnvme_cmd_discard(ctrl, iod, rq);
	case REQ_OP_DRV_IN:
	case REQ_OP_DRV_OUT:
		pnvme_cmd_pass(cmd, ctrl, iod->pass);
		return BLK_STS_OK;
	default:
		return BLK_STS_NOTSUPP;
	}
}

/**
 * pnvme_cmd_status - convert a command's status to a block status
 * @status:	NVMe status without the phase bit, or PNVME_SC_CANCELLED
 *
 * Return: a block status.
 */
blk_status_t pnvme_cmd_status(u16 status)
{
	switch (status & NVME_SCT_SC_MASK) {
	case NVME_SC_SUCCESS:
		return BLK_STS_OK;
	case NVME_SC_CAP_EXCEEDED:
		return BLK_STS_NOSPC;
	case NVME_SC_LBA_RANGE:
	case NVME_SC_NS_NOT_READY:
		return BLK_STS_TARGET;
	case NVME_SC_BAD_ATTRIBUTES:
	case NVME_SC_INVALID_OPCODE:
	case NVME_SC_INVALID_FIELD:
	case NVME_SC_INVALID_NS:
		return BLK_STS_NOTSUPP;
	case NVME_SC_WRITE_FAULT:
	case NVME_SC_READ_ERROR:
	case NVME_SC_UNWRITTEN_BLOCK:
		return BLK_STS_MEDIUM;
	default:
		return BLK_STS_IOERR;
	}
}
