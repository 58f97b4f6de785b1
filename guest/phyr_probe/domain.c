// SPDX-License-Identifier: GPL-2.0
/*
 * The IOMMU domain attached to a device, made by any driver: its translations, and the number of
 * IOMMU API calls for it.  Nothing of phyr.ko is used.
 */
#include <linux/fprobe.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/uaccess.h>

#include "probe.h"

static struct pci_dev *pprobe_domain_find(u32 segment, u32 devfn)
{
	if (segment > U16_MAX || devfn > U16_MAX)
		return NULL;
	return pci_get_domain_bus_and_slot(segment, devfn >> 8, devfn & 0xff);
}

/**
 * pprobe_follow_domain - translate DMA addresses of a device
 * @arg: the request, from and to user space
 *
 * The caller must make sure that the domain stays attached.
 *
 * Context: May sleep.
 * Return: 0; -EINVAL; -ENODEV without such a device; -EFAULT.
 */
int pprobe_follow_domain(struct phyr_probe_follow_domain *arg)
{
	u64 __user *to = u64_to_user_ptr(arg->buffer);
	struct iommu_domain *domain;
	struct pci_dev *pdev;
	int err = 0;
	u32 i;

	if (arg->by || arg->iova & ~PAGE_MASK || !arg->count ||
	    arg->count > PHYR_PROBE_MAX_FOLLOWED)
		return -EINVAL;
	pdev = pprobe_domain_find(arg->segment, arg->devfn);
	if (!pdev)
		return -ENODEV;
	domain = iommu_get_domain_for_dev(&pdev->dev);
	arg->by = pprobe_domain_kind(domain);
	for (i = 0; i < arg->count && !err; i++) {
		u64 phys = pprobe_to_phys(domain, arg->iova + (u64)i * PAGE_SIZE);

		err = put_user(phys, to + i);
		cond_resched();
	}
	pci_dev_put(pdev);
	return err;
}

static DEFINE_MUTEX(calls_lock);	/* serialises start, read and stop */

static struct {
	bool on;
	struct iommu_domain *domain;	/* only compared */
	atomic64_t maps, map_bytes, unmaps, unmap_bytes;
} calls;

/* The domain is the first argument of each function, and its argument @size the bytes. */
static void pprobe_calls_count(struct ftrace_regs *regs, unsigned int size, atomic64_t *nr,
			       atomic64_t *bytes)
{
	if (ftrace_regs_get_argument(regs, 0) != (unsigned long)READ_ONCE(calls.domain))
		return;
	atomic64_inc(nr);
	atomic64_add(ftrace_regs_get_argument(regs, size), bytes);
}

/* int iommu_map_nosync(domain, iova, paddr, size, prot, gfp) */
static int pprobe_calls_on_map(struct fprobe *probe, unsigned long ip, unsigned long ret,
			       struct ftrace_regs *regs, void *data)
{
	pprobe_calls_count(regs, 3, &calls.maps, &calls.map_bytes);
	return 0;
}

/* size_t iommu_unmap(domain, iova, size), iommu_unmap_fast(domain, iova, size, gather) */
static int pprobe_calls_on_unmap(struct fprobe *probe, unsigned long ip, unsigned long ret,
				 struct ftrace_regs *regs, void *data)
{
	pprobe_calls_count(regs, 2, &calls.unmaps, &calls.unmap_bytes);
	return 0;
}

static struct fprobe maps, unmaps;

static void pprobe_calls_stop(void)
{
	unregister_fprobe(&unmaps);
	unregister_fprobe(&maps);
	calls.on = false;
}

static int pprobe_calls_hook(void)
{
	const char *names[] = { "iommu_unmap", "iommu_unmap_fast" };
	int err;

	maps = (struct fprobe){ .entry_handler = pprobe_calls_on_map };
	err = register_fprobe(&maps, "iommu_map_nosync", NULL);
	if (err)
		return err;
	unmaps = (struct fprobe){ .entry_handler = pprobe_calls_on_unmap };
	err = register_fprobe_syms(&unmaps, names, ARRAY_SIZE(names));
	if (err)
		unregister_fprobe(&maps);
	else
		calls.on = true;
	return err;
}

static int pprobe_calls_start(const struct phyr_probe_calls *arg)
{
	struct pci_dev *pdev = pprobe_domain_find(arg->segment, arg->devfn);

	if (!pdev)
		return -ENODEV;
	/* The caller owns the domain and makes no calls for it meanwhile. */
	WRITE_ONCE(calls.domain, iommu_get_domain_for_dev(&pdev->dev));
	pci_dev_put(pdev);
	if (!calls.domain)
		return -ENODEV;
	atomic64_set(&calls.maps, 0);
	atomic64_set(&calls.map_bytes, 0);
	atomic64_set(&calls.unmaps, 0);
	atomic64_set(&calls.unmap_bytes, 0);
	/* Attaching is slow in an emulated guest: keep the probes attached. */
	return calls.on ? 0 : pprobe_calls_hook();
}

/**
 * pprobe_calls - count IOMMU API calls for a domain
 * @arg: the request, from and to user space
 *
 * Context: May sleep.
 * Return: 0; -EINVAL; -ENOENT if it is not counting; -ENODEV if there is no such device or no
 * IOMMU; an error of register_fprobe().
 */
int pprobe_calls(struct phyr_probe_calls *arg)
{
	if (arg->reserved)
		return -EINVAL;
	guard(mutex)(&calls_lock);
	if (arg->action == PHYR_PROBE_CALLS_START)
		return pprobe_calls_start(arg);
	if (arg->action != PHYR_PROBE_CALLS_READ && arg->action != PHYR_PROBE_CALLS_STOP)
		return -EINVAL;
	if (!calls.on)
		return -ENOENT;
	arg->maps = atomic64_read(&calls.maps);
	arg->map_bytes = atomic64_read(&calls.map_bytes);
	arg->unmaps = atomic64_read(&calls.unmaps);
	arg->unmap_bytes = atomic64_read(&calls.unmap_bytes);
	if (arg->action == PHYR_PROBE_CALLS_STOP)
		pprobe_calls_stop();
	return 0;
}

/* Module exit. */
void pprobe_calls_exit(void)
{
	guard(mutex)(&calls_lock);
	if (calls.on)
		pprobe_calls_stop();
}
