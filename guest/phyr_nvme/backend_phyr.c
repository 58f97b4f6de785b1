// SPDX-License-Identifier: GPL-2.0
/*
 * Backends phyr16 and phyr8: the request as a list of physical ranges, plain or packed,
 * mapped by the phyr library.
 */
#include "dptr.h"

static blk_status_t pnvme_phyr_status(int err)
{
	switch (err) {
	case -ENOMEM:
		return BLK_STS_RESOURCE;
	case -EREMOTEIO:	/* the topology does not allow P2P */
	case -EXDEV:		/* more than one kind of memory */
	case -EOPNOTSUPP:	/* memory of a kind, or at an alignment, that cannot be mapped */
		return BLK_STS_INVAL;
	default:
		return BLK_STS_IOERR;
	}
}

/* Add the ranges of a mapping that has more than one. */
static noinline void pnvme_phyr_pieces(const struct phyr_map *map, struct pnvme_dptr *dptr)
{
	struct phyr_dma_iter it __uninitialized;

	phyr_for_each_dma_range(it, map)
		pnvme_dptr_add(dptr, it.range.addr, it.range.len);
}

static __always_inline blk_status_t pnvme_phyr_map(struct pnvme_ctrl *ctrl, struct request *rq,
						   struct pnvme_iod *iod, struct pnvme_dptr *dptr,
						   enum phyr_format format)
{
	struct phyr_list *list = &iod->phyr.list;
	struct phyr_map *map = &iod->phyr.map;
	struct phyr_dma_range whole;
	int err;

	phyr_list_init(list, format);
	err = phyr_list_from_rq(list, rq, GFP_ATOMIC);
	if (unlikely(err))
		return pnvme_phyr_status(err);
	err = phyr_dma_map(ctrl->dev, list, map, rq_dma_dir(rq), 0, GFP_ATOMIC);
	if (unlikely(err)) {
		phyr_list_destroy(list);
		return pnvme_phyr_status(err);
	}
	if (likely(phyr_map_whole(map, &whole)))
		pnvme_dptr_add(dptr, whole.addr, whole.len);
	else
		pnvme_phyr_pieces(map, dptr);

	dptr->shape = map->shape;
	if (unlikely(list->mem == PHYR_MEM_P2P))
		pnvme_count_map(ctrl, PNVME_MAP_P2P, 1);
	pnvme_count_map(ctrl, PNVME_MAP_META_BYTES,
			phyr_list_meta_bytes(list) + phyr_map_meta_bytes(map));
	return BLK_STS_OK;
}

static blk_status_t pnvme_phyr16_map(struct pnvme_ctrl *ctrl, struct request *rq,
				     struct pnvme_iod *iod, struct pnvme_dptr *dptr)
{
	return pnvme_phyr_map(ctrl, rq, iod, dptr, PHYR_PLAIN);
}

static blk_status_t pnvme_phyr8_map(struct pnvme_ctrl *ctrl, struct request *rq,
				    struct pnvme_iod *iod, struct pnvme_dptr *dptr)
{
	return pnvme_phyr_map(ctrl, rq, iod, dptr, PHYR_PACKED);
}

static void pnvme_phyr_unmap(struct pnvme_ctrl *ctrl, struct request *rq, struct pnvme_iod *iod)
{
	phyr_dma_unmap(ctrl->dev, &iod->phyr.map);
	phyr_list_destroy(&iod->phyr.list);
}

const struct pnvme_backend pnvme_backend_phyr16 = {
	.name	= "phyr16",
	.map	= pnvme_phyr16_map,
	.unmap	= pnvme_phyr_unmap,
};

const struct pnvme_backend pnvme_backend_phyr8 = {
	.name	= "phyr8",
	.map	= pnvme_phyr8_map,
	.unmap	= pnvme_phyr_unmap,
};
