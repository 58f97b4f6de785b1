// SPDX-License-Identifier: GPL-2.0
/* Walking the ranges of a mapping: where phyr_dma_iter_next() has to think. */
#include <linux/export.h>

#include "internal.h"

size_t phyr_map_meta_bytes(const struct phyr_map *map)
{
	if (map->shape == PHYR_SHAPE_ARRAY)
		return sizeof(*map) + phyr_chain_bytes(map->array);
	return sizeof(*map);
}
EXPORT_SYMBOL_GPL(phyr_map_meta_bytes);

/* Cut the longest piece from the present run that the device's limits on segments allow. */
void __phyr_dma_iter_cut(struct phyr_dma_iter *it)
{
	u64 len = phyr_segment(it->addr, it->left, it->max_seg, it->boundary);

	it->range.addr = it->addr;
	it->range.len = len;
	it->addr += len;
	it->left -= len;
}
EXPORT_SYMBOL_GPL(__phyr_dma_iter_cut);

/* Take the next range of an array as the present run. */
bool __phyr_dma_iter_array(struct phyr_dma_iter *it)
{
	const struct dma_range *range;

	if (it->in.at == it->in.stop) {
		const struct phyr_node *node = it->in.node;

		if (!node)
			return false;
		it->in.at = node->word;
		it->in.stop = node->word + node->nr;
		it->in.node = node->next;
	}
	range = (const struct dma_range *)it->in.at;
	it->in.at += sizeof(*range) / sizeof(u64);
	it->addr = range->addr;
	it->left = range->len;
	return true;
}
EXPORT_SYMBOL_GPL(__phyr_dma_iter_array);
