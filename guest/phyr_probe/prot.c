// SPDX-License-Identifier: GPL-2.0
/*
 * Check permissions of translations.  iommu_iova_to_phys() does not return them, so a kprobe on
 * iommu_map_nosync(), which every mapping calls, compares its permissions with the DMA direction.
 */
#include <linux/iommu.h>
#include <linux/kprobes.h>

#include "probe.h"

/* One user at a time: the caller holds target_lock. */
static struct {
	struct iommu_domain *domain;
	int want;
	bool ignored;
	atomic64_t checked;
	atomic64_t wrong;
} prot;

/* int iommu_map_nosync(domain, iova, paddr, size, prot, gfp) */
static int pprobe_prot_on_map(struct kprobe *kp, struct pt_regs *regs)
{
	int got;

	if (prot.ignored || regs_get_kernel_argument(regs, 0) != (unsigned long)prot.domain)
		return 0;
	got = regs_get_kernel_argument(regs, 4) & (IOMMU_READ | IOMMU_WRITE);
	atomic64_inc(&prot.checked);
	if (got != prot.want)
		atomic64_inc(&prot.wrong);
	return 0;
}

static struct kprobe probe;

/**
 * pprobe_prot_start - begin to check permissions of new translations
 * @domain:	the domain
 * @dir:	direction of the mapping
 *
 * Context: May sleep.
 * Return: 0 or an error of register_kprobe().
 */
int pprobe_prot_start(struct iommu_domain *domain, enum dma_data_direction dir)
{
	prot.domain = domain;
	prot.want = dir == DMA_TO_DEVICE ? IOMMU_READ : IOMMU_WRITE;
	atomic64_set(&prot.checked, 0);
	atomic64_set(&prot.wrong, 0);

	memset(&probe, 0, sizeof(probe));
	probe.symbol_name = "iommu_map_nosync";
	probe.pre_handler = pprobe_prot_on_map;
	return register_kprobe(&probe);
}

/**
 * pprobe_prot_ignore - suspend and resume the check, for mappings with another direction
 * @ignored: true to suspend, false to resume
 *
 * Context: Any.
 */
void pprobe_prot_ignore(bool ignored)
{
	prot.ignored = ignored;
}

/**
 * pprobe_prot_stop - end the check
 * @checked:	receives the number of calls
 * @wrong:	receives the number of those with wrong permissions
 *
 * Context: May sleep.
 */
void pprobe_prot_stop(u64 *checked, u64 *wrong)
{
	unregister_kprobe(&probe);
	*checked = atomic64_read(&prot.checked);
	*wrong = atomic64_read(&prot.wrong);
}
