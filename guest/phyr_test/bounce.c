// SPDX-License-Identifier: GPL-2.0
/* Cases: bounce buffers, narrow masks, gaps and alignment. */
#include <linux/dma-map-ops.h>
#include <linux/iommu.h>

#include "test.h"

/* Check that device writes arrived, and that memory around the list is unchanged. */
static bool ptest_bounce_check_written(struct ptest *t, u8 byte)
{
	u64 base = page_to_phys(t->block), end = base + 2ull * PTEST_CHUNKS * PAGE_SIZE;
	u64 at, done = 0;

	for (at = base; at < end; at++) {
		bool ours = done < t->list.len && at == ptest_phys(t, done);
		u64 word = at & ~7ull;
		u8 want = ours ? byte : ((u8 *)&word)[at & 7];

		if (*(u8 *)phys_to_virt(at) != want) {
			FAIL(t, "byte %llu of the block is %#x, not %#x", at - base,
			     *(u8 *)phys_to_virt(at), want);
			return false;
		}
		done += ours;
	}
	return true;
}

static void ptest_bounce_unaligned(struct ptest *t)
{
	struct phys_vec chunks[PTEST_CHUNKS];
	struct phyr_map map = { };
	struct ptest_reach reach;
	struct phyr_dma_iter it;
	long used = ptest_pool_used(t);
	u64 done = 0;
	int err;

	NEEDS_BOUNCE(t);
	ptest_chunks(t, chunks);
	err = phyr_dma_map(t->dev, &t->list, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);
	EXPECT(t, !err, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == PHYR_SHAPE_ARRAY, "shape %u", map.shape);
	if (!ptest_check_reach(t, &map, chunks, PTEST_CHUNKS, &reach))
		goto undo;
	EXPECT(t, !reach.direct, "%llu bytes were not bounced", reach.direct);
	phyr_for_each_dma_range(it, &map) {
		EXPECT(t, !((it.range.addr ^ ptest_phys(t, done)) & 0xfff),
		       "byte %llu is at %pad: the low bits are not those of memory", done,
		       &it.range.addr);
		done += it.range.len;
	}
	ptest_write_ranges(t, &map, 0xb7);
	phyr_dma_unmap(t->dev, &map);
	if (!ptest_bounce_check_written(t, 0xb7))
		goto undo;
	EXPECT(t, ptest_pool_used(t) == used, "%ld slots of the pool are left",
	       ptest_pool_used(t) - used);
undo:
	phyr_dma_unmap(t->dev, &map);
}

/* Part of a block of 2 MiB, mapped for the device to read. */
struct ptest_bounce_huge {
	struct page *block;
	struct phyr_list list;
	struct phyr_map map;
	struct ptest_reach reach;
};

/*
 * Map it and check that all is bounced.  ptest_bounce_huge_end() must be called also after a
 * failure.
 */
static bool ptest_bounce_huge_begin(struct ptest *t, struct ptest_bounce_huge *h, u64 offset,
				    u64 len)
{
	struct phys_vec chunk;
	int err;

	memset(h, 0, sizeof(*h));
	phyr_list_init(&h->list, PHYR_PACKED);
	EXPECT(t, offset + len <= SZ_2M, "the pool takes %llu bytes at once", len);
	h->block = alloc_pages(GFP_KERNEL, get_order(SZ_2M));
	EXPECT(t, h->block, "no memory");
	ptest_fill_block(h->block, SZ_2M);
	chunk = (struct phys_vec){ page_to_phys(h->block) + offset, len };
	err = phyr_list_append(&h->list, PHYR_MEM_RAM, NULL, chunk.paddr, chunk.len, GFP_KERNEL);
	EXPECT(t, !err, "append: %d", err);
	err = phyr_dma_map(t->dev, &h->list, &h->map, DMA_TO_DEVICE, 0, GFP_KERNEL);
	EXPECT(t, !err, "phyr_dma_map: %d", err);
	if (!ptest_check_reach(t, &h->map, &chunk, 1, &h->reach))
		return false;
	EXPECT(t, h->reach.bounced == len, "%llu of %llu bytes bounced", h->reach.bounced, len);
	return true;
undo:
	return false;
}

static void ptest_bounce_huge_end(struct ptest *t, struct ptest_bounce_huge *h)
{
	phyr_dma_unmap(t->dev, &h->map);
	phyr_list_destroy(&h->list);
	if (h->block)
		__free_pages(h->block, get_order(SZ_2M));
}

static void ptest_bounce_huge_chunk(struct ptest *t)
{
	size_t most = dma_max_mapping_size(t->dev);
	long used = ptest_pool_used(t);
	struct phyr_dma_iter it;
	struct ptest_bounce_huge h;

	NEEDS_BOUNCE(t);
	if (!ptest_bounce_huge_begin(t, &h, 0, SZ_2M))
		goto undo;
	EXPECT(t, most < SZ_2M, "the pool takes it in one piece");
	EXPECT(t, h.map.shape == PHYR_SHAPE_ARRAY, "shape %u", h.map.shape);
	phyr_for_each_dma_range(it, &h.map)
		EXPECT(t, it.range.len <= most, "a range of %u bytes", it.range.len);
	seq_printf(t->out, "# 2 MiB in %u ranges\n", h.reach.ranges);
	phyr_dma_unmap(t->dev, &h.map);
	EXPECT(t, ptest_pool_used(t) == used, "%ld slots of the pool are left",
	       ptest_pool_used(t) - used);
undo:
	ptest_bounce_huge_end(t, &h);
}

/* The largest bounce, from the middle of a page on: one range, as with a scatterlist. */
static void ptest_bounce_whole_chunk(struct ptest *t)
{
	size_t most = dma_max_mapping_size(t->dev);
	struct ptest_bounce_huge h;

	NEEDS_BOUNCE(t);
	if (ptest_bounce_huge_begin(t, &h, 512, most))
		EXPECT(t, h.reach.ranges == 1, "%u ranges for %zu bytes", h.reach.ranges, most);
undo:
	ptest_bounce_huge_end(t, &h);
}

/* Allocate pages above 4 GiB. */
static struct page *ptest_bounce_high_block(unsigned int order)
{
	struct page *low[16], *high = NULL;
	int nr = 0;

	while (nr < ARRAY_SIZE(low)) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		if (!page)
			break;
		if (page_to_phys(page) >= SZ_4G) {
			high = page;
			break;
		}
		low[nr++] = page;
	}
	while (nr)
		__free_pages(low[--nr], order);
	return high;
}

static void ptest_bounce_narrow_mask(struct ptest *t)
{
	const unsigned int order = 3;
	struct page *high = ptest_bounce_high_block(order);
	struct phys_vec chunks[2];
	struct phyr_map map = { };
	struct ptest_reach reach;
	struct phyr_dma_iter it;
	struct phyr_list list;
	int err, i;

	NEEDS(t, high, "no RAM above 4 GiB");
	phyr_list_init(&list, PHYR_PACKED);
	ptest_fill_block(high, PAGE_SIZE << order);
	err = dma_set_mask(t->dev, DMA_BIT_MASK(32));
	EXPECT(t, !err, "a mask of 32 bits: %d", err);
	for (i = 0; i < 2; i++) {
		chunks[i].paddr = page_to_phys(high) + i * 4 * PAGE_SIZE;
		chunks[i].len = 2 * PAGE_SIZE;
		err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, chunks[i].paddr, chunks[i].len,
				       GFP_KERNEL);
		EXPECT(t, !err, "append: %d", err);
	}
	err = phyr_dma_map(t->dev, &list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
	EXPECT(t, !err, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == (dev_dma_iommu(t->dev) ? PHYR_SHAPE_SINGLE : PHYR_SHAPE_ARRAY),
	       "shape %u", map.shape);
	phyr_for_each_dma_range(it, &map)
		EXPECT(t, it.range.addr + it.range.len <= SZ_4G, "the device is given %pad + %u",
		       &it.range.addr, it.range.len);
	if (!ptest_check_reach(t, &map, chunks, 2, &reach))
		goto undo;
	EXPECT(t, dev_dma_iommu(t->dev) ? !reach.bounced : !reach.direct,
	       "%llu bytes directly, %llu bounced", reach.direct, reach.bounced);
undo:
	phyr_dma_unmap(t->dev, &map);
	phyr_list_destroy(&list);
	dma_set_mask(t->dev, DMA_BIT_MASK(64));
	__free_pages(high, order);
}

static void ptest_bounce_gap(struct ptest *t)
{
	u64 base = page_to_phys(t->block);
	/* The gap between the first two is not a multiple of the IOMMU's page. */
	const struct phys_vec chunks[] = {
		{ base, PAGE_SIZE - 512 }, { base + 2 * PAGE_SIZE, PAGE_SIZE },
		{ base + 6 * PAGE_SIZE + 512, PAGE_SIZE },
	};
	struct phyr_map map = { };
	struct ptest_reach reach;
	struct phyr_dma_iter it;
	struct phyr_list list;
	dma_addr_t was[3];
	int err, i;

	NEEDS_IOMMU(t);
	phyr_list_init(&list, PHYR_PACKED);
	for (i = 0; i < ARRAY_SIZE(chunks); i++) {
		err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, chunks[i].paddr, chunks[i].len,
				       GFP_KERNEL);
		EXPECT(t, !err, "append: %d", err);
	}
	err = phyr_dma_map(t->dev, &list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
	EXPECT(t, !err, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == PHYR_SHAPE_ARRAY, "shape %u", map.shape);
	if (!ptest_check_reach(t, &map, chunks, ARRAY_SIZE(chunks), &reach))
		goto undo;
	EXPECT(t, reach.ranges == 3 && !reach.bounced, "%u ranges", reach.ranges);
	i = 0;
	phyr_for_each_dma_range(it, &map)
		was[i++] = it.range.addr;
	phyr_dma_unmap(t->dev, &map);
	for (i = 0; i < 3; i++)
		if (!ptest_check_unmapped(t, was[i], chunks[i].len))
			goto undo;
undo:
	phyr_dma_unmap(t->dev, &map);
	phyr_list_destroy(&list);
}

/*
 * A DMA alignment mask of 16 bits, more than the IOMMU's page.  An IOVA may have the right offset
 * by chance; a mapping must not succeed with a wrong one.
 */
static void ptest_bounce_alignment(struct ptest *t)
{
	const u32 mask = SZ_64K - 1;
	u64 base = ALIGN(page_to_phys(t->block), SZ_64K);
	struct phyr_map map = { };
	struct ptest_reach reach;
	struct phyr_list list;
	int refused = 0, err, i;

	NEEDS_IOMMU(t);
	phyr_list_init(&list, PHYR_PACKED);
	dma_set_min_align_mask(t->dev, mask);
	for (i = 0; i < 16; i++) {
		struct phys_vec chunk = { base + i * PAGE_SIZE, PAGE_SIZE };

		phyr_list_destroy(&list);
		err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, chunk.paddr, chunk.len,
				       GFP_KERNEL);
		EXPECT(t, !err, "append: %d", err);
		err = phyr_dma_map(t->dev, &list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
		if (err == -EOPNOTSUPP) {
			EXPECT(t, map.shape == PHYR_SHAPE_NONE, "shape %u", map.shape);
			refused++;
			continue;
		}
		EXPECT(t, !err, "phyr_dma_map: %d", err);
		err = (map.addr ^ chunk.paddr) & mask;
		if (!err && !ptest_check_reach(t, &map, &chunk, 1, &reach))
			err = -1;
		phyr_dma_unmap(t->dev, &map);
		EXPECT(t, !err, "%pa is given as %pad", &chunk.paddr, &map.addr);
	}
	EXPECT(t, refused, "none of 16 offsets was refused");
	seq_printf(t->out, "# %d of 16 offsets refused\n", refused);

	/* With a gap: an ARRAY, which is always refused. */
	err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, base + 512, PAGE_SIZE, GFP_KERNEL) ?:
	      phyr_dma_map(t->dev, &list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
	EXPECT(t, err == -EOPNOTSUPP, "with a gap: %d", err);
	EXPECT(t, map.shape == PHYR_SHAPE_NONE, "with a gap: shape %u", map.shape);
undo:
	phyr_dma_unmap(t->dev, &map);
	dma_set_min_align_mask(t->dev, SZ_4K - 1);
	phyr_list_destroy(&list);
}

static const struct ptest_case cases[] = {
	{ "hazard 01: unaligned ends are bounced, and keep their low bits",
	  ptest_bounce_unaligned },
	{ "hazard 02: a chunk of 2 MiB is bounced in pieces", ptest_bounce_huge_chunk },
	{ "hazard 02: a chunk that fits is bounced in one piece", ptest_bounce_whole_chunk },
	{ "hazard 04: RAM above 4 GiB and a mask of 32 bits", ptest_bounce_narrow_mask },
	{ "hazard 06: a gap inside a page is never in one range",		ptest_bounce_gap },
	{ "hazard 07: more low bits kept than the IOMMU keeps", ptest_bounce_alignment },
};

PTEST_GROUP(bounce, cases);
