// SPDX-License-Identifier: GPL-2.0
/*
 * What backends iter and iova save to unmap a request: one IOVA range, or every range by itself.
 *
 * Ranges are saved only if dma_unmap_phys() is needed: with an IOMMU or bounce buffers.
 */
#include "phyr_nvme.h"

void pnvme_ranges_init(struct pnvme_ranges *r, unsigned long attrs)
{
	r->state.__size = 0;
	r->len = 0;
	r->attrs = attrs;
	r->nr = 0;
	r->vec = NULL;
}

/**
 * pnvme_ranges_save - save a range that was mapped with dma_map_phys()
 * @ctrl:	the controller
 * @r:		the saved ranges
 * @addr:	bus address
 * @len:	bytes
 *
 * Context: Any.
 * Return: false if memory is short; then the caller must unmap the range.
 */
bool pnvme_ranges_save(struct pnvme_ctrl *ctrl, struct pnvme_ranges *r, dma_addr_t addr, u32 len)
{
	if (!r->nr) {
		r->one.addr = addr;
		r->one.len = len;
		r->nr = 1;
		return true;
	}
	if (r->nr == 1) {
		r->vec = mempool_alloc(&ctrl->range_pool, GFP_ATOMIC);
		if (!r->vec)
			return false;
		r->vec[0] = r->one;
		pnvme_count_map(ctrl, PNVME_MAP_META_BYTES, PNVME_MAX_SEGS * sizeof(*r->vec));
	}
	if (WARN_ON_ONCE(r->nr == PNVME_MAX_SEGS))
		return false;
	r->vec[r->nr].addr = addr;
	r->vec[r->nr].len = len;
	r->nr++;
	return true;
}

/**
 * pnvme_ranges_unmap - unmap all that is mapped so far
 * @ctrl:	the controller
 * @r:		the saved ranges
 * @dir:	direction of the mapping
 *
 * Context: Any.
 */
void pnvme_ranges_unmap(struct pnvme_ctrl *ctrl, struct pnvme_ranges *r,
			enum dma_data_direction dir)
{
	const struct pnvme_range *vec = r->vec ?: &r->one;
	u32 i;

	if (dma_use_iova(&r->state))
		dma_iova_destroy(ctrl->dev, &r->state, r->len, dir, r->attrs);
	for (i = 0; i < r->nr; i++)
		dma_unmap_phys(ctrl->dev, vec[i].addr, vec[i].len, dir, r->attrs);
	if (r->vec)
		mempool_free(r->vec, &ctrl->range_pool);
}
