/* SPDX-License-Identifier: GPL-2.0 */
/* What map.c, iova.c and link.c share: a SINGLE in the making. */
#ifndef PHYR_IOVA_H
#define PHYR_IOVA_H

#include <linux/iommu.h>

#include "internal.h"

/* The smallest page of an IOMMU: what the DMA API calls its merge boundary, plus one. */
static inline u64 phyr_granule(const struct iommu_domain *domain)
{
	return domain->pgsize_bitmap & -domain->pgsize_bitmap;
}

/* iova.c */
bool phyr_iova_alloc(struct device *dev, const struct iommu_domain *domain, struct phyr_map *map);
void phyr_iova_free(struct device *dev, struct phyr_map *map, u64 mapped);

/* link.c */
int phyr_link(struct device *dev, struct iommu_domain *domain, struct phyr_map *map, u64 todo,
	      u64 *mapped);

#endif /* PHYR_IOVA_H */
