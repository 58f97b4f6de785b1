// SPDX-License-Identifier: GPL-2.0
/* Iteration over the ranges of a mapping: the cases that are not inline. */
#include <linux/export.h>

#include "dma.h"

size_t __phyr_map_array_bytes(const struct phyr_map *map)
{
	return phyr_chain_bytes(map->array);
}
EXPORT_SYMBOL_GPL(__phyr_map_array_bytes);

/* Take the longest segment from the current run that the device's limits allow. */
void __phyr_dma_iter_cut(struct phyr_dma_iter *it)
{
	u64 len = phyr_segment(it->addr, it->left, it->max_seg, it->boundary);

	it->range.addr = it->addr;
	it->range.len = len;
	it->addr += len;
	it->left -= len;
}
EXPORT_SYMBOL_GPL(__phyr_dma_iter_cut);

/*
 * Make the next range of an array the current run.  Empty ranges are skipped, because the limit
 * checks use the length minus 1.
 */
static bool phyr_dma_iter_array(struct phyr_dma_iter *it)
{
	const struct phyr_dma_range *range;

	do {
		if (it->in.pos.at == it->in.pos.stop) {
			const struct phyr_node *node = it->in.pos.node;

			if (!node)
				return false;
			it->in.pos.at = node->word;
			it->in.pos.stop = node->word + node->nr;
			it->in.pos.node = node->next;
		}
		range = (const struct phyr_dma_range *)it->in.pos.at;
		it->in.pos.at += sizeof(*range) / sizeof(u64);
	} while (unlikely(!range->len));
	it->addr = range->addr;
	it->left = range->len;
	return true;
}

/* Limit the current run to the part of the mapping. */
static void phyr_dma_iter_trim(struct phyr_dma_iter *it)
{
	it->left = min(it->left, it->todo);
	it->todo -= it->left;
}

/* Get the next run of an ARRAY or of a part of a mapping. */
bool __phyr_dma_iter_run(struct phyr_dma_iter *it)
{
	if (it->shape == PHYR_SHAPE_ARRAY)
		return phyr_dma_iter_array(it);

	if (!it->todo)
		return false;
	if (likely(it->shape == PHYR_PART_SAME)) {
		if (!phyr_iter_next(&it->in))
			return false;
		it->addr = it->in.cur.paddr + it->bias;
		it->left = it->in.cur.len;
	} else if (!phyr_dma_iter_array(it)) {
		return false;
	}
	phyr_dma_iter_trim(it);
	return true;
}
EXPORT_SYMBOL_GPL(__phyr_dma_iter_run);

void phyr_dma_iter_init_part(struct phyr_dma_iter *it, const struct phyr_map *map,
			     u64 offset, u64 len)
{
	const struct phyr_node *node;

	phyr_dma_iter_init(it, map);
	if (it->shape == PHYR_SHAPE_SINGLE) {
		it->addr += offset;
		it->left = len;
		return;
	}

	it->todo = len;
	it->bias = map->addr;
	if (it->shape == PHYR_SHAPE_SAME) {
		it->shape = PHYR_PART_SAME;
		if (!len)
			return;
		phyr_iter_seek(&it->in, map->list, offset);
		it->addr = it->in.cur.paddr + it->bias;
		it->left = it->in.cur.len;
	} else {
		it->shape = PHYR_PART_ARRAY;
		if (!len)
			return;
		for (node = map->array; node && node->offset <= offset; node = node->next)
			it->in.pos.node = node;
		offset -= it->in.pos.node->offset;
		while (phyr_dma_iter_array(it) && offset >= it->left)
			offset -= it->left;
		it->addr += offset;
		it->left -= offset;
	}
	phyr_dma_iter_trim(it);
}
EXPORT_SYMBOL_GPL(phyr_dma_iter_init_part);

/**
 * phyr_index_start - phyr_dma_iter_init_part() with an index
 * @index:	index of the list
 * @it:		the iterator
 * @map:	the mapping, SAME and of more than one chunk
 * @offset:	bytes from the start of the list, less than its length
 * @len:	bytes, not 0
 */
void phyr_index_start(const struct phyr_index *index, struct phyr_dma_iter *it,
		      const struct phyr_map *map, u64 offset, u64 len)
{
	phyr_index_seek(index, &it->in, map->list, offset);
	it->range.flags = 0;
	it->bias = map->addr;
	it->boundary = map->boundary;
	it->max_seg = map->max_seg;
	it->shape = PHYR_PART_SAME;
	it->addr = it->in.cur.paddr + map->addr;
	it->left = min(it->in.cur.len, len);
	it->todo = len - it->left;
}
