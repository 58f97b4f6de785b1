// SPDX-License-Identifier: GPL-2.0
/* Life cycle of regions, independent of their kind. */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "region.h"

static void pengine_region_free(struct kref *ref)
{
	struct pengine_region *r = container_of(ref, struct pengine_region, ref);

	r->kind->free(r);
	kfree(r);
}

/**
 * pengine_region_put - drop a reference to a region
 * @r:	the region; it must be revoked before the last reference is dropped
 *
 * Context: May sleep.
 */
void pengine_region_put(struct pengine_region *r)
{
	kref_put(&r->ref, pengine_region_free);
}

/* Account user memory as locked.  A dma-buf is not accounted; its r->len is still 0 here. */
static int pengine_region_charge(struct pengine_region *r)
{
	int err = account_locked_vm(current->mm, r->len >> PAGE_SHIFT, true);

	if (err || !r->len)
		return err;
	r->mm = current->mm;
	mmgrab(r->mm);
	return 0;
}

static void pengine_region_uncharge(struct pengine_region *r)
{
	if (!r->mm)
		return;
	account_locked_vm(r->mm, r->len >> PAGE_SHIFT, false);
	mmdrop(r->mm);
}

/**
 * pengine_region_revoke - unmap a region, once
 * @r:	the region, not revoked; serialised by node->alive, or by having removed its key
 *
 * Context: May sleep until uses in flight end.
 */
void pengine_region_revoke(struct pengine_region *r)
{
	r->kind->revoke(r);
	pengine_region_uncharge(r);
}

/**
 * pengine_region_hold - pin the memory of a new region, or get its dma-buf
 * @file:	file of the request
 * @arg:	the request, checked
 *
 * Context: May sleep for as long as page faults take; the caller holds no lock of the engine.
 * Return: the region, for pengine_region_make() or pengine_region_drop(); or an error as listed in
 * uapi/phyr_region.h.
 */
struct pengine_region *pengine_region_hold(const struct file *file,
					   const struct phyr_region_register *arg)
{
	static const struct pengine_region_kind *const kinds[] = {
		[PHYR_REGION_PHYR] = &pengine_region_phyr,
		[PHYR_REGION_SG] = &pengine_region_sg,
		[PHYR_REGION_PAGES] = &pengine_region_pages,
		[PHYR_REGION_DMABUF] = &pengine_region_dmabuf,
		[PHYR_REGION_DMABUF_SG] = &pengine_region_dmabuf,
	};
	struct pengine_region *r = kzalloc_obj(*r, GFP_KERNEL_ACCOUNT);
	int err;

	if (!r)
		return ERR_PTR(-ENOMEM);
	r->kind = kinds[arg->how];
	r->dir = arg->access == PHYR_REGION_READ ? DMA_TO_DEVICE :
		 arg->access == PHYR_REGION_WRITE ? DMA_FROM_DEVICE : DMA_BIDIRECTIONAL;
	r->len = arg->len;
	r->file = file;
	kref_init(&r->ref);
	err = pengine_region_charge(r);
	if (err)
		goto free;
	err = r->kind->hold(r, arg);
	if (err)
		goto uncharge;
	return r;

uncharge:
	pengine_region_uncharge(r);
free:
	kfree(r);
	return ERR_PTR(err);
}

/**
 * pengine_region_make - map a region for an engine
 * @r:		from pengine_region_hold()
 * @dev:	the engine; must not be removed meanwhile
 * @arg:	the request; receives all results but the key
 *
 * Context: May sleep.
 * Return: 0, and @r must be revoked and put; or an error as listed in uapi/phyr_region.h, and @r
 * must be dropped.
 */
int pengine_region_make(struct pengine_region *r, struct device *dev,
			struct phyr_region_register *arg)
{
	r->dev = dev;
	return r->kind->make(r, arg);
}

/**
 * pengine_region_drop - undo pengine_region_hold()
 * @r:	the region, not mapped and not shared
 *
 * Context: May sleep.
 */
void pengine_region_drop(struct pengine_region *r)
{
	r->kind->drop(r);
	pengine_region_uncharge(r);
	kfree(r);
}
