/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PNVME_STATS_H
#define PNVME_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

struct pnvme_ctrl;

/**
 * enum pnvme_stat - what is counted
 * @PNVME_STAT_COMMANDS:	commands given to the device
 * @PNVME_STAT_MAPPED:		requests whose data was mapped
 * @PNVME_STAT_BYTES:		bytes of data mapped
 * @PNVME_STAT_PIECES:		DMA pieces that the backends produced
 * @PNVME_STAT_SINGLE:		mapped requests that came out as one piece
 * @PNVME_STAT_SAME:		mapped requests whose list the device sees as it is (phyr)
 * @PNVME_STAT_P2P:		mapped requests of peer-to-peer memory
 * @PNVME_STAT_META_BYTES:	bytes of lists, tables and arrays that describe data
 * @PNVME_STAT_PRP_PAGES:	PRP list pages
 * @PNVME_STAT_REFUSED:		requests refused because the device cannot reach the memory
 * @PNVME_STAT_BUSY:		requests put back for want of memory
 * @PNVME_STAT_TIMEOUTS:	requests that timed out
 * @PNVME_STAT_ABORTS:		abort commands sent
 * @PNVME_STAT_RESETS:		times the controller was started again
 * @PNVME_NR_STATS:		number of counters
 */
enum pnvme_stat {
	PNVME_STAT_COMMANDS,
	PNVME_STAT_MAPPED,
	PNVME_STAT_BYTES,
	PNVME_STAT_PIECES,
	PNVME_STAT_SINGLE,
	PNVME_STAT_SAME,
	PNVME_STAT_P2P,
	PNVME_STAT_META_BYTES,
	PNVME_STAT_PRP_PAGES,
	PNVME_STAT_REFUSED,
	PNVME_STAT_BUSY,
	PNVME_STAT_TIMEOUTS,
	PNVME_STAT_ABORTS,
	PNVME_STAT_RESETS,
	PNVME_NR_STATS,
};

/**
 * struct pnvme_stats - counters of one CPU
 * @v:	indexed by enum pnvme_stat
 */
struct pnvme_stats {
	u64 v[PNVME_NR_STATS];
};

#define pnvme_count(ctrl, stat, n)	this_cpu_add((ctrl)->stats->v[stat], n)

void pnvme_stats_init(void);
void pnvme_stats_exit(void);
int pnvme_stats_add(struct pnvme_ctrl *ctrl);
void pnvme_stats_remove(struct pnvme_ctrl *ctrl);

#endif /* PNVME_STATS_H */
