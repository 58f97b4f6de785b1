// SPDX-License-Identifier: GPL-2.0
/*
 * Tables of the bus addresses of all pages of a mapping, in memory that the device can read.  An
 * I/O on a part of the mapping points into the table instead of listing its pages.
 *
 * A table is a chain of links of PHYR_TABLE_PAGE bytes.  The last entry of a link is the bus
 * address of the next link.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#include "dma.h"

#define LINK_ENTRIES	(PHYR_TABLE_PAGE / sizeof(__le64) - 1)

/**
 * struct phyr_table_link - a link of a table
 * @entry:	LINK_ENTRIES bus addresses of pages, then that of the next link
 * @dma:	bus address of the link
 */
struct phyr_table_link {
	__le64 *entry;
	dma_addr_t dma;
};

static __le64 *phyr_table_entry(const struct phyr_table *table, u64 page)
{
	return &table->link[page / LINK_ENTRIES].entry[page % LINK_ENTRIES];
}

/**
 * phyr_table_free - free a table
 * @table:	the table; nothing is done for a zeroed structure
 * @dev:	its device
 */
void phyr_table_free(struct phyr_table *table, struct device *dev)
{
	while (table->nr_links) {
		struct phyr_table_link *link = &table->link[--table->nr_links];

		dma_free_coherent(dev, PHYR_TABLE_PAGE, link->entry, link->dma);
	}
	kvfree(table->link);
	table->link = NULL;
}

static int phyr_table_alloc(struct phyr_table *table, struct device *dev, u64 pages)
{
	u64 want = DIV_ROUND_UP_ULL(pages, LINK_ENTRIES);

	table->link = kvcalloc(want, sizeof(*table->link), GFP_KERNEL_ACCOUNT);
	if (!table->link)
		return -ENOMEM;
	while (table->nr_links < want) {
		struct phyr_table_link *link = &table->link[table->nr_links];

		link->entry = dma_alloc_coherent(dev, PHYR_TABLE_PAGE, &link->dma,
						 GFP_KERNEL_ACCOUNT);
		if (!link->entry)
			return -ENOMEM;
		if (table->nr_links)
			link[-1].entry[LINK_ENTRIES] = cpu_to_le64(link->dma);
		table->nr_links++;
	}
	return 0;
}

/* Fails if a range begins or ends inside a page, except at the two ends of the mapping. */
static int phyr_table_fill(struct phyr_table *table, const struct phyr_map *map)
{
	u64 left = map->len, page = 0, pages = 0;
	struct phyr_dma_iter it;

	phyr_for_each_dma_range(it, map) {
		u64 lead = it.range.addr & (PHYR_TABLE_PAGE - 1);
		u64 end = it.range.addr + it.range.len;
		u64 addr = it.range.addr - lead;

		if (left == map->len) {
			table->lead = lead;
			pages = DIV_ROUND_UP_ULL(lead + left, PHYR_TABLE_PAGE);
		} else if (lead) {
			return -EOPNOTSUPP;
		}
		left -= it.range.len;
		if (left && end & (PHYR_TABLE_PAGE - 1))
			return -EOPNOTSUPP;
		for (; addr < end && page < pages; addr += PHYR_TABLE_PAGE)
			*phyr_table_entry(table, page++) = cpu_to_le64(addr);
	}
	return 0;
}

/**
 * phyr_table_build - make a table of the pages of a mapping
 * @table:	receives the table, zeroed before; freed with phyr_table_free()
 * @dev:	the device
 * @map:	its mapping
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP if a range begins or ends within a page; -ENOMEM.
 */
int phyr_table_build(struct phyr_table *table, struct device *dev, const struct phyr_map *map)
{
	/* The most that are needed for any offset in the first page. */
	int err = phyr_table_alloc(table, dev, map->len / PHYR_TABLE_PAGE + 2);

	if (!err)
		err = phyr_table_fill(table, map);
	if (err)
		phyr_table_free(table, dev);
	return err;
}

/**
 * phyr_table_lookup - find a part of a mapping in its table
 * @table:	the table
 * @offset:	start of the part, in bytes from the start of the mapping
 * @len:	bytes, not 0
 * @pages:	receives the result of phyr_reg_pages()
 */
void phyr_table_lookup(const struct phyr_table *table, u64 offset, u64 len,
		       struct phyr_reg_pages *pages)
{
	u64 start = table->lead + offset, page = start / PHYR_TABLE_PAGE;
	u64 more, inside = start % PHYR_TABLE_PAGE;
	const struct phyr_table_link *link;
	u32 slot;

	pages->first = le64_to_cpu(*phyr_table_entry(table, page)) + inside;
	more = (inside + len - 1) / PHYR_TABLE_PAGE;
	pages->more = more;
	if (!more)
		return;

	page++;
	link = &table->link[page / LINK_ENTRIES];
	slot = page % LINK_ENTRIES;
	pages->second = le64_to_cpu(link->entry[slot]);
	pages->table = link->dma + slot * sizeof(__le64);
	pages->room = LINK_ENTRIES - slot;
}
