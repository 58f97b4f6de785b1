// SPDX-License-Identifier: GPL-2.0
/* Submission and completion queues, their doorbells and interrupts. */
#include <linux/interrupt.h>

#include "phyr_nvme.h"
#include "trace.h"

/**
 * pnvme_queue_alloc - allocate a queue pair
 * @ctrl:	the controller
 * @qid:	which one
 * @depth:	entries
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM; nothing is left allocated then.
 */
int pnvme_queue_alloc(struct pnvme_ctrl *ctrl, u16 qid, u32 depth)
{
	struct pnvme_queue *q = &ctrl->queues[qid];
	u32 stride = NVME_CAP_STRIDE(ctrl->cap);

	q->ctrl = ctrl;
	q->qid = qid;
	q->depth = depth;
	q->sq_db = ctrl->bar + NVME_REG_DBS + ((2 * qid) << (2 + stride));
	q->cq_db = ctrl->bar + NVME_REG_DBS + ((2 * qid + 1) << (2 + stride));
	spin_lock_init(&q->sq_lock);
	snprintf(q->name, sizeof(q->name), "phyr_nvme%dq%u", ctrl->index, qid);

	q->sq = dma_alloc_coherent(ctrl->dev, depth * sizeof(*q->sq), &q->sq_dma, GFP_KERNEL);
	if (!q->sq)
		return -ENOMEM;
	q->cq = dma_alloc_coherent(ctrl->dev, depth * sizeof(*q->cq), &q->cq_dma, GFP_KERNEL);
	if (!q->cq)
		goto free_sq;
	if (qid) {
		q->tag_mem = dma_alloc_coherent(ctrl->dev, depth * PNVME_TAG_BYTES, &q->tag_dma,
						GFP_KERNEL);
		if (!q->tag_mem)
			goto free_cq;
	}
	return 0;

free_cq:
	dma_free_coherent(ctrl->dev, depth * sizeof(*q->cq), q->cq, q->cq_dma);
free_sq:
	dma_free_coherent(ctrl->dev, depth * sizeof(*q->sq), q->sq, q->sq_dma);
	q->sq = NULL;
	return -ENOMEM;
}

/**
 * pnvme_queue_free - free what pnvme_queue_alloc() allocated
 * @q:	the pair; the device does not use it any more, its interrupt is free
 */
void pnvme_queue_free(struct pnvme_queue *q)
{
	struct device *dev = q->ctrl->dev;

	if (q->qid)
		dma_free_coherent(dev, q->depth * PNVME_TAG_BYTES, q->tag_mem, q->tag_dma);
	dma_free_coherent(dev, q->depth * sizeof(*q->cq), q->cq, q->cq_dma);
	dma_free_coherent(dev, q->depth * sizeof(*q->sq), q->sq, q->sq_dma);
}

/**
 * pnvme_queue_reset - make a pair as the device expects a new one
 * @q:	the pair; the device does not use it
 *
 * Context: May sleep.
 */
void pnvme_queue_reset(struct pnvme_queue *q)
{
	disable_irq(q->irq);
	q->sq_tail = 0;
	q->sq_rung = 0;
	q->cq_head = 0;
	q->cq_phase = 1;
	memset(q->cq, 0, q->depth * sizeof(*q->cq));
	enable_irq(q->irq);
}

static void pnvme_sq_add(struct pnvme_queue *q, const struct nvme_command *cmd)
{
	lockdep_assert_held(&q->sq_lock);

	memcpy(&q->sq[q->sq_tail], cmd, sizeof(*cmd));
	if (++q->sq_tail == q->depth)
		q->sq_tail = 0;
}

static void pnvme_sq_ring(struct pnvme_queue *q)
{
	lockdep_assert_held(&q->sq_lock);

	if (q->sq_rung == q->sq_tail)
		return;
	/* writel() orders the commands before the doorbell. */
	writel(q->sq_tail, q->sq_db);
	q->sq_rung = q->sq_tail;
}

/**
 * pnvme_queue_submit - give the device a command
 * @q:		the queue; the caller knows that it has room, by owning a tag
 * @cmd:	the command
 * @ring:	ring the doorbell; false if another command follows immediately
 *
 * Context: Any but interrupts.
 */
void pnvme_queue_submit(struct pnvme_queue *q, const struct nvme_command *cmd, bool ring)
{
	spin_lock(&q->sq_lock);
	pnvme_sq_add(q, cmd);
	if (ring)
		pnvme_sq_ring(q);
	spin_unlock(&q->sq_lock);
}

/* Submit all requests of a list and ring the doorbell once.  The list is empty afterwards. */
void pnvme_queue_submit_list(struct pnvme_queue *q, struct rq_list *list)
{
	struct request *rq;

	spin_lock(&q->sq_lock);
	while ((rq = rq_list_pop(list)))
		pnvme_sq_add(q, &((struct pnvme_iod *)blk_mq_rq_to_pdu(rq))->cmd);
	pnvme_sq_ring(q);
	spin_unlock(&q->sq_lock);
}

/* Ring the doorbell if commands were added since the last time. */
void pnvme_queue_ring(struct pnvme_queue *q)
{
	spin_lock(&q->sq_lock);
	pnvme_sq_ring(q);
	spin_unlock(&q->sq_lock);
}

/*
 * Find the request of a completion.  Returns NULL and logs an error if the id is invalid, or if the
 * request is not in flight any more.
 */
static struct request *pnvme_find_rq(struct pnvme_queue *q, u16 cid)
{
	struct blk_mq_tags *tags = READ_ONCE(q->tags);
	u16 gen = cid >> PNVME_CID_TAG_BITS, due;
	struct pnvme_iod *iod;
	struct request *rq;

	/* Without tags no command is in flight. */
	rq = tags ? blk_mq_tag_to_rq(tags, cid & PNVME_CID_TAG_MASK) : NULL;
	if (unlikely(!rq || !blk_mq_request_started(rq))) {
		dev_err_ratelimited(q->ctrl->dev, "queue %u: completion of unknown id %#x\n",
				    q->qid, cid);
		return NULL;
	}
	iod = blk_mq_rq_to_pdu(rq);
	/* Tags may be distributed over several queues. */
	if (unlikely(iod->q != q)) {
		dev_err_ratelimited(q->ctrl->dev, "queue %u: invalid id %#x: it is queue %u's\n",
				    q->qid, cid, iod->q->qid);
		return NULL;
	}
	due = iod->gen & PNVME_CID_GEN_MASK;
	if (unlikely(gen != due)) {
		dev_err_ratelimited(q->ctrl->dev,
				    "queue %u: invalid id %#x: genctr mismatch (got %#x expected %#x)\n",
				    q->qid, cid, gen, due);
		return NULL;
	}
	return rq;
}

static void pnvme_handle_cqe(struct pnvme_queue *q, const struct nvme_completion *cqe,
			     struct io_comp_batch *iob)
{
	u16 cid = READ_ONCE(cqe->command_id);
	struct pnvme_iod *iod;
	struct request *rq;

	if (unlikely(!q->qid)) {
		pnvme_admin_complete(q->ctrl, cqe);
		return;
	}
	rq = pnvme_find_rq(q, cid);
	if (unlikely(!rq))
		return;
	iod = blk_mq_rq_to_pdu(rq);
	iod->status = le16_to_cpu(cqe->status) >> 1;
	trace_phyr_nvme_complete(q->ctrl->dev, q->qid, cid, iod->status);
	/* A second completion with this id is invalid. */
	iod->gen++;

	if (unlikely(blk_should_fake_timeout(rq->q)) || blk_mq_complete_request_remote(rq))
		return;
	if (!blk_mq_add_to_batch(rq, iob, iod->status, pnvme_complete_batch))
		pnvme_complete_rq(rq);
}

static bool pnvme_poll_cq(struct pnvme_queue *q, struct io_comp_batch *iob)
{
	bool found = false;

	for (;;) {
		const struct nvme_completion *cqe = &q->cq[q->cq_head];

		if ((le16_to_cpu(READ_ONCE(cqe->status)) & 1) != q->cq_phase)
			break;
		/* Read the rest of the entry after the phase bit. */
		dma_rmb();
		found = true;
		pnvme_handle_cqe(q, cqe, iob);
		if (++q->cq_head == q->depth) {
			q->cq_head = 0;
			q->cq_phase ^= 1;
		}
	}
	return found;
}

static void pnvme_cq_ring(struct pnvme_queue *q)
{
	writel(q->cq_head, q->cq_db);
}

static irqreturn_t pnvme_irq(int irq, void *data)
{
	struct pnvme_queue *q = data;
	DEFINE_IO_COMP_BATCH(iob);

	if (!pnvme_poll_cq(q, &iob))
		return IRQ_NONE;
	pnvme_cq_ring(q);
	if (!rq_list_empty(&iob.req_list))
		pnvme_complete_batch(&iob);
	return IRQ_HANDLED;
}

/**
 * pnvme_queue_poll - handle completions whose interrupt was lost
 * @q:	the pair
 *
 * Context: May sleep.
 */
void pnvme_queue_poll(struct pnvme_queue *q)
{
	disable_irq(q->irq);
	if (pnvme_poll_cq(q, NULL))
		pnvme_cq_ring(q);
	enable_irq(q->irq);
}

/**
 * pnvme_queue_mute - disable the interrupt of a pair until pnvme_queue_drain()
 * @q:	the pair
 *
 * Called before the device is disabled: its doorbells must not be written after that.
 *
 * Context: May sleep.
 */
void pnvme_queue_mute(struct pnvme_queue *q)
{
	disable_irq(q->irq);
}

/**
 * pnvme_queue_drain - handle commands that completed before the device was disabled
 * @q:	the pair, muted
 *
 * Context: May sleep.
 */
void pnvme_queue_drain(struct pnvme_queue *q)
{
	pnvme_poll_cq(q, NULL);
	enable_irq(q->irq);
}

/**
 * pnvme_queue_request_irq - request the queue's interrupt, the vector of the same number
 * @q:	the pair
 *
 * Context: May sleep.
 * Return: 0 or a negative errno.
 */
int pnvme_queue_request_irq(struct pnvme_queue *q)
{
	q->irq = pci_irq_vector(to_pci_dev(q->ctrl->dev), q->qid);
	if (q->irq < 0)
		return q->irq;
	/* No entry has this phase, so nothing is pending until pnvme_queue_reset(). */
	q->cq_phase = 2;
	return request_irq(q->irq, pnvme_irq, 0, q->name, q);
}

void pnvme_queue_free_irq(struct pnvme_queue *q)
{
	free_irq(q->irq, q);
}
