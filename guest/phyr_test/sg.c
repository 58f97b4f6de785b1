// SPDX-License-Identifier: GPL-2.0
/* Cases: lists to scatterlists and back. */
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

#include "test.h"

static bool ptest_sg_same_chunks(const struct phyr_list *a, const struct phyr_list *b)
{
	struct phyr_iter i, j;

	phyr_iter_init(&j, b);
	phyr_for_each(i, a)
		if (!phyr_iter_next(&j) || i.cur.paddr != j.cur.paddr || i.cur.len != j.cur.len)
			return false;
	return !phyr_iter_next(&j);
}

static void ptest_sg_round_trip(struct ptest *t)
{
	struct sg_table table = { };
	struct phyr_list back;
	struct scatterlist *sg;
	u64 offset = 0;
	int err, i;

	phyr_list_init(&back, PHYR_PLAIN);
	err = phyr_list_to_sgt(&t->list, &table, UINT_MAX, GFP_KERNEL);
	EXPECT(t, !err, "to a scatterlist: %d", err);
	EXPECT(t, table.orig_nents == PTEST_CHUNKS, "%u entries", table.orig_nents);
	for_each_sgtable_sg(&table, sg, i) {
		EXPECT(t, sg_phys(sg) == ptest_phys(t, offset), "entry %d is at %pa, not %#llx", i,
		       &(phys_addr_t){ sg_phys(sg) }, ptest_phys(t, offset));
		offset += sg->length;
	}
	EXPECT(t, offset == t->list.len, "%llu bytes of %llu", offset, t->list.len);

	err = phyr_list_from_sg(&back, table.sgl, table.orig_nents, GFP_KERNEL);
	EXPECT(t, !err, "from a scatterlist: %d", err);
	EXPECT(t, ptest_sg_same_chunks(&t->list, &back), "not what it was");
undo:
	phyr_list_destroy(&back);
	if (table.sgl)
		sg_free_table(&table);
}

static void ptest_sg_split(struct ptest *t)
{
	struct sg_table table = { };
	struct phyr_list one;
	struct scatterlist *sg;
	int err, i;

	phyr_list_init(&one, PHYR_PACKED);
	err = phyr_list_append(&one, PHYR_MEM_RAM, NULL, page_to_phys(t->block), SZ_64K,
			       GFP_KERNEL);
	EXPECT(t, !err, "append: %d", err);
	/* Not a multiple of the page size: it is rounded down. */
	err = phyr_list_to_sgt(&one, &table, 3 * PAGE_SIZE + 100, GFP_KERNEL);
	EXPECT(t, !err, "to a scatterlist: %d", err);
	EXPECT(t, table.orig_nents == 6, "%u entries for 16 pages by 3", table.orig_nents);
	for_each_sgtable_sg(&table, sg, i)
		EXPECT(t, sg->length == (i < 5 ? 3 : 1) * PAGE_SIZE, "entry %d has %u bytes", i,
		       sg->length);
undo:
	phyr_list_destroy(&one);
	if (table.sgl)
		sg_free_table(&table);
}

/* Iterate over a mapped table, as from a dma-buf exporter. */
static void ptest_sg_take_over(struct ptest *t)
{
	struct sg_table table = { };
	struct phyr_dma_iter it;
	bool mapped = false;
	struct phyr_map map = { };
	struct scatterlist *sg;
	u64 len = 0;
	int err;

	err = phyr_list_to_sgt(&t->list, &table, UINT_MAX, GFP_KERNEL);
	EXPECT(t, !err, "to a scatterlist: %d", err);
	err = dma_map_sgtable(t->dev, &table, DMA_TO_DEVICE, 0);
	EXPECT(t, !err, "dma_map_sgtable: %d", err);
	mapped = true;
	err = phyr_map_from_sgt(&map, &table, GFP_KERNEL);
	EXPECT(t, !err, "from a mapped scatterlist: %d", err);
	EXPECT(t, map.len == t->list.len, "%llu bytes of %llu", map.len, t->list.len);

	sg = table.sgl;
	phyr_for_each_dma_range(it, &map) {
		EXPECT(t, sg && it.range.addr == sg_dma_address(sg) &&
		       it.range.len == sg_dma_len(sg), "range at %llu", len);
		len += it.range.len;
		sg = sg_next(sg);
	}
	EXPECT(t, len == map.len, "ranges of %llu bytes", len);
	/* A part that begins within one range and ends within another. */
	phyr_dma_iter_init_part(&it, &map, 5000, 20000);
	for (len = 0; phyr_dma_iter_next(&it); len += it.range.len)
		EXPECT(t, ptest_is_bounced(t) ||
		       ptest_translate(t, it.range.addr) == ptest_phys(t, 5000 + len),
		       "byte %llu of a part is elsewhere", len);
	EXPECT(t, len == 20000, "a part of %llu bytes", len);
undo:
	phyr_dma_unmap(t->dev, &map);
	/* phyr_dma_unmap() must not have unmapped the table. */
	if (mapped)
		dma_unmap_sgtable(t->dev, &table, DMA_TO_DEVICE, 0);
	if (table.sgl)
		sg_free_table(&table);
}

/* An exporter that confuses nents with orig_nents leaves empty entries. */
static void ptest_sg_empty_entry(struct ptest *t)
{
	struct sg_table table = { };
	struct phyr_map map = { };
	struct scatterlist *sg;
	unsigned int empty;
	int err, i;

	err = sg_alloc_table(&table, 3, GFP_KERNEL);
	EXPECT(t, !err, "a table: %d", err);
	for (empty = 0; empty < 3; empty++) {
		for_each_sgtable_dma_sg(&table, sg, i) {
			sg_dma_address(sg) = SZ_1M * (i + 1);
			sg_dma_len(sg) = i == empty ? 0 : PAGE_SIZE;
		}
		err = phyr_map_from_sgt(&map, &table, GFP_KERNEL);
		EXPECT(t, err == -EINVAL && map.shape == PHYR_SHAPE_NONE,
		       "entry %u is empty: %d, shape %u", empty, err, map.shape);
	}
	table.nents = 1;
	sg_dma_len(table.sgl) = 0;
	err = phyr_map_from_sgt(&map, &table, GFP_KERNEL);
	EXPECT(t, err == -EINVAL, "the only entry is empty: %d", err);
	sg_dma_address(table.sgl) = ~(dma_addr_t)0;
	sg_dma_len(table.sgl) = PAGE_SIZE;
	err = phyr_map_from_sgt(&map, &table, GFP_KERNEL);
	EXPECT(t, err == -EINVAL, "an entry that wraps: %d", err);
undo:
	phyr_dma_unmap(t->dev, &map);
	if (table.sgl) {
		table.nents = table.orig_nents;
		sg_free_table(&table);
	}
}

static void ptest_sg_hand_on(struct ptest *t)
{
	struct sg_table table = { };
	struct phyr_map map = { };
	struct phyr_dma_iter it;
	struct scatterlist *sg;
	int err, i;

	err = phyr_map_to_sgt(&map, &table, GFP_KERNEL);
	EXPECT(t, err == -EINVAL, "nothing mapped gives %d", err);
	err = phyr_dma_map(t->dev, &t->list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
	EXPECT(t, !err, "phyr_dma_map: %d", err);
	err = phyr_map_to_sgt(&map, &table, GFP_KERNEL);
	EXPECT(t, !err, "to a scatterlist: %d", err);
	EXPECT(t, !table.orig_nents, "it claims a CPU side");
	phyr_dma_iter_init(&it, &map);
	for_each_sgtable_dma_sg(&table, sg, i)
		EXPECT(t, phyr_dma_iter_next(&it) && it.range.addr == sg_dma_address(sg) &&
		       it.range.len == sg_dma_len(sg), "entry %d", i);
	EXPECT(t, !phyr_dma_iter_next(&it), "ranges are missing");
undo:
	if (table.sgl)
		phyr_free_dma_sgt(&table);
	phyr_dma_unmap(t->dev, &map);
}

static const struct ptest_case cases[] = {
	{ "sg: to a scatterlist and back",		ptest_sg_round_trip },
	{ "sg: chunks are split at the largest segment", ptest_sg_split },
	{ "sg: the DMA side is taken over",		ptest_sg_take_over },
	{ "sg: an empty entry is refused",		ptest_sg_empty_entry },
	{ "sg: the DMA side is handed on",		ptest_sg_hand_on },
};

PTEST_GROUP(sg, cases);
