// SPDX-License-Identifier: GPL-2.0
/* Counters: /sys/kernel/debug/phyr_nvme/<PCI function>/stats, a name and a number a line. */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "phyr_nvme.h"

static struct dentry *pnvme_debugfs;

static const char *const pnvme_stat_names[PNVME_NR_STATS] = {
	[PNVME_STAT_COMMANDS]	= "commands",
	[PNVME_STAT_MAPPED]	= "mapped",
	[PNVME_STAT_BYTES]	= "bytes",
	[PNVME_STAT_PIECES]	= "pieces",
	[PNVME_STAT_SINGLE]	= "single",
	[PNVME_STAT_SAME]	= "same",
	[PNVME_STAT_P2P]	= "p2p",
	[PNVME_STAT_META_BYTES]	= "meta_bytes",
	[PNVME_STAT_PRP_PAGES]	= "prp_pages",
	[PNVME_STAT_REFUSED]	= "refused",
	[PNVME_STAT_BUSY]	= "busy",
	[PNVME_STAT_TIMEOUTS]	= "timeouts",
	[PNVME_STAT_ABORTS]	= "aborts",
	[PNVME_STAT_RESETS]	= "resets",
};

static int pnvme_stats_show(struct seq_file *m, void *unused)
{
	struct pnvme_ctrl *ctrl = m->private;
	unsigned int i;
	int cpu;

	seq_printf(m, "backend %s\n", ctrl->backend->name);
	seq_printf(m, "queues %u\n", ctrl->nr_io);
	for (i = 0; i < PNVME_NR_STATS; i++) {
		u64 sum = 0;

		for_each_possible_cpu(cpu)
			sum += per_cpu_ptr(ctrl->stats, cpu)->v[i];
		seq_printf(m, "%s %llu\n", pnvme_stat_names[i], sum);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pnvme_stats);

/* debugfs is a convenience: a kernel without it must not keep the driver from working. */
void pnvme_stats_init(void)
{
	pnvme_debugfs = debugfs_create_dir("phyr_nvme", NULL);
}

void pnvme_stats_exit(void)
{
	debugfs_remove(pnvme_debugfs);
}

int pnvme_stats_add(struct pnvme_ctrl *ctrl)
{
	ctrl->stats = alloc_percpu(struct pnvme_stats);
	if (!ctrl->stats)
		return -ENOMEM;
	ctrl->debugfs = debugfs_create_dir(dev_name(ctrl->dev), pnvme_debugfs);
	debugfs_create_file("stats", 0444, ctrl->debugfs, ctrl, &pnvme_stats_fops);
	return 0;
}

void pnvme_stats_remove(struct pnvme_ctrl *ctrl)
{
	debugfs_remove(ctrl->debugfs);
	free_percpu(ctrl->stats);
}
