// SPDX-License-Identifier: GPL-2.0
/*
 * phyr_test.ko: tests of phyr.ko that need a kernel and a device.  Bind it to a PCI function that
 * nothing else uses (driver_override alone), then each read of /sys/kernel/debug/phyr_test runs
 * every case and is its report, as KTAP.  The function's registers are not touched.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>

#include "test.h"

static const struct {
	const char *name;
	void (*run)(struct test *t);
} cases[] = {
	{ "sg: to a scatterlist and back",			test_sg_round_trip },
	{ "sg: chunks are split at the largest segment",	test_sg_split },
	{ "sg: memory without pages is refused",		test_sg_no_pages },
	{ "sg: the DMA side is taken over",			test_sg_take_over },
	{ "sg: the DMA side is handed on",			test_sg_hand_on },
	{ "reg: every part reaches its bytes",			test_reg_slices },
	{ "reg: what the device writes arrives",		test_reg_from_device },
	{ "reg: what is refused",				test_reg_refused },
	{ "reg: revocation waits for I/O",			test_reg_revoke },
	{ "reg: the last put revokes",				test_reg_last_put },
	{ "reg: cost of an I/O",				test_reg_cost },
};

static DEFINE_MUTEX(one_run);

static int report_show(struct seq_file *out, void *unused)
{
	struct test *t = out->private;
	bool failed;
	int err, i;

	seq_printf(out, "KTAP version 1\n1..%zu\n", ARRAY_SIZE(cases));
	guard(mutex)(&one_run);
	t->out = out;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		t->why[0] = '\0';
		err = test_memory_alloc(t);
		if (err) {
			snprintf(t->why, sizeof(t->why), "no memory: %d", err);
		} else {
			cases[i].run(t);
			test_memory_free(t);
		}
		failed = t->why[0];
		if (failed)
			seq_printf(out, "# %s\n", t->why);
		seq_printf(out, "%sok %d %s\n", failed ? "not " : "", i + 1, cases[i].name);
	}
	return 0;
}

static int report_open(struct inode *inode, struct file *file)
{
	/* In one piece: a report that outgrows its buffer would run everything again. */
	return single_open_size(file, report_show, inode->i_private, SZ_16K);
}

static const struct file_operations report_fops = {
	.owner = THIS_MODULE,
	.open = report_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static struct dentry *report;

static int test_bind(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct dentry *file;
	struct test *t;
	int err;

	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	dma_set_min_align_mask(&pdev->dev, SZ_4K - 1);	/* as NVMe */

	t = devm_kzalloc(&pdev->dev, sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	t->dev = &pdev->dev;
	file = debugfs_create_file("phyr_test", 0400, NULL, t, &report_fops);
	if (IS_ERR(file))
		return PTR_ERR(file);	/* taken already: one function at a time */
	report = file;
	return 0;
}

static void test_unbind(struct pci_dev *pdev)
{
	/* Waits for a report under way. */
	debugfs_remove(report);
}

static const struct pci_device_id test_ids[] = {
	{ }	/* driver_override only */
};

static struct pci_driver test_driver = {
	.name = "phyr_test",
	.id_table = test_ids,
	.probe = test_bind,
	.remove = test_unbind,
};
module_pci_driver(test_driver);

MODULE_DESCRIPTION("Tests of phyr.ko");
MODULE_AUTHOR("phyrlab");
MODULE_LICENSE("GPL");
