// SPDX-License-Identifier: GPL-2.0
/* An address space for a device: an IOMMU domain of its own, and the user memory that is in it. */
#include <linux/iommu.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "domain.h"

/**
 * struct mapping - memory in a space
 * @node:	its addresses
 * @list:	the memory, pinned
 * @mm:		whose it was, charged for it
 * @pages:	that @mm is charged for
 * @dirty:	the device may have written there
 */
struct mapping {
	struct interval_tree_node node;
	struct phyr_list list;
	struct mm_struct *mm;
	unsigned long pages;
	bool dirty;
};

/**
 * space_open - give a device an empty domain of its own
 * @space:	receives it
 * @dev:	the device, bound to a driver that manages its DMA itself, alone in its IOMMU group
 *
 * Context: May sleep.
 * Return: 0; -ENODEV without an IOMMU; -EPERM or -EBUSY if the group is in use; -EINVAL if the
 * device is not alone there; -ENOMEM.
 */
int space_open(struct space *space, struct device *dev)
{
	int err;

	space->dev = dev;
	space->mappings = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&space->reserved);
	err = iommu_device_claim_dma_owner(dev, space);
	if (err)
		return err;
	space->domain = iommu_paging_domain_alloc_flags(dev, 0);
	if (IS_ERR(space->domain)) {
		err = PTR_ERR(space->domain);
		goto release;
	}
	err = iommu_attach_device(space->domain, dev);
	if (err)
		goto free;
	iommu_get_resv_regions(dev, &space->reserved);
	return 0;

free:
	iommu_domain_free(space->domain);
release:
	iommu_device_release_dma_owner(dev);
	return err;
}

static struct mapping *first_in(struct space *space, u64 start, u64 last)
{
	struct interval_tree_node *node;

	node = interval_tree_iter_first(&space->mappings, start, last);
	return node ? container_of(node, struct mapping, node) : NULL;
}

static void mapping_free(struct mapping *m)
{
	phyr_list_unpin_user(&m->list, m->dirty);
	if (m->mm) {
		account_locked_vm(m->mm, m->pages, false);
		mmdrop(m->mm);
	}
	kfree(m);
}

static void mapping_remove(struct space *space, struct mapping *m)
{
	interval_tree_remove(&m->node, &space->mappings);
	phyr_domain_unmap(space->domain, m->node.start, m->list.len);
	mapping_free(m);
}

/**
 * space_close - take everything from a device
 * @space:	of the device
 *
 * When it returns, the device reaches no memory by way of @space, and nothing is pinned.
 *
 * Context: May sleep.
 */
void space_close(struct space *space)
{
	struct mapping *m;

	/* First the device, so that it has nothing at once. */
	iommu_detach_device(space->domain, space->dev);
	while ((m = first_in(space, 0, ULONG_MAX)))
		mapping_remove(space, m);
	iommu_put_resv_regions(space->dev, &space->reserved);
	iommu_domain_free(space->domain);
	iommu_device_release_dma_owner(space->dev);
}

static bool is_reserved(const struct space *space, u64 start, u64 last)
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
static int check_range(const struct space *space, u64 iova, u64 len, u64 other, u64 *last)
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

static int mapping_pin(struct mapping *m, const struct phyr_domain_map *arg)
{
	const bool write = arg->access & PHYR_DOMAIN_WRITE;
	unsigned long pages = arg->len >> PAGE_SHIFT;
	int err;

	phyr_list_init(&m->list, arg->format == PHYR_DOMAIN_PHYR16 ? PHYR_PLAIN : PHYR_PACKED);
	err = account_locked_vm(current->mm, pages, true);
	if (err)
		return err;
	m->mm = current->mm;
	mmgrab(m->mm);
	m->pages = pages;
	m->dirty = write;
	return phyr_list_pin_user(&m->list, arg->addr, arg->len,
				  FOLL_LONGTERM | (write ? FOLL_WRITE : 0));
}

/**
 * space_map - let the device at memory of the current process
 * @space:	of the device
 * @arg:	from and to user space
 *
 * Context: May sleep; serialised with all that is done to @space.
 * Return: 0 or the errors of struct phyr_domain_map.
 */
int space_map(struct space *space, struct phyr_domain_map *arg)
{
	struct iommu_domain *domain = space->domain;
	int prot = IOMMU_CACHE, err;
	struct mapping *m;
	u64 last;

	if (!arg->access || arg->access & ~(PHYR_DOMAIN_READ | PHYR_DOMAIN_WRITE) ||
	    arg->format > PHYR_DOMAIN_PHYR16)
		return -EINVAL;
	err = check_range(space, arg->iova, arg->len, arg->addr, &last);
	if (err)
		return err;
	if (first_in(space, arg->iova, last))
		return -EEXIST;
	if (arg->iova < domain->geometry.aperture_start || last > domain->geometry.aperture_end ||
	    is_reserved(space, arg->iova, last))
		return -EINVAL;
	if (arg->access & PHYR_DOMAIN_READ)
		prot |= IOMMU_READ;
	if (arg->access & PHYR_DOMAIN_WRITE)
		prot |= IOMMU_WRITE;

	m = kzalloc_obj(*m, GFP_KERNEL_ACCOUNT);
	if (!m)
		return -ENOMEM;
	err = mapping_pin(m, arg);
	if (!err)
		err = phyr_domain_map(domain, arg->iova, &m->list, prot, GFP_KERNEL_ACCOUNT);
	if (err) {
		m->dirty = false;
		mapping_free(m);
		return err;
	}
	m->node.start = arg->iova;
	m->node.last = last;
	interval_tree_insert(&m->node, &space->mappings);
	arg->chunks = m->list.nr;
	arg->meta_bytes = sizeof(*m) - sizeof(m->list) + phyr_list_meta_bytes(&m->list);
	return 0;
}

/* Does a mapping lie on both sides of @at? */
static bool cuts(struct space *space, u64 at)
{
	return at && first_in(space, at - 1, at - 1) &&
	       first_in(space, at - 1, at - 1) == first_in(space, at, at);
}

/**
 * space_unmap - take memory from the device
 * @space:	of the device
 * @arg:	from and to user space
 *
 * Context: May sleep; serialised with all that is done to @space.
 * Return: 0 or the errors of struct phyr_domain_unmap, and nothing is unmapped.
 */
int space_unmap(struct space *space, struct phyr_domain_unmap *arg)
{
	struct mapping *m;
	u64 last;
	int err;

	arg->unmapped = 0;
	err = check_range(space, arg->iova, arg->len, 0, &last);
	if (err)
		return err;
	if (cuts(space, arg->iova) || (last != U64_MAX && cuts(space, last + 1)))
		return -EINVAL;
	while ((m = first_in(space, arg->iova, last))) {
		arg->unmapped += m->list.len;
		mapping_remove(space, m);
		cond_resched();
	}
	return 0;
}
