/* SPDX-License-Identifier: GPL-2.0 */
/* Lists in an IOMMU domain of one's own: the caller says at which address, not the DMA API. */
#ifndef PHYR_DOMAIN_H
#define PHYR_DOMAIN_H

#include "list.h"

struct iommu_domain;

/**
 * phyr_domain_map - enter a list into a domain, chunk by chunk
 * @domain:	a paging domain that is the caller's, and not the DMA API's: see
 *		iommu_paging_domain_alloc_flags()
 * @iova:	where the list is to begin, a multiple of the domain's smallest page
 * @list:	not empty, of whole such pages; it stays the caller's and need not be kept for
 *		phyr_domain_unmap(), but the memory must be there until then
 * @prot:	IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE, ...; IOMMU_MMIO is added where it is due
 * @gfp:	for page tables
 *
 * One call of iommu_map() for each chunk.  The IOMMU gets its largest page size wherever @iova and
 * the memory are at the same place in such a page: choose @iova accordingly.  Nothing must be
 * mapped there already.  Whether a device that is attached can reach a peer's memory the caller
 * has found out.
 *
 * Context: May sleep if @gfp allows; calls for the same part of a domain are serialised by the
 * caller.
 * Return: 0; -EINVAL for an empty list, or one that is not of whole pages; -ERANGE beyond what the
 * domain can translate; -ENOMEM, or another error of iommu_map().  After an error nothing of the
 * list is mapped.
 */
int phyr_domain_map(struct iommu_domain *domain, u64 iova, const struct phyr_list *list, int prot,
		    gfp_t gfp);

/**
 * phyr_domain_unmap - take what phyr_domain_map() entered out of a domain
 * @domain:	the domain
 * @iova:	as then
 * @len:	bytes of the list
 *
 * When it returns, the IOMMU has forgotten the translations.
 *
 * Context: May sleep, serialised by the caller.
 */
void phyr_domain_unmap(struct iommu_domain *domain, u64 iova, u64 len);

#endif /* PHYR_DOMAIN_H */
