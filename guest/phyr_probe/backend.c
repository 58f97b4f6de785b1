// SPDX-License-Identifier: GPL-2.0
/*
 * The ways to get DMA addresses, side by side.  The kernel's own honour the planted defects too,
 * so that every backend can be broken and caught.
 */
#include <linux/iommu.h>
#include <linux/slab.h>

#include "probe.h"

static enum dma_data_direction real_dir(const struct probe_mapping *m)
{
	return phyr_plant_dir(m->dir);
}

/* --- sg: dma_map_sgtable() --- */

static int sg_init(struct probe_mapping *m)
{
	return sg_alloc_table(&m->table, m->mem->nr_chunks, GFP_KERNEL);
}

static void sg_exit(struct probe_mapping *m)
{
	sg_free_table(&m->table);
}

static int sg_build(struct probe_mapping *m)
{
	struct scatterlist *sg = m->table.sgl;
	u64 todo = phyr_plant_len(m->mem->len);
	u32 i;

	m->table.orig_nents = m->mem->nr_chunks;
	for (i = 0; i < m->mem->nr_chunks; i++, sg = sg_next(sg)) {
		const struct phys_vec *vec = &m->mem->chunk[i];
		u32 len = vec->len;

		if (phyr_planted(PHYR_PLANT_SHORT_MAP)) {
			if (!todo) {
				m->table.orig_nents = i;
				break;
			}
			len = min(len, todo);
			todo -= len;
		}
		sg_set_page(sg, pfn_to_page(PHYS_PFN(vec->paddr)), len,
			    offset_in_page(vec->paddr));
	}
	return 0;
}

static int sg_map(struct probe_mapping *m)
{
	return dma_map_sgtable(m->dev, &m->table, real_dir(m), 0);
}

static void sg_consume(struct probe_mapping *m)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_dma_sg(&m->table, sg, i)
		probe_emit(m, sg_dma_address(sg), sg_dma_len(sg));
}

static void sg_unmap(struct probe_mapping *m)
{
	if (!phyr_planted(PHYR_PLANT_SKIP_UNMAP))
		dma_unmap_sgtable(m->dev, &m->table, real_dir(m), 0);
}

static size_t sg_meta_bytes(struct probe_mapping *m)
{
	return sizeof(m->table) + m->mem->nr_chunks * sizeof(struct scatterlist);
}

/* --- page: dma_map_phys() for each page --- */

static int page_init(struct probe_mapping *m)
{
	m->addr = kvcalloc(m->mem->npages, sizeof(*m->addr), GFP_KERNEL);
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
	m->addr[at] = dma_map_phys(m->dev, addr, len, real_dir(m), 0);
	return dma_mapping_error(m->dev, m->addr[at]) ? -(int)at - 1 : 0;
}

static int page_unmap_one(struct probe_mapping *m, u32 at, phys_addr_t addr, u64 len)
{
	dma_unmap_phys(m->dev, m->addr[at], len, real_dir(m), 0);
	return 0;
}

static int page_emit_one(struct probe_mapping *m, u32 at, phys_addr_t addr, u64 len)
{
	probe_emit(m, m->addr[at], len);
	return 0;
}

static u32 plant_pages(const struct probe_mapping *m)
{
	return m->mem->npages - (phyr_planted(PHYR_PLANT_SHORT_MAP) && m->mem->npages > 1);
}

static int page_map(struct probe_mapping *m)
{
	int err = walk_pieces(m, PAGE_SIZE, plant_pages(m), page_map_one);

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
	if (!phyr_planted(PHYR_PLANT_SKIP_UNMAP))
		walk_pieces(m, PAGE_SIZE, plant_pages(m), page_unmap_one);
}

static size_t page_meta_bytes(struct probe_mapping *m)
{
	return m->mem->npages * sizeof(*m->addr) + m->mem->nr_chunks * sizeof(struct phys_vec);
}

/* --- iova: dma_iova_*() by hand, and each chunk alone where there is no IOVA space --- */

/* Larger than any chunk: pieces are whole chunks then. */
#define WHOLE	BIT_ULL(62)

static int iova_map(struct probe_mapping *m)
{
	u64 todo = phyr_plant_len(m->mem->len), mapped = 0;
	enum dma_data_direction dir = real_dir(m);
	u32 i;
	int err;

	if (!dma_iova_try_alloc(m->dev, &m->iova, m->mem->chunk[0].paddr, m->mem->len)) {
		err = walk_pieces(m, WHOLE, m->mem->nr_chunks, page_map_one);
		if (!err)
			return 0;
		walk_pieces(m, WHOLE, -err - 1, page_unmap_one);
		return -EIO;
	}

	for (i = 0; i < m->mem->nr_chunks && mapped < todo; i++) {
		u64 len = m->mem->chunk[i].len;

		if (phyr_planted(PHYR_PLANT_SHORT_MAP))
			len = min(len, todo - mapped);
		err = dma_iova_link(m->dev, &m->iova, m->mem->chunk[i].paddr, mapped, len, dir, 0);
		if (err)
			goto undo;
		mapped += len;
	}
	err = dma_iova_sync(m->dev, &m->iova, 0, mapped);
	if (!err)
		return 0;
undo:
	dma_iova_destroy(m->dev, &m->iova, mapped, dir, 0);
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
	if (phyr_planted(PHYR_PLANT_SKIP_UNMAP))
		return;
	if (dma_use_iova(&m->iova))
		dma_iova_destroy(m->dev, &m->iova, phyr_plant_len(m->mem->len), real_dir(m), 0);
	else
		walk_pieces(m, WHOLE, m->mem->nr_chunks, page_unmap_one);
}

static size_t iova_meta_bytes(struct probe_mapping *m)
{
	return sizeof(m->iova) + m->mem->nr_chunks * sizeof(struct phys_vec);
}

/* --- raw: iommu_map() into IOVA space of the DMA API; what no caller can go below --- */

static int raw_map(struct probe_mapping *m)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(m->dev);
	enum dma_data_direction dir = real_dir(m);
	u64 todo = PAGE_ALIGN(phyr_plant_len(m->mem->len) + offset_in_page(m->mem->chunk[0].paddr));
	int prot = IOMMU_CACHE | (dir == DMA_TO_DEVICE ? IOMMU_READ : IOMMU_WRITE);
	u64 mapped = 0;
	u32 i;
	int err = 0;

	if (!dma_iova_try_alloc(m->dev, &m->iova, m->mem->chunk[0].paddr, m->mem->len))
		return -EOPNOTSUPP;

	for (i = 0; i < m->mem->nr_chunks && mapped < todo; i++) {
		const struct phys_vec *vec = &m->mem->chunk[i];
		u64 len = PAGE_ALIGN(vec->len + offset_in_page(vec->paddr));

		if (phyr_planted(PHYR_PLANT_SHORT_MAP))
			len = min(len, todo - mapped);
		err = iommu_map(domain, (m->iova.addr & PAGE_MASK) + mapped,
				vec->paddr & PAGE_MASK, len, prot, GFP_ATOMIC);
		if (err)
			goto undo;
		mapped += len;
	}
	return 0;
undo:
	dma_iova_destroy(m->dev, &m->iova, mapped, dir, 0);
	return err;
}

/* --- phyr16, phyr8 --- */

static int phyr16_init(struct probe_mapping *m)
{
	phyr_list_init(&m->list, PHYR_PLAIN);
	return 0;
}

static int phyr8_init(struct probe_mapping *m)
{
	phyr_list_init(&m->list, PHYR_PACKED);
	return 0;
}

static void phyr_exit(struct probe_mapping *m)
{
	phyr_list_destroy(&m->list);
}

static int phyr_build(struct probe_mapping *m)
{
	u32 i;

	phyr_list_reset(&m->list);
	for (i = 0; i < m->mem->nr_chunks; i++) {
		int err = phyr_list_append(&m->list, PHYR_MEM_RAM, NULL, m->mem->chunk[i].paddr,
					   m->mem->chunk[i].len, GFP_ATOMIC);

		if (err)
			return err;
	}
	return 0;
}

static int phyr_map(struct probe_mapping *m)
{
	return phyr_dma_map(m->dev, &m->list, &m->map, m->dir, 0, GFP_ATOMIC);
}

static void phyr_consume(struct probe_mapping *m)
{
	struct phyr_dma_iter it;

	phyr_for_each_dma_range(it, &m->map)
		probe_emit(m, it.range.addr, it.range.len);
}

static void phyr_unmap(struct probe_mapping *m)
{
	phyr_dma_unmap(m->dev, &m->map);
}

static size_t phyr_meta_bytes(struct probe_mapping *m)
{
	return phyr_list_meta_bytes(&m->list) + phyr_map_meta_bytes(&m->map);
}

static const struct probe_backend backends[] = {
	[PHYR_PROBE_SG]		= { sg_init, sg_exit, sg_build, sg_map, sg_consume, sg_unmap,
				    sg_meta_bytes },
	[PHYR_PROBE_PAGE]	= { page_init, page_exit, no_build, page_map, page_consume,
				    page_unmap, page_meta_bytes },
	[PHYR_PROBE_IOVA]	= { page_init, page_exit, no_build, iova_map, iova_consume,
				    iova_unmap, iova_meta_bytes },
	[PHYR_PROBE_RAW]	= { page_init, page_exit, no_build, raw_map, iova_consume,
				    iova_unmap, iova_meta_bytes },
	[PHYR_PROBE_PHYR16]	= { phyr16_init, phyr_exit, phyr_build, phyr_map, phyr_consume,
				    phyr_unmap, phyr_meta_bytes },
	[PHYR_PROBE_PHYR8]	= { phyr8_init, phyr_exit, phyr_build, phyr_map, phyr_consume,
				    phyr_unmap, phyr_meta_bytes },
};

static const struct probe_backend *ops_of(u32 backend)
{
	switch (backend) {
	case PHYR_PROBE_ITER:
		return &probe_backend_iter;
	case PHYR_PROBE_REGISTERED:
		return &probe_backend_reg;
	default:
		return &backends[backend];
	}
}

/**
 * probe_mapping_init - get ready to map memory
 * @m:		to be set up; probe_mapping_exit() undoes it
 * @dev:	the device
 * @mem:	the memory, stays the caller's
 * @backend:	PHYR_PROBE_SG ...
 * @direction:	PHYR_PROBE_TO_DEVICE or PHYR_PROBE_FROM_DEVICE
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM; -EOPNOTSUPP for memory that the backend cannot describe; for
 * PHYR_PROBE_REGISTERED also the error of the mapping.
 */
int probe_mapping_init(struct probe_mapping *m, struct device *dev,
		       const struct probe_memory *mem, u32 backend, u32 direction)
{
	int err;

	memset(m, 0, sizeof(*m));
	m->dev = dev;
	m->mem = mem;
	m->ops = ops_of(backend);
	m->dir = direction == PHYR_PROBE_TO_DEVICE ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
	m->prp = kvcalloc(mem->npages, sizeof(*m->prp), GFP_KERNEL);
	if (!m->prp)
		return -ENOMEM;
	err = m->ops->init(m);
	if (err)
		kvfree(m->prp);
	return err;
}

/**
 * probe_mapping_release - give back all that the backend has, but not what it found
 * @m: not mapped; still to be given to probe_mapping_exit()
 *
 * Context: May sleep.
 */
void probe_mapping_release(struct probe_mapping *m)
{
	if (m->ops)
		m->ops->exit(m);
	m->ops = NULL;
}

void probe_mapping_exit(struct probe_mapping *m)
{
	probe_mapping_release(m);
	kvfree(m->prp);
}
