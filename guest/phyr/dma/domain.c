// SPDX-License-Identifier: GPL-2.0
/* Lists in an IOMMU domain of the caller: phyr/domain.h. */
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/sched.h>

#include "dma.h"
#include "phyr/domain.h"

static bool phyr_domain_is_mmio(const struct phyr_list *list)
{
	return list->mem == PHYR_MEM_P2P || list->mem == PHYR_MEM_MMIO;
}

int phyr_domain_map(struct iommu_domain *domain, u64 iova, const struct phyr_list *list, int prot,
		    gfp_t gfp)
{
	const struct iommu_domain_geometry *geometry = &domain->geometry;
	struct phyr_iter it;
	u64 last, at = 0;

	if (!list->len || !domain->pgsize_bitmap ||
	    (phyr_list_align(list) | iova) & (BIT(__ffs(domain->pgsize_bitmap)) - 1))
		return -EINVAL;
	if (check_add_overflow(iova, list->len - 1, &last) ||
	    (geometry->force_aperture &&
	     (iova < geometry->aperture_start || last > geometry->aperture_end)))
		return -ERANGE;
	if (phyr_domain_is_mmio(list))
		prot |= IOMMU_MMIO;

	phyr_for_each(it, list) {
		int err = iommu_map(domain, iova + at, it.cur.paddr, it.cur.len, prot, gfp);

		if (err) {
			if (at)
				phyr_domain_unmap(domain, iova, at);
			return err;
		}
		at += it.cur.len;
		if (gfpflags_allow_blocking(gfp))
			cond_resched();
	}
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_domain_map);

void phyr_domain_unmap(struct iommu_domain *domain, u64 iova, u64 len)
{
	size_t got = iommu_unmap(domain, iova, len);

	/* Someone else has unmapped a part. */
	WARN_ON_ONCE(got != len);
}
EXPORT_SYMBOL_GPL(phyr_domain_unmap);
