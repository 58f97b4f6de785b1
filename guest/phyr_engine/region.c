// SPDX-License-Identifier: GPL-2.0
/* Regions of any kind: how they come and go. */
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
 * pengine_region_put - let go of a region
 * @r:	the region; whoever is the last has seen to it that it is revoked
 *
 * Context: May sleep.
 */
void pengine_region_put(struct pengine_region *r)
{
	kref_put(&r->ref, pengine_region_free);
}

/* What a process has in a region counts as locked; a dma-buf is not its, and has no length yet. */
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
 * pengine_region_revoke - take a region back from the engine, once
 * @r:	the region, not revoked; serialised by the node's @alive or by who took its key
 *
 * Context: May sleep, as long as uses under way take.
 */
void pengine_region_revoke(struct pengine_region *r)
{
	r->kind->revoke(r);
	pengine_region_uncharge(r);
}

/**
 * pengine_region_hold - hold the memory of a region that a process asks for
 * @file:	by which it asks
 * @arg:	for what, with nothing wrong in it by itself
 *
 * Waits for page faults, as long as whoever is to answer them takes: no lock of the engine's is
 * held, which its removal would wait for.
 *
 * Context: May sleep.
 * Return: the region, for pengine_region_make() or pengine_region_drop(); an error that
 * uapi/phyr_region.h tells of.
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
 * pengine_region_make - register a region with an engine
 * @r:		the region, held
 * @dev:	the engine, which stays meanwhile
 * @arg:	as it was held; receives what there is to tell, but no key
 *
 * Context: May sleep.
 * Return: 0, and @r is for pengine_region_revoke() and pengine_region_put(); an error that
 * uapi/phyr_region.h tells of, and @r is held as before.
 */
int pengine_region_make(struct pengine_region *r, struct device *dev,
			struct phyr_region_register *arg)
{
	r->dev = dev;
	return r->kind->make(r, arg);
}

/**
 * pengine_region_drop - the reverse of pengine_region_hold()
 * @r:	the region; not made, and nobody else knows it
 *
 * Context: May sleep.
 */
void pengine_region_drop(struct pengine_region *r)
{
	r->kind->drop(r);
	pengine_region_uncharge(r);
	kfree(r);
}
