// SPDX-License-Identifier: GPL-2.0
/*
 * Map and unmap lists: choice of the shape, and the code for each.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/pci.h>
#include <linux/swiotlb.h>

#include "iova.h"

/* With memory encryption, bus addresses differ from physical addresses.  Set by phyr_init(). */
bool phyr_mem_encrypted __ro_after_init;

/* DMA_ATTR_* that the memory of a list needs. */
static unsigned long phyr_mem_attrs(const struct phyr_list *list)
{
	switch (list->mem) {
	case PHYR_MEM_P2P:
	case PHYR_MEM_MMIO:
		return DMA_ATTR_MMIO;
	case PHYR_MEM_PAGELESS:
		/* Bouncing and cache maintenance would need the linear map. */
		return DMA_ATTR_REQUIRE_COHERENT;
	default:
		return 0;
	}
}

/*
 * SAME: does the device use physical addresses, and can it reach all of the list? O(1): depends
 * only on the device and on summary members of the list.
 */
static __always_inline bool phyr_can_be_same(struct device *dev, const struct phyr_list *list)
{
	return !dev_dma_iommu(dev) && !get_dma_ops(dev) && !dev->dma_range_map &&
	       dev_is_dma_coherent(dev) && !is_swiotlb_force_bounce(dev) &&
	       list->end - 1 <= min_not_zero(*dev->dma_mask, dev->bus_dma_limit) &&
	       !phyr_mem_encrypted;
}

static __always_inline int phyr_map_same(struct device *dev, struct phyr_map *map, u64 bias,
					 enum dma_data_direction dir, unsigned long attrs,
					 bool on_bus)
{
	map->shape = PHYR_SHAPE_SAME;
	map->addr = bias;
	map->nr = 0;
	if (static_branch_unlikely(&phyr_checking))
		return phyr_check_same(dev, map, dir, attrs, on_bus);
	return 0;
}

/*
 * Does the device's DMA alignment mask exceed the IOMMU's page? dma_map_phys() warns in that case
 * and does not look for a suitable address.
 */
static bool phyr_align_exceeds_granule(struct device *dev)
{
	return dev_dma_iommu(dev) && dma_get_min_align_mask(dev) > dma_get_merge_boundary(dev);
}

/*
 * dma_map_phys() does not tell why it failed.  With an IOMMU, or with RAM that can be bounced, it
 * was out of IOVA space or bounce buffers.  Otherwise the device cannot reach the memory.
 */
static int phyr_map_error(struct device *dev, const struct phyr_list *list)
{
	if (dev_dma_iommu(dev))
		return -ENOMEM;
	return list->mem == PHYR_MEM_RAM && dma_max_mapping_size(dev) != SIZE_MAX ? -ENOMEM : -EIO;
}

/* SINGLE of one chunk, with dma_map_phys(). */
static int phyr_map_phys(struct device *dev, const struct phyr_list *list, struct phyr_map *map)
{
	if (unlikely(phyr_align_exceeds_granule(dev)))
		return -EOPNOTSUPP;
	map->addr = dma_map_phys(dev, list->first, list->len, map->dir, map->attrs);
	return dma_mapping_error(dev, map->addr) ? phyr_map_error(dev, list) : 0;
}

/*
 * Get space for the next range of an array.  @offset: start of the range in the mapping; @expect:
 * estimated number of ranges.
 */
struct phyr_dma_range *phyr_array_slot(struct phyr_map *map, struct phyr_node **tail, u64 offset,
				       u32 expect, gfp_t gfp)
{
	const u32 words = sizeof(struct phyr_dma_range) / sizeof(u64);
	struct phyr_node *node = *tail;

	if (!node || node->nr + words > node->cap) {
		node = phyr_node_alloc(expect > 16 ? PAGE_SIZE / sizeof(u64) : words, gfp);
		if (!node)
			return NULL;
		node->offset = offset;
		if (*tail)
			(*tail)->next = node;
		else
			map->array = node;
		*tail = node;
	}
	node->nr += words;
	return (struct phyr_dma_range *)&node->word[node->nr - words];
}

/* Unmap the first @bytes of an array and free the array. */
static void phyr_unmap_array(struct device *dev, struct phyr_map *map, u64 bytes)
{
	struct phyr_node *node;
	u32 i;

	for (node = map->array; node && bytes; node = node->next) {
		for (i = 0; i < node->nr && bytes; i += 2) {
			struct phyr_dma_range *range = (struct phyr_dma_range *)&node->word[i];
			u32 len = min(range->len, bytes);

			dma_unmap_phys(dev, range->addr, len, map->dir, map->attrs);
			bytes -= len;
		}
	}
	phyr_chain_free(map->array);
	map->array = NULL;
}

/*
 * Length of the next piece of a chunk, if at most @max bytes can be mapped at once.  A chunk that
 * fits is not split.  Otherwise it is split at a page boundary, as PRPs require.
 */
static u64 phyr_array_piece(u64 addr, u64 len, u64 max)
{
	return len <= max ? len : (max & PAGE_MASK) - offset_in_page(addr);
}

/* ARRAY: map each chunk by itself, in pieces that can be mapped at once. */
static int phyr_map_array(struct device *dev, const struct phyr_list *list, struct phyr_map *map,
			  gfp_t gfp)
{
	u64 max = min(dma_max_mapping_size(dev), map->max_seg), offset = 0;
	struct phyr_node *tail = NULL;
	struct phyr_iter it;
	int err;

	/* With a large alignment mask a bounce buffer may not even hold a page. */
	if (unlikely(phyr_align_exceeds_granule(dev) || max < PAGE_SIZE))
		return -EOPNOTSUPP;

	map->array = NULL;
	map->how = PHYR_HOW_PHYS;
	map->nr = 0;
	phyr_for_each(it, list) {
		while (it.cur.len) {
			u64 len = phyr_array_piece(it.cur.paddr, it.cur.len, max);
			struct phyr_dma_range *range = phyr_array_slot(map, &tail, offset, list->nr,
								       gfp);

			if (!range) {
				err = -ENOMEM;
				goto undo;
			}
			range->addr = dma_map_phys(dev, it.cur.paddr, len, map->dir, map->attrs);
			if (dma_mapping_error(dev, range->addr)) {
				err = phyr_map_error(dev, list);
				goto undo;
			}
			range->len = len;
			range->flags = 0;
			offset += len;
			map->nr++;
			it.cur.paddr += len;
			it.cur.len -= len;
		}
	}
	map->shape = PHYR_SHAPE_ARRAY;
	return 0;

undo:
	phyr_unmap_array(dev, map, offset);
	return err;
}

/* The device is behind an IOMMU. */
static noinline int phyr_map_translated(struct device *dev, const struct phyr_list *list,
					struct phyr_map *map, gfp_t gfp)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	int err;

	if (unlikely(list->gaps & phyr_granule_mask(domain)))
		return phyr_map_array(dev, list, map, gfp);

	/*
	 * dma_iova_destroy() flushes the IOTLB at once, dma_unmap_phys() uses the flush queue of a
	 * lazy domain.  Otherwise dma_iova_*() is cheaper for one chunk, too.
	 */
	if (list->nr > 1) {
		err = phyr_map_chunks(dev, domain, map);
		map->how = PHYR_HOW_IOVA;
	} else if (domain->type != IOMMU_DOMAIN_DMA_FQ) {
		err = phyr_map_chunk(dev, domain, map);
		map->how = PHYR_HOW_IOVA;
	} else {
		err = phyr_map_phys(dev, list, map);
		map->how = PHYR_HOW_PHYS;
	}
	if (unlikely(err))
		return err;
	map->shape = PHYR_SHAPE_SINGLE;
	map->nr = 1;

	/* The offset within the device's DMA alignment mask must be preserved. */
	if (unlikely((map->addr ^ list->first) & dma_get_min_align_mask(dev))) {
		phyr_dma_unmap(dev, map);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* The device does not use physical addresses, or cannot reach all of them. */
static __always_inline int phyr_map_not_same(struct device *dev, const struct phyr_list *list,
					     struct phyr_map *map, gfp_t gfp)
{
	return dev_dma_iommu(dev) ? phyr_map_translated(dev, list, map, gfp) :
				    phyr_map_array(dev, list, map, gfp);
}

/*
 * Refuse memory that is not in the linear map, and so cannot be copied, if it would need a bounce
 * buffer. The DMA API would refuse it too, but with a warning or with different errors, and not for
 * MMIO in a lazy domain.
 */
static int phyr_check_unbounceable(struct device *dev, const struct phyr_list *list)
{
	if (list->mem == PHYR_MEM_PAGELESS && !dev_is_dma_coherent(dev))
		return -EIO;
	if (dev_dma_iommu(dev)) {
		/*
		 * An untrusted device must not see the rest of the first and the last IOMMU page.
		 */
		if (dev_is_pci(dev) && to_pci_dev(dev)->untrusted &&
		    phyr_list_align(list) & dma_get_merge_boundary(dev))
			return -EPERM;
		return 0;
	}
	/* Other dma_map_ops may bounce. */
	if (get_dma_ops(dev) || is_swiotlb_force_bounce(dev))
		return -EIO;
	if (!dev->dma_range_map &&
	    list->end - 1 > min_not_zero(*dev->dma_mask, dev->bus_dma_limit))
		return -EIO;
	return 0;
}

/* Any memory but RAM with struct pages. */
static noinline int phyr_map_special(struct device *dev, const struct phyr_list *list,
				     struct phyr_map *map, gfp_t gfp)
{
	unsigned long attrs = map->attrs | phyr_mem_attrs(list);
	enum phyr_route route = PHYR_ROUTE_HOST;
	u64 bias = 0;
	int err;

	if (list->mem != PHYR_MEM_PAGELESS) {
		err = phyr_p2p_route(dev, list, list->first, &route, &bias);
		if (err)
			return err;
	}
	if (route == PHYR_ROUTE_BUS) {
		if (list->end - 1 + bias > *dev->dma_mask)
			return -EIO;
		return phyr_map_same(dev, map, bias, map->dir, attrs, true);
	}
	if (phyr_can_be_same(dev, list))
		return phyr_map_same(dev, map, 0, map->dir, attrs, false);

	err = phyr_check_unbounceable(dev, list);
	if (err)
		return err;
	map->attrs = attrs;
	return phyr_map_not_same(dev, list, map, gfp);
}

int phyr_dma_map(struct device *dev, const struct phyr_list *list, struct phyr_map *map,
		 enum dma_data_direction dir, unsigned long attrs, gfp_t gfp)
{
	const u32 max_seg = dma_get_max_seg_size(dev) & ~(PAGE_SIZE - 1) ?: PAGE_SIZE;
	const u64 boundary = dma_get_seg_boundary(dev);
	const bool ram = list->mem == PHYR_MEM_RAM;

	map->shape = PHYR_SHAPE_NONE;
	if (unlikely(!list->len || !valid_dma_direction(dir)))
		return -EINVAL;

	map->list = list;
	map->len = list->len;
	map->boundary = boundary;
	map->max_seg = max_seg;

	if (likely(ram) && phyr_can_be_same(dev, list))
		return phyr_map_same(dev, map, 0, dir, attrs, false);

	map->dir = dir;
	map->attrs = attrs;
	if (unlikely(!ram))
		return phyr_map_special(dev, list, map, gfp);
	return phyr_map_not_same(dev, list, map, gfp);
}
EXPORT_SYMBOL_GPL(phyr_dma_map);

void __phyr_dma_unmap(struct device *dev, struct phyr_map *map)
{
	bool borrowed = map->how == PHYR_HOW_BORROWED;

	if (map->shape == PHYR_SHAPE_ARRAY)
		phyr_unmap_array(dev, map, borrowed ? 0 : map->len);
	else if (borrowed)
		return;
	else if (map->how == PHYR_HOW_IOVA)
		phyr_iova_free(dev, map, map->len);
	else
		dma_unmap_phys(dev, map->addr, map->len, map->dir, map->attrs);
}
EXPORT_SYMBOL_GPL(__phyr_dma_unmap);
