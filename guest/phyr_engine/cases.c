// SPDX-License-Identifier: GPL-2.0
/*
 * What an engine is asked to do, right and wrong.  Each case is a file of debugfs for each path,
 * CASE-PATH; reading it does it and says in a line of JSON what came of it.  Whether that is as it
 * should be depends on the machine, and is for the reader to judge.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "engine.h"

/* Longer than any flush queue waits. */
#define FLUSHED_MS	300
#define STALE_STEP_US	500
#define STALE_MAX_US	(2 * USEC_PER_SEC)

#define FILL		0xa5

/**
 * struct outcome - what came of a case
 * @how:	"right": the device's data is where it should be; "fault": the device was told that
 *		it may not; "untouched": it was not told, and no data moved; "wrong": other data,
 *		or elsewhere; "refused": there is no mapping for this device
 * @addr:	DMA address that the device used in vain, or last
 * @write:	the device wrote there
 * @window_us:	stale: how long the device could go on after unmap
 * @uses:	stale: how often it did
 */
struct outcome {
	const char *how;
	dma_addr_t addr;
	bool write;
	s64 window_us;
	u32 uses;
};

struct engine_case {
	const char *name;
	bool edu, testdev;
	int (*run)(struct engine *e, enum engine_path path, struct outcome *out);
};

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

/* The device writes through a mapping of these pages, which it frees, that is right. */
static int write_case(struct engine *e, enum engine_path path, struct engine_mapping pages,
		      struct outcome *out)
{
	struct engine_mapping m = pages;
	unsigned int i;
	int err = 0;

	fill(&m);
	out->write = true;
	if (engine_map(&m, path, DMA_FROM_DEVICE)) {
		out->how = "refused";
		goto free;
	}
	for (i = 0; i < ENGINE_PAGES && !err; i++) {
		out->addr = m.addr[i];
		err = e->ops->write(e, m.addr[i], leads_to(e, m.addr[i], m.page[i]));
	}
	engine_unmap(&m);
	out->how = err == -EFAULT ? "fault" : err == -ENXIO ? "wrong" : found(e, &m, 0);
	if (!err && !strcmp(out->how, "right"))
		out->how = found(e, &m, 1);
	if (err == -EFAULT || err == -ENXIO)
		err = 0;
free:
	engine_free(&m);
	return err;
}

static int case_mapped(struct engine *e, enum engine_path path, struct outcome *out)
{
	struct engine_mapping m;
	int err;

	err = load(e);
	if (err)
		return err;
	err = engine_alloc(&m, &e->pdev->dev, GFP_KERNEL | GFP_DMA);
	return err ?: write_case(e, path, m, out);
}

/* The same with pages that are beyond the device's reach without somebody's help. */
static int case_beyond(struct engine *e, enum engine_path path, struct outcome *out)
{
	struct engine_mapping m;
	int err;

	err = load(e);
	if (err)
		return err;
	err = engine_alloc_beyond(&m, &e->pdev->dev, *e->ops->mask_bits);
	return err ?: write_case(e, path, m, out);
}

/* It writes where something was mapped that nobody can remember any more. */
static int case_unmapped(struct engine *e, enum engine_path path, struct outcome *out)
{
	struct engine_mapping m;
	int err;

	err = load(e);
	if (err)
		return err;
	err = engine_alloc(&m, &e->pdev->dev, GFP_KERNEL);
	if (err)
		return err;
	err = engine_map(&m, path, DMA_FROM_DEVICE);
	if (err)
		goto free;
	engine_unmap(&m);
	fill(&m);
	msleep(FLUSHED_MS);
	out->addr = m.addr[0];
	out->write = true;
	err = e->ops->write(e, m.addr[0], leads_to(e, m.addr[0], m.page[0]));
	out->how = err == -EFAULT ? "fault" : found(e, &m, 0);
	if (err == -EFAULT || err == -ENXIO)
		err = 0;
free:
	engine_free(&m);
	return err;
}

/* It goes on writing after the mapping is gone, until it may not. */
static int case_stale(struct engine *e, enum engine_path path, struct outcome *out)
{
	struct engine_mapping m;
	ktime_t begin;
	int err;

	err = engine_alloc(&m, &e->pdev->dev, GFP_KERNEL);
	if (err)
		return err;
	err = engine_map(&m, path, DMA_FROM_DEVICE);
	if (err)
		goto free;
	out->addr = m.addr[0];
	out->write = true;
	/* Now the IOMMU has the translation in its cache. */
	err = e->ops->write(e, m.addr[0], leads_to(e, m.addr[0], m.page[0]));
	engine_unmap(&m);
	if (err == -EFAULT || err == -ENXIO) {
		out->how = "wrong";
		err = 0;
		goto free;
	}
	if (err)
		goto free;
	begin = ktime_get();
	out->how = "right";
	for (;;) {
		err = e->ops->write(e, m.addr[0], leads_to(e, m.addr[0], m.page[0]));
		out->window_us = ktime_us_delta(ktime_get(), begin);
		if (err || out->window_us > STALE_MAX_US)
			break;
		out->uses++;
		usleep_range(STALE_STEP_US, 2 * STALE_STEP_US);
	}
	if (err == -EFAULT) {
		out->how = "fault";
		err = 0;
	} else if (err == -ENXIO) {
		out->how = "wrong";
		err = 0;
	}
free:
	engine_free(&m);
	return err;
}

/* It writes through a mapping that it may only read. */
static int case_readonly(struct engine *e, enum engine_path path, struct outcome *out)
{
	struct engine_mapping m;
	int err;

	err = load(e);
	if (err)
		return err;
	err = engine_alloc(&m, &e->pdev->dev, GFP_KERNEL);
	if (err)
		return err;
	fill(&m);
	err = engine_map(&m, path, DMA_TO_DEVICE);
	if (err)
		goto free;
	out->addr = m.addr[0];
	out->write = true;
	err = e->ops->write(e, m.addr[0], leads_to(e, m.addr[0], m.page[0]));
	engine_unmap(&m);
	out->how = err == -EFAULT ? "fault" : found(e, &m, 0);
	if (err == -EFAULT || err == -ENXIO)
		err = 0;
free:
	engine_free(&m);
	return err;
}

/* What does it read there?  It is let read first something else, and last writes what it has. */
static int read_back(struct engine *e, dma_addr_t addr, const void *secret, struct outcome *out)
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
static int read_case(struct engine *e, enum engine_path path, enum dma_data_direction dir,
		     struct outcome *out)
{
	struct engine_mapping m;
	int err;

	err = load(e);
	if (err)
		return err;
	err = engine_alloc(&m, &e->pdev->dev, GFP_KERNEL | GFP_DMA);
	if (err)
		return err;
	get_random_bytes(page_address(m.page[0]), PAGE_SIZE);
	if (engine_map(&m, path, dir)) {
		out->how = "refused";
		goto free;
	}
	err = read_back(e, m.addr[0], page_address(m.page[0]), out);
	engine_unmap(&m);
free:
	engine_free(&m);
	return err;
}

static int case_read(struct engine *e, enum engine_path path, struct outcome *out)
{
	return read_case(e, path, DMA_TO_DEVICE, out);
}

static int case_writeonly(struct engine *e, enum engine_path path, struct outcome *out)
{
	return read_case(e, path, DMA_FROM_DEVICE, out);
}

/*
 * A driver that promises more address bits than the device has: it reads elsewhere.  Only reads;
 * a write would be anybody's memory.
 */
static int case_clamped(struct engine *e, enum engine_path path, struct outcome *out)
{
	struct engine_mapping m;
	int err;

	err = load(e);
	if (err)
		return err;
	err = engine_alloc_beyond(&m, &e->pdev->dev, *e->ops->mask_bits);
	if (err)
		return err;
	get_random_bytes(page_address(m.page[0]), PAGE_SIZE);
	err = dma_set_mask(&e->pdev->dev, DMA_BIT_MASK(64));
	if (err)
		goto free;
	err = engine_map(&m, path, DMA_TO_DEVICE);
	dma_set_mask(&e->pdev->dev, DMA_BIT_MASK(*e->ops->mask_bits));
	if (err)
		goto free;
	err = read_back(e, m.addr[0], page_address(m.page[0]), out);
	engine_unmap(&m);
free:
	engine_free(&m);
	return err;
}

static const struct engine_case cases[] = {
	{ "mapped",	true,	true,	case_mapped },
	{ "unmapped",	true,	true,	case_unmapped },
	{ "stale",	false,	true,	case_stale },
	{ "readonly",	true,	true,	case_readonly },
	{ "read",	true,	false,	case_read },
	{ "writeonly",	true,	false,	case_writeonly },
	{ "clamped",	true,	false,	case_clamped },
	{ "beyond",	true,	false,	case_beyond },
};

/* What a file of debugfs stands for. */
struct engine_file {
	struct engine *engine;
	const struct engine_case *what;
	enum engine_path path;
};

static int engine_show(struct seq_file *s, void *unused)
{
	const struct engine_file *file = s->private;
	struct engine *e = file->engine;
	struct outcome out = { .how = "wrong" };
	int err;

	guard(mutex)(&e->lock);
	err = file->what->run(e, file->path, &out);
	if (err) {
		seq_printf(s, "{\"error\":\"%s %s %s: error %d\"}\n", e->ops->name,
			   file->what->name, engine_paths[file->path], err);
		return 0;
	}
	seq_printf(s, "{\"engine\":{\"device\":\"%s\",\"case\":\"%s\",\"path\":\"%s\",",
		   e->ops->name, file->what->name, engine_paths[file->path]);
	seq_printf(s, "\"outcome\":\"%s\",\"addr\":%llu,\"write\":%s,", out.how, (u64)out.addr,
		   out.write ? "true" : "false");
	seq_printf(s, "\"window_us\":%lld,\"uses\":%u}}\n", out.window_us, out.uses);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(engine);

void engine_add_cases(struct engine *e)
{
	bool edu = e->ops == &engine_edu;
	unsigned int i, path;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if ((edu && !cases[i].edu) || (!edu && !cases[i].testdev))
			continue;
		for (path = 0; path < ENGINE_PATHS; path++) {
			struct engine_file *file = devm_kmalloc(&e->pdev->dev, sizeof(*file),
								GFP_KERNEL);
			char name[32];

			if (!file)
				return;
			*file = (struct engine_file){ e, &cases[i], path };
			snprintf(name, sizeof(name), "%s-%s", cases[i].name, engine_paths[path]);
			debugfs_create_file(name, 0400, e->dir, file, &engine_fops);
		}
	}
}
