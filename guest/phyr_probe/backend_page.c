// SPDX-License-Identifier: GPL-2.0
/*
 * Backends page, iova and raw, which map directly from the chunks of the memory.  page:
 * dma_map_phys() for each page.
 */
#include <linux/iommu.h>
#include <linux/slab.h>

#include "probe.h"

static int pprobe_page_init(struct pprobe_mapping *m)
{
	m->addr = kvcalloc(m->mem->npages, sizeof(*m->addr), GFP_KERNEL_ACCOUNT);
	return m->addr ? 0 : -ENOMEM;
}

static void pprobe_page_exit(struct pprobe_mapping *m)
{
	kvfree(m->addr);
}

static int pprobe_page_build(struct pprobe_mapping *m)
{
	return 0;
}

/* Call @piece for each piece of at most @max bytes, for at most @limit pieces, until one fails. */
static __always_inline int pprobe_walk_pieces(struct pprobe_mapping *m, u64 max, u32 limit,
					      int (*piece)(struct pprobe_mapping *m, u32 at,
							   phys_addr_t addr, u64 len))
{
	u32 i, at = 0;
	int err;

	for (i = 0; i < m->mem->nr_chunks; i++) {
		phys_addr_t addr = m->mem->chunk[i].paddr;
		u64 left = m->mem->chunk[i].len;

		while (left) {
			u64 len = min(left, max - (addr & (max - 1)));

			if (at == limit)
				return 0;
			err = piece(m, at, addr, len);
			if (err)
				return err;
			at++;
			addr += len;
			left -= len;
		}
	}
	return 0;
}

static int pprobe_page_map_one(struct pprobe_mapping *m, u32 at, phys_addr_t addr, u64 len)
{
	m->addr[at] = dma_map_phys(m->dev, addr, len, m->dir, 0);
	return dma_mapping_error(m->dev, m->addr[at]) ? -(int)at - 1 : 0;
}

static int pprobe_page_unmap_one(struct pprobe_mapping *m, u32 at, phys_addr_t addr, u64 len)
{
	dma_unmap_phys(m->dev, m->addr[at], len, m->dir, 0);
	return 0;
}

static int pprobe_page_emit_one(struct pprobe_mapping *m, u32 at, phys_addr_t addr, u64 len)
{
	pprobe_emit(m, m->addr[at], len);
	return 0;
}

static int pprobe_page_map(struct pprobe_mapping *m)
{
	int err = pprobe_walk_pieces(m, PAGE_SIZE, m->mem->npages, pprobe_page_map_one);

	if (!err)
		return 0;
	pprobe_walk_pieces(m, PAGE_SIZE, -err - 1, pprobe_page_unmap_one);
	return -EIO;
}

static void pprobe_page_consume(struct pprobe_mapping *m)
{
	pprobe_walk_pieces(m, PAGE_SIZE, m->mem->npages, pprobe_page_emit_one);
}

static void pprobe_page_unmap(struct pprobe_mapping *m)
{
	pprobe_walk_pieces(m, PAGE_SIZE, m->mem->npages, pprobe_page_unmap_one);
}

static size_t pprobe_page_meta_bytes(struct pprobe_mapping *m)
{
	return m->mem->npages * sizeof(*m->addr) + m->mem->nr_chunks * sizeof(struct phys_vec);
}

/* iova: dma_iova_*() called directly; dma_map_phys() for each chunk without IOVA space. */

/* Larger than any chunk, so that each piece is a chunk. */
#define WHOLE	BIT_ULL(62)

static int pprobe_iova_map(struct pprobe_mapping *m)
{
	u64 mapped = 0;
	u32 i;
	int err;

	if (!dma_iova_try_alloc(m->dev, &m->iova, m->mem->chunk[0].paddr, m->mem->len)) {
		err = pprobe_walk_pieces(m, WHOLE, m->mem->nr_chunks, pprobe_page_map_one);
		if (!err)
			return 0;
		pprobe_walk_pieces(m, WHOLE, -err - 1, pprobe_page_unmap_one);
		return -EIO;
	}

	for (i = 0; i < m->mem->nr_chunks; i++) {
		const struct phys_vec *vec = &m->mem->chunk[i];

		err = dma_iova_link(m->dev, &m->iova, vec->paddr, mapped, vec->len, m->dir, 0);
		if (err)
			goto undo;
		mapped += vec->len;
	}
	err = dma_iova_sync(m->dev, &m->iova, 0, mapped);
	if (!err)
		return 0;
undo:
	dma_iova_destroy(m->dev, &m->iova, mapped, m->dir, 0);
	return err;
}

static void pprobe_iova_consume(struct pprobe_mapping *m)
{
	if (dma_use_iova(&m->iova))
		pprobe_emit(m, m->iova.addr, m->mem->len);
	else
		pprobe_walk_pieces(m, WHOLE, m->mem->nr_chunks, pprobe_page_emit_one);
}

static void pprobe_iova_unmap(struct pprobe_mapping *m)
{
	if (dma_use_iova(&m->iova))
		dma_iova_destroy(m->dev, &m->iova, m->mem->len, m->dir, 0);
	else
		pprobe_walk_pieces(m, WHOLE, m->mem->nr_chunks, pprobe_page_unmap_one);
}

static size_t pprobe_iova_meta_bytes(struct pprobe_mapping *m)
{
	return sizeof(m->iova) + m->mem->nr_chunks * sizeof(struct phys_vec);
}

/* raw: iommu_map() into IOVA space of the DMA API, the lower bound of the cost. */

static int pprobe_raw_map(struct pprobe_mapping *m)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(m->dev);
	int prot = IOMMU_CACHE | (m->dir == DMA_TO_DEVICE ? IOMMU_READ : IOMMU_WRITE);
	u64 mapped = 0;
	u32 i;
	int err = 0;

	if (!dma_iova_try_alloc(m->dev, &m->iova, m->mem->chunk[0].paddr, m->mem->len))
		return -EOPNOTSUPP;

	for (i = 0; i < m->mem->nr_chunks; i++) {
		const struct phys_vec *vec = &m->mem->chunk[i];
		u64 len = PAGE_ALIGN(vec->len + offset_in_page(vec->paddr));

		err = iommu_map(domain, (m->iova.addr & PAGE_MASK) + mapped,
				vec->paddr & PAGE_MASK, len, prot, GFP_ATOMIC);
		if (err)
			goto undo;
		mapped += len;
	}
	return 0;
undo:
	/* Whole pages: dma_iova_destroy() would add the offset in the first page. */
	iommu_unmap(domain, m->iova.addr & PAGE_MASK, mapped);
	dma_iova_free(m->dev, &m->iova);
	return err;
}

const struct pprobe_backend pprobe_backend_page = {
	.init		= pprobe_page_init,
	.exit		= pprobe_page_exit,
	.build		= pprobe_page_build,
	.map		= pprobe_page_map,
	.consume	= pprobe_page_consume,
	.unmap		= pprobe_page_unmap,
	.meta_bytes	= pprobe_page_meta_bytes,
};

const struct pprobe_backend pprobe_backend_iova = {
	.init		= pprobe_page_init,
	.exit		= pprobe_page_exit,
	.build		= pprobe_page_build,
	.map		= pprobe_iova_map,
	.consume	= pprobe_iova_consume,
	.unmap		= pprobe_iova_unmap,
	.meta_bytes	= pprobe_iova_meta_bytes,
};

const struct pprobe_backend pprobe_backend_raw = {
	.init		= pprobe_page_init,
	.exit		= pprobe_page_exit,
	.build		= pprobe_page_build,
	.map		= pprobe_raw_map,
	.consume	= pprobe_iova_consume,
	.unmap		= pprobe_iova_unmap,
	.meta_bytes	= pprobe_iova_meta_bytes,
};
