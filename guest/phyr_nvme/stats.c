// SPDX-License-Identifier: GPL-2.0
/*
 * Counters in /sys/kernel/debug/phyr_nvme/<PCI function>/: "stats" has a name and a number on each
 * line, summed over the backends; "backends" has a line for each backend.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "phyr_nvme.h"

static struct dentry *pnvme_debugfs;

static const char *const pnvme_stat_names[PNVME_NR_STATS] = {
	[PNVME_STAT_COMMANDS]	= "commands",
	[PNVME_STAT_LIST_PAGES]	= "list_pages",
	[PNVME_STAT_SGLS]	= "sgls",
	[PNVME_STAT_CTL]	= "ctl",
	[PNVME_STAT_CTL_BUFFER]	= "ctl_buffer",
	[PNVME_STAT_REFUSED]	= "refused",
	[PNVME_STAT_BUSY]	= "busy",
	[PNVME_STAT_TIMEOUTS]	= "timeouts",
	[PNVME_STAT_ABORTS]	= "aborts",
	[PNVME_STAT_RESETS]	= "resets",
};

static const char *const pnvme_map_stat_names[PNVME_NR_MAP_STATS] = {
	[PNVME_MAP_BYTES]	= "bytes",
	[PNVME_MAP_PIECES]	= "pieces",
	[PNVME_MAP_SAME]	= "same",
	[PNVME_MAP_SINGLE]	= "single",
	[PNVME_MAP_ARRAY]	= "array",
	[PNVME_MAP_P2P]		= "p2p",
	[PNVME_MAP_BOUNCED]	= "bounced",
	[PNVME_MAP_META_BYTES]	= "meta_bytes",
};

static u64 pnvme_map_stat_sum(struct pnvme_ctrl *ctrl, unsigned int backend, unsigned int stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(ctrl->stats, cpu)->map[backend][stat];
	return sum;
}

/* Number of mapped requests: every request has one shape. */
static u64 pnvme_mapped_requests(struct pnvme_ctrl *ctrl, unsigned int backend)
{
	return pnvme_map_stat_sum(ctrl, backend, PNVME_MAP_SAME) +
	       pnvme_map_stat_sum(ctrl, backend, PNVME_MAP_SINGLE) +
	       pnvme_map_stat_sum(ctrl, backend, PNVME_MAP_ARRAY);
}

static int pnvme_stats_show(struct seq_file *m, void *unused)
{
	struct pnvme_ctrl *ctrl = m->private;
	unsigned int i, backend;
	u64 mapped = 0;
	int cpu;

	for (backend = 0; backend < PNVME_NR_BACKENDS; backend++)
		mapped += pnvme_mapped_requests(ctrl, backend);
	seq_printf(m, "backend %s\n", READ_ONCE(ctrl->backend)->name);
	seq_printf(m, "queues %u\n", ctrl->nr_io);
	for (i = 0; i < PNVME_NR_STATS; i++) {
		u64 sum = 0;

		for_each_possible_cpu(cpu)
			sum += per_cpu_ptr(ctrl->stats, cpu)->v[i];
		seq_printf(m, "%s %llu\n", pnvme_stat_names[i], sum);
	}
	seq_printf(m, "mapped %llu\n", mapped);
	for (i = 0; i < PNVME_NR_MAP_STATS; i++) {
		u64 sum = 0;

		for (backend = 0; backend < PNVME_NR_BACKENDS; backend++)
			sum += pnvme_map_stat_sum(ctrl, backend, i);
		seq_printf(m, "%s %llu\n", pnvme_map_stat_names[i], sum);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pnvme_stats);

/* A header line, then a line for every backend. */
static int pnvme_backend_stats_show(struct seq_file *m, void *unused)
{
	struct pnvme_ctrl *ctrl = m->private;
	unsigned int i, backend;

	seq_puts(m, "backend mapped");
	for (i = 0; i < PNVME_NR_MAP_STATS; i++)
		seq_printf(m, " %s", pnvme_map_stat_names[i]);
	for (backend = 0; backend < PNVME_NR_BACKENDS; backend++) {
		seq_printf(m, "\n%s %llu", pnvme_backends[backend]->name,
			   pnvme_mapped_requests(ctrl, backend));
		for (i = 0; i < PNVME_NR_MAP_STATS; i++)
			seq_printf(m, " %llu", pnvme_map_stat_sum(ctrl, backend, i));
	}
	seq_putc(m, '\n');
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pnvme_backend_stats);

/* Errors of debugfs are ignored: the driver works without it. */
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
	/* Before the files, which show the backend. */
	pnvme_backend_use(ctrl, pnvme_param_backend());
	ctrl->debugfs = debugfs_create_dir(dev_name(ctrl->dev), pnvme_debugfs);
	debugfs_create_file("stats", 0444, ctrl->debugfs, ctrl, &pnvme_stats_fops);
	debugfs_create_file("backends", 0444, ctrl->debugfs, ctrl, &pnvme_backend_stats_fops);
	return 0;
}

void pnvme_stats_remove(struct pnvme_ctrl *ctrl)
{
	debugfs_remove(ctrl->debugfs);
	free_percpu(ctrl->stats);
}
