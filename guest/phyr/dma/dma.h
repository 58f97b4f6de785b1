/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of dma/. */
#ifndef PHYR_DMA_DMA_H
#define PHYR_DMA_DMA_H

#include <linux/jump_label.h>

#include "phyr/map.h"
#include "phyr/reg.h"

#include "../lib/lib.h"

/* map.c */
extern bool phyr_mem_encrypted;

/* The API that made a SINGLE or an ARRAY, which tells how to unmap it. */
enum phyr_how {
	PHYR_HOW_PHYS,		/* dma_map_phys(); a SINGLE has one chunk then */
	PHYR_HOW_IOVA,		/* dma_iova_*() */
	PHYR_HOW_BORROWED,	/* mapped, and to be unmapped, by another owner */
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
 * struct phyr_table - table of the bus addresses of a mapping's pages, readable by the device
 * @link:	pages of the table; NULL if there is no table
 * @nr_links:	their number
 * @lead:	offset of the mapping's first byte in its page
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

/* check.c: a static key, no cost while it is off */
DECLARE_STATIC_KEY_FALSE(phyr_checking);
int phyr_check_same(struct device *dev, struct phyr_map *map, enum dma_data_direction dir,
		    unsigned long attrs, bool on_bus);

/* p2p.c */
int phyr_p2p_route(struct device *dev, const struct phyr_list *list, phys_addr_t addr,
		   enum phyr_route *route, u64 *bias);

/* route.c */

/**
 * struct phyr_route_to - the route of a device to a range of physical addresses
 * @first:	first physical address
 * @last:	last physical address
 * @route:	the route
 * @bias:	PHYR_ROUTE_BUS: offset from physical to bus addresses; else 0
 * @age:	generation of the cache when the lookup began
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
