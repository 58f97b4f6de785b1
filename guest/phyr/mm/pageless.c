// SPDX-License-Identifier: GPL-2.0
/* Memory without struct pages: the builders from it, and how it is told from other memory. */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "mm.h"

/* They come and go by subsections. */
static u64 phyr_next_subsection(u64 pfn)
{
	return ALIGN_DOWN(pfn + PAGES_PER_SUBSECTION, PAGES_PER_SUBSECTION);
}

/**
 * phyr_has_pages - has every byte of a chunk a struct page?
 * @vec: the chunk
 *
 * Context: Any.
 */
bool phyr_has_pages(const struct phys_vec *vec)
{
	u64 pfn = PHYS_PFN(vec->paddr), last = PHYS_PFN(vec->paddr + vec->len - 1);

	for (; pfn <= last; pfn = phyr_next_subsection(pfn))
		if (!pfn_valid(pfn))
			return false;
	return true;
}

/* Has any byte one?  Not counted, for @mmio, are those of holes that share a section with RAM. */
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
	/* Nothing lies beyond, and looking for it would take long. */
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
