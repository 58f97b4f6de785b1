// SPDX-License-Identifier: GPL-2.0
/*
 * Linking the chunks of a list into a piece of IOVA space.
 *
 * dma_iova_link() decides anew for every chunk what is the same for all of them, and the kernel's
 * iommu_map_nosync() below it is not exported.  iommu_map_sg() is, and does no more than call it
 * for each entry and sync once: so chunks go through it in batches, as entries on the stack.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>

#include "iova.h"

#define BATCH	16

/*
 * May chunks be entered by the IOMMU API itself?  Not if they must be bounced or their caches
 * cleaned, which is dma_iova_link()'s work; nor if an attribute asks for something that is not
 * known here, or a length does not fit an entry, or there are no pages to carry the addresses.
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
 * Of an entry iommu_map_sg() reads address and length, and whether that is a bus address:
 * sg_init_table() clears more than that, and sg_set_page() keeps marks that are not there.
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

/* The next chunk, wherever and whatever it is. */
static noinline const u64 *phyr_sg_next(struct phyr_iter *it, const u64 *at,
					struct scatterlist *sg)
{
	it->at = at;
	phyr_iter_next(it);
	phyr_sg_set(sg, it->cur.paddr, it->cur.len);
	return it->at;
}

/* The next chunks, as many as there are entries.  A loop for each format. */
static __always_inline void phyr_sg_fill(struct phyr_iter *it, struct scatterlist *sg,
					 const struct scatterlist *end, bool packed)
{
	const u64 *at = it->at;
	struct phys_vec cur;

	for (; sg < end; sg++) {
		if (unlikely(at == it->stop || (packed && !__phyr_decode_pages(*at, &cur)))) {
			at = phyr_sg_next(it, at, sg);
			continue;
		}
		at = __phyr_decode(at, packed, &cur);
		phyr_sg_set(sg, cur.paddr, cur.len);
	}
	it->at = at;
}

static __always_inline int phyr_link_batches(struct device *dev, struct iommu_domain *domain,
					     struct phyr_map *map)
{
	/* Clearing it would cost as much as entering a chunk. */
	struct scatterlist batch[BATCH] __uninitialized;
	u64 inside = phyr_granule_mask(domain);
	int prot = phyr_link_prot(map);
	/* Only the very first chunk may begin, and the last one end, within a granule. */
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
		/* The last chunk of a list is at hand. */
		if (it.packed)
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
			/* It takes back its own batch. */
			__phyr_iova_free(dev, map, iova > map->addr ? iova - map->addr : 0);
			return done;
		}
		if (!left)
			return 0;
		iova += done;
	}
}

/* The way that is open to every device. */
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

/* What phyr_iova_setup() says of a list whose chunks are still to be entered. */
#define PHYR_LINK_PLAIN	1

/* IOVA space for a list; where the IOMMU API may not be used, all of its mapping. */
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
 * phyr_map_chunks - get IOVA space for a list of several chunks and link them into it
 * @dev:	the device
 * @domain:	the domain that translates it
 * @map:	the mapping; its list has no gaps that matter.  Receives the first address and the
 *		state of the IOVA space
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
 * phyr_map_chunk - phyr_map_chunks() for a list of one
 * @dev:	the device
 * @domain:	the domain that translates it
 * @map:	the mapping
 *
 * Ends in the call that dma_map_phys() ends in.
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
