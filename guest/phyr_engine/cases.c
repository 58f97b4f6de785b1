// SPDX-License-Identifier: GPL-2.0
/* What an engine is asked to do, right and wrong. */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>

#include "engine.h"

/* Longer than any flush queue waits. */
#define FLUSHED_MS	300
#define STALE_STEP_US	500
#define STALE_MAX_US	(2 * USEC_PER_SEC)

#define FILL		0xa5

/* Let the device have a page to write, where it has none of its own: by a right mapping. */
static int load(struct engine *e)
{
	struct engine_mapping m;
	int err;

	if (!e->ops->read)
		return 0;
	err = engine_alloc(&m, &e->pdev->dev, GFP_KERNEL | GFP_DMA);
	if (err)
		return err;
	get_random_bytes(e->expect, PAGE_SIZE);
	memcpy(page_address(m.page[0]), e->expect, PAGE_SIZE);
	err = engine_map(&m, ENGINE_PHYS, DMA_TO_DEVICE);
	if (!err) {
		err = e->ops->read(e, m.addr[0]);
		engine_unmap(&m);
	}
	engine_free(&m);
	return err;
}

/* Where a DMA address leads while nothing goes wrong; in a bounce buffer that is not the page. */
static phys_addr_t leads_to(struct engine *e, dma_addr_t addr, const struct page *page)
{
	const struct iommu_domain *domain = iommu_get_domain_for_dev(&e->pdev->dev);

	return domain && domain->type != IOMMU_DOMAIN_IDENTITY ? page_to_phys(page) : addr;
}

static const char *found(struct engine *e, const struct engine_mapping *m, unsigned int i)
{
	const u8 *page = page_address(m->page[i]);

	if (e->ops->check(e, page))
		return "right";
	return memchr_inv(page, FILL, PAGE_SIZE) ? "wrong" : "untouched";
}

static void fill(struct engine_mapping *m)
{
	unsigned int i;

	for (i = 0; i < ENGINE_PAGES; i++)
		memset(page_address(m->page[i]), FILL, PAGE_SIZE);
}

/* The device writes to page @i. */
static int write_page(struct engine *e, const struct engine_mapping *m, unsigned int i,
		      struct engine_outcome *out)
{
	out->addr = m->addr[i];
	out->write = true;
	return e->ops->write(e, m->addr[i], leads_to(e, m->addr[i], m->page[i]));
}

/* What the device says of a write of its is an outcome, not an error. */
static int without_answers(int err)
{
	return err == -EFAULT || err == -ENXIO ? 0 : err;
}

/* It writes through a mapping that is right. */
static int case_mapped(struct engine *e, enum engine_path path, struct engine_mapping *m,
		       struct engine_outcome *out)
{
	unsigned int i;
	int err = 0;

	fill(m);
	out->write = true;
	if (engine_map(m, path, DMA_FROM_DEVICE)) {
		out->how = "refused";
		return 0;
	}
	for (i = 0; i < ENGINE_PAGES && !err; i++)
		err = write_page(e, m, i, out);
	engine_unmap(m);
	out->how = err == -EFAULT ? "fault" : err == -ENXIO ? "wrong" : found(e, m, 0);
	if (!err && !strcmp(out->how, "right"))
		out->how = found(e, m, 1);
	return without_answers(err);
}

/* It writes where something was mapped that nobody can remember any more. */
static int case_unmapped(struct engine *e, enum engine_path path, struct engine_mapping *m,
			 struct engine_outcome *out)
{
	int err = engine_map(m, path, DMA_FROM_DEVICE);

	if (err)
		return err;
	engine_unmap(m);
	fill(m);
	msleep(FLUSHED_MS);
	err = write_page(e, m, 0, out);
	out->how = err == -EFAULT ? "fault" : found(e, m, 0);
	return without_answers(err);
}

/* It goes on writing after the mapping is gone, until it may not. */
static int case_stale(struct engine *e, enum engine_path path, struct engine_mapping *m,
		      struct engine_outcome *out)
{
	int err = engine_map(m, path, DMA_FROM_DEVICE);
	ktime_t begin;

	if (err)
		return err;
	/* Now the IOMMU has the translation in its cache. */
	err = write_page(e, m, 0, out);
	engine_unmap(m);
	if (err) {
		out->how = "wrong";
		return without_answers(err);
	}
	begin = ktime_get();
	out->how = "right";
	for (;;) {
		err = write_page(e, m, 0, out);
		out->window_us = ktime_us_delta(ktime_get(), begin);
		if (err || out->window_us > STALE_MAX_US)
			break;
		out->uses++;
		usleep_range(STALE_STEP_US, 2 * STALE_STEP_US);
	}
	if (err)
		out->how = err == -EFAULT ? "fault" : "wrong";
	return without_answers(err);
}

/* It writes through a mapping that it may only read. */
static int case_readonly(struct engine *e, enum engine_path path, struct engine_mapping *m,
			 struct engine_outcome *out)
{
	int err;

	fill(m);
	err = engine_map(m, path, DMA_TO_DEVICE);
	if (err)
		return err;
	err = write_page(e, m, 0, out);
	engine_unmap(m);
	out->how = err == -EFAULT ? "fault" : found(e, m, 0);
	return without_answers(err);
}

/* What does it read there?  It is let read first something else, and last writes what it has. */
static int read_back(struct engine *e, dma_addr_t addr, const void *secret,
		     struct engine_outcome *out)
{
	struct engine_mapping m;
	int err;

	out->addr = addr;
	err = e->ops->read(e, addr);
	if (err)
		return err;
	err = engine_alloc(&m, &e->pdev->dev, GFP_KERNEL | GFP_DMA);
	if (err)
		return err;
	fill(&m);
	err = engine_map(&m, ENGINE_PHYS, DMA_FROM_DEVICE);
	if (!err) {
		err = e->ops->write(e, m.addr[0], 0);
		engine_unmap(&m);
	}
	if (!err)
		out->how = !memcmp(page_address(m.page[0]), secret, PAGE_SIZE) ? "right" :
			   e->ops->check(e, page_address(m.page[0])) ? "untouched" : "wrong";
	engine_free(&m);
	return err;
}

/* It reads through a mapping of @dir. */
static int read_case(struct engine *e, enum engine_path path, struct engine_mapping *m,
		     enum dma_data_direction dir, struct engine_outcome *out)
{
	int err;

	get_random_bytes(page_address(m->page[0]), PAGE_SIZE);
	if (engine_map(m, path, dir)) {
		out->how = "refused";
		return 0;
	}
	err = read_back(e, m->addr[0], page_address(m->page[0]), out);
	engine_unmap(m);
	return err;
}

static int case_read(struct engine *e, enum engine_path path, struct engine_mapping *m,
		     struct engine_outcome *out)
{
	return read_case(e, path, m, DMA_TO_DEVICE, out);
}

static int case_writeonly(struct engine *e, enum engine_path path, struct engine_mapping *m,
			  struct engine_outcome *out)
{
	return read_case(e, path, m, DMA_FROM_DEVICE, out);
}

/*
 * A driver that promises more address bits than the device has: it reads elsewhere.  Only reads;
 * a write would be anybody's memory.
 */
static int case_clamped(struct engine *e, enum engine_path path, struct engine_mapping *m,
			struct engine_outcome *out)
{
	int err;

	get_random_bytes(page_address(m->page[0]), PAGE_SIZE);
	err = dma_set_mask(&e->pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	err = engine_map(m, path, DMA_TO_DEVICE);
	dma_set_mask(&e->pdev->dev, DMA_BIT_MASK(*e->ops->mask_bits));
	if (err)
		return err;
	err = read_back(e, m->addr[0], page_address(m->page[0]), out);
	engine_unmap(m);
	return err;
}

const struct engine_case engine_cases[] = {
	{ "mapped",	true,	true,	ENGINE_LOW,	case_mapped },
	{ "unmapped",	true,	true,	ENGINE_ANY,	case_unmapped },
	{ "stale",	false,	true,	ENGINE_ANY,	case_stale },
	{ "readonly",	true,	true,	ENGINE_ANY,	case_readonly },
	{ "read",	true,	false,	ENGINE_LOW,	case_read },
	{ "writeonly",	true,	false,	ENGINE_LOW,	case_writeonly },
	{ "clamped",	true,	false,	ENGINE_BEYOND,	case_clamped },
	/* Somebody must help it. */
	{ "beyond",	true,	false,	ENGINE_BEYOND,	case_mapped },
	{ }
};

/**
 * engine_run - have an engine do a case
 * @e:		the engine; its lock is held
 * @one:	the case
 * @path:	how the memory is mapped
 * @out:	receives what came of it
 *
 * Return: 0, or why it could not be tried: -ENOMEM; -ENXIO if the machine has no such memory;
 * what the engine, or the mapping, says.
 */
int engine_run(struct engine *e, const struct engine_case *one, enum engine_path path,
	       struct engine_outcome *out)
{
	struct engine_mapping m;
	int err = load(e);

	if (err)
		return err;
	if (one->pages == ENGINE_BEYOND)
		err = engine_alloc_beyond(&m, &e->pdev->dev, *e->ops->mask_bits);
	else
		err = engine_alloc(&m, &e->pdev->dev,
				   GFP_KERNEL | (one->pages == ENGINE_LOW ? GFP_DMA : 0));
	if (err)
		return err;
	err = one->run(e, path, &m, out);
	engine_free(&m);
	return err;
}
