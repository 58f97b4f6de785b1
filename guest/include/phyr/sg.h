/* SPDX-License-Identifier: GPL-2.0 */
/* Conversion between mappings and the DMA side of scatterlists. */
#ifndef PHYR_SG_H
#define PHYR_SG_H

#include "map.h"

struct sg_table;

/**
 * phyr_map_to_sgt - make a scatterlist of a mapping, with a DMA side only
 * @map:	a mapping in force; its owner unmaps it after the table is freed
 * @table:	receives the table, with orig_nents 0 because it has no CPU side; the caller frees
 *		it with phyr_free_dma_sgt() and must not unmap it
 * @gfp:	for the table
 *
 * Memory without struct pages is supported.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL if nothing is mapped; -EOVERFLOW for more entries than a table can have;
 * -ENOMEM.  After an error @table is not allocated.
 */
int phyr_map_to_sgt(const struct phyr_map *map, struct sg_table *table, gfp_t gfp);

/**
 * phyr_free_dma_sgt - free a table made by phyr_map_to_sgt()
 * @table: the table
 *
 * sg_free_table() frees by orig_nents, which is 0 here, and would leak the table.
 *
 * Context: Any.
 */
void phyr_free_dma_sgt(struct sg_table *table);

/**
 * phyr_map_from_sgt - make a mapping of the DMA side of a mapped scatterlist
 * @map:	receives the mapping: SINGLE for one entry, else ARRAY; it has no list
 * @table:	a mapped table, e.g. from dma_buf_map_attachment(); not accessed afterwards, but it
 *		must stay mapped as long as @map is used
 * @gfp:	for the array
 *
 * phyr_dma_unmap() frees the array and does not touch the DMA mapping.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for a table without mapped entries, or with one that is empty or wraps;
 * -ENOMEM.
 */
int phyr_map_from_sgt(struct phyr_map *map, const struct sg_table *table, gfp_t gfp);

#endif /* PHYR_SG_H */
