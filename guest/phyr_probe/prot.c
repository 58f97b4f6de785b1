// SPDX-License-Identifier: GPL-2.0
/*
 * Permissions: the IOMMU API tells where an address leads, not who may use it.  So the call that
 * every path makes to enter a translation is watched with a kprobe, and its permissions are
 * compared with the direction that was asked for.
 */
#include <linux/iommu.h>
#include <linux/kprobes.h>

#include "probe.h"

/* One at a time: the caller holds the lock of the probe's device. */
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
 * pprobe_prot_start - begin to watch the permissions of new translations
 * @domain:	of this domain
 * @dir:	direction that is asked for
 *
 * Context: May sleep.
 * Return: 0 or an error of register_kprobe(): the kernel cannot be watched.
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
 * pprobe_prot_ignore - what is entered meanwhile is not of the direction that was asked for
 * @ignored: true at its beginning, false at its end
 *
 * Context: Any.
 */
void pprobe_prot_ignore(bool ignored)
{
	prot.ignored = ignored;
}

/**
 * pprobe_prot_stop - end it
 * @checked:	receives the calls seen
 * @wrong:	receives those with other permissions
 *
 * Context: May sleep.
 */
void pprobe_prot_stop(u64 *checked, u64 *wrong)
{
	unregister_kprobe(&probe);
	*checked = atomic64_read(&prot.checked);
	*wrong = atomic64_read(&prot.wrong);
}
