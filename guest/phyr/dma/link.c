// SPDX-License-Identifier: GPL-2.0
/*
 * Map the chunks of a list into IOVA space.
 *
 * dma_iova_link() repeats the same checks for every chunk.  iommu_map_nosync(), which it calls, is
 * not exported.  iommu_map_sg() is exported: it calls iommu_map_nosync() for each entry and syncs
 * once.  So chunks are passed to it in batches, as scatterlist entries on the stack.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>

#include "iova.h"

#define BATCH	16

/*
 * Can the chunks be mapped with the IOMMU API? Not if they need bouncing or cache maintenance,
 * which dma_iova_link() does; not with attributes other than DMA_ATTR_MMIO; not if a length may not
 * fit in a scatterlist entry; and not without struct pages, which an entry needs for the address.
 */
static __always_inline bool phyr_link_plain(struct device *dev, const struct phyr_map *map)
{
	return dev_is_dma_coherent(dev) && !(dev_is_pci(dev) && to_pci_dev(dev)->untrusted) &&
	       !(map->attrs & ~DMA_ATTR_MMIO) && map->len <= SZ_2G &&
	       phyr_mem_has_pages(map->list->mem);
}

static __always_inline int phyr_link_prot(const struct phyr_map *map)
{
	int prot = map->attrs & DMA_ATTR_MMIO ? IOMMU_MMIO : IOMMU_CACHE;

	if (map->dir != DMA_FROM_DEVICE)
		prot |= IOMMU_READ;
	if (map->dir != DMA_TO_DEVICE)
		prot |= IOMMU_WRITE;
	return prot;
}

/*
 * iommu_map_sg() reads only the address, the length and the bus-address flag of an entry, so only
 * these are initialised.
 */
static __always_inline void phyr_sg_set(struct scatterlist *sg, phys_addr_t addr, u32 len)
{
	sg->page_link = (unsigned long)pfn_to_page(PHYS_PFN(addr));
	sg->offset = offset_in_page(addr);
	sg->length = len;
#ifdef CONFIG_NEED_SG_DMA_FLAGS
	sg->dma_flags = 0;
#endif
}

/* The general case: any chunk, at the end of a block too. */
static noinline const u64 *phyr_sg_next(struct phyr_iter *it, const u64 *at,
					struct scatterlist *sg)
{
	it->pos.at = at;
	phyr_iter_next(it);
	phyr_sg_set(sg, it->cur.paddr, it->cur.len);
	return it->pos.at;
}

/* Fill the entries with the next chunks.  Inlined for each format. */
static __always_inline void phyr_sg_fill(struct phyr_iter *it, struct scatterlist *sg,
					 const struct scatterlist *end, bool packed)
{
	const u64 *at = it->pos.at;
	struct phys_vec cur;

	for (; sg < end; sg++) {
		if (unlikely(at == it->pos.stop || (packed && !__phyr_decode_pages(*at, &cur)))) {
			at = phyr_sg_next(it, at, sg);
			continue;
		}
		at = __phyr_decode(at, packed, &cur);
		phyr_sg_set(sg, cur.paddr, cur.len);
	}
	it->pos.at = at;
}

static __always_inline int phyr_link_batches(struct device *dev, struct iommu_domain *domain,
					     struct phyr_map *map)
{
	/* Zeroing it would cost as much as mapping a chunk. */
	struct scatterlist batch[BATCH] __uninitialized;
	u64 inside = phyr_granule_mask(domain);
	int prot = phyr_link_prot(map);
	/* Only the first chunk may begin, and only the last may end, inside an IOMMU page. */
	u64 pad = map->addr & inside;
	dma_addr_t iova = map->addr - pad;
	const struct phys_vec *last = &map->list->last;
	u32 left = map->list->nr;
	struct phyr_iter it __uninitialized;

	phyr_iter_init(&it, map->list);
	for (;;) {
		u32 n = min(left, BATCH);
		struct scatterlist *end = batch + n;
		ssize_t done;

		left -= n;
		/* The last chunk is not encoded: it is in list->last. */
		if (it.pos.packed)
			phyr_sg_fill(&it, batch, end - !left, true);
		else
			phyr_sg_fill(&it, batch, end - !left, false);
		if (!left)
			phyr_sg_set(end - 1, last->paddr, (last->len + inside) & ~inside);
		batch->offset -= pad;
		batch->length += pad;
		pad = 0;

		done = iommu_map_sg(domain, iova, batch, n, prot, GFP_ATOMIC);
		if (unlikely(done < 0)) {
			/* iommu_map_sg() has undone this batch. */
			__phyr_iova_free(dev, map, iova > map->addr ? iova - map->addr : 0);
			return done;
		}
		if (!left)
			return 0;
		iova += done;
	}
}

/* Map chunk by chunk with dma_iova_link(), which works for every device. */
static noinline int phyr_link_each(struct device *dev, struct phyr_map *map)
{
	u64 pad = map->addr - map->iova.addr, mapped = 0;
	struct phyr_iter it;
	int err;

	phyr_for_each(it, map->list) {
		err = dma_iova_link(dev, &map->iova, it.cur.paddr, pad + mapped, it.cur.len,
				    map->dir, map->attrs);
		if (err)
			goto undo;
		mapped += it.cur.len;
	}
	err = dma_iova_sync(dev, &map->iova, pad, mapped);
	if (!err)
		return 0;
undo:
	__phyr_iova_free(dev, map, mapped);
	return err;
}

/* Returned by phyr_iova_setup() if the chunks are still to be mapped. */
#define PHYR_LINK_PLAIN	1

/* Allocate IOVA space; if the IOMMU API cannot be used, also map the list. */
static __always_inline int phyr_iova_setup(struct device *dev, struct iommu_domain *domain,
					   struct phyr_map *map)
{
	if (unlikely(!phyr_iova_alloc(dev, domain, map)))
		return -ENOMEM;
	if (unlikely(!phyr_link_plain(dev, map)))
		return phyr_link_each(dev, map);
	return PHYR_LINK_PLAIN;
}

/**
 * phyr_map_chunks - map a list of several chunks as one IOVA range
 * @dev:	the device
 * @domain:	its domain
 * @map:	the mapping with its list set, whose inner boundaries are aligned to IOMMU pages;
 *		receives the address of the first byte and the state of the IOVA space
 *
 * Context: Any.
 * Return: 0, -ENOMEM or an error of the IOMMU driver; nothing is linked or allocated then.
 */
int phyr_map_chunks(struct device *dev, struct iommu_domain *domain, struct phyr_map *map)
{
	int err = phyr_iova_setup(dev, domain, map);

	return likely(err == PHYR_LINK_PLAIN) ? phyr_link_batches(dev, domain, map) : err;
}

/**
 * phyr_map_chunk - phyr_map_chunks() for a list of one chunk
 * @dev:	the device
 * @domain:	its domain
 * @map:	the mapping
 *
 * Context: Any.
 * Return: 0, -ENOMEM or an error of the IOMMU driver; nothing is linked or allocated then.
 */
int phyr_map_chunk(struct device *dev, struct iommu_domain *domain, struct phyr_map *map)
{
	u64 inside = phyr_granule_mask(domain), pad;
	int err = phyr_iova_setup(dev, domain, map);

	if (unlikely(err != PHYR_LINK_PLAIN))
		return err;
	pad = map->addr & inside;
	err = iommu_map(domain, map->addr - pad, map->list->first - pad,
			(map->len + pad + inside) & ~inside, phyr_link_prot(map), GFP_ATOMIC);
	if (unlikely(err))
		__phyr_iova_free(dev, map, 0);
	return err;
}
