// SPDX-License-Identifier: GPL-2.0
/* The builder from kernel memory: the linear map, and vmalloc space. */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched/task_stack.h>
#include <linux/vmalloc.h>

#include "mm.h"

/*
 * The page behind an address; @room receives how many bytes from there on need no new question.
 * NULL if it is none of ours to give away.
 */
static struct page *phyr_kernel_page(const void *addr, size_t *room)
{
	struct page *page;

	if (is_vmalloc_addr(addr)) {
		unsigned long pfn;

		*room = PAGE_SIZE - offset_in_page(addr);
		page = vmalloc_to_page(addr);
		if (!page)
			return NULL;
		/*
		 * What is ioremap()ed has no page, or a reserved one where a hole shares a section
		 * with RAM; so has the kernel's image, where that is in vmalloc space.
		 */
		pfn = page_to_pfn(page);
		if (!pfn_valid(pfn) || (PageReserved(page) && !is_zone_device_page(page)))
			return NULL;
		return page;
	}
	if (!virt_addr_valid(addr))
		return NULL;
	/* Memory comes and goes by subsections, and is of one kind in each. */
	*room = SUBSECTION_SIZE - (__pa(addr) & (SUBSECTION_SIZE - 1));
	return virt_to_page(addr);
}

int phyr_list_from_kernel(struct phyr_list *list, const void *addr, size_t len, gfp_t gfp)
{
	size_t room;
	int err;

	if (!len || list->nr || (uintptr_t)addr + len < (uintptr_t)addr ||
	    object_is_on_stack(addr) || object_is_on_stack(addr + len - 1))
		return -EINVAL;

	while (len) {
		struct page *page = phyr_kernel_page(addr, &room);

		err = page ? phyr_list_kind(list, page) : -EINVAL;
		if (err)
			goto undo;
		room = min(room, len);
		err = phyr_list_append(list, list->mem, list->provider,
				       page_to_phys(page) + offset_in_page(addr), room, gfp);
		if (err)
			goto undo;
		addr += room;
		len -= room;
	}
	return 0;

undo:
	phyr_list_destroy(list);
	return err;
}
EXPORT_SYMBOL_GPL(phyr_list_from_kernel);
