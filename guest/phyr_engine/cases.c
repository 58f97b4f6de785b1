// SPDX-License-Identifier: GPL-2.0
/*
 * Test cases for an engine: correct DMA, and DMA that must fail.  Each case has a debugfs file
 * CASE-PATH for each mapping path.  Reading it runs the case and prints the outcome as a line of
 * JSON. The expected outcome depends on the machine, so the reader judges it.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "engine.h"

/* Longer than the timeout of the IOTLB flush queue. */
#define FLUSHED_MS	300
#define STALE_STEP_US	500
#define STALE_MAX_US	(2 * USEC_PER_SEC)

#define FILL		0xa5

/**
 * struct pengine_outcome - outcome of a case
 * @how:	"right": the data arrived; "fault": the device reports an error; "untouched": the
 *		device reports success, but no data moved; "wrong": other data, or at another place;
 *		"refused": the memory cannot be mapped for this device
 * @addr:	DMA address that failed, or the last one
 * @write:	the device was to write there
 * @window_us:	stale: time after unmap in which the device still had access
 * @uses:	stale: number of writes in that time
 */
struct pengine_outcome {
	const char *how;
	dma_addr_t addr;
	bool write;
	s64 window_us;
	u32 uses;
};

/**
 * struct pengine_case - a test case
 * @name:	name of its file
 * @edu:	works with edu
 * @testdev:	works with iommu-testdev
 * @unloaded:	the content that the device writes does not matter
 * @gfp:	to allocate its pages
 * @beyond:	use pages beyond the device's DMA mask
 * @run:	runs it; the pages are not mapped before and after; returns 0, or an error if there
 *		is no outcome
 */
struct pengine_case {
	const char *name;
	bool edu, testdev, unloaded, beyond;
	gfp_t gfp;
	int (*run)(struct pengine *e, enum pengine_path path, struct pengine_mapping *m,
		   struct pengine_outcome *out);
};

/* Let the device read a page, to have data to write, if it has no data of its own. */
static int pengine_load_page(struct pengine *e)
{
	struct pengine_mapping m;
	int err;

	if (!e->ops->read)
		return 0;
	err = pengine_alloc(&m, &e->pdev->dev, GFP_KERNEL | GFP_DMA);
	if (err)
		return err;
	get_random_bytes(e->expect, PAGE_SIZE);
	memcpy(page_address(m.page[0]), e->expect, PAGE_SIZE);
	err = pengine_map(&m, PENGINE_PHYS, DMA_TO_DEVICE);
	if (!err) {
		err = e->ops->read(e, m.addr[0]);
		pengine_unmap(&m);
	}
	pengine_free(&m);
	return err;
}

/* Expected physical address of a DMA address; with bounce buffers not that of the page. */
static phys_addr_t pengine_case_target(struct pengine *e, dma_addr_t addr, const struct page *page)
{
	const struct iommu_domain *domain = iommu_get_domain_for_dev(&e->pdev->dev);

	return domain && domain->type != IOMMU_DOMAIN_IDENTITY ? page_to_phys(page) : addr;
}

static const char *pengine_compare_page(struct pengine *e, const struct pengine_mapping *m,
					unsigned int i)
{
	const u8 *page = page_address(m->page[i]);

	if (e->ops->check(e, page, PAGE_SIZE))
		return "right";
	return memchr_inv(page, FILL, PAGE_SIZE) ? "wrong" : "untouched";
}

static void pengine_fill_pages(struct pengine_mapping *m)
{
	unsigned int i;

	for (i = 0; i < PENGINE_PAGES; i++)
		memset(page_address(m->page[i]), FILL, PAGE_SIZE);
}

/* Let the device write to the first @len bytes of a page. */
static int pengine_device_write_part(struct pengine *e, const struct pengine_mapping *m,
				     unsigned int i, u32 len, struct pengine_outcome *out)
{
	out->addr = m->addr[i];
	out->write = true;
	return e->ops->write(e, m->addr[i], pengine_case_target(e, m->addr[i], m->page[i]), len);
}

/* Let the device write to a page. */
static int pengine_device_write(struct pengine *e, const struct pengine_mapping *m, unsigned int i,
				struct pengine_outcome *out)
{
	return pengine_device_write_part(e, m, i, PAGE_SIZE, out);
}

/* Is this error of pengine_device_write() an outcome? */
static bool pengine_is_outcome(int err)
{
	return err == -EFAULT || err == -ENXIO;
}

/* Write through a valid mapping. */
static int pengine_case_mapped(struct pengine *e, enum pengine_path path, struct pengine_mapping *m,
			       struct pengine_outcome *out)
{
	unsigned int i;
	int err = 0;

	pengine_fill_pages(m);
	if (pengine_map(m, path, DMA_FROM_DEVICE)) {
		out->write = true;
		out->how = "refused";
		return 0;
	}
	for (i = 0; i < PENGINE_PAGES && !err; i++)
		err = pengine_device_write(e, m, i, out);
	pengine_unmap(m);
	out->how = err == -EFAULT ? "fault" : err == -ENXIO ? "wrong" : pengine_compare_page(e, m,
											     0);
	if (!err && !strcmp(out->how, "right"))
		out->how = pengine_compare_page(e, m, 1);
	return pengine_is_outcome(err) ? 0 : err;
}

/* Write less than what is mapped: the rest must be as before, and not what a bounce buffer held. */
static int pengine_case_short(struct pengine *e, enum pengine_path path, struct pengine_mapping *m,
			      struct pengine_outcome *out)
{
	const u8 *first = page_address(m->page[0]), *second = page_address(m->page[1]);
	const u32 part = PAGE_SIZE / 2;
	int err;

	pengine_fill_pages(m);
	if (pengine_map(m, path, DMA_FROM_DEVICE)) {
		out->write = true;
		out->how = "refused";
		return 0;
	}
	err = pengine_device_write_part(e, m, 0, part, out);
	pengine_unmap(m);
	if (err == -EFAULT)
		out->how = "fault";
	else if (!err && e->ops->check(e, first, part))
		out->how = memchr_inv(first + part, FILL, PAGE_SIZE - part) ||
			   memchr_inv(second, FILL, PAGE_SIZE) ? "wrong" : "right";
	else if (!err && !memchr_inv(first, FILL, PAGE_SIZE))
		out->how = "untouched";
	return pengine_is_outcome(err) ? 0 : err;
}

/* Write to an address that was unmapped, after the IOTLB was flushed. */
static int pengine_case_unmapped(struct pengine *e, enum pengine_path path,
				 struct pengine_mapping *m, struct pengine_outcome *out)
{
	int err = pengine_map(m, path, DMA_FROM_DEVICE);

	if (err)
		return err;
	pengine_unmap(m);
	pengine_fill_pages(m);
	msleep(FLUSHED_MS);
	err = pengine_device_write(e, m, 0, out);
	out->how = err == -EFAULT ? "fault" : pengine_compare_page(e, m, 0);
	return pengine_is_outcome(err) ? 0 : err;
}

/* Write after unmap, until it fails. */
static int pengine_case_stale(struct pengine *e, enum pengine_path path, struct pengine_mapping *m,
			      struct pengine_outcome *out)
{
	int err = pengine_map(m, path, DMA_FROM_DEVICE);
	ktime_t begin;

	if (err)
		return err;
	/* This write loads the translation into the IOTLB. */
	err = pengine_device_write(e, m, 0, out);
	pengine_unmap(m);
	if (err) {
		out->how = "wrong";
		return pengine_is_outcome(err) ? 0 : err;
	}
	begin = ktime_get();
	out->how = "right";
	for (;;) {
		err = pengine_device_write(e, m, 0, out);
		out->window_us = ktime_us_delta(ktime_get(), begin);
		if (err || out->window_us > STALE_MAX_US)
			break;
		out->uses++;
		usleep_range(STALE_STEP_US, 2 * STALE_STEP_US);
	}
	if (err)
		out->how = err == -EFAULT ? "fault" : "wrong";
	return pengine_is_outcome(err) ? 0 : err;
}

/* Write through a read-only mapping. */
static int pengine_case_readonly(struct pengine *e, enum pengine_path path,
				 struct pengine_mapping *m, struct pengine_outcome *out)
{
	int err;

	pengine_fill_pages(m);
	err = pengine_map(m, path, DMA_TO_DEVICE);
	if (err)
		return err;
	err = pengine_device_write(e, m, 0, out);
	pengine_unmap(m);
	out->how = err == -EFAULT ? "fault" : pengine_compare_page(e, m, 0);
	return pengine_is_outcome(err) ? 0 : err;
}

/* Let the device read @addr, then write what it has read to a page of its own, and compare. */
static int pengine_read_back(struct pengine *e, dma_addr_t addr, const void *secret,
			     struct pengine_outcome *out)
{
	struct pengine_mapping m;
	int err;

	out->addr = addr;
	err = e->ops->read(e, addr);
	if (err)
		return err;
	err = pengine_alloc(&m, &e->pdev->dev, GFP_KERNEL | GFP_DMA);
	if (err)
		return err;
	pengine_fill_pages(&m);
	err = pengine_map(&m, PENGINE_PHYS, DMA_FROM_DEVICE);
	if (!err) {
		err = e->ops->write(e, m.addr[0], 0, PAGE_SIZE);
		pengine_unmap(&m);
	}
	if (!err)
		out->how = !memcmp(page_address(m.page[0]), secret, PAGE_SIZE) ? "right" :
			   e->ops->check(e, page_address(m.page[0]), PAGE_SIZE) ? "untouched" :
			   "wrong";
	pengine_free(&m);
	return err;
}

/* Read through a mapping of direction @dir. */
static int pengine_case_read_dir(struct pengine *e, enum pengine_path path,
				 enum dma_data_direction dir, struct pengine_mapping *m,
				 struct pengine_outcome *out)
{
	int err;

	get_random_bytes(page_address(m->page[0]), PAGE_SIZE);
	if (pengine_map(m, path, dir)) {
		out->how = "refused";
		return 0;
	}
	err = pengine_read_back(e, m->addr[0], page_address(m->page[0]), out);
	pengine_unmap(m);
	return err;
}

static int pengine_case_read(struct pengine *e, enum pengine_path path, struct pengine_mapping *m,
			     struct pengine_outcome *out)
{
	return pengine_case_read_dir(e, path, DMA_TO_DEVICE, m, out);
}

static int pengine_case_writeonly(struct pengine *e, enum pengine_path path,
				  struct pengine_mapping *m, struct pengine_outcome *out)
{
	return pengine_case_read_dir(e, path, DMA_FROM_DEVICE, m, out);
}

/*
 * A driver that sets a DMA mask with more bits than the device has: it reads from another address.
 * Reads only, because a write could hit any memory.
 */
static int pengine_case_clamped(struct pengine *e, enum pengine_path path,
				struct pengine_mapping *m, struct pengine_outcome *out)
{
	int err;

	get_random_bytes(page_address(m->page[0]), PAGE_SIZE);
	err = dma_set_mask(&e->pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	err = pengine_map(m, path, DMA_TO_DEVICE);
	dma_set_mask(&e->pdev->dev, DMA_BIT_MASK(*e->ops->mask_bits));
	if (err)
		return err;
	err = pengine_read_back(e, m->addr[0], page_address(m->page[0]), out);
	pengine_unmap(m);
	return err;
}

#define BOTH	.edu = true, .testdev = true
#define EDU	.edu = true
#define TESTDEV	.testdev = true
#define LOW	.gfp = GFP_KERNEL | GFP_DMA
#define ANY	.gfp = GFP_KERNEL

static const struct pengine_case cases[] = {
	{ "mapped",	BOTH,	 LOW,			.run = pengine_case_mapped },
	{ "short",	BOTH,	 LOW,			.run = pengine_case_short },
	{ "unmapped",	BOTH,	 ANY,			.run = pengine_case_unmapped },
	{ "stale",	TESTDEV, ANY, .unloaded = true,	.run = pengine_case_stale },
	{ "readonly",	BOTH,	 ANY,			.run = pengine_case_readonly },
	{ "read",	EDU,	 LOW,			.run = pengine_case_read },
	{ "writeonly",	EDU,	 LOW,			.run = pengine_case_writeonly },
	{ "clamped",	EDU,	 .beyond = true,	.run = pengine_case_clamped },
	{ "beyond",	EDU,	 .beyond = true,	.run = pengine_case_mapped },
};

static int pengine_run_case(struct pengine *e, const struct pengine_case *what,
			    enum pengine_path path, struct pengine_outcome *out)
{
	struct device *dev = &e->pdev->dev;
	struct pengine_mapping m;
	int err = what->unloaded ? 0 : pengine_load_page(e);

	if (err)
		return err;
	err = what->beyond ? pengine_alloc_beyond(&m, dev, *e->ops->mask_bits) :
			     pengine_alloc(&m, dev, what->gfp);
	if (err)
		return err;
	err = what->run(e, path, &m, out);
	pengine_free(&m);
	return err;
}

/* Data of a debugfs file. */
struct pengine_file {
	struct pengine *engine;
	const struct pengine_case *what;
	enum pengine_path path;
};

static int pengine_case_show(struct seq_file *s, void *unused)
{
	const struct pengine_file *file = s->private;
	struct pengine *e = file->engine;
	struct pengine_outcome out = { .how = "wrong" };
	int err;

	guard(mutex)(&e->mask);
	guard(mutex)(&e->lock);
	err = pengine_run_case(e, file->what, file->path, &out);
	if (err) {
		seq_printf(s, "{\"error\":\"%s %s %s: error %d\"}\n", e->ops->name,
			   file->what->name, pengine_paths[file->path], err);
		return 0;
	}
	seq_printf(s, "{\"engine\":{\"device\":\"%s\",\"case\":\"%s\",\"path\":\"%s\",",
		   e->ops->name, file->what->name, pengine_paths[file->path]);
	seq_printf(s, "\"outcome\":\"%s\",\"addr\":%llu,\"write\":%s,", out.how, (u64)out.addr,
		   out.write ? "true" : "false");
	seq_printf(s, "\"window_us\":%lld,\"uses\":%u}}\n", out.window_us, out.uses);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pengine_case);

void pengine_add_cases(struct pengine *e)
{
	bool edu = e->ops == &pengine_edu;
	unsigned int i, path;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if ((edu && !cases[i].edu) || (!edu && !cases[i].testdev))
			continue;
		for (path = 0; path < PENGINE_PATHS; path++) {
			struct pengine_file *file = devm_kmalloc(&e->pdev->dev, sizeof(*file),
								 GFP_KERNEL);
			char name[32];

			if (!file)
				return;
			*file = (struct pengine_file){ e, &cases[i], path };
			snprintf(name, sizeof(name), "%s-%s", cases[i].name, pengine_paths[path]);
			debugfs_create_file(name, 0400, e->dir, file, &pengine_case_fops);
		}
	}
}
