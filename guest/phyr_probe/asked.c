// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of I/O through /dev/phyrN-ctl.  Its requests have no bio, so there are no pages that the
 * checker (watch.c) and the event log (story.c) could compare with.
 *
 * Tracepoints of phyr_nvme report the arguments of the ioctls, which are user addresses.  They are
 * resolved here with the page tables of the process: for a direct I/O when it is requested, for a
 * buffer when it is registered, because its pages are pinned from then on.  Nothing that phyr.ko or
 * phyr_nvme computed is used.  If the memory cannot be found (the registration was not observed, or
 * the buffer belongs to another process and is too large), the command counts as unchecked.
 */
#include <linux/blk-mq.h>
#include <linux/hashtable.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tracepoint.h>

#include "probe.h"

#define TABLE_BITS	7
#define MAX_BYTES	SZ_16M	/* of a request */

/**
 * struct pprobe_buffer - a registered buffer
 * @node:	in buffers
 * @file:	the open file
 * @handle:	its handle in that file
 * @mm:		its process; only compared
 * @addr:	user address
 * @len:	bytes
 * @nr:		number of @page: all pages, or 0 if it is too large
 * @page:	their physical addresses
 */
struct pprobe_buffer {
	struct hlist_node node;
	const void *file;
	u32 handle;
	const struct mm_struct *mm;
	u64 addr;
	u64 len;
	u32 nr;
	u64 page[];
};

static DEFINE_SPINLOCK(lock);
static DEFINE_HASHTABLE(buffers, TABLE_BITS);
static DEFINE_HASHTABLE(requests, TABLE_BITS);

static struct pprobe_buffer *pprobe_buffer_find(const void *file, u32 handle)
{
	struct pprobe_buffer *buf;

	hash_for_each_possible(buffers, buf, node, (unsigned long)file + handle)
		if (buf->file == file && buf->handle == handle)
			return buf;
	return NULL;
}

static struct pprobe_asked *pprobe_asked_find(const struct request *rq)
{
	struct pprobe_asked *asked;

	hash_for_each_possible(requests, asked, node, (unsigned long)rq)
		if (asked->rq == rq)
			return asked;
	return NULL;
}

/* Resolve a request on user memory. */
static struct pprobe_asked *pprobe_asked_by_address(u64 addr, u32 len, bool to_memory)
{
	u32 nr = PFN_UP(offset_in_page(addr) + len);
	struct pprobe_asked *asked = kmalloc_flex(*asked, page, nr, GFP_ATOMIC | __GFP_NOWARN);

	if (asked && !pprobe_user_pages(addr & PAGE_MASK, nr, to_memory, asked->page)) {
		kfree(asked);
		return NULL;
	}
	return asked;
}

/* Resolve a request on a registered buffer; *@user receives the user address. */
static struct pprobe_asked *pprobe_asked_by_buffer(const void *file, u32 handle, u64 at, u32 len,
						   bool to_memory, u64 *user)
{
	struct pprobe_asked *asked = NULL;
	const struct pprobe_buffer *buf;
	unsigned long flags;
	bool known;
	u32 nr = 0;

	spin_lock_irqsave(&lock, flags);
	buf = pprobe_buffer_find(file, handle);
	known = buf && (buf->nr || buf->mm == current->mm) && at <= buf->len &&
		len <= buf->len - at;
	if (known) {
		*user = buf->addr + at;
		nr = buf->nr;
	}
	if (nr) {
		u32 first = (offset_in_page(buf->addr) + at) >> PAGE_SHIFT;
		u32 some = PFN_UP(offset_in_page(*user) + len);

		asked = kmalloc_flex(*asked, page, some, GFP_ATOMIC | __GFP_NOWARN);
		if (asked)
			memcpy(asked->page, buf->page + first, some * sizeof(*asked->page));
	}
	spin_unlock_irqrestore(&lock, flags);
	return known && !nr ? pprobe_asked_by_address(*user, len, to_memory) : asked;
}

/**
 * pprobe_on_ctl_io - probe of tracepoint phyr_nvme_ctl_io
 *
 * Context: That of the process, no sleeping.
 */
void pprobe_on_ctl_io(void *data, struct request *rq, const void *file, u32 handle, u64 addr,
		      u32 len)
{
	bool to_memory = req_op(rq) == REQ_OP_DRV_IN;
	struct pprobe_asked *asked, *old;
	unsigned long flags;
	u64 user = addr;

	if (!current->mm || !len || len > MAX_BYTES)
		asked = NULL;
	else if (handle)
		asked = pprobe_asked_by_buffer(file, handle, addr, len, to_memory, &user);
	else
		asked = pprobe_asked_by_address(addr, len, to_memory);
	if (asked) {
		asked->rq = rq;
		asked->lead = offset_in_page(user);
		asked->len = len;
	}

	/* Remove the entry of the request's previous use in any case. */
	spin_lock_irqsave(&lock, flags);
	old = pprobe_asked_find(rq);
	if (old)
		hash_del(&old->node);
	if (asked)
		hash_add(requests, &asked->node, (unsigned long)rq);
	spin_unlock_irqrestore(&lock, flags);
	kfree(old);
}

/**
 * pprobe_on_ctl_buffer - probe of tracepoint phyr_nvme_ctl_buffer
 *
 * Context: That of the process, no sleeping.
 */
void pprobe_on_ctl_buffer(void *data, const void *file, u32 handle, u64 addr, u64 len)
{
	u32 nr = len <= MAX_BYTES ? PFN_UP(offset_in_page(addr) + len) : 0;
	struct pprobe_buffer *buf = NULL, *old;
	unsigned long flags;

	if (len)
		buf = kmalloc_flex(*buf, page, nr, GFP_ATOMIC | __GFP_NOWARN);
	if (buf) {
		buf->file = file;
		buf->handle = handle;
		buf->mm = current->mm;
		buf->addr = addr;
		buf->len = len;
		buf->nr = current->mm && pprobe_user_pages(addr & PAGE_MASK, nr, false, buf->page) ?
			  nr : 0;
	}
	spin_lock_irqsave(&lock, flags);
	old = pprobe_buffer_find(file, handle);
	if (old)
		hash_del(&old->node);
	if (buf)
		hash_add(buffers, &buf->node, (unsigned long)file + handle);
	spin_unlock_irqrestore(&lock, flags);
	kfree(old);
}

/**
 * pprobe_asked - get the memory of a request without a bio
 * @rq:	the request
 *
 * Context: A tracepoint probe; @rq is being submitted, so its entry does not change.
 * Return: the memory, valid until the probe returns; NULL if it is not known.
 */
const struct pprobe_asked *pprobe_asked(const struct request *rq)
{
	const struct pprobe_asked *asked;
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	asked = pprobe_asked_find(rq);
	spin_unlock_irqrestore(&lock, flags);
	return asked;
}

/**
 * pprobe_asked_forget - free all entries
 *
 * Context: May sleep; the tracepoints of this file are detached.
 */
void pprobe_asked_forget(void)
{
	struct pprobe_asked *asked;
	struct hlist_node *next;
	struct pprobe_buffer *buf;
	HLIST_HEAD(gone);
	int i;

	spin_lock_irq(&lock);
	hash_for_each_safe(requests, i, next, asked, node) {
		hash_del(&asked->node);
		hlist_add_head(&asked->node, &gone);
	}
	hash_for_each_safe(buffers, i, next, buf, node) {
		hash_del(&buf->node);
		kfree(buf);
	}
	spin_unlock_irq(&lock);
	/* story.c may still use an entry: it is attached independently of the watch. */
	tracepoint_synchronize_unregister();
	hlist_for_each_entry_safe(asked, next, &gone, node)
		kfree(asked);
}
