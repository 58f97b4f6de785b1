// SPDX-License-Identifier: GPL-2.0
/*
 * Physical addresses of user memory, from the page tables of the process.
 *
 * get_user_pages_fast_only() does not support memory without struct pages, and up to Linux 7.2 no
 * P2P memory either.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/timekeeping.h>

#include "probe.h"

/* Physical address of the 4 KiB page at @addr in a large page. */
static u64 pprobe_leaf_frame(unsigned long pfn, u64 addr, unsigned long mask)
{
	return PFN_PHYS(pfn + ((addr & ~mask) >> PAGE_SHIFT));
}

static bool pprobe_user_frame(struct mm_struct *mm, u64 addr, bool write, u64 *page)
{
	pgd_t *pgdp = pgd_offset(mm, addr), pgd = pgdp_get(pgdp);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t *pmdp, pmd;
	pte_t pte;

	if (!pgd_present(pgd))
		return false;
	p4dp = p4d_offset_lockless(pgdp, pgd, addr);
	p4d = p4dp_get(p4dp);
	if (!p4d_present(p4d))
		return false;

	pudp = pud_offset_lockless(p4dp, p4d, addr);
	pud = pudp_get(pudp);
	if (!pud_present(pud))
		return false;
	if (pud_leaf(pud)) {
		*page = pprobe_leaf_frame(pud_pfn(pud), addr, PUD_MASK);
		return pud_write(pud) || !write;
	}

	pmdp = pmd_offset_lockless(pudp, pud, addr);
	pmd = pmdp_get_lockless(pmdp);
	if (!pmd_present(pmd))
		return false;
	if (pmd_leaf(pmd)) {
		*page = pprobe_leaf_frame(pmd_pfn(pmd), addr, PMD_MASK);
		return pmd_write(pmd) || !write;
	}

	pte = ptep_get_lockless(pte_offset_kernel(&pmd, addr));
	*page = PFN_PHYS(pte_pfn(pte));
	return pte_present(pte) && (pte_write(pte) || !write);
}

/*
 * A pinned page does not move, but its entry may be missing for a while: splitting and collapsing
 * of huge pages clear the entry before they notice the pin and restore it.
 */
#define COMES_BACK_NS	(20 * NSEC_PER_MSEC)

/**
 * pprobe_user_pages - get the physical addresses of pages of the current process
 * @addr:	user address of the first page
 * @nr:		number of pages
 * @write:	they must be writable
 * @page:	receives @nr physical addresses
 *
 * The result is valid only if the pages are pinned.  Waits up to COMES_BACK_NS for missing entries.
 *
 * Context: Any with current->mm and interrupts enabled.
 * Return: false if a page is not mapped, or not writable.
 */
bool pprobe_user_pages(u64 addr, u32 nr, bool write, u64 *page)
{
	const u64 patience = ktime_get_mono_fast_ns() + COMES_BACK_NS;

	while (nr) {
		bool found;

		/*
		 * As in get_user_pages_fast(): disabled interrupts keep the tables from being
		 * freed.
		 */
		scoped_guard(irqsave)
			found = pprobe_user_frame(current->mm, addr, write, page);
		if (found) {
			nr--;
			addr += PAGE_SIZE;
			page++;
		} else if (ktime_get_mono_fast_ns() < patience) {
			cpu_relax();
		} else {
			return false;
		}
	}
	return true;
}
