// SPDX-License-Identifier: GPL-2.0
/* Conversion between mappings and the DMA side of scatterlists: phyr/sg.h. */
#include <linux/dma-map-ops.h>
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/scatterlist.h>

#include "dma.h"
#include "phyr/sg.h"

int phyr_map_to_sgt(const struct phyr_map *map, struct sg_table *table, gfp_t gfp)
{
	struct phyr_dma_iter it;
	struct scatterlist *sg;
	u64 nents = 0;
	int err;

	if (map->shape == PHYR_SHAPE_NONE)
		return -EINVAL;
	phyr_for_each_dma_range(it, map)
		nents++;
	if (nents > UINT_MAX)
		return -EOVERFLOW;
	err = sg_alloc_table(table, nents, gfp);
	if (err)
		return err;

	sg = table->sgl;
	phyr_for_each_dma_range(it, map) {
		sg_set_page(sg, NULL, 0, 0);
		sg_dma_address(sg) = it.range.addr;
		sg_dma_len(sg) = it.range.len;
		sg = sg_next(sg);
	}
	table->orig_nents = 0;
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_map_to_sgt);

void phyr_free_dma_sgt(struct sg_table *table)
{
	table->orig_nents = table->nents;
	sg_free_table(table);
}
EXPORT_SYMBOL_GPL(phyr_free_dma_sgt);

int phyr_map_from_sgt(struct phyr_map *map, const struct sg_table *table, gfp_t gfp)
{
	struct phyr_node *tail = NULL;
	struct scatterlist *sg;
	unsigned int i;

	memset(map, 0, sizeof(*map));
	if (!table->nents)
		return -EINVAL;
	/* Exporters that confuse nents with orig_nents leave empty entries. */
	for_each_sg(table->sgl, sg, table->nents, i)
		if (!sg_dma_len(sg) || sg_dma_address(sg) + sg_dma_len(sg) - 1 < sg_dma_address(sg))
			return -EINVAL;
	map->how = PHYR_HOW_BORROWED;
	map->boundary = U64_MAX;
	map->max_seg = U32_MAX & PAGE_MASK;
	map->nr = table->nents;

	if (table->nents == 1) {
		map->shape = PHYR_SHAPE_SINGLE;
		map->addr = sg_dma_address(table->sgl);
		map->len = sg_dma_len(table->sgl);
		return 0;
	}
	for_each_sg(table->sgl, sg, table->nents, i) {
		struct phyr_dma_range *range = phyr_array_slot(map, &tail, map->len, map->nr, gfp);

		if (!range) {
			phyr_chain_free(map->array);
			map->array = NULL;
			return -ENOMEM;
		}
		range->addr = sg_dma_address(sg);
		range->len = sg_dma_len(sg);
		range->flags = 0;
		map->len += range->len;
	}
	map->shape = PHYR_SHAPE_ARRAY;
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_map_from_sgt);

/**
 * phyr_map_check_foreign - check a mapping that another driver made for the device
 * @dev:	the device
 * @map:	a mapping in force
 *
 * The addresses may exceed the device's DMA mask, and some pages may not be mapped.  A device that
 * hits an unmapped page may fault endlessly.  If the IOMMU does not translate the first page, the
 * addresses are taken for bus addresses of a peer and the others are not checked.
 *
 * Context: Any.
 * Return: 0; -EIO if there are addresses beyond the device's mask; -EFAULT if some are translated
 * and others are not.
 */
int phyr_map_check_foreign(struct device *dev, const struct phyr_map *map)
{
	struct iommu_domain *domain = dev_dma_iommu(dev) ? iommu_get_domain_for_dev(dev) : NULL;
	bool known = false, first = true;
	struct phyr_dma_iter it;

	phyr_for_each_dma_range(it, map) {
		u64 addr = it.range.addr & PAGE_MASK, end = it.range.addr + it.range.len;

		if (end - 1 > *dev->dma_mask)
			return -EIO;
		for (; domain && addr < end; addr += PAGE_SIZE, first = false) {
			bool leads = iommu_iova_to_phys(domain, addr);

			if (first)
				known = leads;
			else if (leads != known)
				return -EFAULT;
		}
	}
	return 0;
}
