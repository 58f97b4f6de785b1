// SPDX-License-Identifier: GPL-2.0
/*
 * Backend iter: the block layer's DMA iterator.  It supports requests only, so the memory becomes
 * the data of a request in a private queue, which has no disk and is never run.
 */
#include <linux/blk-mq-dma.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/limits.h>
#include <linux/slab.h>

#include "probe.h"

/* A DMA range that must be unmapped by itself. */
struct pprobe_piece {
	dma_addr_t addr;
	u64 len;
};

/**
 * struct pprobe_iter - a private request
 * @set:	tag set of the queue
 * @rq:		the request
 * @bio:	its bio
 * @vec:	the memory
 * @nr:		number of @piece
 * @piece:	the ranges that were mapped
 */
struct pprobe_iter {
	struct blk_mq_tag_set set;
	struct request *rq;
	struct bio bio;
	struct bio_vec *vec;
	u32 nr;
	struct pprobe_piece *piece;
};

static blk_status_t pprobe_iter_queue_rq(struct blk_mq_hw_ctx *hctx,
					 const struct blk_mq_queue_data *bd)
{
	return BLK_STS_IOERR;
}

static const struct blk_mq_ops queue_ops = {
	.queue_rq = pprobe_iter_queue_rq,
};

static int pprobe_iter_build(struct pprobe_mapping *m)
{
	struct pprobe_iter *p = m->priv;
	u32 i;

	for (i = 0; i < m->mem->nr_chunks; i++) {
		const struct phys_vec *chunk = &m->mem->chunk[i];

		bvec_set_page(&p->vec[i], pfn_to_page(PHYS_PFN(chunk->paddr)), chunk->len,
			      offset_in_page(chunk->paddr));
	}
	return 0;
}

static int pprobe_iter_make_request(struct pprobe_mapping *m, struct pprobe_iter *p)
{
	struct queue_limits lim = {
		.max_hw_sectors = UINT_MAX >> SECTOR_SHIFT,
		.max_segments = USHRT_MAX,
		.max_segment_size = UINT_MAX,
		.seg_boundary_mask = ULONG_MAX,
		.dma_alignment = 3,
		.features = BLK_FEAT_PCI_P2PDMA,
	};
	blk_opf_t op = m->dir == DMA_TO_DEVICE ? REQ_OP_DRV_OUT : REQ_OP_DRV_IN;
	struct request_queue *q;
	int err;

	q = blk_mq_alloc_queue(&p->set, &lim, NULL);
	if (IS_ERR(q))
		return PTR_ERR(q);
	p->rq = blk_mq_alloc_request(q, op, 0);
	if (IS_ERR(p->rq)) {
		err = PTR_ERR(p->rq);
		goto out_queue;
	}
	pprobe_iter_build(m);
	bio_init(&p->bio, NULL, p->vec, m->mem->nr_chunks, op);
	p->bio.bi_vcnt = m->mem->nr_chunks;
	p->bio.bi_iter.bi_size = m->mem->len;
	err = blk_rq_append_bio(p->rq, &p->bio);
	if (!err)
		return 0;
	blk_mq_free_request(p->rq);
out_queue:
	blk_mq_destroy_queue(q);
	blk_put_queue(q);
	return err;
}

static int pprobe_iter_init(struct pprobe_mapping *m)
{
	struct pprobe_iter *p;
	int err = -ENOMEM;

	if (m->mem->nr_chunks > USHRT_MAX || m->mem->len > S32_MAX)
		return -EOPNOTSUPP;
	p = kzalloc_obj(*p);
	if (!p)
		return -ENOMEM;
	m->priv = p;
	p->vec = kvcalloc(m->mem->nr_chunks, sizeof(*p->vec), GFP_KERNEL_ACCOUNT);
	p->piece = kvcalloc(m->mem->nr_chunks, sizeof(*p->piece), GFP_KERNEL_ACCOUNT);
	if (!p->vec || !p->piece)
		goto out_free;

	p->set.ops = &queue_ops;
	p->set.nr_hw_queues = 1;
	p->set.queue_depth = 1;
	p->set.numa_node = NUMA_NO_NODE;
	err = blk_mq_alloc_tag_set(&p->set);
	if (err)
		goto out_free;
	err = pprobe_iter_make_request(m, p);
	if (!err)
		return 0;
	blk_mq_free_tag_set(&p->set);
out_free:
	kvfree(p->piece);
	kvfree(p->vec);
	kfree(p);
	return err;
}

static void pprobe_iter_exit(struct pprobe_mapping *m)
{
	struct pprobe_iter *p = m->priv;
	struct request_queue *q = p->rq->q;

	p->rq->bio = NULL;
	p->rq->biotail = NULL;
	blk_mq_free_request(p->rq);
	blk_mq_destroy_queue(q);
	blk_put_queue(q);
	blk_mq_free_tag_set(&p->set);
	kvfree(p->piece);
	kvfree(p->vec);
	kfree(p);
}

static void pprobe_iter_unmap(struct pprobe_mapping *m)
{
	struct pprobe_iter *p = m->priv;
	u32 i;

	if (blk_rq_dma_unmap(p->rq, m->dev, &m->iova, m->mem->len, PCI_P2PDMA_MAP_NONE))
		return;
	for (i = 0; i < p->nr; i++)
		dma_unmap_phys(m->dev, p->piece[i].addr, p->piece[i].len, rq_dma_dir(p->rq), 0);
}

static int pprobe_iter_save(struct pprobe_iter *p, u32 limit, dma_addr_t addr, u64 len)
{
	if (p->nr == limit)
		return -EOVERFLOW;
	p->piece[p->nr++] = (struct pprobe_piece){ addr, len };
	return 0;
}

/* As in the kernel's nvme driver, with the same shortcut for a request of one segment. */
static int pprobe_iter_map(struct pprobe_mapping *m)
{
	struct pprobe_iter *p = m->priv;
	struct blk_dma_iter iter;
	int err;

	p->nr = 0;
	if (blk_rq_nr_phys_segments(p->rq) == 1) {
		struct bio_vec bv = req_bvec(p->rq);
		dma_addr_t addr = dma_map_bvec(m->dev, &bv, rq_dma_dir(p->rq), 0);

		memset(&m->iova, 0, sizeof(m->iova));
		if (dma_mapping_error(m->dev, addr))
			return -EIO;
		return pprobe_iter_save(p, m->mem->nr_chunks, addr, bv.bv_len);
	}

	if (!blk_rq_dma_map_iter_start(p->rq, m->dev, &m->iova, &iter))
		return blk_status_to_errno(iter.status);
	do {
		err = pprobe_iter_save(p, m->mem->nr_chunks, iter.addr, iter.len);
		if (unlikely(err)) {
			if (!dma_use_iova(&m->iova))
				dma_unmap_phys(m->dev, iter.addr, iter.len, rq_dma_dir(p->rq), 0);
			goto undo;
		}
	} while (blk_rq_dma_map_iter_next(p->rq, m->dev, &iter));
	err = blk_status_to_errno(iter.status);
	if (likely(!err))
		return 0;
undo:
	pprobe_iter_unmap(m);
	return err;
}

static void pprobe_iter_consume(struct pprobe_mapping *m)
{
	struct pprobe_iter *p = m->priv;
	u32 i;

	for (i = 0; i < p->nr; i++)
		pprobe_emit(m, p->piece[i].addr, p->piece[i].len);
}

static size_t pprobe_iter_meta_bytes(struct pprobe_mapping *m)
{
	struct pprobe_iter *p = m->priv;
	size_t kept = 0;

	if (!dma_use_iova(&m->iova) && dma_need_unmap(m->dev))
		kept = p->nr * sizeof(*p->piece);
	return m->mem->nr_chunks * sizeof(*p->vec) + sizeof(m->iova) + kept;
}

const struct pprobe_backend pprobe_backend_iter = {
	.init		= pprobe_iter_init,
	.exit		= pprobe_iter_exit,
	.build		= pprobe_iter_build,
	.map		= pprobe_iter_map,
	.consume	= pprobe_iter_consume,
	.unmap		= pprobe_iter_unmap,
	.meta_bytes	= pprobe_iter_meta_bytes,
};
