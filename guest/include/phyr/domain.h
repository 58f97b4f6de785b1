/* SPDX-License-Identifier: GPL-2.0 */
/* Lists in an IOMMU domain of the caller, who also chooses the IOVA; no DMA API. */
#ifndef PHYR_DOMAIN_H
#define PHYR_DOMAIN_H

#include "list.h"

struct iommu_domain;

/**
 * phyr_domain_map - map a list in a domain, chunk by chunk
 * @domain:	a paging domain of the caller (iommu_paging_domain_alloc_flags()), not the DMA API's
 * @iova:	address of the first byte, a multiple of the domain's smallest page
 * @list:	the list, not empty, in whole such pages; it may be freed after the call, the memory
 *		only after phyr_domain_unmap()
 * @prot:	IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE, ...; IOMMU_MMIO is added for P2P memory and
 *		MMIO
 * @gfp:	for page tables
 *
 * Calls iommu_map() for each chunk.  The IOMMU uses a large page where @iova and the physical
 * address have the same offset in it, so choose @iova accordingly.  The range must be unmapped.
 * For memory of a peer, the caller must have checked that the attached devices can access it.
 *
 * Context: May sleep if @gfp allows; calls for the same part of a domain are serialised by the
 * caller.
 * Return: 0; -EINVAL for an empty list, or one that is not in whole pages; -ERANGE outside the
 * domain's aperture; -ENOMEM, or another error of iommu_map().  After an error nothing is mapped.
 */
int phyr_domain_map(struct iommu_domain *domain, u64 iova, const struct phyr_list *list, int prot,
		    gfp_t gfp);

/**
 * phyr_domain_unmap - undo phyr_domain_map()
 * @domain:	the domain
 * @iova:	as passed to phyr_domain_map()
 * @len:	bytes of the list
 *
 * The IOTLB is flushed when it returns.
 *
 * Context: May sleep.  Serialised by the caller, as for phyr_domain_map().
 */
void phyr_domain_unmap(struct iommu_domain *domain, u64 iova, u64 len);

#endif /* PHYR_DOMAIN_H */
