// SPDX-License-Identifier: GPL-2.0
/* Cases: mappings that fail half-way, without fault injection. */
#include <linux/dma-map-ops.h>
#include <linux/iommu.h>
#include <linux/slab.h>

#include "test.h"

/* IOVAs up to this size are cached per CPU: the last one freed is allocated next. */
#define MOST_PAGES	32

/* The IOVA that the next mapping of this size will get. */
static dma_addr_t ptest_undo_next_iova(struct ptest *t, phys_addr_t phys, u64 len)
{
	struct dma_iova_state state;

	if (!dma_iova_try_alloc(t->dev, &state, phys, len))
		return 0;
	dma_iova_free(t->dev, &state);
	return state.addr;
}

/*
 * Is this IOVA free?  Allocates many, so that it is among them unless it is in use.
 */
static bool ptest_undo_iova_free(struct ptest *t, dma_addr_t want, phys_addr_t phys, u64 len)
{
	const int most = 512;
	struct dma_iova_state *taken = kvcalloc(most, sizeof(*taken), GFP_KERNEL);
	bool found = false;
	int nr = 0;

	while (taken && nr < most && !found && dma_iova_try_alloc(t->dev, &taken[nr], phys, len))
		found = (taken[nr++].addr & PAGE_MASK) == want;
	while (nr)
		dma_iova_free(t->dev, &taken[--nr]);
	kvfree(taken);
	return found;
}

/* Make a list of the first @nr chunks of t->list. */
static int ptest_undo_short_list(struct ptest *t, struct phyr_list *list, int nr)
{
	struct phys_vec chunks[PTEST_CHUNKS];
	int i, err = 0;

	ptest_chunks(t, chunks);
	phyr_list_init(list, PHYR_PACKED);
	for (i = 0; i < nr && !err; i++)
		err = phyr_list_append(list, PHYR_MEM_RAM, NULL, chunks[i].paddr, chunks[i].len,
				       GFP_KERNEL);
	return err;
}

/*
 * Chunk @k of @nr cannot be linked because a foreign page is mapped at its IOVA.  All chunks before
 * it must be unlinked, the foreign page must stay, and the IOVA must be free again.
 */
static void ptest_undo_fail_at(struct ptest *t, int nr, int k)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(t->dev);
	phys_addr_t foreign = page_to_phys(t->block) + PAGE_SIZE;
	struct phyr_map map = { };
	struct phyr_list list;
	dma_addr_t first, in_the_way = 0;
	int err, i;

	err = ptest_undo_short_list(t, &list, nr);
	EXPECT(t, !err, "append: %d", err);
	first = ptest_undo_next_iova(t, list.first, list.len) & PAGE_MASK;
	EXPECT(t, first, "no IOVA");
	err = iommu_map(domain, first + k * PAGE_SIZE, foreign, PAGE_SIZE, IOMMU_READ, GFP_KERNEL);
	EXPECT(t, !err, "iommu_map: %d", err);
	in_the_way = first + k * PAGE_SIZE;

	err = phyr_dma_map(t->dev, &list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
	EXPECT(t, err, "link %d of %d did not fail: IOVA %pad, not %pad", k, nr, &map.addr, &first);
	EXPECT(t, err == -EADDRINUSE, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == PHYR_SHAPE_NONE, "shape %u", map.shape);
	for (i = 0; i < nr; i++)
		EXPECT(t, ptest_translate(t, first + i * PAGE_SIZE) == (i == k ? foreign : 0),
		       "link %d of %d failed, and page %d leads to %#llx", k, nr, i,
		       ptest_translate(t, first + i * PAGE_SIZE));
	EXPECT(t, ptest_undo_iova_free(t, first, list.first, list.len),
	       "link %d of %d failed, and the IOVA %pad is not free again", k, nr, &first);
undo:
	if (in_the_way)
		iommu_unmap(domain, in_the_way, PAGE_SIZE);
	phyr_dma_unmap(t->dev, &map);
	phyr_list_destroy(&list);
}

static void ptest_undo_links(struct ptest *t)
{
	/* Few chunks are linked one by one, many in batches. */
	static const int lengths[] = { 2, 8, MOST_PAGES };
	struct phyr_map map = { };
	int i, k, err, done = 0;

	NEEDS_IOMMU(t);
	migrate_disable();
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (k = 0; k < lengths[i]; k++) {
			ptest_undo_fail_at(t, lengths[i], k);
			if (t->why[0])
				goto undo;
			done++;
		}
	}
	/* A mapping must succeed afterwards. */
	err = phyr_dma_map(t->dev, &t->list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
	EXPECT(t, !err, "phyr_dma_map afterwards: %d", err);
	seq_printf(t->out, "# %d links failed\n", done);
undo:
	migrate_enable();
	phyr_dma_unmap(t->dev, &map);
}

/* Bounce buffers run out while the list is mapped. */
static void ptest_undo_pool_empty(struct ptest *t)
{
	const size_t piece = 128 * SZ_1K;
	struct page *block[2] = { };
	struct phyr_map map = { };
	struct phyr_list list;
	long used = ptest_pool_used(t);
	int err, i;

	NEEDS_BOUNCE(t);
	phyr_list_init(&list, PHYR_PACKED);
	for (i = 0; i < 2; i++) {
		block[i] = alloc_pages(GFP_KERNEL, get_order(piece));
		EXPECT(t, block[i], "no memory");
	}
	/* A list of 128 MiB that uses the same 256 KiB repeatedly. */
	for (i = 0; i < 1024; i++) {
		err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, page_to_phys(block[i % 2]),
				       piece - PAGE_SIZE, GFP_KERNEL);
		EXPECT(t, !err, "append: %d", err);
	}
	err = phyr_dma_map(t->dev, &list, &map, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC, GFP_KERNEL);
	/* ENOMEM: a retry may succeed. */
	EXPECT(t, err == -ENOMEM, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == PHYR_SHAPE_NONE, "shape %u", map.shape);
	EXPECT(t, ptest_pool_used(t) == used, "%ld slots of the pool are left",
	       ptest_pool_used(t) - used);
	err = phyr_dma_map(t->dev, &t->list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
	EXPECT(t, !err, "phyr_dma_map afterwards: %d", err);
undo:
	phyr_dma_unmap(t->dev, &map);
	phyr_list_destroy(&list);
	for (i = 0; i < 2; i++)
		if (block[i])
			__free_pages(block[i], get_order(piece));
}

/* No IOVA space below the DMA mask. */
static void ptest_undo_no_iova(struct ptest *t)
{
	struct phyr_map map = { };
	struct phyr_list list;
	int err;

	NEEDS_IOMMU(t);
	phyr_list_init(&list, PHYR_PACKED);
	err = dma_set_mask(t->dev, DMA_BIT_MASK(24));
	EXPECT(t, !err, "a mask of 24 bits: %d", err);
	err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, page_to_phys(t->block), PAGE_SIZE,
			       GFP_KERNEL) ?:
	      phyr_list_append(&list, PHYR_MEM_RAM, NULL, 0, SZ_16M, GFP_KERNEL);
	EXPECT(t, !err, "append: %d", err);
	err = phyr_dma_map(t->dev, &list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
	EXPECT(t, err == -ENOMEM, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == PHYR_SHAPE_NONE, "shape %u", map.shape);
undo:
	phyr_dma_unmap(t->dev, &map);
	dma_set_mask(t->dev, DMA_BIT_MASK(64));
	phyr_list_destroy(&list);
}

/*
 * A part of an IOVA range is linked and unlinked in two steps, then the range is freed, with
 * dma_iova_*() directly.  Hazard 14 tests the same for a list whose mapping fails.
 */
static void ptest_undo_partial_unlink(struct ptest *t)
{
	const int nr = 16, linked = 10;
	struct phys_vec chunks[PTEST_CHUNKS];
	struct dma_iova_state state;
	struct phyr_map map = { };
	struct ptest_reach reach;
	dma_addr_t first;
	int i, err;

	NEEDS_IOMMU(t);
	ptest_chunks(t, chunks);
	EXPECT(t, dma_iova_try_alloc(t->dev, &state, 0, nr * PAGE_SIZE), "no IOVA");
	first = state.addr;
	for (i = 1; i <= linked; i++) {
		err = dma_iova_link(t->dev, &state, chunks[i].paddr, (i - 1) * PAGE_SIZE, PAGE_SIZE,
				    DMA_TO_DEVICE, 0);
		if (err)
			FAIL(t, "link %d: %d", i, err);
	}
	err = dma_iova_sync(t->dev, &state, 0, linked * PAGE_SIZE);
	if (err)
		FAIL(t, "sync: %d", err);
	/* First the end of the linked part, then its start, then free the range. */
	dma_iova_unlink(t->dev, &state, 4 * PAGE_SIZE, (linked - 4) * PAGE_SIZE, DMA_TO_DEVICE, 0);
	for (i = 0; i < nr; i++)
		if (ptest_translate(t, first + i * PAGE_SIZE) != (i < 4 ? chunks[i + 1].paddr : 0))
			FAIL(t, "page %d after a part is unlinked", i);
	dma_iova_unlink(t->dev, &state, 0, 4 * PAGE_SIZE, DMA_TO_DEVICE, 0);
	dma_iova_free(t->dev, &state);
	if (t->why[0] || !ptest_check_unmapped(t, first, nr * PAGE_SIZE))
		goto undo;

	err = phyr_dma_map(t->dev, &t->list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
	EXPECT(t, !err, "phyr_dma_map afterwards: %d", err);
	ptest_check_reach(t, &map, chunks, PTEST_CHUNKS, &reach);
undo:
	phyr_dma_unmap(t->dev, &map);
}

static const struct ptest_case cases[] = {
	{ "hazard 14: a link that fails undoes those before it, no others", ptest_undo_links },
	{ "hazard 14: no bounce buffer is left when the pool is empty", ptest_undo_pool_empty },
	{ "hazard 14: no IOVA is left below the mask", ptest_undo_no_iova },
	{ "hazard 15: a part is unlinked, then the space is freed", ptest_undo_partial_unlink },
};

PTEST_GROUP(undo, cases);
