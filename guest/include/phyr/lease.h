/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Exports: memory without struct pages that its exporter shares with processes and devices, and can
 * revoke at any time.
 *
 * Such memory cannot be pinned.  Instead, the exporter (the owner of the memory) and a holder (a
 * driver that maps it for a device) agree on leases:
 *
 * - the exporter maps the memory into processes, shared and by page frame (VM_PFNMAP), with
 *   vma->vm_ops == export->vm_ops and vma->vm_private_data == export;
 * - the holder gets a lease with phyr_list_from_pfnmap().  It maps and unmaps the list between
 *   phyr_lease_enter() and phyr_lease_leave(), or keeps it mapped until its revoke() is called;
 * - phyr_export_revoke() makes phyr_lease_enter() fail with -ENODEV, waits for holders that have
 *   entered, then calls revoke() of each holder.  When it returns, no device has access.
 *
 * One I/O on a user address::
 *
 *	phyr_lease_init(&lease, NULL);
 *	err = phyr_list_from_pfnmap(&list, &lease, addr, len, write, GFP_KERNEL);
 *	err = phyr_lease_enter(&lease);
 *	... phyr_dma_map(), I/O, phyr_dma_unmap() ...
 *	phyr_lease_leave(&lease);
 *	phyr_list_destroy(&list);
 *	phyr_lease_put(&lease);
 *
 * A registered buffer: revoke() may be called as soon as there is a lease.  It calls
 * phyr_reg_revoke(), which waits for I/Os in flight, if there is a registration already::
 *
 *	phyr_lease_init(&buf->lease, revoke);
 *	err = phyr_list_from_pfnmap(&buf->list, &buf->lease, addr, len, write, GFP_KERNEL);
 *	err = phyr_lease_enter(&buf->lease);	(no revoke() until ...)
 *	buf->reg = phyr_reg_create(dev, &buf->list, dir, 0);
 *	phyr_lease_leave(&buf->lease);		(... here)
 *	...
 *	phyr_reg_revoke(buf->reg);
 *	phyr_lease_put(&buf->lease);		(waits for a running revoke(); none follows)
 *	phyr_reg_put(buf->reg);
 *	phyr_list_destroy(&buf->list);
 *
 * Locking: revoke() is called with the export's mutex held.  phyr_list_from_pfnmap() and
 * phyr_lease_put() take that mutex, so they must not be called with a lock held that revoke(), or
 * anything it waits for, takes.  The mutex is never taken under mmap_lock: revoke() may access user
 * memory.
 */
#ifndef PHYR_LEASE_H
#define PHYR_LEASE_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "list.h"

struct file;
struct p2pdma_provider;
struct vm_operations_struct;

/**
 * struct phyr_export - memory without struct pages that can be revoked
 * @vm_ops:	of the exporter's mappings; these and vm_private_data identify a mapping
 * @mem:	PHYR_MEM_PAGELESS or PHYR_MEM_MMIO
 * @provider:	of the BAR for PHYR_MEM_MMIO, else NULL
 * @base:	physical address of offset 0 of the file that is mapped
 * @len:	bytes
 * @lock:	protects @offered and @leases (private)
 * @offered:	leases are granted (private)
 * @leases:	leases that are held (private)
 * @node:	in the list of all exports (private)
 *
 * The exporter sets the members before @lock.  The structure must live as long as any open file
 * whose mappings refer to it: a lease holds that file.
 */
struct phyr_export {
	const struct vm_operations_struct *vm_ops;
	enum phyr_mem mem;
	struct p2pdma_provider *provider;
	phys_addr_t base;
	u64 len;
	/* private: */
	struct mutex lock;	/* protects offered and leases; held while revoke() is called */
	bool offered;
	struct list_head leases;
	struct list_head node;
};

/**
 * phyr_export_register - register an export and allow leases
 * @export: with the exporter's members set
 *
 * Context: May sleep.
 * Return: 0; -EINVAL for another kind of memory; an error of phyr_list_from_pageless() or
 * phyr_list_from_mmio() for the range.
 */
int phyr_export_register(struct phyr_export *export);

/**
 * phyr_export_offer - allow leases again after phyr_export_revoke()
 * @export: a registered export
 *
 * Context: May sleep.
 */
void phyr_export_offer(struct phyr_export *export);

/**
 * phyr_export_revoke - revoke all leases
 * @export: a registered export
 *
 * Leases stay revoked also after phyr_export_offer().  Page table entries of processes are up to
 * the exporter: it must stop faults and zap its mappings.
 *
 * Context: May sleep until I/O in flight ends.
 */
void phyr_export_revoke(struct phyr_export *export);

/**
 * phyr_export_unregister - revoke all leases and unregister the export
 * @export: a registered export
 *
 * Revoked leases may still be held, so @export must not be freed before the files are closed.
 *
 * Context: May sleep, as phyr_export_revoke().
 */
void phyr_export_unregister(struct phyr_export *export);

/**
 * struct phyr_lease - the right to use memory of an export
 * @revoke:	called once when the lease is revoked, never after phyr_lease_put(); NULL if the
 *		list is mapped only between enter and leave
 * @export:	the export; NULL if nothing is leased (private)
 * @file:	reference to the exporter's file (private)
 * @revoked:	phyr_lease_enter() fails (private)
 * @users:	users that have entered, plus one until the lease is revoked (private)
 * @idle:	completed when @users is 0 (private)
 * @node:	in export->leases (private)
 *
 * Embedded in a structure of the holder.  @revoke may sleep.  When it returns, the device must have
 * finished with the memory and the list must be unmapped.
 */
struct phyr_lease {
	void (*revoke)(struct phyr_lease *lease);
	/* private: */
	struct phyr_export *export;
	struct file *file;
	bool revoked;
	refcount_t users;
	struct completion idle;
	struct list_head node;
};

/**
 * phyr_lease_init - initialise a lease
 * @lease:	the lease
 * @revoke:	see struct phyr_lease
 *
 * Context: Any.
 */
static inline void phyr_lease_init(struct phyr_lease *lease,
				   void (*revoke)(struct phyr_lease *lease))
{
	lease->revoke = revoke;
	lease->export = NULL;
}

/**
 * phyr_list_from_pfnmap - describe user memory that an exporter has mapped by page frame
 * @list:	an empty list
 * @lease:	initialised by phyr_lease_init(); on success held until phyr_lease_put()
 * @addr:	user address in the current process, any alignment
 * @len:	bytes, not 0, within one mapping
 * @write:	a device will write to the memory
 * @gfp:	unused: a list of one chunk needs no allocation
 *
 * The physical address is computed from the export, not read from the page tables: those are filled
 * on the first access and may be zapped at any time.  Other mappings by page frame are refused,
 * because nothing would announce their end.  The process may unmap the memory while it is leased.
 *
 * Context: May sleep; the caller holds neither mmap_lock nor a lock that a revocation takes.
 * Return: 0; -EINVAL for no bytes, a list that is not empty, and memory that is not mapped by page
 * frame (use phyr_list_pin_user()); -EOPNOTSUPP if another driver has mapped it; -EFAULT for
 * addresses without a mapping, beyond its end, or that the process may not read (with @write:
 * write); -ENODEV if the export is revoked; -EINTR when the process is being killed; -EOVERFLOW.
 */
int phyr_list_from_pfnmap(struct phyr_list *list, struct phyr_lease *lease, u64 addr, u64 len,
			  bool write, gfp_t gfp);

/**
 * phyr_lease_take - lease a whole export, without a user mapping
 * @lease:	initialised by phyr_lease_init(); held until phyr_lease_put()
 * @export:	a registered export
 * @file:	an open file of the exporter; the lease holds it
 *
 * Context: May sleep; the caller holds no lock that a revocation takes.
 * Return: 0; -ENODEV if the export is revoked; -EINVAL if @lease is in use; -EINTR when the process
 * is being killed.
 */
int phyr_lease_take(struct phyr_lease *lease, struct phyr_export *export, struct file *file);

/**
 * phyr_lease_enter - begin to use leased memory
 * @lease: a lease that the caller holds
 *
 * A revocation waits for phyr_lease_leave().
 *
 * Context: Any.
 * Return: 0; -ENODEV once it is being revoked.
 */
int phyr_lease_enter(struct phyr_lease *lease);

/**
 * phyr_lease_leave - end the use that phyr_lease_enter() began
 * @lease: the lease
 *
 * Context: Any; it need not be the context that entered.
 */
void phyr_lease_leave(struct phyr_lease *lease);

/**
 * phyr_lease_put - end a lease
 * @lease: the lease; the list is not mapped and there are no users.  Nothing is done if it is not
 *		held.
 *
 * Waits for a running revocation.  After this, @lease may be freed.
 *
 * Context: May sleep.
 */
void phyr_lease_put(struct phyr_lease *lease);

#endif /* PHYR_LEASE_H */
