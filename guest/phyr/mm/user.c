// SPDX-License-Identifier: GPL-2.0
/*
 * Builder from user memory.  No array of pages is kept: every page that a chunk touches was pinned
 * once for it, so the list itself tells what to unpin.
 */
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "mm.h"

#define BATCH		64	/* half a kilobyte of stack */
#define BATCH_PAGE	(PAGE_SIZE / sizeof(struct page *))

/* Number of pages at @pages that are contiguous in one folio, at most @max. */
static unsigned int phyr_pages_in_folio(struct page **pages, unsigned int max)
{
	struct page *page = pages[0];
	struct folio *folio = page_folio(page);
	unsigned int n = 1;

	max = min(max, folio_nr_pages(folio) - folio_page_idx(folio, page));
	/* A process can remap parts of a huge page, so check each. */
	while (n < max && pages[n] == page + n)
		n++;
	return n;
}

/*
 * Append @len bytes of pinned pages, starting at @offset in the first.  On failure, the pages that
 * are not in the list are unpinned.
 */
static int phyr_append_pages(struct phyr_list *list, struct page **pages, unsigned int nr,
			     u32 offset, u64 len)
{
	unsigned int i = 0;

	while (i < nr) {
		unsigned int n = phyr_pages_in_folio(pages + i, nr - i);
		u64 part = min(len, ((u64)n << PAGE_SHIFT) - offset);
		int err = phyr_list_kind(list, pages[i]);

		if (!err)
			err = phyr_list_append(list, list->mem, list->provider,
					       page_to_phys(pages[i]) + offset, part,
					       GFP_KERNEL_ACCOUNT);
		if (err) {
			unpin_user_pages(pages + i, nr - i);
			return err;
		}
		len -= part;
		offset = 0;
		i += n;
	}
	return 0;
}

static int phyr_pin_batches(struct phyr_list *list, u64 addr, u64 len, unsigned int gup_flags,
			    struct page **pages, unsigned int max)
{
	while (len) {
		u32 offset = offset_in_page(addr);
		u64 part;
		int nr, err;

		if (fatal_signal_pending(current))
			return -EINTR;
		nr = pin_user_pages_fast(addr, min(PFN_UP(offset + len), max), gup_flags, pages);
		if (nr <= 0)
			return nr ?: -EFAULT;
		part = min(len, ((u64)nr << PAGE_SHIFT) - offset);
		err = phyr_append_pages(list, pages, nr, offset, part);
		if (err)
			return err;
		addr += part;
		len -= part;
		cond_resched();
	}
	return 0;
}

static void phyr_unpin_chunks(const struct phyr_list *list, bool dirty)
{
	struct phyr_iter it;

	phyr_for_each(it, list) {
		unsigned long pfn = PHYS_PFN(it.cur.paddr);
		unsigned long end = PFN_UP(it.cur.paddr + it.cur.len);

		unpin_user_page_range_dirty_lock(pfn_to_page(pfn), end - pfn, dirty);
	}
}

int phyr_list_pin_user(struct phyr_list *list, u64 addr, u64 len, unsigned int gup_flags)
{
	struct page *few[BATCH], **many = NULL;
	u64 end;
	int err;

	if (!len || list->nr || check_add_overflow(addr, len, &end) ||
	    (gup_flags & FOLL_LONGTERM && gup_flags & FOLL_PCI_P2PDMA))
		return -EINVAL;
	if (addr != (unsigned long)addr || end != (unsigned long)end)
		return -EFAULT;

	/* An array for 512 pages pins a huge page in one step. */
	if (PFN_UP(offset_in_page(addr) + len) > BATCH)
		many = (struct page **)__get_free_page(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
	err = many ? phyr_pin_batches(list, addr, len, gup_flags, many, BATCH_PAGE) :
		     phyr_pin_batches(list, addr, len, gup_flags, few, BATCH);
	free_page((unsigned long)many);
	if (err) {
		phyr_unpin_chunks(list, false);
		phyr_list_destroy(list);
	}
	return err;
}
EXPORT_SYMBOL_GPL(phyr_list_pin_user);

void phyr_list_unpin_user(struct phyr_list *list, bool dirty)
{
	phyr_unpin_chunks(list, dirty);
	phyr_list_destroy(list);
}
EXPORT_SYMBOL_GPL(phyr_list_unpin_user);
