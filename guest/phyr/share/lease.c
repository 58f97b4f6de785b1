// SPDX-License-Identifier: GPL-2.0
/*
 * Exports and leases: phyr/lease.h.
 *
 * Lock order: mmap_lock -> exports_lock; export->lock -> locks that a holder's revoke() takes.
 * phyr_lease_enter() takes no lock: it counts users, and a revocation closes the count.
 */
#include <linux/export.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "phyr/build.h"
#include "phyr/lease.h"

/* Registered exports, to identify an export by a pointer from a VMA. */
static LIST_HEAD(exports);
static DEFINE_SPINLOCK(exports_lock);

/* Make a list of @len bytes at @offset in an export. */
static int phyr_export_build_list(const struct phyr_export *export, struct phyr_list *list,
				  u64 offset, u64 len, gfp_t gfp)
{
	if (export->mem == PHYR_MEM_MMIO)
		return phyr_list_from_mmio(list, export->provider, export->base + offset, len, gfp);
	return phyr_list_from_pageless(list, export->base + offset, len, gfp);
}

int phyr_export_register(struct phyr_export *export)
{
	struct phyr_list all;
	int err;

	if (!export->vm_ops ||
	    (export->mem != PHYR_MEM_PAGELESS && export->mem != PHYR_MEM_MMIO))
		return -EINVAL;
	phyr_list_init(&all, PHYR_PACKED);
	err = phyr_export_build_list(export, &all, 0, export->len, GFP_KERNEL);
	if (err)
		return err;
	phyr_list_destroy(&all);

	mutex_init(&export->lock);
	INIT_LIST_HEAD(&export->leases);
	export->offered = true;
	guard(spinlock)(&exports_lock);
	list_add(&export->node, &exports);
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_export_register);

void phyr_export_offer(struct phyr_export *export)
{
	guard(mutex)(&export->lock);
	export->offered = true;
}
EXPORT_SYMBOL_GPL(phyr_export_offer);

/* Make phyr_lease_enter() fail.  The caller waits for users that have entered before. */
static void phyr_lease_close(struct phyr_lease *lease)
{
	WRITE_ONCE(lease->revoked, true);
	phyr_lease_leave(lease);
}

void phyr_export_revoke(struct phyr_export *export)
{
	struct phyr_lease *lease, *next;

	guard(mutex)(&export->lock);
	export->offered = false;
	list_for_each_entry(lease, &export->leases, node)
		phyr_lease_close(lease);
	list_for_each_entry_safe(lease, next, &export->leases, node) {
		wait_for_completion(&lease->idle);
		if (lease->revoke)
			lease->revoke(lease);
		list_del_init(&lease->node);
	}
}
EXPORT_SYMBOL_GPL(phyr_export_revoke);

void phyr_export_unregister(struct phyr_export *export)
{
	scoped_guard(spinlock, &exports_lock)
		list_del(&export->node);
	phyr_export_revoke(export);
}
EXPORT_SYMBOL_GPL(phyr_export_unregister);

/*
 * Find the export of a VMA.  vm_private_data may be any pointer, so it is compared, not followed.
 */
static struct phyr_export *phyr_export_find(const struct vm_area_struct *vma)
{
	struct phyr_export *export;

	guard(spinlock)(&exports_lock);
	list_for_each_entry(export, &exports, node)
		if (export == vma->vm_private_data && export->vm_ops == vma->vm_ops)
			return export;
	return NULL;
}

/*
 * Find the export that is mapped at a range of user addresses.  *@file receives a reference, which
 * keeps the export; *@offset receives the offset of the range in the export.
 */
static struct phyr_export *phyr_export_find_mapped(u64 addr, u64 end, bool write,
						   struct file **file, u64 *offset)
{
	struct mm_struct *mm = current->mm;
	struct phyr_export *export;
	struct vm_area_struct *vma;
	int err = -EFAULT;

	if (!mm || end > TASK_SIZE_MAX)
		return ERR_PTR(-EFAULT);
	if (mmap_read_lock_killable(mm))
		return ERR_PTR(-EINTR);
	vma = vma_lookup(mm, addr);
	if (!vma)
		goto unlock;
	err = -EINVAL;
	if (!(vma->vm_flags & (VM_PFNMAP | VM_IO)))
		goto unlock;
	err = -EOPNOTSUPP;
	export = phyr_export_find(vma);
	if (!export)
		goto unlock;
	err = -EFAULT;
	if (end > vma->vm_end || !(vma->vm_flags & VM_MAYSHARE) ||
	    !(vma->vm_flags & (write ? VM_WRITE : VM_READ)))
		goto unlock;
	*offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) + addr - vma->vm_start;
	if (*offset > export->len || end - addr > export->len - *offset)
		goto unlock;
	*file = get_file(vma->vm_file);
	err = 0;
unlock:
	mmap_read_unlock(mm);
	return err ? ERR_PTR(err) : export;
}

/* Grant a lease of an offered export; export->lock is held. */
static void phyr_lease_grant(struct phyr_lease *lease, struct phyr_export *export,
			     struct file *file)
{
	lease->revoked = false;
	refcount_set(&lease->users, 1);
	init_completion(&lease->idle);
	list_add_tail(&lease->node, &export->leases);
	lease->export = export;
	lease->file = file;
}

int phyr_lease_take(struct phyr_lease *lease, struct phyr_export *export, struct file *file)
{
	int err;

	if (lease->export)
		return -EINVAL;
	err = mutex_lock_killable(&export->lock);
	if (err)
		return err;
	if (export->offered)
		phyr_lease_grant(lease, export, get_file(file));
	else
		err = -ENODEV;
	mutex_unlock(&export->lock);
	return err;
}
EXPORT_SYMBOL_GPL(phyr_lease_take);

int phyr_list_from_pfnmap(struct phyr_list *list, struct phyr_lease *lease, u64 addr, u64 len,
			  bool write, gfp_t gfp)
{
	struct phyr_export *export;
	struct file *file;
	u64 end, offset;
	int err;

	if (!len || list->nr || lease->export || check_add_overflow(addr, len, &end))
		return -EINVAL;
	export = phyr_export_find_mapped(addr, end, write, &file, &offset);
	if (IS_ERR(export))
		return PTR_ERR(export);

	err = mutex_lock_killable(&export->lock);
	if (err)
		goto put_file;
	err = export->offered ? phyr_export_build_list(export, list, offset, len, gfp) : -ENODEV;
	if (err)
		goto unlock;
	phyr_lease_grant(lease, export, file);
	mutex_unlock(&export->lock);
	return 0;

unlock:
	mutex_unlock(&export->lock);
put_file:
	fput(file);
	return err;
}
EXPORT_SYMBOL_GPL(phyr_list_from_pfnmap);

int phyr_lease_enter(struct phyr_lease *lease)
{
	if (READ_ONCE(lease->revoked) || !refcount_inc_not_zero(&lease->users))
		return -ENODEV;
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_lease_enter);

void phyr_lease_leave(struct phyr_lease *lease)
{
	if (refcount_dec_and_test(&lease->users))
		complete(&lease->idle);
}
EXPORT_SYMBOL_GPL(phyr_lease_leave);

void phyr_lease_put(struct phyr_lease *lease)
{
	struct phyr_export *export = lease->export;

	if (!export)
		return;
	scoped_guard(mutex, &export->lock) {
		WARN_ON_ONCE(!lease->revoked && refcount_read(&lease->users) != 1);
		list_del(&lease->node);
	}
	lease->export = NULL;
	fput(lease->file);
}
EXPORT_SYMBOL_GPL(phyr_lease_put);
