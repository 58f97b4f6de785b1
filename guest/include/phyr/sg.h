/* SPDX-License-Identifier: GPL-2.0 */
/* Mappings as scatterlists, and scatterlists as mappings. */
#ifndef PHYR_SG_H
#define PHYR_SG_H

#include "map.h"

struct sg_table;

/**
 * phyr_map_to_sgt - hand a mapping on as a scatterlist that has a DMA side alone
 * @map:	a mapping in force; it stays its owner's to unmap, after the table is done with
 * @table:	receives the table, which has orig_nents 0 as it has no CPU side; the caller frees
 *		it with phyr_free_dma_sgt() and never unmaps it
 * @gfp:	for the table
 *
 * Memory without struct pages is fine here: no page is asked for.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL if nothing is mapped; -EOVERFLOW for more entries than a table can have;
 * -ENOMEM.  Nothing is left after an error.
 */
int phyr_map_to_sgt(const struct phyr_map *map, struct sg_table *table, gfp_t gfp);

/**
 * phyr_free_dma_sgt - free a table made by phyr_map_to_sgt()
 * @table: the table
 *
 * sg_free_table() goes by orig_nents, which is 0 here, and would free nothing.
 *
 * Context: Any.
 */
void phyr_free_dma_sgt(struct sg_table *table);

/**
 * phyr_map_from_sgt - take over the DMA side of a scatterlist that somebody else has mapped
 * @map:	receives the mapping: SINGLE for one entry, else ARRAY; without a list
 * @table:	a mapped table, e.g. of dma_buf_map_attachment(); not needed afterwards, but it must
 *		stay mapped as long as @map is used
 * @gfp:	for the array
 *
 * phyr_dma_unmap() frees the array and leaves the DMA mapping to its owner.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for a table without mapped entries, or with one that is empty or wraps;
 * -ENOMEM.
 */
int phyr_map_from_sgt(struct phyr_map *map, const struct sg_table *table, gfp_t gfp);

#endif /* PHYR_SG_H */
