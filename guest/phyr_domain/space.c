// SPDX-License-Identifier: GPL-2.0
/* An address space for a device: an IOMMU domain of its own, and the user memory that is in it. */
#include <linux/iommu.h>
#include <linux/moduleparam.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "domain.h"

static bool pdomain_allow_unsafe_interrupts;
module_param_named(allow_unsafe_interrupts, pdomain_allow_unsafe_interrupts, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_interrupts,
		 "Also where a function can write itself any interrupt: no interrupt remapping");

/**
 * struct pdomain_mapping - memory in a space
 * @node:	its addresses
 * @list:	the memory, pinned
 * @mm:		whose it was, charged for it
 * @pages:	that @mm is charged for
 * @dirty:	the device may have written there
 */
struct pdomain_mapping {
	struct interval_tree_node node;
	struct phyr_list list;
	struct mm_struct *mm;
	unsigned long pages;
	bool dirty;
};

/* What a process may have must not harm others: as VFIO asks. */
static int pdomain_check_isolation(struct device *dev)
{
	struct iommu_group *group;
	bool isolated;

	/* IOMMU_CACHE is all that there is: no process could keep caches coherent by itself. */
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
 * pdomain_space_open - give a device an empty domain of its own
 * @space:	receives it
 * @dev:	the device, bound to a driver that manages its DMA itself, alone in its IOMMU group
 *
 * Context: May sleep.
 * Return: 0; -ENODEV without an IOMMU; -EPERM or -EBUSY if the group is in use; -EPERM if the
 * device's interrupts are not isolated; -EINVAL if it is not alone there or not coherent; -ENOMEM.
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
	/* Where the IOMMU can, a device may not do without snooping either. */
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
 * pdomain_space_close - take everything from a device
 * @space:	of the device
 *
 * When it returns, the device reaches no memory by way of @space, and nothing is pinned.
 *
 * Context: May sleep.
 */
void pdomain_space_close(struct pdomain_space *space)
{
	struct pdomain_mapping *m;

	/* First the device, so that it has nothing at once. */
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

/* Addresses that a mapping can be asked for at all, in the order in which VFIO refuses them. */
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
 * pdomain_mapping_pin - pin memory of the current process, for a space
 * @arg:	what pdomain_space_check() finds nothing wrong with; receives what there is to tell
 *
 * Context: May sleep, as long as page faults take: no lock is held that others wait for.
 * Return: it, for pdomain_space_map() or pdomain_mapping_drop(); else as struct phyr_domain_map.
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
 * pdomain_mapping_drop - the reverse of pdomain_mapping_pin()
 * @m:	the mapping, in no space
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
 * pdomain_space_check - may memory be mapped like this?
 * @space:	of the device
 * @arg:	from user space
 *
 * Context: May sleep; serialised with all that is done to @space.
 * Return: 0 or the errors of struct phyr_domain_map.
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
 * pdomain_space_map - let the device at memory
 * @space:	of the device; others may have changed it since pdomain_space_check()
 * @m:		the memory, which @space has from now on
 * @arg:	of which it was made
 *
 * Context: May sleep; serialised with all that is done to @space.
 * Return: 0 or the errors of struct phyr_domain_map, and @m is in no space.
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

/* Does a mapping lie on both sides of @at? */
static bool pdomain_space_splits_mapping(struct pdomain_space *space, u64 at)
{
	return at && pdomain_space_find(space, at - 1, at - 1) &&
	       pdomain_space_find(space, at - 1, at - 1) == pdomain_space_find(space, at, at);
}

/**
 * pdomain_space_unmap - take memory from the device
 * @space:	of the device
 * @arg:	from and to user space
 *
 * Context: May sleep; serialised with all that is done to @space.
 * Return: 0 or the errors of struct phyr_domain_unmap, and nothing is unmapped.
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
