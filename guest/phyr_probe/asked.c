// SPDX-License-Identifier: GPL-2.0
/*
 * What processes ask of /dev/phyrN-ctl, for the checker of commands and for the story: requests
 * from there have no pages to compare with.
 *
 * The driver tells what it was asked in the words of its ioctls: user addresses.  Where those
 * lead is found here, in the page tables of the process, at the time of the request; of a buffer,
 * when it is registered, since its pages are kept from then on, whatever becomes of the addresses.
 * Whoever has the key may use it then.  Nothing that phyr.ko or the driver made of them is looked
 * at.  What cannot be found so (a handle whose registration was not seen, another process's buffer
 * that is too large) is not guessed: the command then counts as unchecked.
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
 * @handle:	its name there
 * @mm:		whose memory; to compare only
 * @addr:	user address
 * @len:	bytes
 * @nr:		pages that were found when it was registered: all, or none if it is too large
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

/* The pages of a request that names memory. */
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

/* The pages of a request that names a buffer, and where in it; also its user address. */
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

	/* In any case nothing is left of the request's last use. */
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
 * pprobe_asked - what was asked for by a request without a bio
 * @rq:	the request
 *
 * Context: A probe of a tracepoint; @rq is about to be given to the device, so that nothing new is
 * asked by it.
 * Return: its memory, good until the probe returns, or NULL if that is not known.
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
 * pprobe_asked_forget - forget everything
 *
 * Context: May sleep; nothing is asked any more.
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
	/* The story may be reading one: it goes on when the watch has ended. */
	tracepoint_synchronize_unregister();
	hlist_for_each_entry_safe(asked, next, &gone, node)
		kfree(asked);
}
