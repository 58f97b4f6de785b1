/* SPDX-License-Identifier: GPL-2.0 */
/* What the files that map lists share with each other. */
#ifndef PHYR_DMA_DMA_H
#define PHYR_DMA_DMA_H

#include <linux/jump_label.h>

#include "phyr/map.h"
#include "phyr/reg.h"

#include "../lib/lib.h"

/* map.c */
extern bool phyr_mem_encrypted;

/* How a SINGLE or an ARRAY was made, and so how it is undone. */
enum phyr_how {
	PHYR_HOW_PHYS,		/* dma_map_phys(), for SINGLE of a list that has one chunk */
	PHYR_HOW_IOVA,		/* dma_iova_*() */
	PHYR_HOW_BORROWED,	/* mapped by somebody else, who unmaps it */
};

struct phyr_dma_range *phyr_array_slot(struct phyr_map *map, struct phyr_node **tail, u64 offset,
				       u32 expect, gfp_t gfp);

/* sg.c */
int phyr_map_check_foreign(struct device *dev, const struct phyr_map *map);

/* iter.c */
void phyr_index_start(const struct phyr_index *index, struct phyr_dma_iter *it,
		      const struct phyr_map *map, u64 offset, u64 len);

/* table.c */

/**
 * struct phyr_table - the pages of a mapping, for the device to read
 * @link:	links of the table; NULL for no table
 * @nr_links:	how many
 * @lead:	where in its page the first byte of the mapping is
 */
struct phyr_table {
	struct phyr_table_link *link;
	u32 nr_links;
	u32 lead;
};

int phyr_table_build(struct phyr_table *table, struct device *dev, const struct phyr_map *map);
void phyr_table_free(struct phyr_table *table, struct device *dev);
void phyr_table_lookup(const struct phyr_table *table, u64 offset, u64 len,
		       struct phyr_reg_pages *pages);

/* blocks.c */
int phyr_blocks_find(const struct phyr_map *map, u64 sizes, struct phyr_reg_blocks *out);
void phyr_blocks_fill(const struct phyr_map *map, const struct phyr_reg_blocks *blocks, u64 *addr);

/* check.c: off, this costs a jump that is not taken */
DECLARE_STATIC_KEY_FALSE(phyr_checking);
int phyr_check_same(struct device *dev, struct phyr_map *map, enum dma_data_direction dir,
		    unsigned long attrs, bool on_bus);

/* p2p.c */
int phyr_p2p_route(struct device *dev, const struct phyr_list *list, phys_addr_t addr,
		   enum phyr_route *route, u64 *bias);

/* route.c */

/**
 * struct phyr_route_to - how a device reaches a range of addresses
 * @first:	physical address of the first byte
 * @last:	of the last one
 * @route:	the route
 * @bias:	what to add to physical addresses on PHYR_ROUTE_BUS, else 0
 * @age:	of what is known
 */
struct phyr_route_to {
	phys_addr_t first;
	phys_addr_t last;
	enum phyr_route route;
	u64 bias;
	unsigned long age;
};

bool phyr_route_find(const struct device *dev, phys_addr_t addr, struct phyr_route_to *to);
void phyr_route_save(const struct device *dev, const struct phyr_route_to *to);
void phyr_route_forget(void);
int phyr_route_init(void);
void phyr_route_exit(void);

#endif /* PHYR_DMA_DMA_H */
