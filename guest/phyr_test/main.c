// SPDX-License-Identifier: GPL-2.0
/*
 * phyr_test.ko: tests of phyr.ko that need a kernel and a device.  It binds to an NVMe function
 * that nothing else uses (driver_override only).  Reading a file in /sys/kernel/debug/phyr_test
 * runs its test cases and returns a KTAP report.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>

#include "test.h"

unsigned long ptest_pageless;
module_param_named(pageless, ptest_pageless, ulong, 0600);
MODULE_PARM_DESC(pageless, "Physical address of 2 MiB of RAM that has no struct pages (memmap=), 0 for none");

static const struct ptest_group * const groups[] = {
	&ptest_sg, &ptest_reg, &ptest_reg_cost, &ptest_bounce, &ptest_trust, &ptest_p2p,
	&ptest_undo, &ptest_lifetime, &ptest_big, &ptest_user, &ptest_fork, &ptest_forked,
	&ptest_zone, &ptest_build, &ptest_lease, &ptest_lease_bar, &ptest_dmabuf,
	&ptest_uapi,
	&ptest_walk_list, &ptest_walk_sg, &ptest_walk_map,
};

static DEFINE_MUTEX(one_run);
static struct ptest *subject;

static void ptest_run_case(struct ptest *t, const struct ptest_case *one, int number)
{
	bool failed;
	int err;

	t->why[0] = '\0';
	t->skip[0] = '\0';
	err = ptest_memory_alloc(t);
	if (err) {
		FAIL(t, "no memory: %d", err);
	} else {
		one->run(t);
		ptest_memory_free(t);
	}
	failed = t->why[0];
	if (failed)
		seq_printf(t->out, "# %s\n", t->why);
	seq_printf(t->out, "%sok %d %s", failed ? "not " : "", number, one->name);
	if (!failed && t->skip[0])
		seq_printf(t->out, " # SKIP %s", t->skip);
	seq_putc(t->out, '\n');
}

static int ptest_report_show(struct seq_file *out, void *unused)
{
	const struct ptest_group *group = out->private;
	struct ptest *t = subject;
	unsigned int i;

	seq_printf(out, "KTAP version 1\n1..%u\n", group->nr);
	guard(mutex)(&one_run);
	t->out = out;
	for (i = 0; i < group->nr; i++)
		ptest_run_case(t, &group->cases[i], i + 1);
	return 0;
}

static int ptest_report_open(struct inode *inode, struct file *file)
{
	/*
	 * A buffer for the whole report: seq_file would run the cases again if it were too small.
	 */
	return single_open_size(file, ptest_report_show, inode->i_private, SZ_16K);
}

static const struct file_operations ptest_report_fops = {
	.owner = THIS_MODULE,
	.open = ptest_report_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static struct dentry *reports;

static int ptest_bind(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ptest *t;
	int err, i;

	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	dma_set_seg_boundary(&pdev->dev, ULONG_MAX);
	dma_set_min_align_mask(&pdev->dev, SZ_4K - 1);	/* as NVMe */

	t = devm_kzalloc(&pdev->dev, sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	t->dev = &pdev->dev;
	reports = debugfs_create_dir("phyr_test", NULL);
	if (IS_ERR(reports))
		return PTR_ERR(reports);	/* it exists: one function at a time */
	subject = t;
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (groups[i])
			debugfs_create_file(groups[i]->name, 0400, reports, (void *)groups[i],
					    &ptest_report_fops);
	return 0;
}

static void ptest_unbind(struct pci_dev *pdev)
{
	/* Waits for a running report. */
	debugfs_remove(reports);
	ptest_fork_forget();
}

static const struct pci_device_id ptest_ids[] = {
	{ }	/* driver_override only */
};

static struct pci_driver ptest_driver = {
	.name = "phyr_test",
	.id_table = ptest_ids,
	.probe = ptest_bind,
	.remove = ptest_unbind,
};
module_pci_driver(ptest_driver);

MODULE_DESCRIPTION("Tests of phyr.ko");
MODULE_AUTHOR("phyrlab");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("DMA_BUF");
