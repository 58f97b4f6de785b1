// SPDX-License-Identifier: GPL-2.0
/*
 * Backends without a description of their own, chunk by chunk from the memory itself.  page:
 * dma_map_phys() for each page; iova and raw below.
 */
#include <linux/iommu.h>
#include <linux/slab.h>

#include "probe.h"

static int page_init(struct probe_mapping *m)
{
	m->addr = kvcalloc(m->mem->npages, sizeof(*m->addr), GFP_KERNEL_ACCOUNT);
	return m->addr ? 0 : -ENOMEM;
}

static void page_exit(struct probe_mapping *m)
{
	kvfree(m->addr);
}

static int no_build(struct probe_mapping *m)
{
	return 0;
}

/* Walk the memory in pieces of at most @max bytes and call @piece for each, until one fails. */
static __always_inline int walk_pieces(struct probe_mapping *m, u64 max, u32 limit,
				       int (*piece)(struct probe_mapping *m, u32 at,
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

static int page_map_one(struct probe_mapping *m, u32 at, phys_addr_t addr, u64 len)
{
	m->addr[at] = dma_map_phys(m->dev, addr, len, m->dir, 0);
	return dma_mapping_error(m->dev, m->addr[at]) ? -(int)at - 1 : 0;
}

static int page_unmap_one(struct probe_mapping *m, u32 at, phys_addr_t addr, u64 len)
{
	dma_unmap_phys(m->dev, m->addr[at], len, m->dir, 0);
	return 0;
}

static int page_emit_one(struct probe_mapping *m, u32 at, phys_addr_t addr, u64 len)
{
	probe_emit(m, m->addr[at], len);
	return 0;
}

static int page_map(struct probe_mapping *m)
{
	int err = walk_pieces(m, PAGE_SIZE, m->mem->npages, page_map_one);

	if (!err)
		return 0;
	walk_pieces(m, PAGE_SIZE, -err - 1, page_unmap_one);
	return -EIO;
}

static void page_consume(struct probe_mapping *m)
{
	walk_pieces(m, PAGE_SIZE, m->mem->npages, page_emit_one);
}

static void page_unmap(struct probe_mapping *m)
{
	walk_pieces(m, PAGE_SIZE, m->mem->npages, page_unmap_one);
}

static size_t page_meta_bytes(struct probe_mapping *m)
{
	return m->mem->npages * sizeof(*m->addr) + m->mem->nr_chunks * sizeof(struct phys_vec);
}

/* iova: dma_iova_*() by hand, and each chunk alone where there is no IOVA space. */

/* Larger than any chunk: pieces are whole chunks then. */
#define WHOLE	BIT_ULL(62)

static int iova_map(struct probe_mapping *m)
{
	u64 mapped = 0;
	u32 i;
	int err;

	if (!dma_iova_try_alloc(m->dev, &m->iova, m->mem->chunk[0].paddr, m->mem->len)) {
		err = walk_pieces(m, WHOLE, m->mem->nr_chunks, page_map_one);
		if (!err)
			return 0;
		walk_pieces(m, WHOLE, -err - 1, page_unmap_one);
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

static void iova_consume(struct probe_mapping *m)
{
	if (dma_use_iova(&m->iova))
		probe_emit(m, m->iova.addr, m->mem->len);
	else
		walk_pieces(m, WHOLE, m->mem->nr_chunks, page_emit_one);
}

static void iova_unmap(struct probe_mapping *m)
{
	if (dma_use_iova(&m->iova))
		dma_iova_destroy(m->dev, &m->iova, m->mem->len, m->dir, 0);
	else
		walk_pieces(m, WHOLE, m->mem->nr_chunks, page_unmap_one);
}

static size_t iova_meta_bytes(struct probe_mapping *m)
{
	return sizeof(m->iova) + m->mem->nr_chunks * sizeof(struct phys_vec);
}

/* raw: iommu_map() into IOVA space of the DMA API; what no caller can go below. */

static int raw_map(struct probe_mapping *m)
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
	/* Whole pages; dma_iova_destroy() would add the first one's offset once more. */
	iommu_unmap(domain, m->iova.addr & PAGE_MASK, mapped);
	dma_iova_free(m->dev, &m->iova);
	return err;
}

const struct probe_backend probe_backend_page = {
	.init		= page_init,
	.exit		= page_exit,
	.build		= no_build,
	.map		= page_map,
	.consume	= page_consume,
	.unmap		= page_unmap,
	.meta_bytes	= page_meta_bytes,
};

const struct probe_backend probe_backend_iova = {
	.init		= page_init,
	.exit		= page_exit,
	.build		= no_build,
	.map		= iova_map,
	.consume	= iova_consume,
	.unmap		= iova_unmap,
	.meta_bytes	= iova_meta_bytes,
};

const struct probe_backend probe_backend_raw = {
	.init		= page_init,
	.exit		= page_exit,
	.build		= no_build,
	.map		= raw_map,
	.consume	= iova_consume,
	.unmap		= iova_unmap,
	.meta_bytes	= iova_meta_bytes,
};
