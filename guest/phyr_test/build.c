// SPDX-License-Identifier: GPL-2.0
/* Cases: lists built from user memory, kernel memory, page-less memory and MMIO. */
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pci-p2pdma.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "test.h"

#define PAGES	600	/* more than one batch of pins */
#define ODD	100

/* Physical address of a byte of a list; 0 beyond its end. */
static phys_addr_t ptest_build_byte_at(const struct phyr_list *list, u64 offset)
{
	struct phyr_iter it;

	return phyr_iter_seek(&it, list, offset) ? it.cur.paddr : 0;
}

static void ptest_build_user_batches(struct ptest *t)
{
	const unsigned long len = PAGES * PAGE_SIZE;
	unsigned long addr = ptest_user_memory(NULL, len), i;
	struct phyr_list list;
	long before = ptest_count_pins();
	int err, format;

	phyr_list_init(&list, PHYR_PLAIN);
	EXPECT(t, !IS_ERR_VALUE(addr), "vm_mmap: %ld", (long)addr);
	EXPECT(t, !ptest_stamp(addr, len, 1), "cannot write to it");
	for (format = PHYR_PLAIN; format <= PHYR_PACKED; format++) {
		phyr_list_init(&list, format);
		err = phyr_list_pin_user(&list, addr + ODD, len - 2 * ODD, FOLL_LONGTERM);
		EXPECT(t, !err, "pin: %d", err);
		EXPECT(t, list.len == len - 2 * ODD && offset_in_page(list.first) == ODD &&
		       list.mem == PHYR_MEM_RAM && !list.provider, "%llu bytes from %pa",
		       list.len, &list.first);
		EXPECT(t, ptest_count_pins() - before == PAGES, "%ld pins",
		       ptest_count_pins() - before);
		for (i = 1; i < PAGES; i++) {
			phys_addr_t phys = ptest_build_byte_at(&list, i * PAGE_SIZE - ODD);

			EXPECT(t, *(unsigned long *)phys_to_virt(phys) == i + 1,
			       "page %lu is at %pa", i, &phys);
		}
		phyr_list_unpin_user(&list, false);
		EXPECT(t, ptest_count_pins() == before, "%ld pins are left",
		       ptest_count_pins() - before);
	}
undo:
	phyr_list_unpin_user(&list, false);
	if (!IS_ERR_VALUE(addr))
		vm_munmap(addr, len);
}

static void ptest_build_user_refused(struct ptest *t)
{
	unsigned long len = 4 * PAGE_SIZE, addr = ptest_user_memory(NULL, len);
	const struct {
		const char *what;
		u64 addr, len;
		unsigned int flags;
		int err;
	} wrong[] = {
		{ "no bytes", addr, 0, 0, -EINVAL },
		{ "a length that wraps", addr, U64_MAX, 0, -EINVAL },
		{ "a peer's memory for long", addr, 1, FOLL_LONGTERM | FOLL_PCI_P2PDMA, -EINVAL },
		{ "the kernel's memory", (uintptr_t)page_address(t->block), 1, 0, -EFAULT },
		{ "memory that ends", addr + PAGE_SIZE, 2 * PAGE_SIZE, 0, -EFAULT },
		{ "no memory", addr + 2 * PAGE_SIZE, 1, 0, -EFAULT },
	};
	struct phyr_list list;
	long before = ptest_count_pins();
	int err, i;

	phyr_list_init(&list, PHYR_PACKED);
	EXPECT(t, !IS_ERR_VALUE(addr), "vm_mmap: %ld", (long)addr);
	err = vm_munmap(addr + 2 * PAGE_SIZE, PAGE_SIZE);
	EXPECT(t, !err, "vm_munmap: %d", err);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		err = phyr_list_pin_user(&list, wrong[i].addr, wrong[i].len, wrong[i].flags);
		EXPECT(t, err == wrong[i].err && !list.nr, "%s: %d", wrong[i].what, err);
		EXPECT(t, ptest_count_pins() == before, "%s: %ld pins are left", wrong[i].what,
		       ptest_count_pins() - before);
	}
	/* Refused, because two buffers could share a page and so a pin. */
	err = phyr_list_pin_user(&list, addr, 512, 0);
	EXPECT(t, !err, "pin: %d", err);
	err = phyr_list_pin_user(&list, addr + 512, 512, 0);
	EXPECT(t, err == -EINVAL && list.len == 512, "a list that is not empty: %d", err);
undo:
	phyr_list_unpin_user(&list, false);
	if (!IS_ERR_VALUE(addr))
		vm_munmap(addr, len);
}

static void ptest_build_kernel_memory(struct ptest *t)
{
	const size_t len = 9 * PAGE_SIZE;
	void *linear = kmalloc(len, GFP_KERNEL), *virt = vmalloc(len);
	struct phyr_list list;
	size_t at;
	int err;

	phyr_list_init(&list, PHYR_PLAIN);
	EXPECT(t, linear && virt, "no memory");
	err = phyr_list_from_kernel(&list, linear + ODD, len - ODD, GFP_KERNEL);
	EXPECT(t, !err && list.nr == 1 && list.len == len - ODD &&
	       list.first == virt_to_phys(linear) + ODD && list.mem == PHYR_MEM_RAM,
	       "linear: %d, %llu bytes at %pa", err, list.len, &list.first);
	phyr_list_destroy(&list);

	phyr_list_init(&list, PHYR_PACKED);
	err = phyr_list_from_kernel(&list, virt + ODD, len - 2 * ODD, GFP_KERNEL);
	EXPECT(t, !err && list.len == len - 2 * ODD, "vmalloc: %d, %llu bytes", err, list.len);
	for (at = 0; at < list.len; at++) {
		phys_addr_t got = ptest_build_byte_at(&list, at);

		EXPECT(t, got == page_to_phys(vmalloc_to_page(virt + ODD + at)) +
		       offset_in_page(virt + ODD + at), "byte %zu is at %pa", at, &got);
	}
undo:
	phyr_list_destroy(&list);
	vfree(virt);
	kfree(linear);
}

static void ptest_build_kernel_refused(struct ptest *t)
{
	static u64 in_the_module;
	struct resource *bar = &to_pci_dev(t->dev)->resource[0];
	void __iomem *mmio = ioremap(bar->start, PAGE_SIZE);
	void *virt = vmalloc(PAGE_SIZE);
	u64 on_the_stack = 0;
	const struct {
		const char *what;
		const void *addr;
		size_t len;
	} wrong[] = {
		{ "no bytes", page_address(t->block), 0 },
		{ "NULL", NULL, 8 },
		{ "a user address", (void *)PAGE_SIZE, 8 },
		{ "a range that wraps", (void *)-8ul, 16 },
		{ "the stack", &on_the_stack, sizeof(on_the_stack) },
		{ "code of a module", ptest_build_kernel_refused, 8 },
		{ "data of a module", &in_the_module, sizeof(in_the_module) },
		{ "MMIO", (void __force *)mmio, 8 },
		{ "more than was allocated", virt, PAGE_SIZE + 1 },
	};
	struct phyr_list list;
	int err, i;

	phyr_list_init(&list, PHYR_PACKED);
	EXPECT(t, mmio && virt, "no memory");
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		err = phyr_list_from_kernel(&list, wrong[i].addr, wrong[i].len, GFP_KERNEL);
		EXPECT(t, err == -EINVAL && !list.nr, "%s: %d", wrong[i].what, err);
	}
undo:
	phyr_list_destroy(&list);
	vfree(virt);
	iounmap(mmio);
}

/* Ranges that both builders of memory without struct pages must refuse. */
static void ptest_build_pages_refused(struct ptest *t)
{
	phys_addr_t ram = page_to_phys(t->block), bar = pci_resource_start(to_pci_dev(t->dev), 0);
	const struct {
		const char *what;
		phys_addr_t addr;
		u64 len;
	} wrong[] = {
		{ "no bytes", bar, 0 },
		{ "RAM", ram, 1 },
		{ "a range that wraps", bar, U64_MAX },
		{ "more than there can be", 1ull << MAX_PHYSMEM_BITS, PAGE_SIZE },
		{ "a long way to the last page of RAM", 0, ram + 1 },
	};
	struct phyr_list list;
	int err, i;

	phyr_list_init(&list, PHYR_PACKED);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		err = phyr_list_from_pageless(&list, wrong[i].addr, wrong[i].len, GFP_KERNEL);
		EXPECT(t, err == -EINVAL && !list.nr, "page-less, %s: %d", wrong[i].what, err);
		err = phyr_list_from_mmio(&list, NULL, wrong[i].addr, wrong[i].len, GFP_KERNEL);
		EXPECT(t, err == -EINVAL && !list.nr, "MMIO, %s: %d", wrong[i].what, err);
	}
undo:
	phyr_list_destroy(&list);
}

/* The function's own BAR, by bus address: the provider's bus_offset must be applied. */
static void ptest_build_own_bar(struct ptest *t)
{
	struct p2pdma_provider provider = { .owner = t->dev, .bus_offset = SZ_1M };
	phys_addr_t bar = pci_resource_start(to_pci_dev(t->dev), 0);
	struct phys_vec where = { bar + SZ_1M + 512, 1024 };
	struct phyr_dma_iter it;
	struct phyr_list list;
	struct phyr_map map;
	int err;

	phyr_list_init(&list, PHYR_PACKED);
	err = phyr_list_from_mmio(&list, NULL, bar + 512, where.len, GFP_KERNEL);
	EXPECT(t, !err && list.mem == PHYR_MEM_MMIO, "build: %d", err);
	err = phyr_dma_map(t->dev, &list, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);
	EXPECT(t, err == -EREMOTEIO, "without a provider: %d", err);
	phyr_list_destroy(&list);

	err = phyr_list_from_mmio(&list, &provider, bar + 512, where.len, GFP_KERNEL);
	EXPECT(t, !err && list.provider == &provider, "build: %d", err);
	err = phyr_dma_map(t->dev, &list, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);
	EXPECT(t, !err && map.shape == PHYR_SHAPE_SAME, "map: %d, shape %u", err, map.shape);
	phyr_dma_iter_init(&it, &map);
	err = !phyr_dma_iter_next(&it) || it.range.addr != where.paddr || it.range.len != where.len;
	phyr_dma_unmap(t->dev, &map);
	EXPECT(t, !err, "range %pad +%u", &it.range.addr, it.range.len);
undo:
	phyr_list_destroy(&list);
}

static const struct ptest_case cases[] = {
	{ "build: user memory from an odd byte on, over several batches",
	  ptest_build_user_batches },
	{ "build: user memory that is refused", ptest_build_user_refused },
	{ "build: kernel memory, linear and vmalloc'ed", ptest_build_kernel_memory },
	{ "build: kernel addresses that are refused", ptest_build_kernel_refused },
	{ "build: what has pages is neither page-less nor MMIO", ptest_build_pages_refused },
	{ "build: MMIO needs a provider, and goes by its offset", ptest_build_own_bar },
};

PTEST_GROUP(build, cases);
