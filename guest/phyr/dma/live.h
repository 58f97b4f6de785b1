/* SPDX-License-Identifier: GPL-2.0 */
/* debugfs.c: registrations in force, as text. */
#ifndef PHYR_DMA_LIVE_H
#define PHYR_DMA_LIVE_H

#include <linux/atomic.h>
#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/time64.h>

struct device;
struct phyr_map;

/**
 * struct phyr_live - what is shown of a registration in force
 * @node:	in the list of all (private)
 * @dev:	its device
 * @map:	its mapping, whose list, if there is one, is its own
 * @dir:	what it was registered for
 * @closed:	not 0 once it is being revoked
 * @since:	when it was made, in seconds since boot (private)
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
