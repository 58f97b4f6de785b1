// SPDX-License-Identifier: GPL-2.0
/* Cases: the end of a mapping, with a device that does DMA. */
#include <linux/delay.h>
#include <linux/dma-map-ops.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/workqueue.h>

#include "test.h"

#define NOBODY	0x6b	/* content of memory that must not be written */

static bool ptest_lifetime_was_written(const struct page *page, struct ptest_engine *engine)
{
	return !memcmp(page_address(page), ptest_engine_data(engine), PAGE_SIZE);
}

static bool ptest_lifetime_is_untouched(const struct page *page)
{
	return !memchr_inv(page_address(page), NOBODY, PAGE_SIZE);
}

static int ptest_lifetime_map(struct ptest *t, struct phyr_list *list, struct phyr_map *map,
			      struct page *page)
{
	phyr_list_destroy(list);
	return phyr_list_append(list, PHYR_MEM_RAM, NULL, page_to_phys(page), PAGE_SIZE,
				GFP_KERNEL) ?:
	       phyr_dma_map(t->dev, list, map, DMA_FROM_DEVICE, 0, GFP_KERNEL);
}

static bool ptest_lifetime_is_lazy(struct ptest *t)
{
	return iommu_get_domain_for_dev(t->dev)->type == IOMMU_DOMAIN_DMA_FQ;
}

/*
 * The device continues to write after unmap.  Strict: no write may arrive.  Lazy: writes may arrive
 * until the flush queue is processed; the time is recorded, and later writes must not arrive.
 */
static void ptest_lifetime_use_after_unmap(struct ptest *t, bool lazy)
{
	struct ptest_engine *engine = NULL;
	struct page *page = NULL;
	struct phyr_map map = { };
	struct phyr_list list;
	ktime_t from, last = 0;
	dma_addr_t addr;
	int err, late = 0;

	phyr_list_init(&list, PHYR_PACKED);
	engine = ptest_engine_start(t);
	EXPECT(t, !IS_ERR(engine), "no DMA engine: %ld", PTR_ERR(engine));
	page = alloc_page(GFP_KERNEL);
	EXPECT(t, page, "no memory");

	memset(page_address(page), NOBODY, PAGE_SIZE);
	err = ptest_lifetime_map(t, &list, &map, page);
	EXPECT(t, !err, "phyr_dma_map: %d", err);
	addr = map.addr;
	err = ptest_engine_write(engine, addr);
	EXPECT(t, !err && ptest_lifetime_was_written(page, engine),
	       "the device does not write while it may: %d", err);
	phyr_dma_unmap(t->dev, &map);
	from = ktime_get();
	if (!ptest_check_unmapped(t, addr, PAGE_SIZE))
		goto undo;
	/* For the oracle of IOMMU faults: at least the last write causes one. */
	seq_printf(t->out, "# provokes: write %#llx %lu\n", (u64)addr, PAGE_SIZE);

	do {
		memset(page_address(page), NOBODY, PAGE_SIZE);
		err = ptest_engine_write(engine, addr);
		EXPECT(t, !err, "the engine stopped: %d", err);
		if (ptest_lifetime_is_untouched(page))
			break;
		last = ktime_get();
		late++;
		EXPECT(t, lazy, "a write after the unmap arrived");
	} while (ktime_ms_delta(last, from) < 1000);
	EXPECT(t, ptest_lifetime_is_untouched(page), "writes arrive a second after the unmap");
	if (lazy)
		seq_printf(t->out, "# lazy: %d writes arrived, the last %lld us after the unmap\n",
			   late, late ? ktime_us_delta(last, from) : 0);
undo:
	phyr_dma_unmap(t->dev, &map);
	ptest_engine_stop(engine);
	phyr_list_destroy(&list);
	if (page)
		__free_page(page);
}

static void ptest_lifetime_after_unmap_strict(struct ptest *t)
{
	NEEDS_IOMMU(t);
	NEEDS(t, !ptest_lifetime_is_lazy(t), "a lazy domain");
	ptest_lifetime_use_after_unmap(t, false);
}

static void ptest_lifetime_after_unmap_lazy(struct ptest *t)
{
	NEEDS_IOMMU(t);
	NEEDS(t, ptest_lifetime_is_lazy(t), "no lazy domain");
	ptest_lifetime_use_after_unmap(t, true);
}

/* Lazy: an IOVA is not reused while the IOTLB may still contain its old translation. */
static void ptest_lifetime_not_reused(struct ptest *t)
{
	struct ptest_engine *engine = NULL;
	struct page *page[2] = { };
	struct phyr_map map = { };
	struct phyr_list list;
	dma_addr_t addr;
	int err, i, same = 0;

	NEEDS_IOMMU(t);
	phyr_list_init(&list, PHYR_PACKED);
	engine = ptest_engine_start(t);
	EXPECT(t, !IS_ERR(engine), "no DMA engine: %ld", PTR_ERR(engine));
	for (i = 0; i < 2; i++) {
		page[i] = alloc_page(GFP_KERNEL);
		EXPECT(t, page[i], "no memory");
	}
	for (i = 0; i < 20; i++) {
		struct page *now = page[i % 2], *before = page[!(i % 2)];
		dma_addr_t was = i ? addr : 0;

		memset(page_address(now), NOBODY, PAGE_SIZE);
		memset(page_address(before), NOBODY, PAGE_SIZE);
		err = ptest_lifetime_map(t, &list, &map, now);
		EXPECT(t, !err, "phyr_dma_map: %d", err);
		addr = map.addr;
		same += addr == was;
		err = ptest_engine_write(engine, addr);
		EXPECT(t, !err, "the engine stopped: %d", err);
		/* The IOTLB must not contain the translation to the previous page. */
		EXPECT(t, ptest_lifetime_is_untouched(before),
		       "mapping %d: writes go to the page before", i);
		EXPECT(t, ptest_lifetime_was_written(now, engine),
		       "mapping %d: the device does not write", i);
		phyr_dma_unmap(t->dev, &map);
	}
	seq_printf(t->out, "# %d of 20 mappings have the address of the one before\n", same);
undo:
	phyr_dma_unmap(t->dev, &map);
	ptest_engine_stop(engine);
	phyr_list_destroy(&list);
	for (i = 0; i < 2; i++)
		if (page[i])
			__free_page(page[i]);
}

struct ptest_lifetime_revoker {
	struct work_struct work;
	struct phyr_reg *reg;
	bool done;
};

static void ptest_lifetime_revoke_work(struct work_struct *work)
{
	struct ptest_lifetime_revoker *r = container_of(work, struct ptest_lifetime_revoker, work);

	phyr_reg_revoke(r->reg);
	/* Read concurrently. */
	WRITE_ONCE(r->done, true);
}

static void ptest_lifetime_revoke(struct ptest *t)
{
	struct phyr_reg *reg = phyr_reg_create(t->dev, &t->list, DMA_TO_DEVICE, 0);
	struct ptest_lifetime_revoker r[2] = { { .reg = reg }, { .reg = reg } };
	struct phyr_reg_io io = { }, another;
	dma_addr_t addr = 0;
	struct phyr_dma_iter it;
	int err, i;

	if (IS_ERR(reg)) {
		snprintf(t->why, sizeof(t->why), "create: %ld", PTR_ERR(reg));
		return;
	}
	for (i = 0; i < 2; i++)
		INIT_WORK_ONSTACK(&r[i].work, ptest_lifetime_revoke_work);
	err = phyr_reg_begin(reg, &io, 4096, 8192, DMA_TO_DEVICE);
	EXPECT(t, !err, "begin: %d", err);
	phyr_reg_iter_init(&it, &io);
	phyr_dma_iter_next(&it);
	addr = it.range.addr;

	for (i = 0; i < 2; i++)
		queue_work(system_dfl_wq, &r[i].work);
	for (i = 0; i < 100; i++) {
		err = phyr_reg_begin(reg, &another, 0, 8, DMA_TO_DEVICE);
		if (err)
			break;
		phyr_reg_end(&another);
		msleep(20);
	}
	EXPECT(t, err == -ENODEV, "begin during the revocation: %d", err);
	msleep(50);
	EXPECT(t, !READ_ONCE(r[0].done) && !READ_ONCE(r[1].done),
	       "it did not wait for the I/O");
	EXPECT(t, ptest_reg_reaches(t, &io), "the I/O lost its mapping");
undo:
	if (io.reg)
		phyr_reg_end(&io);
	for (i = 0; i < 2; i++) {
		flush_work(&r[i].work);
		destroy_work_on_stack(&r[i].work);
	}
	if (!t->why[0] && !(r[0].done && r[1].done))
		snprintf(t->why, sizeof(t->why), "it did not end with the I/O");
	if (!t->why[0] && dev_dma_iommu(t->dev) && ptest_translate(t, addr))
		snprintf(t->why, sizeof(t->why), "still mapped");
	phyr_reg_revoke(reg);
	if (!t->why[0] && phyr_reg_begin(reg, &another, 0, 8, DMA_TO_DEVICE) != -ENODEV)
		snprintf(t->why, sizeof(t->why), "an I/O after the revocation");
	phyr_reg_put(reg);
}

static const struct ptest_case cases[] = {
	{ "hazard 16: use after unmap, strict",			ptest_lifetime_after_unmap_strict },
	{ "hazard 16: use after unmap, lazy",			ptest_lifetime_after_unmap_lazy },
	{ "hazard 16: an address is not reused too early",	ptest_lifetime_not_reused },
	{ "hazard 21: revocation waits for I/O",		ptest_lifetime_revoke },
};

PTEST_GROUP(lifetime, cases);
