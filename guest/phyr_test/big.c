// SPDX-License-Identifier: GPL-2.0
/* Cases: chunks of 4 GiB and more.  Their memory is not accessed and need not exist. */
#include <linux/dma-map-ops.h>
#include <linux/iommu.h>
#include <linux/mmzone.h>
#include <linux/scatterlist.h>

#include "test.h"

static const u64 sizes[] = { SZ_4G - SZ_4K, SZ_4G, SZ_4G + SZ_4K, 5ull * SZ_1G + 512 };

static void ptest_big_kept_whole(struct ptest *t)
{
	const u64 base = SZ_4G + 3584;
	struct phyr_list list;
	struct phyr_iter it;
	int format, i, err;

	for (format = PHYR_PLAIN; format <= PHYR_PACKED; format++) {
		const u64 next = 1ull << 40;

		phyr_list_init(&list, format);
		/* Small chunks in between, because the last chunk of a list is not encoded. */
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			u64 at = base + i * next;

			err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, at, sizes[i],
					       GFP_KERNEL) ?:
			      phyr_list_append(&list, PHYR_MEM_RAM, NULL, at + next / 2,
					       PAGE_SIZE, GFP_KERNEL);
			EXPECT(t, !err, "append: %d", err);
		}
		i = 0;
		phyr_for_each(it, &list) {
			u64 at = base + i / 2 * next + (i % 2 ? next / 2 : 0);
			u64 len = i % 2 ? PAGE_SIZE : sizes[i / 2];

			EXPECT(t, it.cur.paddr == at && it.cur.len == len,
			       "format %d, chunk %d: %pa + %#zx", format, i, &it.cur.paddr,
			       it.cur.len);
			i++;
		}
		EXPECT(t, i == 2 * ARRAY_SIZE(sizes), "%d chunks", i);
		phyr_list_destroy(&list);
	}
undo:
	phyr_list_destroy(&list);
}

/* DMA ranges are right, and none exceeds 32 bits. */
static void ptest_big_ranges_split(struct ptest *t)
{
	const u64 base = SZ_2M + 512;
	struct phyr_map map = { };
	struct phyr_dma_iter it;
	struct phyr_list list;
	int i, err;

	NEEDS(t, !ptest_is_bounced(t), "the pool of bounce buffers has 64 MiB");
	phyr_list_init(&list, PHYR_PACKED);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		dma_addr_t first = 0;
		u64 done = 0;

		phyr_list_destroy(&list);
		err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, base, sizes[i], GFP_KERNEL);
		EXPECT(t, !err, "append: %d", err);
		err = phyr_dma_map(t->dev, &list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
		EXPECT(t, !err, "phyr_dma_map of %#llx bytes: %d", sizes[i], err);
		phyr_for_each_dma_range(it, &map) {
			dma_addr_t end = it.range.addr + it.range.len - 1;

			if (!done)
				first = it.range.addr;
			EXPECT(t, it.range.len && it.range.addr == first + done,
			       "range at %llu: %pad + %#x", done, &it.range.addr, it.range.len);
			EXPECT(t, ptest_translate(t, it.range.addr) == base + done &&
			       ptest_translate(t, end) == base + done + it.range.len - 1,
			       "range at %llu leads elsewhere", done);
			done += it.range.len;
		}
		EXPECT(t, done == sizes[i], "%llu bytes of %llu", done, sizes[i]);
		phyr_dma_unmap(t->dev, &map);
		if (dev_dma_iommu(t->dev) &&
		    (!ptest_check_unmapped(t, first, SZ_2M) ||
		     !ptest_check_unmapped(t, first + done - SZ_2M, SZ_2M)))
			goto undo;
	}
undo:
	phyr_dma_unmap(t->dev, &map);
	phyr_list_destroy(&list);
}

/*
 * Number of DMA ranges of a chunk across 4 GiB with this segment boundary; 0 if it is not mapped.
 */
static u32 ptest_big_across_4g(struct ptest *t, unsigned long boundary, dma_addr_t *addr)
{
	unsigned long kept = dma_get_seg_boundary(t->dev);
	struct phyr_map map = { };
	struct phyr_dma_iter it;
	struct phyr_list list;
	u32 ranges = 0;

	phyr_list_init(&list, PHYR_PACKED);
	dma_set_seg_boundary(t->dev, boundary);
	if (!phyr_list_append(&list, PHYR_MEM_RAM, NULL, SZ_4G - SZ_64K, SZ_128K, GFP_KERNEL) &&
	    !phyr_dma_map(t->dev, &list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL)) {
		phyr_for_each_dma_range(it, &map)
			if (!ranges++)
				*addr = it.range.addr;
		phyr_dma_unmap(t->dev, &map);
	}
	dma_set_seg_boundary(t->dev, kept);
	phyr_list_destroy(&list);
	return ranges;
}

static void ptest_big_boundary(struct ptest *t)
{
	dma_addr_t addr = 0;
	u32 ranges;

	NEEDS(t, !ptest_is_bounced(t), "everything is bounced, and there is no such memory");
	ranges = ptest_big_across_4g(t, ULONG_MAX, &addr);
	EXPECT(t, ranges == 1, "where there is none: %u ranges", ranges);
	ranges = ptest_big_across_4g(t, U32_MAX, &addr);
	EXPECT(t, ranges == (addr == SZ_4G - SZ_64K ? 2 : 1), "with one: %u ranges from %pad on",
	       ranges, &addr);
undo:
	return;
}

static void ptest_big_entries_split(struct ptest *t)
{
	struct sg_table table = { };
	struct scatterlist *sg;
	struct phyr_list list;
	u64 base = SZ_4G, done = 0, pfn;
	int err, i;

	for (pfn = PHYS_PFN(base); pfn < PHYS_PFN(base + SZ_4G); pfn += PAGES_PER_SUBSECTION)
		NEEDS(t, pfn_valid(pfn), "no 4 GiB of struct pages from 4 GiB on");
	phyr_list_init(&list, PHYR_PACKED);
	err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, base, SZ_4G, GFP_KERNEL);
	EXPECT(t, !err, "append: %d", err);
	err = phyr_list_to_sgt(&list, &table, UINT_MAX, GFP_KERNEL);
	EXPECT(t, !err, "to a scatterlist: %d", err);
	EXPECT(t, table.orig_nents == 2, "%u entries", table.orig_nents);
	for_each_sgtable_sg(&table, sg, i) {
		EXPECT(t, sg_phys(sg) == base + done, "entry %d", i);
		done += sg->length;
	}
	EXPECT(t, done == SZ_4G, "%llu bytes", done);
undo:
	if (table.sgl)
		sg_free_table(&table);
	phyr_list_destroy(&list);
}

static const struct ptest_case cases[] = {
	{ "hazard 17: chunks of 4 GiB and more, plain and packed",	ptest_big_kept_whole },
	{ "hazard 17: ranges for the device are split",			ptest_big_ranges_split },
	{ "hazard 17: cut at a boundary that the device has, and no other", ptest_big_boundary },
	{ "hazard 17: entries of a scatterlist are split",		ptest_big_entries_split },
};

PTEST_GROUP(big, cases);
