// SPDX-License-Identifier: GPL-2.0
/* What all backends share: the order of reserving, mapping and undoing. */
#include <linux/string.h>

#include "phyr_plant.h"
#include "prp.h"

static const struct pnvme_backend *const pnvme_backends[] = {
	&pnvme_backend_sg,
	&pnvme_backend_iter,
	&pnvme_backend_iova,
	&pnvme_backend_phyr16,
	&pnvme_backend_phyr8,
};

/**
 * pnvme_backend_find - look a backend up
 * @name:	its name, a newline after it is ignored
 *
 * Return: the backend or NULL.
 */
const struct pnvme_backend *pnvme_backend_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pnvme_backends); i++)
		if (sysfs_streq(name, pnvme_backends[i]->name))
			return pnvme_backends[i];
	return NULL;
}

static void pnvme_do_unmap(struct pnvme_ctrl *ctrl, struct request *rq, struct pnvme_iod *iod)
{
	iod->flags &= ~PNVME_IOD_MAPPED;
	ctrl->backend->unmap(ctrl, rq, iod);
}

/**
 * pnvme_map - map the data of a read or write and complete its command
 * @ctrl:	the controller
 * @rq:		the request; its queue is set, the rest of its command is there
 *
 * Context: No sleeping.
 * Return: BLK_STS_OK; BLK_STS_RESOURCE to try again later; BLK_STS_INVAL when the device
 * cannot reach the memory; BLK_STS_IOERR.  After an error nothing is mapped or reserved.
 */
blk_status_t pnvme_map(struct pnvme_ctrl *ctrl, struct request *rq)
{
	struct pnvme_iod *iod = blk_mq_rq_to_pdu(rq);
	u32 bytes = blk_rq_bytes(rq);
	struct pnvme_prp prp;
	blk_status_t st;

	if (unlikely(!pnvme_prp_begin(&prp, ctrl, iod, rq->tag, bytes))) {
		st = BLK_STS_RESOURCE;
		goto count_error;
	}
	st = ctrl->backend->map(ctrl, rq, iod, &prp);
	if (unlikely(st))
		goto free_prp;
	iod->flags |= PNVME_IOD_MAPPED;

	if (unlikely(!pnvme_prp_end(&prp))) {
		dev_err_ratelimited(ctrl->dev, "%s: pieces that PRPs cannot express\n",
				    ctrl->backend->name);
		pnvme_do_unmap(ctrl, rq, iod);
		st = BLK_STS_IOERR;
		goto free_prp;
	}
	pnvme_count(ctrl, PNVME_STAT_MAPPED, 1);
	pnvme_count(ctrl, PNVME_STAT_BYTES, bytes);
	pnvme_count(ctrl, PNVME_STAT_PIECES, prp.pieces);
	if (prp.pieces == 1)
		pnvme_count(ctrl, PNVME_STAT_SINGLE, 1);
	if (iod->prp_page)
		pnvme_count(ctrl, PNVME_STAT_PRP_PAGES, 1);

	if (phyr_planted(PHYR_PLANT_WRONG_LENGTH) && iod->cmd.rw.length)
		le16_add_cpu(&iod->cmd.rw.length, -1);
	if (phyr_planted(PHYR_PLANT_EARLY_UNMAP))
		pnvme_do_unmap(ctrl, rq, iod);
	return BLK_STS_OK;

free_prp:
	pnvme_prp_free(ctrl, iod);
count_error:
	if (st == BLK_STS_RESOURCE)
		pnvme_count(ctrl, PNVME_STAT_BUSY, 1);
	else
		pnvme_count(ctrl, PNVME_STAT_REFUSED, 1);
	return st;
}

/**
 * pnvme_unmap - undo pnvme_map(), if it was done
 * @rq:	the request; the device is done with it
 *
 * Context: Any.
 */
void pnvme_unmap(struct request *rq)
{
	struct pnvme_iod *iod = blk_mq_rq_to_pdu(rq);
	struct pnvme_ctrl *ctrl = iod->q->ctrl;

	if (iod->flags & PNVME_IOD_MAPPED)
		pnvme_do_unmap(ctrl, rq, iod);
	pnvme_prp_free(ctrl, iod);
}
