// SPDX-License-Identifier: GPL-2.0
/*
 * Describe a registration by blocks of one size, the largest that fits, for devices with page
 * tables of their own.
 */
#include <linux/export.h>
#include <linux/log2.h>

#include "dma.h"

/* Get the next range.  Adjacent ranges, as segment limits make them, are merged. */
static bool phyr_blocks_next(struct phyr_dma_iter *it, bool *more, struct phyr_dma_range *ahead,
			     u64 *addr, u64 *len)
{
	if (!*more)
		return false;
	*addr = ahead->addr;
	*len = ahead->len;
	while ((*more = phyr_dma_iter_next(it))) {
		*ahead = it->range;
		if (ahead->addr != *addr + *len)
			break;
		*len += ahead->len;
	}
	return true;
}

static void phyr_blocks_first(const struct phyr_map *map, struct phyr_dma_iter *it, bool *more,
			      struct phyr_dma_range *ahead)
{
	phyr_dma_iter_init(it, map);
	*more = phyr_dma_iter_next(it);
	*ahead = it->range;
}

/* The largest of @sizes that divides all addresses whose OR is @bits; 0 if there is none. */
static u64 phyr_blocks_largest(u64 sizes, u64 bits)
{
	if (bits)
		sizes &= (bits & -bits) | ((bits & -bits) - 1);
	return sizes ? rounddown_pow_of_two(sizes) : 0;
}

/**
 * phyr_blocks_find - find the largest blocks that describe a mapping
 * @map:	the mapping
 * @sizes:	bit n set: the device supports blocks of 1 << n bytes
 * @out:	receives the result
 *
 * Return: 0; -EOPNOTSUPP if no size in @sizes fits.
 */
int phyr_blocks_find(const struct phyr_map *map, u64 sizes, struct phyr_reg_blocks *out)
{
	u64 addr, len, best, next, bits = 0, at = 0, end = 0;
	struct phyr_dma_iter it;
	struct phyr_dma_range ahead;
	bool more;

	phyr_blocks_first(map, &it, &more, &ahead);
	out->addr = ahead.addr;
	while (phyr_blocks_next(&it, &more, &ahead, &addr, &len)) {
		if (at)
			bits |= end | addr;
		at += len;
		end = addr + len;
	}
	best = phyr_blocks_largest(sizes, bits);
	if (!best)
		return -EOPNOTSUPP;
	out->why = best == rounddown_pow_of_two(sizes) ? PHYR_BLOCK_LARGEST : PHYR_BLOCK_BOUNDARY;
	/* Use a smaller size if one block of it still holds everything. */
	while (!bits && sizes & (best - 1)) {
		u64 less = rounddown_pow_of_two(sizes & (best - 1));

		if ((out->addr & (less - 1)) + map->len > less)
			break;
		best = less;
		out->why = PHYR_BLOCK_ENOUGH;
	}

	out->size = best;
	out->lead = out->addr & (best - 1);
	out->nr = 0;
	out->at = 0;
	at = 0;
	end = 0;
	next = sizes & ~(2 * best - 1);
	next &= -next;
	phyr_blocks_first(map, &it, &more, &ahead);
	while (phyr_blocks_next(&it, &more, &ahead, &addr, &len)) {
		/* The first boundary inside a block of the next larger size. */
		if (at && next && !out->at && (end | addr) & (next - 1))
			out->at = at;
		out->nr += (ALIGN(addr + len, best) - ALIGN_DOWN(addr, best)) / best;
		at += len;
		end = addr + len;
	}
	return 0;
}

/**
 * phyr_blocks_fill - get the addresses of all blocks
 * @map:	the mapping
 * @blocks:	result of phyr_blocks_find() for it
 * @addr:	receives blocks->nr addresses
 */
void phyr_blocks_fill(const struct phyr_map *map, const struct phyr_reg_blocks *blocks, u64 *addr)
{
	struct phyr_dma_iter it;
	struct phyr_dma_range ahead;
	u64 from, len;
	bool more;

	phyr_blocks_first(map, &it, &more, &ahead);
	while (phyr_blocks_next(&it, &more, &ahead, &from, &len)) {
		u64 block = ALIGN_DOWN(from, blocks->size);

		for (; block < from + len; block += blocks->size)
			*addr++ = block;
	}
}
