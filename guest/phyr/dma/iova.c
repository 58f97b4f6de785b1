// SPDX-License-Identifier: GPL-2.0
/*
 * IOVA space for a list: how much of it, and where in it the list begins.
 *
 * An IOMMU maps a large page only where addresses and memory are congruent: equal modulo that page.
 * The DMA API takes care of that within the smallest page alone.  But it aligns IOVA space to its
 * own size, rounded up to a power of two; so a list that does not begin on a large page, and whose
 * chunks do, gets a little more, and begins as far into it as into its page.
 */
#include <linux/dma-mapping.h>

#include "iova.h"

/* How far into the space the list should begin, but for what the smallest page asks for. */
static u64 phyr_iova_pad(const struct iommu_domain *domain, const struct phyr_list *list)
{
	u64 inside = phyr_granule_mask(domain), pages = domain->pgsize_bitmap & ~(inside + 1);
	/* The alignment of all inner boundaries; 0 if there are none. */
	u64 inner = list->gaps & -list->gaps;

	/* A list that begins within a granule can be linked at the beginning of its space alone. */
	if (list->first & inside)
		return 0;

	/* No page is larger than the alignment of all inner boundaries. */
	if (inner)
		pages &= inner * 2 - 1;

	/* The largest one that fits in somewhere. */
	for (; pages; pages &= ~rounddown_pow_of_two(pages)) {
		u64 page = rounddown_pow_of_two(pages), into = list->first & (page - 1);

		if (page <= list->len && (into ? page - into : 0) <= list->len - page)
			return into & ~inside;
	}
	return 0;
}

/**
 * __phyr_iova_alloc - get IOVA space for a list that large pages may be used for
 * @dev:	the device, translated by a DMA IOMMU
 * @domain:	the domain that translates it
 * @map:	the mapping, its list is set; receives the state and the address of the first byte
 *
 * Context: Any.
 * Return: false if there is none.
 */
bool __phyr_iova_alloc(struct device *dev, const struct iommu_domain *domain,
		       struct phyr_map *map)
{
	const struct phyr_list *list = map->list;
	u64 pad = phyr_iova_pad(domain, list);

	if (!dma_iova_try_alloc(dev, &map->iova, list->first, list->len + pad)) {
		/* Large pages are a luxury. */
		if (!pad || !dma_iova_try_alloc(dev, &map->iova, list->first, list->len))
			return false;
		pad = 0;
	}
	map->addr = map->iova.addr + pad;
	return true;
}

/*
 * phyr_iova_free() where the list does not begin at the beginning of its space, and where not all
 * of it is linked: up to 7.2 dma_iova_destroy() frees no more of the space than is linked.
 */
void __phyr_iova_free(struct device *dev, struct phyr_map *map, u64 mapped)
{
	u64 pad = map->addr - map->iova.addr;

	if (mapped)
		dma_iova_unlink(dev, &map->iova, pad, mapped, map->dir, map->attrs);
	dma_iova_free(dev, &map->iova);
}
