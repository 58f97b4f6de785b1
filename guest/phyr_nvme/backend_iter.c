// SPDX-License-Identifier: GPL-2.0
/*
 * Backend iter: the block layer's DMA iterator, used as the kernel's own nvme driver uses
 * it, with the same shortcut for a request of one segment.
 */
#include <linux/blk-mq-dma.h>

#include "dptr.h"

static blk_status_t pnvme_iter_map_one(struct pnvme_ctrl *ctrl, struct pnvme_ranges *r,
				       struct bio_vec *bv, enum dma_data_direction dir,
				       struct pnvme_dptr *dptr)
{
	dma_addr_t addr = dma_map_bvec(ctrl->dev, bv, dir, 0);

	if (dma_mapping_error(ctrl->dev, addr))
		return BLK_STS_RESOURCE;
	pnvme_ranges_save(ctrl, r, addr, bv->bv_len);	/* cannot fail: the first one */
	pnvme_dptr_add(dptr, addr, bv->bv_len);
	return BLK_STS_OK;
}

static blk_status_t pnvme_iter_map_all(struct pnvme_ctrl *ctrl, struct request *rq,
				       struct pnvme_ranges *r, struct pnvme_dptr *dptr)
{
	struct blk_dma_iter iter;
	bool save;

	if (!blk_rq_dma_map_iter_start(rq, ctrl->dev, &r->state, &iter))
		return iter.status;

	if (iter.p2pdma.map != PCI_P2PDMA_MAP_NONE)
		pnvme_count_map(ctrl, PNVME_MAP_P2P, 1);
	if (iter.p2pdma.map == PCI_P2PDMA_MAP_THRU_HOST_BRIDGE)
		r->attrs = DMA_ATTR_MMIO;
	save = iter.p2pdma.map != PCI_P2PDMA_MAP_BUS_ADDR && !dma_use_iova(&r->state);
	if (dma_use_iova(&r->state))
		r->len = iter.len;

	do {
		/* Checked after each range: the first bounce changes the result. */
		if (save && dma_need_unmap(ctrl->dev) &&
		    !pnvme_ranges_save(ctrl, r, iter.addr, iter.len)) {
			dma_unmap_phys(ctrl->dev, iter.addr, iter.len, rq_dma_dir(rq), r->attrs);
			iter.status = BLK_STS_RESOURCE;
			break;
		}
		pnvme_dptr_add(dptr, iter.addr, iter.len);
	} while (blk_rq_dma_map_iter_next(rq, ctrl->dev, &iter));

	if (unlikely(iter.status))
		pnvme_ranges_unmap(ctrl, r, rq_dma_dir(rq));
	return iter.status;
}

static blk_status_t pnvme_iter_map(struct pnvme_ctrl *ctrl, struct request *rq,
				   struct pnvme_iod *iod, struct pnvme_dptr *dptr)
{
	struct pnvme_ranges *r = &iod->range;

	pnvme_ranges_init(r, 0);
	if (blk_rq_nr_phys_segments(rq) == 1) {
		struct bio_vec bv = req_bvec(rq);

		if (!is_pci_p2pdma_page(bv.bv_page))
			return pnvme_iter_map_one(ctrl, r, &bv, rq_dma_dir(rq), dptr);
	}

	return pnvme_iter_map_all(ctrl, rq, r, dptr);
}

static void pnvme_iter_unmap(struct pnvme_ctrl *ctrl, struct request *rq, struct pnvme_iod *iod)
{
	pnvme_ranges_unmap(ctrl, &iod->range, rq_dma_dir(rq));
}

const struct pnvme_backend pnvme_backend_iter = {
	.name	= "iter",
	.map	= pnvme_iter_map,
	.unmap	= pnvme_iter_unmap,
};
