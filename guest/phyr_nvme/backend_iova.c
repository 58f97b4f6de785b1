// SPDX-License-Identifier: GPL-2.0
/*
 * Backend iova: dma_iova_*() called directly.  One IOVA range for the request, each bio_vec linked
 * into it, one sync.  Without IOVA space (no IOMMU, or an identity domain), every bio_vec is mapped
 * with dma_map_phys(), as other users of that API do.
 */
#include <linux/blk-mq.h>
#include <linux/bvec.h>

#include "dptr.h"

static blk_status_t pnvme_iova_bus(struct request *rq, u64 bus_offset, struct pnvme_dptr *dptr)
{
	struct req_iterator it;
	struct bio_vec bv;

	rq_for_each_bvec(bv, rq, it)
		pnvme_dptr_add(dptr, bvec_phys(&bv) + bus_offset, bv.bv_len);
	return BLK_STS_OK;
}

static blk_status_t pnvme_iova_link(struct pnvme_ctrl *ctrl, struct request *rq,
				    struct pnvme_ranges *r, enum dma_data_direction dir,
				    struct pnvme_dptr *dptr)
{
	struct req_iterator it;
	struct bio_vec bv;
	int err;

	rq_for_each_bvec(bv, rq, it) {
		err = dma_iova_link(ctrl->dev, &r->state, bvec_phys(&bv), r->len, bv.bv_len, dir,
				    r->attrs);
		if (unlikely(err))
			goto undo;
		r->len += bv.bv_len;
	}
	err = dma_iova_sync(ctrl->dev, &r->state, 0, r->len);
	if (unlikely(err))
		goto undo;
	pnvme_dptr_add(dptr, r->state.addr, r->len);
	return BLK_STS_OK;

undo:
	pnvme_ranges_unmap(ctrl, r, dir);
	return err == -ENOMEM ? BLK_STS_RESOURCE : BLK_STS_IOERR;
}

static blk_status_t pnvme_iova_each(struct pnvme_ctrl *ctrl, struct request *rq,
				    struct pnvme_ranges *r, enum dma_data_direction dir,
				    struct pnvme_dptr *dptr)
{
	struct req_iterator it;
	struct bio_vec bv;
	dma_addr_t addr;

	rq_for_each_bvec(bv, rq, it) {
		addr = dma_map_phys(ctrl->dev, bvec_phys(&bv), bv.bv_len, dir, r->attrs);
		if (dma_mapping_error(ctrl->dev, addr))
			goto undo;
		/* Checked after each range: the first bounce changes the result. */
		if (dma_need_unmap(ctrl->dev) &&
		    !pnvme_ranges_save(ctrl, r, addr, bv.bv_len)) {
			dma_unmap_phys(ctrl->dev, addr, bv.bv_len, dir, r->attrs);
			goto undo;
		}
		pnvme_dptr_add(dptr, addr, bv.bv_len);
	}
	return BLK_STS_OK;

undo:
	pnvme_ranges_unmap(ctrl, r, dir);
	return BLK_STS_RESOURCE;
}

static blk_status_t pnvme_iova_map(struct pnvme_ctrl *ctrl, struct request *rq,
				   struct pnvme_iod *iod, struct pnvme_dptr *dptr)
{
	enum dma_data_direction dir = rq_dma_dir(rq);
	struct pnvme_ranges *r = &iod->range;
	struct bio_vec first = req_bvec(rq);
	u64 bus_offset;

	pnvme_ranges_init(r, 0);
	switch (pnvme_p2p_kind(ctrl->dev, first.bv_page, &bus_offset)) {
	case PNVME_P2P_NONE:
		break;
	case PNVME_P2P_BUS:
		pnvme_count_map(ctrl, PNVME_MAP_P2P, 1);
		return pnvme_iova_bus(rq, bus_offset, dptr);
	case PNVME_P2P_BRIDGE:
		pnvme_count_map(ctrl, PNVME_MAP_P2P, 1);
		r->attrs = DMA_ATTR_MMIO;
		break;
	case PNVME_P2P_REFUSED:
		return BLK_STS_INVAL;
	}

	/* All inner boundaries must be aligned to the IOMMU's page. */
	if (!(req_phys_gap_mask(rq) & dma_get_merge_boundary(ctrl->dev)) &&
	    dma_iova_try_alloc(ctrl->dev, &r->state, bvec_phys(&first), blk_rq_bytes(rq)))
		return pnvme_iova_link(ctrl, rq, r, dir, dptr);
	return pnvme_iova_each(ctrl, rq, r, dir, dptr);
}

static void pnvme_iova_unmap(struct pnvme_ctrl *ctrl, struct request *rq, struct pnvme_iod *iod)
{
	pnvme_ranges_unmap(ctrl, &iod->range, rq_dma_dir(rq));
}

const struct pnvme_backend pnvme_backend_iova = {
	.name	= "iova",
	.map	= pnvme_iova_map,
	.unmap	= pnvme_iova_unmap,
};
