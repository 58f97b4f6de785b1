// SPDX-License-Identifier: GPL-2.0
/*
 * User memory as a list of physical ranges.  The list is all that is kept: it also says which pages
 * to unpin, since every page that a chunk touches was pinned once for it.
 */
#include <linux/memremap.h>
#include <linux/sched/signal.h>

#include "ctl.h"

#define PIN_BATCH	64	/* half a kilobyte of stack */

static int pnvme_user_append(struct phyr_list *list, struct page *page, u32 offset, u32 len)
{
	enum phyr_mem mem = PHYR_MEM_RAM;
	void *provider = NULL;

	if (is_device_private_page(page) || is_device_coherent_page(page))
		return -EOPNOTSUPP;
	if (is_pci_p2pdma_page(page)) {
		mem = PHYR_MEM_P2P;
		provider = page_pgmap(page);
	}
	return phyr_list_append(list, mem, provider, page_to_phys(page) + offset, len, GFP_KERNEL);
}

/**
 * pnvme_user_pin - pin user memory and describe it
 * @list:	an empty list
 * @addr:	of the memory, in the current process
 * @len:	bytes, not 0
 * @gup_flags:	FOLL_WRITE if the device will write there; FOLL_PCI_P2PDMA to take memory of other
 *		devices too; FOLL_LONGTERM, which excludes that
 *
 * Context: May sleep.
 * Return: 0; -EFAULT; -EINTR when the process is being killed; -EOPNOTSUPP for memory that no
 * device can reach; -EXDEV for memory of more than one kind or device; -ENOMEM; other errors of pin_user_pages_fast().  After an error the list is
 * empty.
 */
int pnvme_user_pin(struct phyr_list *list, u64 addr, u64 len, unsigned int gup_flags)
{
	struct page *pages[PIN_BATCH];
	int err, nr, i;

	while (len) {
		u32 offset = offset_in_page(addr);
		u64 want = PFN_UP(offset + len);

		err = -EINTR;
		if (fatal_signal_pending(current))
			goto undo;
		nr = pin_user_pages_fast(addr, min(want, PIN_BATCH), gup_flags, pages);
		err = nr ?: -EFAULT;
		if (nr <= 0)
			goto undo;
		for (i = 0; i < nr; i++) {
			u32 part = min(len, PAGE_SIZE - offset);

			err = pnvme_user_append(list, pages[i], offset, part);
			if (err) {
				unpin_user_pages(pages + i, nr - i);
				goto undo;
			}
			addr += part;
			len -= part;
			offset = 0;
		}
	}
	return 0;

undo:
	pnvme_user_unpin(list, false);
	return err;
}

/**
 * pnvme_user_unpin - undo pnvme_user_pin(), as far as it was done
 * @list:	the list; not mapped any more; empty afterwards
 * @dirty:	the device may have written to the memory
 *
 * Context: May sleep.
 */
void pnvme_user_unpin(struct phyr_list *list, bool dirty)
{
	struct phyr_iter it;

	phyr_for_each(it, list) {
		unsigned long first = PHYS_PFN(it.cur.paddr);
		unsigned long end = PFN_UP(it.cur.paddr + it.cur.len);

		unpin_user_page_range_dirty_lock(pfn_to_page(first), end - first, dirty);
	}
	phyr_list_destroy(list);
}
