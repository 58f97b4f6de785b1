// SPDX-License-Identifier: GPL-2.0
/*
 * Record map, unmap and IOTLB flush calls for a domain.
 *
 * All mappings go through the IOMMU API, which is probed with fprobes.  Not with kprobes: a kprobe
 * hit in an interrupt during another one is missed, and the log must have no gaps.
 */
#include <linux/fprobe.h>
#include <linux/iommu.h>

#include "probe.h"

static struct iommu_domain *hooked;	/* the caller holds its device */

static u8 pprobe_story_prot_bits(int prot)
{
	return (prot & IOMMU_READ ? PHYR_PROBE_PROT_READ : 0) |
	       (prot & IOMMU_WRITE ? PHYR_PROBE_PROT_WRITE : 0) |
	       (prot & IOMMU_MMIO ? PHYR_PROBE_PROT_MMIO : 0);
}

/* Is this call for our domain, which is the first argument? */
static bool pprobe_story_is_ours(struct ftrace_regs *regs)
{
	return ftrace_regs_get_argument(regs, 0) == (unsigned long)hooked;
}

/* int iommu_map_nosync(domain, iova, paddr, size, prot, gfp) */
static void pprobe_story_on_map(struct ftrace_regs *regs)
{
	pprobe_events_add(&(struct phyr_probe_event){
		.kind = PHYR_PROBE_EV_MAP,
		.addr = ftrace_regs_get_argument(regs, 1),
		.phys = ftrace_regs_get_argument(regs, 2),
		.len = ftrace_regs_get_argument(regs, 3),
		.prot = pprobe_story_prot_bits(ftrace_regs_get_argument(regs, 4)),
	});
}

/* size_t iommu_unmap(domain, iova, size), iommu_unmap_fast(domain, iova, size, gather) */
static void pprobe_story_on_unmap(struct ftrace_regs *regs)
{
	pprobe_events_add(&(struct phyr_probe_event){
		.kind = PHYR_PROBE_EV_UNMAP,
		.addr = ftrace_regs_get_argument(regs, 1),
		.len = ftrace_regs_get_argument(regs, 2),
	});
}

/* void flush_iotlb_all(domain) */
static void pprobe_story_on_flush_all(void)
{
	pprobe_events_add(&(struct phyr_probe_event){ .kind = PHYR_PROBE_EV_FLUSH });
}

/* void iotlb_sync(domain, gather) */
static void pprobe_story_on_iotlb_sync(struct ftrace_regs *regs)
{
	const struct iommu_iotlb_gather *gather = (void *)ftrace_regs_get_argument(regs, 1);

	if (gather->start <= gather->end)
		pprobe_events_add(&(struct phyr_probe_event){
			.kind = PHYR_PROBE_EV_FLUSH,
			.addr = gather->start,
			.len = gather->end - gather->start + 1,
		});
}

/* Is @ip at the beginning of @function?  The exact offset depends on the architecture. */
static bool pprobe_story_begins(const void *function, unsigned long ip)
{
	return ip - (unsigned long)function < 32;
}

static int pprobe_story_on_api_call(struct fprobe *probe, unsigned long ip, unsigned long ret,
				    struct ftrace_regs *regs, void *data)
{
	if (!pprobe_story_is_ours(regs))
		return 0;
	if (pprobe_story_begins(iommu_unmap, ip) || pprobe_story_begins(iommu_unmap_fast, ip))
		pprobe_story_on_unmap(regs);
	else
		pprobe_story_on_map(regs);
	return 0;
}

static int pprobe_story_on_domain_op(struct fprobe *probe, unsigned long ip, unsigned long ret,
				     struct ftrace_regs *regs, void *data)
{
	if (!pprobe_story_is_ours(regs))
		return 0;
	if (pprobe_story_begins(hooked->ops->iotlb_sync, ip))
		pprobe_story_on_iotlb_sync(regs);
	else
		pprobe_story_on_flush_all();
	return 0;
}

/* Two fprobes only: attaching and detaching each is slow in an emulated guest. */
static struct fprobe api, operations;
static bool hooked_api, hooked_operations;

/**
 * pprobe_story_unhook - detach the fprobes, if they are attached
 *
 * Context: May sleep.
 */
void pprobe_story_unhook(void)
{
	if (hooked_operations)
		unregister_fprobe(&operations);
	if (hooked_api)
		unregister_fprobe(&api);
	hooked_operations = false;
	hooked_api = false;
}

/**
 * pprobe_story_hook - begin to record calls for a domain
 * @domain:	a paging domain; the caller holds its device
 *
 * Context: May sleep.
 * Return: 0 or an error of register_fprobe().
 */
int pprobe_story_hook(struct iommu_domain *domain)
{
	/* Not const: register_fprobe_syms() sorts the array in place. */
	static const char *names[] = { "iommu_map_nosync", "iommu_unmap", "iommu_unmap_fast" };
	const struct iommu_domain_ops *ops = domain->ops;
	unsigned long ips[2];
	int err, nr = 0;

	hooked = domain;
	api = (struct fprobe){ .entry_handler = pprobe_story_on_api_call };
	err = register_fprobe_syms(&api, names, ARRAY_SIZE(names));
	if (err)
		return err;
	hooked_api = true;

	if (ops->flush_iotlb_all)
		ips[nr++] = (unsigned long)ops->flush_iotlb_all;
	if (ops->iotlb_sync)
		ips[nr++] = (unsigned long)ops->iotlb_sync;
	if (!nr)
		return 0;
	operations = (struct fprobe){ .entry_handler = pprobe_story_on_domain_op };
	err = register_fprobe_ips(&operations, ips, nr);
	hooked_operations = !err;
	if (err)
		pprobe_story_unhook();
	return err;
}
