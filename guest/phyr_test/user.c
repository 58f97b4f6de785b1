// SPDX-License-Identifier: GPL-2.0
/*
 * Cases: pins of user memory, in the process that reads the report.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/scatterlist.h>
#include <linux/shmem_fs.h>
#include <linux/uaccess.h>

#include "test.h"

#define HUGE	SZ_2M

static bool ptest_user_all_dirty(const struct phyr_list *list, bool dirty)
{
	struct phyr_iter it;
	u64 at;

	phyr_for_each(it, list)
		for (at = it.cur.paddr; at < it.cur.paddr + it.cur.len; at += PAGE_SIZE)
			if (folio_test_dirty(page_folio(pfn_to_page(PHYS_PFN(at)))) != dirty)
				return false;
	return true;
}

static void ptest_user_clear_dirty(const struct phyr_list *list)
{
	struct phyr_iter it;
	u64 at;

	phyr_for_each(it, list)
		for (at = 0; at < it.cur.len; at += PAGE_SIZE)
			folio_clear_dirty(page_folio(pfn_to_page(PHYS_PFN(it.cur.paddr + at))));
}

/* Dirty flags, on shared memory. */
static void ptest_user_dirtied(struct ptest *t)
{
	const unsigned long len = 20 * PAGE_SIZE;
	struct file *file = shmem_file_setup("phyr_test", len, EMPTY_VMA_FLAGS);
	struct phyr_list list, again;
	unsigned long addr = 0;
	long before = ptest_count_pins();
	int err;

	phyr_list_init(&list, PHYR_PACKED);
	phyr_list_init(&again, PHYR_PACKED);
	EXPECT(t, !IS_ERR(file), "no shared memory: %ld", PTR_ERR(file));
	addr = ptest_user_memory(file, len);
	EXPECT(t, !IS_ERR_VALUE(addr), "vm_mmap: %ld", (long)addr);
	EXPECT(t, !ptest_stamp(addr, len, 1), "cannot write to it");
	/* A second set of pins keeps the pages after the first is released. */
	err = phyr_list_pin_user(&again, addr, len, 0);
	EXPECT(t, !err, "pin: %d", err);

	err = phyr_list_pin_user(&list, addr, len, 0);
	EXPECT(t, !err, "pin for reading: %d", err);
	if (!ptest_check_stamps(t, &list, len, 1))
		goto undo;
	EXPECT(t, ptest_count_pins() - before == 2 * len / PAGE_SIZE, "%ld pins",
	       ptest_count_pins() - before);
	ptest_user_clear_dirty(&list);
	phyr_list_unpin_user(&list, false);
	EXPECT(t, ptest_user_all_dirty(&again, false),
	       "a device that only reads made memory dirty");

	err = phyr_list_pin_user(&list, addr, len, FOLL_WRITE);
	EXPECT(t, !err, "pin for writing: %d", err);
	ptest_user_clear_dirty(&list);
	phyr_list_unpin_user(&list, true);
	EXPECT(t, ptest_user_all_dirty(&again, true), "what a device wrote is not dirty");
	phyr_list_unpin_user(&again, false);
	EXPECT(t, ptest_count_pins() == before, "%ld pins are left", ptest_count_pins() - before);
undo:
	phyr_list_unpin_user(&list, false);
	phyr_list_unpin_user(&again, false);
	if (addr && !IS_ERR_VALUE(addr))
		vm_munmap(addr, len);
	if (!IS_ERR(file))
		fput(file);
}

/* Memory that was never written is the zero page, whose pins are not counted. */
static void ptest_user_zero_page(struct ptest *t)
{
	const unsigned long len = 4 * PAGE_SIZE;
	unsigned long addr = ptest_user_memory(NULL, len), word;
	struct phyr_list list;
	long before = ptest_count_pins();
	struct phyr_iter it;
	int err, i;

	phyr_list_init(&list, PHYR_PACKED);
	EXPECT(t, !IS_ERR_VALUE(addr), "vm_mmap: %ld", (long)addr);
	for (i = 0; i < 4; i++)
		EXPECT(t, !get_user(word, (unsigned long __user *)(addr + i * PAGE_SIZE)) && !word,
		       "cannot read it");
	err = phyr_list_pin_user(&list, addr, len, 0);
	EXPECT(t, !err, "pin: %d", err);
	EXPECT(t, list.len == len, "%llu bytes", list.len);
	i = 0;
	phyr_for_each(it, &list) {
		EXPECT(t, is_zero_pfn(PHYS_PFN(it.cur.paddr)), "chunk %d is at %pa", i,
		       &it.cur.paddr);
		i++;
	}
	EXPECT(t, i == 4, "%d chunks", i);
	phyr_list_unpin_user(&list, false);
	EXPECT(t, ptest_count_pins() == before, "%ld pins are left", ptest_count_pins() - before);

	/* A pin for writing must replace the zero page. */
	err = phyr_list_pin_user(&list, addr, len, FOLL_WRITE);
	EXPECT(t, !err, "pin for writing: %d", err);
	phyr_for_each(it, &list)
		EXPECT(t, !is_zero_pfn(PHYS_PFN(it.cur.paddr)), "everybody's zeros, to be written");
	phyr_list_unpin_user(&list, true);
	EXPECT(t, ptest_count_pins() == before, "%ld pins are left", ptest_count_pins() - before);
undo:
	phyr_list_unpin_user(&list, false);
	if (!IS_ERR_VALUE(addr))
		vm_munmap(addr, len);
}

/* A huge page is one chunk; all its pages are pinned and unpinned. */
static void ptest_user_huge(struct ptest *t, struct file *file)
{
	const unsigned long len = 3 * HUGE;
	unsigned long addr = ptest_user_memory(file, len), from;
	struct phyr_list list;
	long before = ptest_count_pins();
	struct page *page;
	int err;

	phyr_list_init(&list, PHYR_PACKED);
	EXPECT(t, !IS_ERR_VALUE(addr), "vm_mmap: %ld", (long)addr);
	from = ALIGN(addr, HUGE);
	EXPECT(t, !ptest_stamp(from, 2 * HUGE, 7), "cannot write to it");
	err = phyr_list_pin_user(&list, from, 2 * HUGE, FOLL_WRITE);
	EXPECT(t, !err, "pin: %d", err);
	if (!ptest_check_stamps(t, &list, 2 * HUGE, 7))
		goto undo;
	EXPECT(t, ptest_count_pins() - before == 2 * HUGE / PAGE_SIZE, "%ld pins",
	       ptest_count_pins() - before);
	page = pfn_to_page(PHYS_PFN(list.first));
	if (folio_size(page_folio(page)) < HUGE) {
		snprintf(t->skip, sizeof(t->skip), "the kernel gave pages of %zu bytes",
			 folio_size(page_folio(page)));
		goto undo;
	}
	EXPECT(t, list.nr <= 2, "%u chunks for two pages of 2 MiB", list.nr);
	phyr_list_unpin_user(&list, true);
	EXPECT(t, ptest_count_pins() == before, "%ld pins are left", ptest_count_pins() - before);

	/* A range across the boundary of two huge pages. */
	err = phyr_list_pin_user(&list, from + HUGE - PAGE_SIZE, 3 * PAGE_SIZE, FOLL_LONGTERM);
	EXPECT(t, !err, "pin a part: %d", err);
	if (!ptest_check_stamps(t, &list, 3 * PAGE_SIZE, 7 + HUGE / PAGE_SIZE - 1))
		goto undo;
	phyr_list_unpin_user(&list, false);
	EXPECT(t, ptest_count_pins() == before, "%ld pins are left", ptest_count_pins() - before);
undo:
	phyr_list_unpin_user(&list, false);
	if (!IS_ERR_VALUE(addr))
		vm_munmap(addr, len);
}

static void ptest_user_transparent(struct ptest *t)
{
	ptest_user_huge(t, NULL);
}

static void ptest_user_hugetlb(struct ptest *t)
{
	struct file *file = filp_open("/dev/hugepages/phyr_test", O_RDWR | O_CREAT | O_TRUNC, 0600);

	NEEDS(t, !IS_ERR(file) && is_file_hugepages(file),
	      "no hugetlbfs at /dev/hugepages: mount it, and reserve three pages");
	ptest_user_huge(t, file);
	fput(file);
}

static void ptest_user_p2p_longterm(struct ptest *t)
{
	struct file *file = ERR_PTR(-ENOENT);
	struct ptest_peer peer;
	struct phyr_list list;
	unsigned long addr = 0;
	long before = ptest_count_pins();
	char path[64];
	int err;

	NEEDS(t, ptest_peer_get(t, &peer, -1, NULL), "no peer");
	phyr_list_init(&list, PHYR_PACKED);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/p2pmem/allocate",
		 pci_name(peer.pdev));
	file = filp_open(path, O_RDWR, 0);
	EXPECT(t, !IS_ERR(file), "%s: %ld", path, PTR_ERR(file));
	addr = ptest_user_memory(file, 4 * PAGE_SIZE);
	EXPECT(t, !IS_ERR_VALUE(addr), "vm_mmap: %ld", (long)addr);

	err = phyr_list_pin_user(&list, addr, 4 * PAGE_SIZE, FOLL_WRITE | FOLL_PCI_P2PDMA);
	EXPECT(t, !err, "pin: %d", err);
	EXPECT(t, list.mem == PHYR_MEM_P2P && list.provider == peer.provider, "kind %u", list.mem);
	phyr_list_unpin_user(&list, true);
	err = phyr_list_pin_user(&list, addr, PAGE_SIZE, FOLL_WRITE);
	EXPECT(t, err == -EREMOTEIO && !list.nr, "pin of P2P memory unasked: %d", err);
	err = phyr_list_pin_user(&list, addr, PAGE_SIZE, FOLL_LONGTERM);
	EXPECT(t, err == -EREMOTEIO && !list.nr, "long-term pin: %d", err);
	/* GUP refuses the shared file mapping first, with EFAULT. */
	err = phyr_list_pin_user(&list, addr, PAGE_SIZE, FOLL_WRITE | FOLL_LONGTERM);
	EXPECT(t, err == -EFAULT && !list.nr, "long-term pin for writing: %d", err);
	err = phyr_list_pin_user(&list, addr, PAGE_SIZE,
				 FOLL_WRITE | FOLL_LONGTERM | FOLL_PCI_P2PDMA);
	EXPECT(t, err == -EINVAL && !list.nr, "long-term pin of P2P memory: %d", err);
	EXPECT(t, ptest_count_pins() == before, "%ld pins are left", ptest_count_pins() - before);
undo:
	phyr_list_unpin_user(&list, false);
	if (addr && !IS_ERR_VALUE(addr))
		vm_munmap(addr, 4 * PAGE_SIZE);
	if (!IS_ERR(file))
		fput(file);
	ptest_peer_put(&peer);
}

static const struct ptest_case cases[] = {
	{ "hazard 18: what a device wrote is dirty, what it read is not", ptest_user_dirtied },
	{ "hazard 18: the page of zeros",				  ptest_user_zero_page },
	{ "hazard 18: transparent huge pages",				  ptest_user_transparent },
	{ "hazard 18: hugetlb",						  ptest_user_hugetlb },
	{ "hazard 19: P2P memory is not pinned for long",		  ptest_user_p2p_longterm },
};

PTEST_GROUP(user, cases);
