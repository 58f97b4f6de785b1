// SPDX-License-Identifier: GPL-2.0
/* The disk: limits, tag set, and blk-mq operations. */
#include <linux/blkdev.h>
#include <linux/interrupt.h>

#include "phyr_nvme.h"
#include "trace.h"

/*
 * There may be more queues than hardware contexts, of which blk-mq makes at most one for each CPU.
 * Then the tags of a context are distributed over its queues.
 */
static struct pnvme_queue *pnvme_pick_queue(struct pnvme_queue *first, unsigned int tag)
{
	if (likely(first->group == 1))
		return first;
	return first + (tag % first->group) * first->ctrl->tagset.nr_hw_queues;
}

/* Make a request ready for the device; its command waits in the iod. */
static blk_status_t pnvme_prepare(struct pnvme_queue *q, struct request *rq)
{
	struct pnvme_iod *iod = blk_mq_rq_to_pdu(rq);
	struct pnvme_ctrl *ctrl = q->ctrl;
	blk_status_t st;

	if (unlikely(READ_ONCE(ctrl->state) != PNVME_LIVE))
		return BLK_STS_IOERR;

	if (!(rq->rq_flags & RQF_DONTPREP)) {
		rq->rq_flags |= RQF_DONTPREP;
		iod->retries = 0;
	}
	iod->q = q;
	iod->flags = 0;
	iod->list_page = NULL;

	st = pnvme_cmd_init(ctrl, iod, rq);
	if (unlikely(st))
		return st;
	if (pnvme_is_data(rq))
		st = pnvme_map(ctrl, rq);
	else if (blk_rq_is_passthrough(rq))
		st = pnvme_pass_map(ctrl, rq);
	if (unlikely(st))
		return st;
	blk_mq_start_request(rq);
	pnvme_count(ctrl, PNVME_STAT_COMMANDS, 1);
	trace_phyr_nvme_submit(rq, &iod->cmd, ctrl->dev, q->qid);
	return BLK_STS_OK;
}

static blk_status_t pnvme_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct request *rq = bd->rq;
	struct pnvme_iod *iod = blk_mq_rq_to_pdu(rq);
	struct pnvme_queue *q = pnvme_pick_queue(hctx->driver_data, rq->tag);
	blk_status_t st = pnvme_prepare(q, rq);

	if (unlikely(st))
		return st;
	/* The last request of a batch rings the doorbell of its own queue only. */
	pnvme_queue_submit(q, &iod->cmd, bd->last || q->group > 1);
	return BLK_STS_OK;
}

static void pnvme_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	pnvme_queue_ring(hctx->driver_data);
}

static void pnvme_queue_rqs(struct rq_list *rqlist)
{
	struct rq_list ready = {};
	struct rq_list rest = {};
	struct pnvme_queue *last = NULL;
	struct request *rq;

	while ((rq = rq_list_pop(rqlist))) {
		struct pnvme_queue *q = pnvme_pick_queue(rq->mq_hctx->driver_data, rq->tag);

		if (last && last != q && !rq_list_empty(&ready))
			pnvme_queue_submit_list(last, &ready);
		last = q;
		/* blk-mq passes failed requests to pnvme_queue_rq(), which returns the error. */
		if (likely(pnvme_prepare(q, rq) == BLK_STS_OK))
			rq_list_add_tail(&ready, rq);
		else
			rq_list_add_tail(&rest, rq);
	}
	if (!rq_list_empty(&ready))
		pnvme_queue_submit_list(last, &ready);
	*rqlist = rest;
}

static int pnvme_init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int i)
{
	struct pnvme_ctrl *ctrl = data;

	hctx->driver_data = &ctrl->queues[1 + i];
	return 0;
}

static void pnvme_map_queues(struct blk_mq_tag_set *set)
{
	struct pnvme_ctrl *ctrl = container_of(set, struct pnvme_ctrl, tagset);

	/* Vector 0 is the admin queue's. */
	if (ctrl->nr_io == set->nr_hw_queues)
		blk_mq_map_hw_queues(&set->map[HCTX_TYPE_DEFAULT], ctrl->dev, 1);
	else
		blk_mq_map_queues(&set->map[HCTX_TYPE_DEFAULT]);
}

static const struct blk_mq_ops pnvme_mq_ops = {
	.queue_rq	= pnvme_queue_rq,
	.queue_rqs	= pnvme_queue_rqs,
	.commit_rqs	= pnvme_commit_rqs,
	.complete	= pnvme_complete_rq,
	.init_hctx	= pnvme_init_hctx,
	.map_queues	= pnvme_map_queues,
	.timeout	= pnvme_timeout,
};

static const struct block_device_operations pnvme_bdev_ops = {
	.owner = THIS_MODULE,
};

static void pnvme_limits(const struct pnvme_ctrl *ctrl, struct queue_limits *lim)
{
	u32 block = 1U << ctrl->lba_shift;

	*lim = (struct queue_limits){
		.logical_block_size	= block,
		.physical_block_size	= block,
		.max_hw_sectors		= ctrl->max_bytes >> SECTOR_SHIFT,
		.max_segments		= min(ctrl->max_bytes / PNVME_PAGE_SIZE + 1,
					      PNVME_MAX_SEGS),
		/* A PRP can begin anywhere only in the first page, and end only in the last. */
		.virt_boundary_mask	= PNVME_PAGE_MASK,
		.seg_boundary_mask	= ULONG_MAX,
		.dma_alignment		= 3,
		.features		= BLK_FEAT_PCI_P2PDMA,
	};
	if (ctrl->vwc)
		lim->features |= BLK_FEAT_WRITE_CACHE | BLK_FEAT_FUA;
	if (ctrl->oncs & NVME_CTRL_ONCS_DSM) {
		lim->max_hw_discard_sectors = SZ_1G >> SECTOR_SHIFT;
		lim->max_discard_segments = PNVME_DSM_RANGES;
		lim->discard_granularity = block;
	}
	if (ctrl->oncs & NVME_CTRL_ONCS_WRITE_ZEROES)
		lim->max_write_zeroes_sectors = lim->max_hw_sectors;
}

static int pnvme_tagset_add(struct pnvme_ctrl *ctrl)
{
	struct blk_mq_tag_set *set = &ctrl->tagset;
	unsigned int i;
	int err;

	set->ops = &pnvme_mq_ops;
	set->nr_hw_queues = ctrl->nr_io;
	set->queue_depth = ctrl->depth - 1;	/* a full ring looks like an empty one */
	set->numa_node = dev_to_node(ctrl->dev);
	set->cmd_size = sizeof(struct pnvme_iod);
	set->timeout = READ_ONCE(pnvme_param_timeout_s) * HZ;
	set->driver_data = ctrl;

	/* May lower nr_hw_queues to the number of CPUs. */
	err = blk_mq_alloc_tag_set(set);
	if (err)
		return err;
	for (i = 0; i < ctrl->nr_io; i++) {
		struct pnvme_queue *q = &ctrl->queues[1 + i];

		q->hctx = i % set->nr_hw_queues;
		q->group = (ctrl->nr_io - q->hctx - 1) / set->nr_hw_queues + 1;
		WRITE_ONCE(q->tags, set->tags[q->hctx]);
	}
	return 0;
}

/* The interrupts stay requested: a faulty device may still complete commands. */
static void pnvme_tagset_remove(struct pnvme_ctrl *ctrl)
{
	unsigned int i;

	for (i = 1; i <= ctrl->nr_io; i++) {
		WRITE_ONCE(ctrl->queues[i].tags, NULL);
		synchronize_irq(ctrl->queues[i].irq);
	}
	blk_mq_free_tag_set(&ctrl->tagset);
}

/**
 * pnvme_disk_add - make a disk of namespace 1
 * @ctrl:	the controller, live
 *
 * Context: May sleep; does I/O (partition table).
 * Return: 0 or a negative errno.
 */
int pnvme_disk_add(struct pnvme_ctrl *ctrl)
{
	struct queue_limits lim;
	struct gendisk *disk;
	int err;

	err = pnvme_tagset_add(ctrl);
	if (err)
		return err;

	pnvme_limits(ctrl, &lim);
	disk = blk_mq_alloc_disk(&ctrl->tagset, &lim, ctrl);
	if (IS_ERR(disk)) {
		err = PTR_ERR(disk);
		goto free_tagset;
	}
	disk->fops = &pnvme_bdev_ops;
	disk->private_data = ctrl;
	snprintf(disk->disk_name, sizeof(disk->disk_name), "phyr%d", ctrl->index);
	set_capacity(disk, ctrl->nr_lba << (ctrl->lba_shift - SECTOR_SHIFT));

	/* A timeout uses it from here on. */
	ctrl->disk = disk;
	err = device_add_disk(ctrl->dev, disk, pnvme_disk_groups);
	if (!err)
		return 0;

	mutex_lock(&ctrl->lock);
	ctrl->disk = NULL;
	mutex_unlock(&ctrl->lock);
	put_disk(disk);
free_tagset:
	pnvme_tagset_remove(ctrl);
	return err;
}

/**
 * pnvme_disk_remove - remove the disk
 * @ctrl:	the controller, live or dead, but not resetting
 *
 * Waits for I/O in flight; later I/O fails.
 *
 * Context: May sleep; ctrl->lock must not be held, as a timeout may take it.
 */
void pnvme_disk_remove(struct pnvme_ctrl *ctrl)
{
	struct gendisk *disk = ctrl->disk;

	del_gendisk(disk);

	mutex_lock(&ctrl->lock);
	ctrl->disk = NULL;
	mutex_unlock(&ctrl->lock);
	put_disk(disk);
	pnvme_tagset_remove(ctrl);
}
