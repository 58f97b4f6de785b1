// SPDX-License-Identifier: GPL-2.0
/*
 * Where a process's addresses lead, read off its page tables as they are.
 *
 * Not by get_user_pages_fast_only(): up to 7.2 it takes no page that belongs to no file and is
 * not anonymous, which is what a peer's memory is, and in any kernel no memory without pages.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/timekeeping.h>

#include "probe.h"

/* The frame that a part of a large page lies in. */
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
 * A page that is pinned stays where it is, but not in the tables all the time: who tries to split
 * or to collapse a huge page takes it out before it sees the pin, and puts it back.
 */
#define COMES_BACK_NS	(20 * NSEC_PER_MSEC)

/**
 * pprobe_user_pages - the physical addresses of pages of the current process
 * @addr:	user address of the first
 * @nr:		how many
 * @write:	the device is going to write to them
 * @page:	room for @nr physical addresses
 *
 * They hold for the time of the call; nothing keeps the pages where they are.
 *
 * Waits for them as long as splitting a huge page may take.
 *
 * Context: Any in which current has its memory and interrupts may come.
 * Return: false if one of them is not there, or may not be written to.
 */
bool pprobe_user_pages(u64 addr, u32 nr, bool write, u64 *page)
{
	const u64 patience = ktime_get_mono_fast_ns() + COMES_BACK_NS;

	while (nr) {
		bool found;

		/* While no interrupt comes in, no table is freed: get_user_pages_fast() too. */
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
