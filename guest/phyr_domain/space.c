// SPDX-License-Identifier: GPL-2.0
/* I/O address space of a device: an IOMMU domain and the user memory that is mapped in it. */
#include <linux/iommu.h>
#include <linux/moduleparam.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "domain.h"

static bool pdomain_allow_unsafe_interrupts;
module_param_named(allow_unsafe_interrupts, pdomain_allow_unsafe_interrupts, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_interrupts,
		 "Allow functions without interrupt remapping, which can raise any interrupt");

/**
 * struct pdomain_mapping - pinned user memory
 * @node:	its IOVA range in struct pdomain_space
 * @list:	the memory
 * @mm:		process that the pages are accounted to
 * @pages:	number of these pages
 * @dirty:	the device may have written to it
 */
struct pdomain_mapping {
	struct interval_tree_node node;
	struct phyr_list list;
	struct mm_struct *mm;
	unsigned long pages;
	bool dirty;
};

/* Requirements for user space access, the same as VFIO's. */
static int pdomain_check_isolation(struct device *dev)
{
	struct iommu_group *group;
	bool isolated;

	/* All mappings use IOMMU_CACHE: user space cannot flush caches. */
	if (!device_iommu_capable(dev, IOMMU_CAP_CACHE_COHERENCY))
		return -EINVAL;
	group = iommu_group_get(dev);
	isolated = group && iommu_group_has_isolated_msi(group);
	iommu_group_put(group);
	if (isolated || READ_ONCE(pdomain_allow_unsafe_interrupts))
		return 0;
	dev_info(dev, "no interrupt remapping: see parameter allow_unsafe_interrupts\n");
	return -EPERM;
}

/**
 * pdomain_space_open - attach a new, empty domain to a device
 * @space:	initialised by this call
 * @dev:	the device, alone in its IOMMU group, its driver with driver_managed_dma
 *
 * Context: May sleep.
 * Return: 0; -ENODEV without an IOMMU; -EPERM or -EBUSY if the group is in use; -EPERM without
 * interrupt remapping; -EINVAL if the group has other devices or DMA is not coherent; -ENOMEM.
 */
int pdomain_space_open(struct pdomain_space *space, struct device *dev)
{
	int err;

	space->dev = dev;
	space->mappings = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&space->reserved);
	err = iommu_device_claim_dma_owner(dev, space);
	if (err)
		return err;
	err = pdomain_check_isolation(dev);
	if (err)
		goto release;
	space->domain = iommu_paging_domain_alloc_flags(dev, 0);
	if (IS_ERR(space->domain)) {
		err = PTR_ERR(space->domain);
		goto release;
	}
	err = iommu_attach_device(space->domain, dev);
	if (err)
		goto free;
	/* If supported, do not let the device disable snooping. */
	if (space->domain->ops->enforce_cache_coherency)
		space->domain->ops->enforce_cache_coherency(space->domain);
	iommu_get_resv_regions(dev, &space->reserved);
	return 0;

free:
	iommu_domain_free(space->domain);
release:
	iommu_device_release_dma_owner(dev);
	return err;
}

static struct pdomain_mapping *pdomain_space_find(struct pdomain_space *space, u64 start, u64 last)
{
	struct interval_tree_node *node;

	node = interval_tree_iter_first(&space->mappings, start, last);
	return node ? container_of(node, struct pdomain_mapping, node) : NULL;
}

static void pdomain_mapping_remove(struct pdomain_space *space, struct pdomain_mapping *m)
{
	interval_tree_remove(&m->node, &space->mappings);
	phyr_domain_unmap(space->domain, m->node.start, m->list.len);
	pdomain_mapping_drop(m);
}

/**
 * pdomain_space_close - detach the domain and unpin all memory
 * @space:	the address space
 *
 * When it returns, the device has no access to memory through @space.
 *
 * Context: May sleep.
 */
void pdomain_space_close(struct pdomain_space *space)
{
	struct pdomain_mapping *m;

	/* Detach first: that removes all access at once. */
	iommu_detach_device(space->domain, space->dev);
	while ((m = pdomain_space_find(space, 0, ULONG_MAX)))
		pdomain_mapping_remove(space, m);
	iommu_put_resv_regions(space->dev, &space->reserved);
	iommu_domain_free(space->domain);
	iommu_device_release_dma_owner(space->dev);
}

static bool pdomain_is_reserved(const struct pdomain_space *space, u64 start, u64 last)
{
	const struct iommu_resv_region *region;

	list_for_each_entry(region, &space->reserved, list) {
		if (region->type == IOMMU_RESV_DIRECT_RELAXABLE)
			continue;
		if (start <= region->start + region->length - 1 && last >= region->start)
			return true;
	}
	return false;
}

/* Check a range; errors in the same order of precedence as VFIO. */
static int pdomain_check_range(const struct pdomain_space *space, u64 iova, u64 len, u64 other,
			       u64 *last)
{
	u64 unused;

	if (!len)
		return -EINVAL;
	if (check_add_overflow(iova, len - 1, last) || check_add_overflow(other, len - 1, &unused))
		return -EOVERFLOW;
	if ((iova | len | other) & (BIT(__ffs(space->domain->pgsize_bitmap)) - 1))
		return -EINVAL;
	return 0;
}

static int pdomain_mapping_pin_pages(struct pdomain_mapping *m, const struct phyr_domain_map *arg)
{
	unsigned long pages = arg->len >> PAGE_SHIFT;
	int err;

	phyr_list_init(&m->list, arg->format == PHYR_DOMAIN_PHYR16 ? PHYR_PLAIN : PHYR_PACKED);
	err = account_locked_vm(current->mm, pages, true);
	if (err)
		return err;
	m->mm = current->mm;
	mmgrab(m->mm);
	m->pages = pages;
	return phyr_list_pin_user(&m->list, arg->addr, arg->len, FOLL_LONGTERM |
				  (arg->access & PHYR_DOMAIN_WRITE ? FOLL_WRITE : 0));
}

/**
 * pdomain_mapping_pin - pin memory of the current process
 * @arg:	the request, checked with pdomain_space_check(); receives chunks and meta_bytes
 *
 * Context: May sleep for as long as page faults take; the caller holds no lock that others wait
 * for.
 * Return: the mapping, for pdomain_space_map() or pdomain_mapping_drop(); or an error of struct
 * phyr_domain_map.
 */
struct pdomain_mapping *pdomain_mapping_pin(struct phyr_domain_map *arg)
{
	struct pdomain_mapping *m = kzalloc_obj(*m, GFP_KERNEL_ACCOUNT);
	int err;

	if (!m)
		return ERR_PTR(-ENOMEM);
	err = pdomain_mapping_pin_pages(m, arg);
	if (err) {
		pdomain_mapping_drop(m);
		return ERR_PTR(err);
	}
	arg->chunks = m->list.nr;
	arg->meta_bytes = sizeof(*m) - sizeof(m->list) + phyr_list_meta_bytes(&m->list);
	return m;
}

/**
 * pdomain_mapping_drop - undo pdomain_mapping_pin()
 * @m:	the mapping, not in an address space
 *
 * Context: May sleep.
 */
void pdomain_mapping_drop(struct pdomain_mapping *m)
{
	phyr_list_unpin_user(&m->list, m->dirty);
	if (m->mm) {
		account_locked_vm(m->mm, m->pages, false);
		mmdrop(m->mm);
	}
	kfree(m);
}

/**
 * pdomain_space_check - check a request to map memory
 * @space:	the address space
 * @arg:	the request, from user space
 *
 * Context: May sleep; all users of @space are serialised.
 * Return: 0 or an error of struct phyr_domain_map.
 */
int pdomain_space_check(struct pdomain_space *space, const struct phyr_domain_map *arg)
{
	struct iommu_domain *domain = space->domain;
	u64 last;
	int err;

	if (!arg->access || arg->access & ~(PHYR_DOMAIN_READ | PHYR_DOMAIN_WRITE) ||
	    arg->format > PHYR_DOMAIN_PHYR16)
		return -EINVAL;
	err = pdomain_check_range(space, arg->iova, arg->len, arg->addr, &last);
	if (err)
		return err;
	if (pdomain_space_find(space, arg->iova, last))
		return -EEXIST;
	if (arg->iova < domain->geometry.aperture_start || last > domain->geometry.aperture_end ||
	    pdomain_is_reserved(space, arg->iova, last))
		return -EINVAL;
	return 0;
}

/**
 * pdomain_space_map - map pinned memory for the device
 * @space:	the address space; it may have changed since pdomain_space_check()
 * @m:		the memory; belongs to @space on success
 * @arg:	the request that @m was pinned for
 *
 * Context: May sleep; all users of @space are serialised.
 * Return: 0 or an error of struct phyr_domain_map.
 */
int pdomain_space_map(struct pdomain_space *space, struct pdomain_mapping *m,
		      const struct phyr_domain_map *arg)
{
	int prot = IOMMU_CACHE, err = pdomain_space_check(space, arg);

	if (err)
		return err;
	if (arg->access & PHYR_DOMAIN_READ)
		prot |= IOMMU_READ;
	if (arg->access & PHYR_DOMAIN_WRITE)
		prot |= IOMMU_WRITE;
	err = phyr_domain_map(space->domain, arg->iova, &m->list, prot, GFP_KERNEL_ACCOUNT);
	if (err)
		return err;
	m->dirty = arg->access & PHYR_DOMAIN_WRITE;
	m->node.start = arg->iova;
	m->node.last = arg->iova + arg->len - 1;
	interval_tree_insert(&m->node, &space->mappings);
	return 0;
}

/* Does a mapping contain both @at - 1 and @at? */
static bool pdomain_space_splits_mapping(struct pdomain_space *space, u64 at)
{
	return at && pdomain_space_find(space, at - 1, at - 1) &&
	       pdomain_space_find(space, at - 1, at - 1) == pdomain_space_find(space, at, at);
}

/**
 * pdomain_space_unmap - unmap and unpin all memory in a range
 * @space:	the address space
 * @arg:	the request, from and to user space
 *
 * Context: May sleep; all users of @space are serialised.
 * Return: 0 or an error of struct phyr_domain_unmap, and nothing is unmapped.
 */
int pdomain_space_unmap(struct pdomain_space *space, struct phyr_domain_unmap *arg)
{
	struct pdomain_mapping *m;
	u64 last;
	int err;

	arg->unmapped = 0;
	err = pdomain_check_range(space, arg->iova, arg->len, 0, &last);
	if (err)
		return err;
	if (pdomain_space_splits_mapping(space, arg->iova) ||
	    (last != U64_MAX && pdomain_space_splits_mapping(space, last + 1)))
		return -EINVAL;
	while ((m = pdomain_space_find(space, arg->iova, last))) {
		arg->unmapped += m->list.len;
		pdomain_mapping_remove(space, m);
		cond_resched();
	}
	return 0;
}
