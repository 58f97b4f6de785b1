// SPDX-License-Identifier: GPL-2.0
/* Builder from kernel addresses: the linear map and vmalloc space. */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched/task_stack.h>
#include <linux/vmalloc.h>

#include "mm.h"

/*
 * Get the page of a kernel address.  The result is valid for the next @room bytes.  Returns NULL
 * for addresses that are not supported.
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
		 * ioremap()ed MMIO has no page, or a reserved one if it shares a section with RAM.
		 * A kernel image in vmalloc space has reserved pages, too.
		 */
		pfn = page_to_pfn(page);
		if (!pfn_valid(pfn) || (PageReserved(page) && !is_zone_device_page(page)))
			return NULL;
		return page;
	}
	if (!virt_addr_valid(addr))
		return NULL;
	/* Memory is hotplugged by subsections, each of one kind. */
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
