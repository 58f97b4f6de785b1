/* SPDX-License-Identifier: GPL-2.0 */
/* Mapping a list for a device, and reading what came of it. */
#ifndef PHYR_MAP_H
#define PHYR_MAP_H

#include <linux/dma-direction.h>
#include <linux/dma-mapping.h>

#include "list.h"

struct device;
struct phyr_dma_iter;

/**
 * struct phyr_dma_range - a range that a device can use
 * @addr:	bus address
 * @len:	bytes
 * @flags:	none defined yet, 0
 */
struct phyr_dma_range {
	dma_addr_t addr;
	u32 len;
	u32 flags;
};

/**
 * enum phyr_shape - what phyr_dma_map() found
 * @PHYR_SHAPE_NONE:	not mapped
 * @PHYR_SHAPE_SAME:	the device reads the list itself (with one bias for P2P on the bus)
 * @PHYR_SHAPE_SINGLE:	one range
 * @PHYR_SHAPE_ARRAY:	an array of ranges (bounce buffers, gaps that an IOMMU cannot bridge)
 */
enum phyr_shape {
	PHYR_SHAPE_NONE,
	PHYR_SHAPE_SAME,
	PHYR_SHAPE_SINGLE,
	PHYR_SHAPE_ARRAY,
};

/**
 * struct phyr_map - a list mapped for a device
 * @list:	what was mapped; NULL after phyr_map_from_sgt()
 * @len:	bytes, the same as list->len
 * @addr:	SINGLE: the bus address of the first byte.  SAME: what to add to a physical address
 * @boundary:	the device's segment boundary mask
 * @max_seg:	the device's maximum segment size in bytes, made a multiple of the page size
 * @nr:		ranges held: 0 for SAME, 1 for SINGLE (a segment limit may still cut them)
 * @shape:	enum phyr_shape
 * @dir:	enum dma_data_direction, as mapped (private)
 * @how:	how it was made and is undone (private)
 * @attrs:	DMA_ATTR_* as mapped (private)
 * @iova:	SINGLE: state of the two-step mapping (private)
 * @array:	ARRAY: first link of the chain of struct phyr_dma_range (private)
 *
 * Set up by phyr_dma_map(), whatever was in it before.  Up to @shape for anybody to read.
 */
struct phyr_map {
	const struct phyr_list *list;
	u64 len;
	dma_addr_t addr;
	u64 boundary;
	u32 max_seg;
	u32 nr;
	u8 shape;
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
 * @dev:	the device; its DMA parameters (masks, segment limits) are respected
 * @list:	the list, not empty; owned by the mapping until phyr_dma_unmap()
 * @map:	receives the result
 * @dir:	direction of the transfer
 * @attrs:	DMA_ATTR_*; DMA_ATTR_MMIO and _REQUIRE_COHERENT are set here where the memory asks
 *		for them
 * @gfp:	for the array, if one is needed; what the IOMMU allocates is always atomic
 *
 * Context: Any that @gfp allows, but not interrupts for memory of a peer.
 * Return: 0, or with nothing left mapped and the shape set to PHYR_SHAPE_NONE:
 * -EINVAL for an empty list or a bad direction; -ENOMEM (no IOVA space, bounce buffer or memory:
 * try again later); -EIO if the device cannot reach the memory, or could only by a bounce buffer
 * (or cache maintenance) and it is not RAM with struct pages, or if phyr.ko's parameter "check"
 * is set and the DMA API disagrees about a chunk of a list that was to be used as it is; -EPERM if
 * the device is untrusted, the memory cannot be bounced and does not fill the IOMMU's granules;
 * -EREMOTEIO if the topology does not let the device reach this P2P memory or MMIO
 * (dma_map_sgtable() says the same; the block layer's iterator says BLK_STS_INVAL) or nobody knows
 * who provides it; -EOPNOTSUPP if the device's DMA
 * alignment mask is larger than the IOMMU's granule and the list is not aligned to it.
 */
int phyr_dma_map(struct device *dev, const struct phyr_list *list, struct phyr_map *map,
		 enum dma_data_direction dir, unsigned long attrs, gfp_t gfp);

/**
 * enum phyr_route - how a device reaches the memory of its peer
 * @PHYR_ROUTE_BUS:	stays below a switch: bus addresses, nothing to unmap
 * @PHYR_ROUTE_HOST:	through the host bridge: mapped like memory, as MMIO
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
 * @map:	the mapping; an unmapped one is left alone
 *
 * The device must be done with it.
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
 * phyr_map_meta_bytes - memory that the result of a mapping takes
 * @map:	a mapping
 *
 * Return: bytes of @map and of the array, without the list.
 */
static inline size_t phyr_map_meta_bytes(const struct phyr_map *map)
{
	return sizeof(*map) +
	       (unlikely(map->shape == PHYR_SHAPE_ARRAY) ? __phyr_map_array_bytes(map) : 0);
}

/**
 * phyr_map_whole - a mapping as one range, if that is what it is
 * @map:	a mapping in force
 * @range:	receives the range
 *
 * What phyr_dma_iter_next() would find first, for users who have many mappings of one range: small
 * ones, and all that an IOMMU has made linear.
 *
 * Context: Any.
 * Return: true if there is no other range.
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
 * @addr:	bus address of what is left of the present run (private)
 * @left:	bytes left in it (private)
 * @bias:	what to add to the addresses of @in (private)
 * @boundary:	segment boundary mask (private)
 * @max_seg:	maximum segment size (private)
 * @shape:	enum phyr_shape, or one of PHYR_PART_* (private)
 * @in:		walks the list (SAME) or the array (private)
 * @todo:	PHYR_PART_*: bytes that follow the present run (private)
 */
struct phyr_dma_iter {
	struct phyr_dma_range range;
	dma_addr_t addr;
	u64 left;
	dma_addr_t bias;
	u64 boundary;
	u32 max_seg;
	u8 shape;
	struct phyr_iter in;
	u64 todo;
};

/* private: shapes of an iterator that walks a part of a mapping; a part of a SINGLE is a SINGLE */
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
	it->in.node = NULL;
	it->in.at = NULL;
	it->in.stop = NULL;
	it->left = 0;
	if (map->shape == PHYR_SHAPE_SINGLE) {
		it->addr = map->addr;
		it->left = map->len;
	} else if (map->shape == PHYR_SHAPE_ARRAY) {
		it->in.node = map->array;
	} else if (map->list->nr == 1) {
		/* SAME with one chunk: no need to walk. */
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
 * O(1) for SINGLE; else as phyr_iter_seek().
 *
 * Context: Any.
 */
void phyr_dma_iter_init_part(struct phyr_dma_iter *it, const struct phyr_map *map,
			     u64 offset, u64 len);

/**
 * phyr_dma_iter_next - find the next range
 * @it: the iterator
 *
 * No range is longer than the device's maximum segment size (nor than 4 GiB - 4 KiB) or
 * crosses its segment boundary.  The ranges add up to the length of the list, in its order.
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
