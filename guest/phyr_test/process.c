// SPDX-License-Identifier: GPL-2.0
/* Helpers for user memory of the current process, which reads the report. */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uaccess.h>
#include <linux/vmstat.h>

#include "test.h"

/* Exact value of a counter, including the CPUs' pending differences. */
static long ptest_node_counter(enum node_stat_item item)
{
	long sum = global_node_page_state(item);
	int node, cpu;

	for_each_online_node(node)
		for_each_online_cpu(cpu)
			sum += per_cpu_ptr(NODE_DATA(node)->per_cpu_nodestats,
					   cpu)->vm_node_stat_diff[item];
	return sum;
}

/* Number of pins of all pages. */
long ptest_count_pins(void)
{
	return ptest_node_counter(NR_FOLL_PIN_ACQUIRED) - ptest_node_counter(NR_FOLL_PIN_RELEASED);
}

/* Map memory of @file, or anonymous memory; freed with vm_munmap(). */
unsigned long ptest_user_memory(struct file *file, unsigned long len)
{
	return vm_mmap(file, 0, len, PROT_READ | PROT_WRITE,
		       file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, 0);
}

/* Write consecutive numbers to the pages of user memory. */
int ptest_stamp(unsigned long addr, unsigned long len, unsigned long value)
{
	for (; len; len -= PAGE_SIZE, addr += PAGE_SIZE, value++)
		if (put_user(value, (unsigned long __user *)addr))
			return -EFAULT;
	return 0;
}

/* Check the numbers of ptest_stamp() at the physical addresses of a list. */
bool ptest_check_stamps(struct ptest *t, const struct phyr_list *list, u64 len, unsigned long value)
{
	struct phyr_iter it;
	u64 done = 0, at;

	phyr_for_each(it, list) {
		for (at = 0; at < it.cur.len; at += PAGE_SIZE) {
			unsigned long *word = phys_to_virt(it.cur.paddr + at);

			if (*word != value + (done >> PAGE_SHIFT)) {
				FAIL(t, "byte %llu of the list holds %lu, not %llu", done, *word,
				     value + (done >> PAGE_SHIFT));
				return false;
			}
			done += PAGE_SIZE;
		}
	}
	if (done != len)
		FAIL(t, "a list of %llu bytes for %llu", done, len);
	return done == len;
}

/* Can the current process read there? */
bool ptest_user_is_readable(unsigned long addr)
{
	u8 byte;

	return !copy_from_user(&byte, (u8 __user *)addr, 1);
}

/* Physical address of a user address, from the page tables. */
phys_addr_t ptest_user_phys(unsigned long addr)
{
	struct follow_pfnmap_args args = { .address = addr };
	phys_addr_t phys = 0;

	if (!ptest_user_is_readable(addr))
		return 0;
	mmap_read_lock(current->mm);
	args.vma = vma_lookup(current->mm, addr);
	if (args.vma && !follow_pfnmap_start(&args)) {
		phys = PFN_PHYS(args.pfn) + offset_in_page(addr);
		follow_pfnmap_end(&args);
	}
	mmap_read_unlock(current->mm);
	return phys;
}
