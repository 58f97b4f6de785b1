// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/phyr/regs: all registrations in force and their lists.  It shows which memory a
 * device can access, and why memory is still pinned.
 */
#include <linux/debugfs.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "dma.h"
#include "live.h"

/* A list may change only after its registration is removed from here, so reading it is safe. */
static LIST_HEAD(living);
static DEFINE_MUTEX(living_lock);
static struct dentry *dir;

void phyr_live_add(struct phyr_live *live)
{
	live->since = ktime_get_seconds();
	guard(mutex)(&living_lock);
	list_add_tail(&live->node, &living);
}

void phyr_live_del(struct phyr_live *live)
{
	guard(mutex)(&living_lock);
	list_del(&live->node);
}

static const char * const shape_names[] = {
	[PHYR_SHAPE_NONE]	= "not mapped",
	[PHYR_SHAPE_SAME]	= "same",
	[PHYR_SHAPE_SINGLE]	= "single",
	[PHYR_SHAPE_ARRAY]	= "array",
};

static const char * const dir_names[] = {
	[DMA_BIDIRECTIONAL]	= "both ways",
	[DMA_TO_DEVICE]		= "to device",
	[DMA_FROM_DEVICE]	= "from device",
};

static int phyr_regs_show(struct seq_file *out, void *unused)
{
	/* Chunks that do not fit are counted in the last line. */
	char *text __free(kfree) = kmalloc(PAGE_SIZE, GFP_KERNEL);
	const struct phyr_live *live;

	if (!text)
		return -ENOMEM;
	guard(mutex)(&living_lock);
	list_for_each_entry(live, &living, node) {
		seq_printf(out, "%s %s, %s", dev_name(live->dev), dir_names[live->dir],
			   shape_names[live->map->shape]);
		if (live->map->shape > PHYR_SHAPE_SAME)
			seq_printf(out, " of %u", live->map->nr);
		seq_printf(out, ", for %lld s%s\n", ktime_get_seconds() - live->since,
			   atomic_read(live->closed) ? ", being revoked" : "");
		if (!live->map->list) {
			seq_puts(out, "mapped by somebody else\n");
			continue;
		}
		phyr_list_print(live->map->list, text, PAGE_SIZE);
		seq_puts(out, text);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(phyr_regs);

void phyr_debugfs_init(void)
{
	dir = debugfs_create_dir("phyr", NULL);
	/* Root only: it shows physical addresses. */
	debugfs_create_file("regs", 0400, dir, NULL, &phyr_regs_fops);
}

void phyr_debugfs_exit(void)
{
	debugfs_remove(dir);
}
