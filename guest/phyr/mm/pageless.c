// SPDX-License-Identifier: GPL-2.0
/* Builders from memory without struct pages, and checks for such memory. */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "mm.h"

/* struct pages exist by subsections. */
static u64 phyr_next_subsection(u64 pfn)
{
	return ALIGN_DOWN(pfn + PAGES_PER_SUBSECTION, PAGES_PER_SUBSECTION);
}

/**
 * phyr_has_pages - does all memory of a chunk have struct pages?
 * @vec: the chunk
 *
 * Context: Any.
 * Return: true if it has.
 */
bool phyr_has_pages(const struct phys_vec *vec)
{
	u64 pfn = PHYS_PFN(vec->paddr), last = PHYS_PFN(vec->paddr + vec->len - 1);

	for (; pfn <= last; pfn = phyr_next_subsection(pfn))
		if (!pfn_valid(pfn))
			return false;
	return true;
}

/*
 * Does any memory of the range?  With @mmio, reserved pages of holes in a section of RAM are
 * ignored.
 */
static bool phyr_has_any_page(phys_addr_t paddr, u64 len, bool mmio)
{
	u64 pfn = PHYS_PFN(paddr), last = PHYS_PFN(paddr + len - 1);

	while (pfn <= last) {
		const struct page *page;

		if (!pfn_valid(pfn)) {
			pfn = phyr_next_subsection(pfn);
			continue;
		}
		page = pfn_to_page(pfn);
		if (!mmio || !PageReserved(page) || is_zone_device_page(page))
			return true;
		pfn++;
	}
	return false;
}

static int phyr_pageless_append(struct phyr_list *list, enum phyr_mem mem, void *provider,
				phys_addr_t paddr, u64 len, gfp_t gfp)
{
	/* There is no memory beyond MAX_PHYSMEM_BITS, and the search would take long. */
	if (!len || list->nr || paddr + len < paddr || (paddr + len - 1) >> MAX_PHYSMEM_BITS ||
	    phyr_has_any_page(paddr, len, mem == PHYR_MEM_MMIO))
		return -EINVAL;
	return phyr_list_append(list, mem, provider, paddr, len, gfp);
}

int phyr_list_from_pageless(struct phyr_list *list, phys_addr_t paddr, u64 len, gfp_t gfp)
{
	return phyr_pageless_append(list, PHYR_MEM_PAGELESS, NULL, paddr, len, gfp);
}
EXPORT_SYMBOL_GPL(phyr_list_from_pageless);

int phyr_list_from_mmio(struct phyr_list *list, struct p2pdma_provider *provider,
			phys_addr_t paddr, u64 len, gfp_t gfp)
{
	return phyr_pageless_append(list, PHYR_MEM_MMIO, provider, paddr, len, gfp);
}
EXPORT_SYMBOL_GPL(phyr_list_from_mmio);
