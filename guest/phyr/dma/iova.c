// SPDX-License-Identifier: GPL-2.0
/*
 * IOVA allocation for lists.
 *
 * An IOMMU uses a large page only where IOVA and physical address have the same offset in it.  The
 * DMA API ensures that for the smallest page only, but it aligns an IOVA range to its size, rounded
 * up to a power of two.  So if a list begins inside a large page and its other chunks are aligned
 * to it, we allocate more and start the list at the same offset from the beginning of the range.
 */
#include <linux/dma-mapping.h>

#include "iova.h"

/*
 * Offset in the IOVA range where the list should begin, in addition to that in the smallest page.
 */
static u64 phyr_iova_pad(const struct iommu_domain *domain, const struct phyr_list *list)
{
	u64 inside = phyr_granule_mask(domain), pages = domain->pgsize_bitmap & ~(inside + 1);
	/* The alignment of all inner boundaries; 0 if there are none. */
	u64 inner = list->gaps & -list->gaps;

	/*
	 * dma_iova_link() requires a list that begins inside the smallest page to be at offset 0.
	 */
	if (list->first & inside)
		return 0;

	/* Only pages up to the alignment of all inner boundaries can be used. */
	if (inner)
		pages &= inner * 2 - 1;

	/* The largest page size of which the list contains a whole aligned page. */
	for (; pages; pages &= ~rounddown_pow_of_two(pages)) {
		u64 page = rounddown_pow_of_two(pages), into = list->first & (page - 1);

		if (page <= list->len && (into ? page - into : 0) <= list->len - page)
			return into & ~inside;
	}
	return 0;
}

/**
 * __phyr_iova_alloc - allocate IOVA space for a list that can use large pages
 * @dev:	the device, behind an IOMMU that the DMA API uses
 * @domain:	its domain
 * @map:	the mapping with its list set; receives the state and the address of the first byte
 *
 * Context: Any.
 * Return: false if there is no space.
 */
bool __phyr_iova_alloc(struct device *dev, const struct iommu_domain *domain,
		       struct phyr_map *map)
{
	const struct phyr_list *list = map->list;
	u64 pad = phyr_iova_pad(domain, list);

	if (!dma_iova_try_alloc(dev, &map->iova, list->first, list->len + pad)) {
		/* Retry without alignment for large pages. */
		if (!pad || !dma_iova_try_alloc(dev, &map->iova, list->first, list->len))
			return false;
		pad = 0;
	}
	map->addr = map->iova.addr + pad;
	return true;
}

/*
 * The general case of phyr_iova_free(): the list does not begin at offset 0, or not all of it is
 * linked. Up to Linux 7.2, dma_iova_destroy() frees only the part of the space that is linked.
 */
void __phyr_iova_free(struct device *dev, struct phyr_map *map, u64 mapped)
{
	u64 pad = map->addr - map->iova.addr;

	if (mapped)
		dma_iova_unlink(dev, &map->iova, pad, mapped, map->dir, map->attrs);
	dma_iova_free(dev, &map->iova);
}
