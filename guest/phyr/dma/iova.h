/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by map.c, iova.c and link.c: making a SINGLE behind an IOMMU. */
#ifndef PHYR_DMA_IOVA_H
#define PHYR_DMA_IOVA_H

#include <linux/dma-mapping.h>
#include <linux/iommu.h>

#include "dma.h"

/* Mask of the offset in the IOMMU's smallest page; equal to dma_get_merge_boundary(). */
static inline u64 phyr_granule_mask(const struct iommu_domain *domain)
{
	return (domain->pgsize_bitmap - 1) & ~domain->pgsize_bitmap;
}

/* iova.c */
bool __phyr_iova_alloc(struct device *dev, const struct iommu_domain *domain,
		       struct phyr_map *map);
void __phyr_iova_free(struct device *dev, struct phyr_map *map, u64 mapped);

/* Is the start of a list aligned to the largest page size that it could use? */
static __always_inline bool phyr_begins_aligned(const struct phyr_list *list)
{
	/* Limited by the alignment of all inner boundaries, or by the length if there are none. */
	u64 inner = list->gaps & -list->gaps ?: rounddown_pow_of_two(list->len);

	return !(list->first & (inner - 1));
}

/* Allocate IOVA space for a list; inline for lists that need no alignment for large pages. */
static __always_inline bool phyr_iova_alloc(struct device *dev, const struct iommu_domain *domain,
					    struct phyr_map *map)
{
	if (unlikely(map->len >= PMD_SIZE && !phyr_begins_aligned(map->list)))
		return __phyr_iova_alloc(dev, domain, map);
	if (unlikely(!dma_iova_try_alloc(dev, &map->iova, map->list->first, map->len)))
		return false;
	map->addr = map->iova.addr;
	return true;
}

/**
 * phyr_iova_free - unlink a list and free its IOVA space
 * @dev:	the device
 * @map:	the mapping
 * @mapped:	bytes that are linked, from the start of the list
 *
 * Context: Any.
 */
static __always_inline void phyr_iova_free(struct device *dev, struct phyr_map *map, u64 mapped)
{
	if (likely(map->addr == map->iova.addr))
		dma_iova_destroy(dev, &map->iova, mapped, map->dir, map->attrs);
	else
		__phyr_iova_free(dev, map, mapped);
}

/* link.c */
int phyr_map_chunk(struct device *dev, struct iommu_domain *domain, struct phyr_map *map);
int phyr_map_chunks(struct device *dev, struct iommu_domain *domain, struct phyr_map *map);

#endif /* PHYR_DMA_IOVA_H */
