/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PHYR_NVME_STATS_H
#define PHYR_NVME_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

struct pnvme_ctrl;

/**
 * enum pnvme_stat - what is counted for a controller
 * @PNVME_STAT_COMMANDS:	commands given to the device
 * @PNVME_STAT_LIST_PAGES:	list pages that did not fit into a tag's own memory
 * @PNVME_STAT_SGLS:		commands with an SGL instead of PRPs
 * @PNVME_STAT_CTL:		I/O through the character device
 * @PNVME_STAT_CTL_BUFFER:	the same on a registered buffer
 * @PNVME_STAT_REFUSED:		requests refused because the device cannot reach the memory
 * @PNVME_STAT_BUSY:		requests put back for want of memory
 * @PNVME_STAT_TIMEOUTS:	requests that timed out
 * @PNVME_STAT_ABORTS:		abort commands sent
 * @PNVME_STAT_RESETS:		times the controller was started again
 * @PNVME_NR_STATS:		number of counters
 */
enum pnvme_stat {
	PNVME_STAT_COMMANDS,
	PNVME_STAT_LIST_PAGES,
	PNVME_STAT_SGLS,
	PNVME_STAT_CTL,
	PNVME_STAT_CTL_BUFFER,
	PNVME_STAT_REFUSED,
	PNVME_STAT_BUSY,
	PNVME_STAT_TIMEOUTS,
	PNVME_STAT_ABORTS,
	PNVME_STAT_RESETS,
	PNVME_NR_STATS,
};

/**
 * enum pnvme_map_stat - what is counted for every backend of a controller
 * @PNVME_MAP_BYTES:		bytes of data mapped
 * @PNVME_MAP_PIECES:		DMA pieces produced
 * @PNVME_MAP_SAME:		requests whose list the device sees as it is (phyr)
 * @PNVME_MAP_SINGLE:		other requests that came out as one piece
 * @PNVME_MAP_ARRAY:		the rest; these three in the order of enum phyr_shape
 * @PNVME_MAP_P2P:		requests of peer-to-peer memory
 * @PNVME_MAP_BOUNCED:		requests of which a piece lies in a bounce buffer
 * @PNVME_MAP_META_BYTES:	bytes of lists, tables and arrays that describe data
 * @PNVME_NR_MAP_STATS:		number of counters
 */
enum pnvme_map_stat {
	PNVME_MAP_BYTES,
	PNVME_MAP_PIECES,
	PNVME_MAP_SAME,
	PNVME_MAP_SINGLE,
	PNVME_MAP_ARRAY,
	PNVME_MAP_P2P,
	PNVME_MAP_BOUNCED,
	PNVME_MAP_META_BYTES,
	PNVME_NR_MAP_STATS,
};

/**
 * struct pnvme_stats - counters of one CPU
 * @v:		indexed by enum pnvme_stat
 * @map:	indexed by backend, in the order of pnvme_backends[], and enum pnvme_map_stat
 */
struct pnvme_stats {
	u64 v[PNVME_NR_STATS];
	u64 map[PNVME_NR_BACKENDS][PNVME_NR_MAP_STATS];
};

#define pnvme_count(ctrl, stat, n)	this_cpu_add((ctrl)->stats->v[stat], n)
#define pnvme_count_map(ctrl, stat, n)	this_cpu_add((ctrl)->map_stats[stat], n)

void pnvme_stats_init(void);
void pnvme_stats_exit(void);
int pnvme_stats_add(struct pnvme_ctrl *ctrl);
void pnvme_stats_remove(struct pnvme_ctrl *ctrl);

#endif /* PHYR_NVME_STATS_H */
