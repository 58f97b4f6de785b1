// SPDX-License-Identifier: GPL-2.0
/* Cases: every step of a conversion from or to a scatterlist fails in turn. */
#include <linux/scatterlist.h>

#include "test.h"

static struct sg_table entries;

static int ptest_op_from_sg(struct ptest *t)
{
	struct phyr_list list;
	int err;

	phyr_list_init(&list, PHYR_PLAIN);
	err = phyr_list_from_sg(&list, entries.sgl, entries.orig_nents, GFP_KERNEL);
	if (err && (list.nr || list.head))
		FAIL(t, "the list is not empty");
	phyr_list_destroy(&list);
	return err;
}

static int ptest_op_to_sgt(struct ptest *t)
{
	struct sg_table table = { };
	int err = phyr_list_to_sgt(&t->list, &table, UINT_MAX, GFP_KERNEL);

	if (!err)
		sg_free_table(&table);
	else if (table.sgl)
		FAIL(t, "there is a table");
	return err;
}

static int ptest_op_map_to_sgt(struct ptest *t)
{
	struct sg_table table = { };
	struct phyr_map map = { };
	int err = phyr_dma_map(t->dev, &t->list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);

	if (err)
		return err;
	err = phyr_map_to_sgt(&map, &table, GFP_KERNEL);
	if (!err)
		phyr_free_dma_sgt(&table);
	else if (table.sgl)
		FAIL(t, "there is a table");
	phyr_dma_unmap(t->dev, &map);
	return err;
}

static int ptest_op_map_from_sgt(struct ptest *t)
{
	struct phyr_map map = { };
	int err = phyr_map_from_sgt(&map, &entries, GFP_KERNEL);

	if (err && map.shape != PHYR_SHAPE_NONE)
		FAIL(t, "failed with %d, with shape %u", err, map.shape);
	phyr_dma_unmap(t->dev, &map);
	return err;
}

static bool ptest_make_entries(struct ptest *t)
{
	struct scatterlist *sg;
	int i;

	if (sg_alloc_table(&entries, 600, GFP_KERNEL)) {
		FAIL(t, "no memory");
		return false;
	}
	for_each_sgtable_sg(&entries, sg, i) {
		sg_set_page(sg, t->block + i % 2 * 2, PAGE_SIZE, 0);
		sg_dma_address(sg) = sg_phys(sg);
		sg_dma_len(sg) = PAGE_SIZE;
	}
	return true;
}

static void ptest_from_sg(struct ptest *t)
{
	if (!ptest_make_entries(t))
		return;
	ptest_every_failure(t, ptest_op_from_sg);
	sg_free_table(&entries);
}

static void ptest_map_from_sgt(struct ptest *t)
{
	if (!ptest_make_entries(t))
		return;
	ptest_every_failure(t, ptest_op_map_from_sgt);
	sg_free_table(&entries);
}

static void ptest_to_sgt(struct ptest *t)
{
	ptest_every_failure(t, ptest_op_to_sgt);
}

static void ptest_map_to_sgt(struct ptest *t)
{
	ptest_every_failure(t, ptest_op_map_to_sgt);
}

static const struct ptest_case cases[] = {
	{ "every failure: list from a scatterlist",	 ptest_from_sg },
	{ "every failure: list to a scatterlist",	 ptest_to_sgt },
	{ "every failure: a mapping to a scatterlist",	 ptest_map_to_sgt },
	{ "every failure: a mapping from a scatterlist", ptest_map_from_sgt },
};

PTEST_GROUP(walk_sg, cases);
