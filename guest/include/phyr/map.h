/* SPDX-License-Identifier: GPL-2.0 */
/* Mapping a list for a device, and iterating over the resulting DMA ranges. */
#ifndef PHYR_MAP_H
#define PHYR_MAP_H

#include <linux/dma-direction.h>
#include <linux/dma-mapping.h>

#include "list.h"

struct device;
struct phyr_dma_iter;

/**
 * struct phyr_dma_range - a range of bus addresses
 * @addr:	bus address
 * @len:	bytes
 * @flags:	0, none are defined
 */
struct phyr_dma_range {
	dma_addr_t addr;
	u32 len;
	u32 flags;
};

/**
 * enum phyr_shape - the form that a mapping has
 * @PHYR_SHAPE_NONE:	not mapped
 * @PHYR_SHAPE_SAME:	bus addresses are the physical addresses of the list, plus a constant offset
 *			for P2P memory that is reached by bus address
 * @PHYR_SHAPE_SINGLE:	one range
 * @PHYR_SHAPE_ARRAY:	an array of ranges, e.g. with bounce buffers, or if chunks have gaps smaller
 *			than the IOMMU's page
 */
enum phyr_shape {
	PHYR_SHAPE_NONE,
	PHYR_SHAPE_SAME,
	PHYR_SHAPE_SINGLE,
	PHYR_SHAPE_ARRAY,
};

/**
 * struct phyr_map - a list mapped for a device
 * @list:	the list; NULL after phyr_map_from_sgt()
 * @len:	bytes, equal to list->len
 * @addr:	SINGLE: bus address of the first byte; SAME: offset from physical to bus addresses
 * @boundary:	the device's segment boundary mask
 * @max_seg:	the device's maximum segment size in bytes, rounded down to a multiple of the page
 *		size
 * @nr:		number of ranges: 0 for SAME, 1 for SINGLE; the iterator may split them further
 * @shape:	enum phyr_shape
 * @dir:	enum dma_data_direction of the mapping (private)
 * @how:	enum phyr_how: which API made the mapping (private)
 * @attrs:	DMA_ATTR_* of the mapping (private)
 * @iova:	SINGLE: state of dma_iova_*() (private)
 * @array:	ARRAY: first block of struct phyr_dma_range (private)
 *
 * phyr_dma_map() initialises all of it.  Users may read the members up to @shape.
 */
struct phyr_map {
	const struct phyr_list *list;
	u64 len;
	dma_addr_t addr;
	u64 boundary;
	u32 max_seg;
	u32 nr;
	u8 shape;
	/* private: */
	u8 dir;
	u8 how;
	u32 attrs;
	union {
		struct dma_iova_state iova;
		struct phyr_node *array;
	};
};

/**
 * phyr_dma_map - map a list for a device
 * @dev:	the device; its DMA masks and segment limits apply
 * @list:	the list, not empty; must not change until phyr_dma_unmap()
 * @map:	receives the result
 * @dir:	direction of the transfer
 * @attrs:	DMA_ATTR_*; DMA_ATTR_MMIO and DMA_ATTR_REQUIRE_COHERENT are added for memory that
 *		needs them
 * @gfp:	for the array; allocations for the IOMMU's page tables are always GFP_ATOMIC
 *
 * Context: Any that @gfp allows, but not interrupts for memory of a peer.
 * Return: 0.  On error, nothing is mapped and the shape is PHYR_SHAPE_NONE:
 * -EINVAL for an empty list or an invalid direction; -ENOMEM if IOVA space, bounce buffers or
 * memory ran out, and a retry may succeed; -EIO if the device cannot reach the memory, or if it
 * would need a bounce buffer or cache maintenance and is not RAM with struct pages; -EIO also if
 * phyr.ko's parameter "check" is set and the DMA API gives another bus address for a chunk; -EPERM
 * if the device is untrusted and memory that cannot be bounced does not fill whole IOMMU pages;
 * -EREMOTEIO if the topology does not let the device reach this P2P memory or MMIO (as
 * dma_map_sgtable(); the block layer's iterator returns BLK_STS_INVAL), or if MMIO has no provider;
 * -EOPNOTSUPP if the device's DMA alignment mask is larger than the IOMMU's page and the list is
 * not aligned to it.
 */
int phyr_dma_map(struct device *dev, const struct phyr_list *list, struct phyr_map *map,
		 enum dma_data_direction dir, unsigned long attrs, gfp_t gfp);

/**
 * enum phyr_route - how a device reaches the memory of its peer
 * @PHYR_ROUTE_BUS:	by the peer's bus address, below a common switch; there is nothing to unmap
 * @PHYR_ROUTE_HOST:	through the host bridge, mapped with DMA_ATTR_MMIO
 */
enum phyr_route {
	PHYR_ROUTE_BUS,
	PHYR_ROUTE_HOST,
};

int phyr_p2p_page_route(struct device *dev, phys_addr_t addr, enum phyr_route *route, u64 *bias);

/* private: */
void __phyr_dma_unmap(struct device *dev, struct phyr_map *map);
bool __phyr_dma_iter_run(struct phyr_dma_iter *it);
size_t __phyr_map_array_bytes(const struct phyr_map *map);
void __phyr_dma_iter_cut(struct phyr_dma_iter *it);
/* public: */

/**
 * phyr_dma_unmap - undo phyr_dma_map()
 * @dev:	the same device
 * @map:	the mapping; nothing is done if its shape is PHYR_SHAPE_NONE
 *
 * The device must have finished with it.
 *
 * Context: Any.
 */
static inline void phyr_dma_unmap(struct device *dev, struct phyr_map *map)
{
	if (map->shape > PHYR_SHAPE_SAME)
		__phyr_dma_unmap(dev, map);
	map->shape = PHYR_SHAPE_NONE;
}

/**
 * phyr_map_meta_bytes - memory that a mapping occupies
 * @map:	a mapping
 *
 * Return: bytes of @map and its array, without the list.
 */
static inline size_t phyr_map_meta_bytes(const struct phyr_map *map)
{
	return sizeof(*map) +
	       (unlikely(map->shape == PHYR_SHAPE_ARRAY) ? __phyr_map_array_bytes(map) : 0);
}

/**
 * phyr_map_whole - get the range of a mapping that has only one
 * @map:	a mapping in force
 * @range:	receives the range
 *
 * A shortcut for the iterator: small mappings and those behind an IOMMU usually have one range.
 *
 * Context: Any.
 * Return: true if the mapping has one range, which is in @range then.
 */
static inline bool phyr_map_whole(const struct phyr_map *map, struct phyr_dma_range *range)
{
	dma_addr_t addr = map->addr;

	if (map->shape != PHYR_SHAPE_SINGLE) {
		if (map->shape != PHYR_SHAPE_SAME || map->list->nr > 1)
			return false;
		addr += map->list->first;
	}
	if (unlikely(map->len > map->max_seg ||
		     map->len - 1 > map->boundary - (addr & map->boundary)))
		return false;
	range->addr = addr;
	range->len = map->len;
	range->flags = 0;
	return true;
}

/**
 * struct phyr_dma_iter - walks the ranges of a mapping
 * @range:	the range that phyr_dma_iter_next() has just found
 * @addr:	bus address of the rest of the current run (private)
 * @left:	bytes of that rest (private)
 * @bias:	offset from the addresses of @in to bus addresses (private)
 * @boundary:	segment boundary mask (private)
 * @max_seg:	maximum segment size (private)
 * @shape:	enum phyr_shape, or one of PHYR_PART_* (private)
 * @in:		walks the list (SAME) or the array (private)
 * @todo:	PHYR_PART_*: bytes after the current run (private)
 */
struct phyr_dma_iter {
	struct phyr_dma_range range;
	/* private: */
	dma_addr_t addr;
	u64 left;
	dma_addr_t bias;
	u64 boundary;
	u32 max_seg;
	u8 shape;
	struct phyr_iter in;
	u64 todo;
};

/* private: shapes of an iterator over a part of a mapping; a part of a SINGLE is a SINGLE */
#define PHYR_PART_SAME	(PHYR_SHAPE_ARRAY + 1)
#define PHYR_PART_ARRAY	(PHYR_SHAPE_ARRAY + 2)
/* public: */

/**
 * phyr_dma_iter_init - start to walk the ranges of a mapping
 * @it:		the iterator
 * @map:	a mapping in force
 *
 * Context: Any.
 */
static inline void phyr_dma_iter_init(struct phyr_dma_iter *it, const struct phyr_map *map)
{
	it->range.flags = 0;
	it->boundary = map->boundary;
	it->max_seg = map->max_seg;
	it->shape = map->shape;
	it->in.pos.node = NULL;
	it->in.pos.at = NULL;
	it->in.pos.stop = NULL;
	it->left = 0;
	if (map->shape == PHYR_SHAPE_SINGLE) {
		it->addr = map->addr;
		it->left = map->len;
	} else if (map->shape == PHYR_SHAPE_ARRAY) {
		it->in.pos.node = map->array;
	} else if (map->list->nr == 1) {
		/* SAME with one chunk: treat it as a SINGLE. */
		it->shape = PHYR_SHAPE_SINGLE;
		it->addr = map->list->first + map->addr;
		it->left = map->len;
	} else {
		it->bias = map->addr;
		phyr_iter_init(&it->in, map->list);
	}
}

/**
 * phyr_dma_iter_init_part - start to walk the ranges of a part of a mapping
 * @it:		the iterator
 * @map:	a mapping in force
 * @offset:	where the part begins, in bytes from the start of the list
 * @len:	its bytes; @offset + @len must not be more than map->len
 *
 * O(1) for SINGLE; else the cost of phyr_iter_seek().
 *
 * Context: Any.
 */
void phyr_dma_iter_init_part(struct phyr_dma_iter *it, const struct phyr_map *map,
			     u64 offset, u64 len);

/**
 * phyr_dma_iter_next - find the next range
 * @it: the iterator
 *
 * Ranges respect the device's maximum segment size and segment boundary and are at most
 * 4 GiB - 4 KiB long.  They cover the list completely and in its order.
 *
 * Context: Any.
 * Return: true with the range in it->range, false at the end.
 */
static inline bool phyr_dma_iter_next(struct phyr_dma_iter *it)
{
	if (!it->left) {
		if (it->shape == PHYR_SHAPE_SAME) {
			if (!phyr_iter_next(&it->in))
				return false;
			it->addr = it->in.cur.paddr + it->bias;
			it->left = it->in.cur.len;
		} else if (it->shape == PHYR_SHAPE_SINGLE || !__phyr_dma_iter_run(it)) {
			return false;
		}
	}

	if (unlikely(it->left > it->max_seg ||
		     it->left - 1 > it->boundary - (it->addr & it->boundary))) {
		__phyr_dma_iter_cut(it);
		return true;
	}
	it->range.addr = it->addr;
	it->range.len = it->left;
	it->left = 0;
	return true;
}

/**
 * phyr_for_each_dma_range - walk all ranges of a mapping
 * @it:		a struct phyr_dma_iter (not a pointer)
 * @map:	pointer to the mapping
 */
#define phyr_for_each_dma_range(it, map) \
	for (phyr_dma_iter_init(&(it), (map)); phyr_dma_iter_next(&(it)); )

#endif /* PHYR_MAP_H */
