// SPDX-License-Identifier: GPL-2.0
/* Two pages that are not contiguous, mapped with the DMA API or as phyr lists. */
#include <linux/dma-mapping.h>
#include <linux/gfp.h>

#include "engine.h"

const char *const pengine_paths[PENGINE_PATHS] = { "phys", "sg", "phyr16", "phyr8" };

/* Use the first and the third page of a block. */
static void pengine_use_block(struct pengine_mapping *m, struct page *block, unsigned int order)
{
	m->block = block;
	m->order = order;
	m->page[0] = block;
	m->page[1] = block + 2;
}

/**
 * pengine_alloc - allocate the pages, zeroed
 * @m:		receives them
 * @dev:	the device
 * @gfp:	allocation flags
 *
 * Return: 0 or -ENOMEM.
 */
int pengine_alloc(struct pengine_mapping *m, struct device *dev, gfp_t gfp)
{
	struct page *block = alloc_pages(gfp | __GFP_ZERO, 2);

	memset(m, 0, sizeof(*m));
	m->dev = dev;
	if (!block)
		return -ENOMEM;
	pengine_use_block(m, block, 2);
	return 0;
}

/* Blocks to try: all below 4 GiB and more. */
#define BEYOND_ORDER	9
#define BEYOND_TRIES	2048

/**
 * pengine_alloc_beyond - allocate pages beyond the device's DMA mask
 * @m:		receives them
 * @dev:	the device
 * @bits:	bits of its DMA mask
 *
 * Return: 0; -ENOMEM; -ENXIO if there is no such memory.
 */
int pengine_alloc_beyond(struct pengine_mapping *m, struct device *dev, unsigned int bits)
{
	struct page **low, *block;
	unsigned int nr = 0;
	int err = -ENXIO;

	memset(m, 0, sizeof(*m));
	m->dev = dev;
	low = kvmalloc_array(BEYOND_TRIES, sizeof(*low), GFP_KERNEL);
	if (!low)
		return -ENOMEM;
	while (nr < BEYOND_TRIES) {
		block = alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY, BEYOND_ORDER);
		if (!block)
			break;
		if (page_to_phys(block) > DMA_BIT_MASK(bits)) {
			pengine_use_block(m, block, BEYOND_ORDER);
			err = 0;
			break;
		}
		low[nr++] = block;
	}
	while (nr)
		__free_pages(low[--nr], BEYOND_ORDER);
	kvfree(low);
	return err;
}

void pengine_free(struct pengine_mapping *m)
{
	__free_pages(m->block, m->order);
}

static int pengine_map_phys(struct pengine_mapping *m)
{
	unsigned int i;

	for (i = 0; i < PENGINE_PAGES; i++) {
		m->addr[i] = dma_map_phys(m->dev, page_to_phys(m->page[i]), PAGE_SIZE, m->dir, 0);
		if (!dma_mapping_error(m->dev, m->addr[i]))
			continue;
		while (i--)
			dma_unmap_phys(m->dev, m->addr[i], PAGE_SIZE, m->dir, 0);
		return -EIO;
	}
	return 0;
}

/* Assign the addresses of a DMA range to the pages from page @n on.  Returns the next page. */
static unsigned int pengine_assign_addrs(struct pengine_mapping *m, unsigned int n, dma_addr_t addr,
					 u32 len)
{
	for (; n < PENGINE_PAGES && len >= PAGE_SIZE; addr += PAGE_SIZE, len -= PAGE_SIZE)
		m->addr[n++] = addr;
	return n;
}

static int pengine_map_sg(struct pengine_mapping *m)
{
	struct scatterlist *sg;
	unsigned int i, n = 0;
	int err;

	err = sg_alloc_table(&m->table, PENGINE_PAGES, GFP_KERNEL);
	if (err)
		return err;
	for_each_sgtable_sg(&m->table, sg, i)
		sg_set_page(sg, m->page[i], PAGE_SIZE, 0);
	err = dma_map_sgtable(m->dev, &m->table, m->dir, 0);
	if (err) {
		sg_free_table(&m->table);
		return err;
	}
	for_each_sgtable_dma_sg(&m->table, sg, i)
		n = pengine_assign_addrs(m, n, sg_dma_address(sg), sg_dma_len(sg));
	return 0;
}

static int pengine_map_phyr(struct pengine_mapping *m)
{
	struct phyr_dma_iter it;
	unsigned int i, n = 0;
	int err = 0;

	phyr_list_init(&m->list, m->path == PENGINE_PHYR16 ? PHYR_PLAIN : PHYR_PACKED);
	for (i = 0; i < PENGINE_PAGES && !err; i++)
		err = phyr_list_append(&m->list, PHYR_MEM_RAM, NULL, page_to_phys(m->page[i]),
				       PAGE_SIZE, GFP_KERNEL);
	if (!err)
		err = phyr_dma_map(m->dev, &m->list, &m->map, m->dir, 0, GFP_KERNEL);
	if (err) {
		phyr_list_destroy(&m->list);
		return err;
	}
	phyr_for_each_dma_range(it, &m->map)
		n = pengine_assign_addrs(m, n, it.range.addr, it.range.len);
	return 0;
}

/**
 * pengine_map - map the pages
 * @m:		the pages
 * @path:	how to map them
 * @dir:	direction
 *
 * Context: May sleep.
 * Return: 0 or a negative errno, and nothing is mapped.
 */
int pengine_map(struct pengine_mapping *m, enum pengine_path path, enum dma_data_direction dir)
{
	m->path = path;
	m->dir = dir;
	switch (path) {
	case PENGINE_PHYS:
		return pengine_map_phys(m);
	case PENGINE_SG:
		return pengine_map_sg(m);
	default:
		return pengine_map_phyr(m);
	}
}

void pengine_unmap(struct pengine_mapping *m)
{
	unsigned int i;

	switch (m->path) {
	case PENGINE_PHYS:
		for (i = 0; i < PENGINE_PAGES; i++)
			dma_unmap_phys(m->dev, m->addr[i], PAGE_SIZE, m->dir, 0);
		return;
	case PENGINE_SG:
		dma_unmap_sgtable(m->dev, &m->table, m->dir, 0);
		sg_free_table(&m->table);
		return;
	default:
		phyr_dma_unmap(m->dev, &m->map);
		phyr_list_destroy(&m->list);
	}
}
