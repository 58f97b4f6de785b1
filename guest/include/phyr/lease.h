/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory without struct pages that is lent, and may be taken back at any time.
 *
 * There is no page to pin, so an exporter (who owns the memory) and a holder (who lets a device at
 * it) need another agreement.  It is this one:
 *
 * - the exporter maps the memory into processes, shared and by page frame (VM_PFNMAP), with
 *   vma->vm_ops == export->vm_ops and vma->vm_private_data == export;
 * - the holder gets a lease with phyr_list_from_pfnmap(), and uses the list, from mapping it to
 *   unmapping it, between phyr_lease_enter() and phyr_lease_leave(), or lets it stay mapped until
 *   its revoke() is called;
 * - phyr_export_revoke() refuses whoever enters from then on (-ENODEV), waits for those who have
 *   entered, then calls revoke() of each holder.  When it returns no device reaches the memory.
 *
 * One I/O, made from an address::
 *
 *	phyr_lease_init(&lease, NULL);
 *	err = phyr_list_from_pfnmap(&list, &lease, addr, len, write, GFP_KERNEL);
 *	err = phyr_lease_enter(&lease);
 *	... phyr_dma_map(), I/O, phyr_dma_unmap() ...
 *	phyr_lease_leave(&lease);
 *	phyr_list_destroy(&list);
 *	phyr_lease_put(&lease);
 *
 * A registered buffer: revoke() calls phyr_reg_revoke(), which waits for the I/Os in flight, if
 * there is a registration: it may come as soon as there is a lease.  And::
 *
 *	phyr_lease_init(&buf->lease, revoke);
 *	err = phyr_list_from_pfnmap(&buf->list, &buf->lease, addr, len, write, GFP_KERNEL);
 *	err = phyr_lease_enter(&buf->lease);	(no revoke() from here ...)
 *	buf->reg = phyr_reg_create(dev, &buf->list, dir, 0);
 *	phyr_lease_leave(&buf->lease);		(... to here; from now on it may come)
 *	...
 *	phyr_reg_revoke(buf->reg);
 *	phyr_lease_put(&buf->lease);		(waits for a revoke() under way; none comes after
 *	it) phyr_reg_put(buf->reg);
 *	phyr_list_destroy(&buf->list);
 *
 * Locks: revoke() is called with the export's mutex held, which phyr_list_from_pfnmap() and
 * phyr_lease_put() take too.  So neither is called with a lock held that revoke(), or what it waits
 * for, takes.  The mutex is not taken under mmap_lock: revoke() may touch user memory.
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
 * struct phyr_export - memory without struct pages that its owner lends
 * @vm_ops:	of the exporter's mappings; by these and vm_private_data they are known
 * @mem:	PHYR_MEM_PAGELESS or PHYR_MEM_MMIO
 * @provider:	of the BAR for PHYR_MEM_MMIO, else NULL
 * @base:	physical address of offset 0 of the file that is mapped
 * @len:	bytes
 * @lock:	everything below (private)
 * @offered:	leases are given (private)
 * @leases:	those that are held (private)
 * @node:	in the list of all exports (private)
 *
 * The exporter fills in what comes before @lock and embeds it in what lives at least as long as any
 * open file whose mappings carry it: a lease holds the file.
 */
struct phyr_export {
	const struct vm_operations_struct *vm_ops;
	enum phyr_mem mem;
	struct p2pdma_provider *provider;
	phys_addr_t base;
	u64 len;
	/* private: */
	struct mutex lock;	/* the members below; held while holders are called */
	bool offered;
	struct list_head leases;
	struct list_head node;
};

/**
 * phyr_export_register - make an export known, and offer its memory
 * @export: with the exporter's members filled in
 *
 * Context: May sleep.
 * Return: 0; -EINVAL for another kind of memory, or if the range is not that: as
 * phyr_list_from_pageless() and phyr_list_from_mmio() say.
 */
int phyr_export_register(struct phyr_export *export);

/**
 * phyr_export_offer - give leases again after phyr_export_revoke()
 * @export: a registered export
 *
 * Context: May sleep.
 */
void phyr_export_offer(struct phyr_export *export);

/**
 * phyr_export_revoke - take the memory back from all holders
 * @export: a registered export
 *
 * The exporter sees to it first that its mappings fault no page in any more, and zaps them.  Leases
 * that were given stay revoked for ever.
 *
 * Context: May sleep, as long as I/O in flight takes.
 */
void phyr_export_revoke(struct phyr_export *export);

/**
 * phyr_export_unregister - revoke, and forget the export
 * @export: a registered export
 *
 * Leases may still be held, though they are revoked: the structure stays until the files are
 * closed.
 *
 * Context: May sleep, as phyr_export_revoke().
 */
void phyr_export_unregister(struct phyr_export *export);

/**
 * struct phyr_lease - what a holder has of an export
 * @revoke:	called once when the exporter takes the memory back, never after phyr_lease_put();
 *		NULL if the list is mapped only between enter and leave
 * @export:	whose memory it is, NULL: nobody's (private)
 * @file:	keeps the exporter (private)
 * @revoked:	nobody may enter any more (private)
 * @users:	those who have entered, and one until it is revoked (private)
 * @idle:	@users is 0 (private)
 * @node:	in export->leases (private)
 *
 * Embedded in what the holder keeps about the memory.  @revoke may sleep; after it nobody may
 * enter, and when it returns the device is done with the memory and the list is not mapped.
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
 * phyr_lease_init - prepare a lease, which holds nothing yet
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
 * phyr_list_from_pfnmap - describe user memory that an exporter (lease.h) has mapped by page frame
 * @list:	an empty list
 * @lease:	initialised by phyr_lease_init(); on success it holds the memory until
 *		phyr_lease_put()
 * @addr:	of the memory, in the current process, any alignment
 * @len:	bytes, not 0, all in one mapping
 * @write:	a device will write there
 * @gfp:	not used as yet, a list of one chunk allocates nothing
 *
 * Page tables are not asked: what they hold may be zapped at any time, and is not there before the
 * process has touched it.  The exporter says what its mapping is made of, and takes it back by
 * revoking the lease.  So other mappings by page frame are refused: nobody would tell when they go.
 * The process may unmap the memory while it is leased.
 *
 * Context: May sleep; neither the current process's mmap_lock nor a lock is held that a revocation
 * takes.
 * Return: 0; -EINVAL for no bytes, a list that is not empty, and for memory that is not mapped by
 * page frame: try phyr_list_pin_user(); -EOPNOTSUPP if it is so mapped by somebody who is no
 * exporter; -EFAULT for addresses without a mapping, beyond its end, or that the process may not
 * read, with
 * @write write; -ENODEV if the exporter has taken the memory back; -EINTR when the process is being
 * killed; -EOVERFLOW.
 */
int phyr_list_from_pfnmap(struct phyr_list *list, struct phyr_lease *lease, u64 addr, u64 len,
			  bool write, gfp_t gfp);

/**
 * phyr_lease_take - lease an export as a whole, without a mapping of it
 * @lease:	initialised by phyr_lease_init(); holds the memory until phyr_lease_put()
 * @export:	a registered export
 * @file:	open on it: keeps it
 *
 * What of the memory the holder uses, and how, is its business.
 *
 * Context: May sleep; no lock is held that a revocation takes.
 * Return: 0; -ENODEV if the exporter has taken the memory back; -EINVAL for a lease that holds
 * something; -EINTR when the process is being killed.
 */
int phyr_lease_take(struct phyr_lease *lease, struct phyr_export *export, struct file *file);

/**
 * phyr_lease_enter - begin to use leased memory
 * @lease: a lease that the caller holds
 *
 * Until phyr_lease_leave() the memory is not taken back.
 *
 * Context: Any.
 * Return: 0; -ENODEV once it is being revoked.
 */
int phyr_lease_enter(struct phyr_lease *lease);

/**
 * phyr_lease_leave - end what phyr_lease_enter() began
 * @lease: a lease that was entered
 *
 * Context: Any, also another than that which entered.
 */
void phyr_lease_leave(struct phyr_lease *lease);

/**
 * phyr_lease_put - give leased memory back
 * @lease: the lease; the list is not mapped, nobody has entered.  One that holds nothing is left
 *		alone
 *
 * Waits for a revocation under way; then @lease may be freed.
 *
 * Context: May sleep.
 */
void phyr_lease_put(struct phyr_lease *lease);

#endif /* PHYR_LEASE_H */
