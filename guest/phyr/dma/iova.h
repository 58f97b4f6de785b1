/* SPDX-License-Identifier: GPL-2.0 */
/* What map.c, iova.c and link.c share: a SINGLE in the making. */
#ifndef PHYR_DMA_IOVA_H
#define PHYR_DMA_IOVA_H

#include <linux/dma-mapping.h>
#include <linux/iommu.h>

#include "dma.h"

/* The bits of an address inside the smallest page of an IOMMU: the DMA API's merge boundary. */
static inline u64 phyr_granule_mask(const struct iommu_domain *domain)
{
	return (domain->pgsize_bitmap - 1) & ~domain->pgsize_bitmap;
}

/* iova.c */
bool __phyr_iova_alloc(struct device *dev, const struct iommu_domain *domain,
		       struct phyr_map *map);
void __phyr_iova_free(struct device *dev, struct phyr_map *map, u64 mapped);

/* Does a list begin where any large page that it could use begins? */
static __always_inline bool phyr_begins_aligned(const struct phyr_list *list)
{
	/* The alignment of all inner boundaries; without any, no page is larger than the list. */
	u64 inner = list->gaps & -list->gaps ?: rounddown_pow_of_two(list->len);

	return !(list->first & (inner - 1));
}

/* __phyr_iova_alloc() for every list; what needs no care for large pages is here, inline. */
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
 * phyr_iova_free - unlink what is linked, and give the IOVA space back
 * @dev:	the device
 * @map:	the mapping
 * @mapped:	bytes that are linked, from the first one on
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
