/* SPDX-License-Identifier: GPL-2.0 */
/* debugfs.c: registrations in force. */
#ifndef PHYR_DMA_LIVE_H
#define PHYR_DMA_LIVE_H

#include <linux/atomic.h>
#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/time64.h>

struct device;
struct phyr_map;

/**
 * struct phyr_live - a registration as shown in debugfs
 * @node:	in the list of all (private)
 * @dev:	the device
 * @map:	the mapping
 * @dir:	direction of the registration
 * @closed:	not 0 once it is being revoked
 * @since:	time of the registration, in seconds since boot (private)
 */
struct phyr_live {
	struct list_head node;
	const struct device *dev;
	const struct phyr_map *map;
	enum dma_data_direction dir;
	const atomic_t *closed;
	time64_t since;
};

void phyr_live_add(struct phyr_live *live);
void phyr_live_del(struct phyr_live *live);
void phyr_debugfs_init(void);
void phyr_debugfs_exit(void);

#endif /* PHYR_DMA_LIVE_H */
