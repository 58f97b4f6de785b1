// SPDX-License-Identifier: GPL-2.0
/* Cases: ZONE_DEVICE memory, and memory without struct pages. */
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/dma-map-ops.h>
#include <linux/ioport.h>
#include <linux/memremap.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "test.h"

#define NEEDS_PAGELESS(t)							\
	NEEDS(t, ptest_pageless, "no RAM without pages: boot with memmap=, set pageless=")

static void ptest_zone_folio_free(struct folio *folio)
{
}

static vm_fault_t ptest_zone_migrate(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;	/* never called: no process maps it */
}

static const struct dev_pagemap_ops zone_ops = {
	.folio_free = ptest_zone_folio_free,
	.migrate_to_ram = ptest_zone_migrate,
};

/* Check the result for a scatterlist and for a block request of a page. */
static void ptest_zone_refused(struct ptest *t, struct page *page, int want)
{
	struct request *rq = kzalloc_obj(*rq);
	struct scatterlist sg[2];
	struct bio_vec bv[2];
	struct phyr_list list;
	struct bio bio;
	int err;

	phyr_list_init(&list, PHYR_PACKED);
	EXPECT(t, rq, "no memory");
	sg_init_table(sg, 2);
	sg_set_page(&sg[0], t->block, PAGE_SIZE, 0);
	sg_set_page(&sg[1], page, PAGE_SIZE, 0);
	err = phyr_list_from_sg(&list, sg + 1, 1, GFP_KERNEL);
	EXPECT(t, err == want && !list.nr == !!want, "from a scatterlist: %d", err);
	phyr_list_destroy(&list);
	err = phyr_list_from_sg(&list, sg, 2, GFP_KERNEL);
	EXPECT(t, err == want && !list.nr == !!want, "behind a page of RAM: %d", err);
	phyr_list_destroy(&list);

	bio_init(&bio, NULL, bv, ARRAY_SIZE(bv), REQ_OP_WRITE);
	bvec_set_page(&bv[0], page, PAGE_SIZE, 0);
	bio.bi_vcnt = 1;
	bio.bi_iter.bi_size = PAGE_SIZE;
	rq->bio = &bio;
	rq->nr_phys_segments = 1;
	err = phyr_list_from_rq(&list, rq, GFP_KERNEL);
	EXPECT(t, err == want && !list.nr == !!want, "from a request: %d", err);
undo:
	phyr_list_destroy(&list);
	kfree(rq);
}

static void ptest_zone_kind(struct ptest *t, enum memory_type type, int want)
{
	struct resource *region = request_free_mem_region(&iomem_resource, SZ_2M, "phyr_test");
	struct dev_pagemap *pgmap = kzalloc_obj(*pgmap);
	void *mapped = ERR_PTR(-ENOMEM);

	EXPECT(t, !IS_ERR(region), "no physical addresses are free: %ld", PTR_ERR(region));
	EXPECT(t, pgmap, "no memory");
	pgmap->type = type;
	pgmap->ops = &zone_ops;
	pgmap->owner = pgmap;
	pgmap->nr_range = 1;
	pgmap->range.start = region->start;
	pgmap->range.end = region->end;
	mapped = memremap_pages(pgmap, NUMA_NO_NODE);
	EXPECT(t, !IS_ERR(mapped), "memremap_pages: %ld", PTR_ERR(mapped));
	ptest_zone_refused(t, pfn_to_page(PHYS_PFN(region->start)), want);
undo:
	if (!IS_ERR(mapped))
		memunmap_pages(pgmap);
	kfree(pgmap);
	if (!IS_ERR(region))
		release_mem_region(region->start, resource_size(region));
}

static void ptest_zone_private(struct ptest *t)
{
	NEEDS(t, IS_ENABLED(CONFIG_DEVICE_PRIVATE), "a kernel without CONFIG_DEVICE_PRIVATE");
	ptest_zone_kind(t, MEMORY_DEVICE_PRIVATE, -EOPNOTSUPP);
}

static void ptest_zone_coherent(struct ptest *t)
{
	NEEDS(t, IS_ENABLED(CONFIG_ZONE_DEVICE), "a kernel without CONFIG_ZONE_DEVICE");
	ptest_zone_kind(t, MEMORY_DEVICE_COHERENT, -EOPNOTSUPP);
}

static void ptest_zone_generic(struct ptest *t)
{
	NEEDS(t, IS_ENABLED(CONFIG_ZONE_DEVICE), "a kernel without CONFIG_ZONE_DEVICE");
	ptest_zone_kind(t, MEMORY_DEVICE_GENERIC, 0);
}

static void ptest_zone_no_pages(struct ptest *t)
{
	const u64 beyond = 1ull << 45;	/* beyond all memory of the test machines */
	struct sg_table table = { };
	struct scatterlist sg;
	struct phyr_list list;
	int err;

	phyr_list_init(&list, PHYR_PACKED);
	err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, beyond, PAGE_SIZE, GFP_KERNEL);
	EXPECT(t, !err, "append: %d", err);
	err = phyr_list_to_sgt(&list, &table, UINT_MAX, GFP_KERNEL);
	EXPECT(t, err == -EOPNOTSUPP && !table.sgl, "a chunk without pages gives %d", err);

	/* It starts in memory and ends beyond. */
	phyr_list_destroy(&list);
	err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, page_to_phys(t->block), beyond,
			       GFP_KERNEL);
	EXPECT(t, !err, "append: %d", err);
	err = phyr_list_to_sgt(&list, &table, UINT_MAX, GFP_KERNEL);
	EXPECT(t, err == -EOPNOTSUPP && !table.sgl, "a chunk that leaves memory gives %d", err);

	phyr_list_destroy(&list);
	sg_init_table(&sg, 1);
	sg_set_page(&sg, NULL, 0, 0);
	err = phyr_list_from_sg(&list, &sg, 1, GFP_KERNEL);
	EXPECT(t, err == -EOPNOTSUPP && !list.nr, "an entry without a page gives %d", err);
undo:
	phyr_list_destroy(&list);
	if (table.sgl)
		sg_free_table(&table);
}

/* The same with existing RAM without struct pages. */
static void ptest_zone_pageless_sg(struct ptest *t)
{
	struct sg_table table = { };
	struct phyr_list list;
	int err;

	NEEDS_PAGELESS(t);
	phyr_list_init(&list, PHYR_PACKED);
	err = phyr_list_from_pageless(&list, ptest_pageless + 512, SZ_64K, GFP_KERNEL);
	EXPECT(t, !err, "phyr_list_from_pageless: %d", err);
	err = phyr_list_to_sgt(&list, &table, UINT_MAX, GFP_KERNEL);
	EXPECT(t, err == -EOPNOTSUPP && !table.sgl, "to a scatterlist: %d", err);
undo:
	if (table.sgl)
		sg_free_table(&table);
	phyr_list_destroy(&list);
}

/* It can be mapped where no bouncing is needed; else mapping must fail (hazard 3). */
static void ptest_zone_map_pageless(struct ptest *t)
{
	struct phys_vec chunk = { ptest_pageless + 512, SZ_2M - 1024 };
	struct phyr_map map = { };
	struct ptest_reach reach;
	struct phyr_list list;
	dma_addr_t was;
	long used = ptest_pool_used(t);
	int err;

	phyr_list_init(&list, PHYR_PACKED);
	err = phyr_list_from_pageless(&list, chunk.paddr, chunk.len, GFP_KERNEL);
	EXPECT(t, !err, "phyr_list_from_pageless: %d", err);
	err = phyr_dma_map(t->dev, &list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);
	if (ptest_is_bounced(t)) {
		EXPECT(t, err == -EIO, "phyr_dma_map: %d", err);
		EXPECT(t, map.shape == PHYR_SHAPE_NONE, "shape %u", map.shape);
		EXPECT(t, ptest_pool_used(t) == used, "%ld slots of the pool are in use",
		       ptest_pool_used(t) - used);
		goto undo;
	}
	EXPECT(t, !err, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == (dev_dma_iommu(t->dev) ? PHYR_SHAPE_SINGLE : PHYR_SHAPE_SAME),
	       "shape %u", map.shape);
	if (!ptest_check_reach(t, &map, &chunk, 1, &reach))
		goto undo;
	was = map.addr;
	phyr_dma_unmap(t->dev, &map);
	ptest_check_unmapped(t, was, chunk.len);
undo:
	phyr_dma_unmap(t->dev, &map);
	phyr_list_destroy(&list);
}

static void ptest_zone_pageless_bounce(struct ptest *t)
{
	NEEDS_PAGELESS(t);
	NEEDS_BOUNCE(t);
	ptest_zone_map_pageless(t);
}

static void ptest_zone_pageless_map(struct ptest *t)
{
	NEEDS_PAGELESS(t);
	NEEDS(t, !ptest_is_bounced(t), "everything is bounced here");
	ptest_zone_map_pageless(t);
}

static const struct ptest_case cases[] = {
	{ "hazard 03: page-less RAM and forced bouncing fail cleanly",
	  ptest_zone_pageless_bounce },
	{ "hazard 03: page-less RAM is mapped where nothing is bounced", ptest_zone_pageless_map },
	{ "hazard 20: device private memory is refused",		ptest_zone_private },
	{ "hazard 20: device coherent memory is refused",		ptest_zone_coherent },
	{ "hazard 20: generic device memory is taken",			ptest_zone_generic },
	{ "hazard 22: addresses without pages do not become a scatterlist", ptest_zone_no_pages },
	{ "hazard 22: page-less RAM does not become a scatterlist",	ptest_zone_pageless_sg },
};

PTEST_GROUP(zone, cases);
