// SPDX-License-Identifier: GPL-2.0
/* Backend sg: a scatterlist and dma_map_sgtable(). */
#include "dptr.h"

static void pnvme_sg_free(struct pnvme_sg *state)
{
	/* Free what was allocated: blk_rq_map_sg() may have merged entries. */
	state->table.orig_nents = state->allocated;
	sg_free_table_chained(&state->table, PNVME_SG_INLINE);
}

static blk_status_t pnvme_sg_map(struct pnvme_ctrl *ctrl, struct request *rq,
				 struct pnvme_iod *iod, struct pnvme_dptr *dptr)
{
	struct pnvme_sg *state = &iod->sg;
	struct sg_table *table = &state->table;
	struct scatterlist *sg;
	unsigned int i;
	int err;

	state->allocated = blk_rq_nr_phys_segments(rq);
	table->sgl = state->first;
	if (sg_alloc_table_chained(table, state->allocated, state->first, PNVME_SG_INLINE))
		return BLK_STS_RESOURCE;
	table->orig_nents = blk_rq_map_sg(rq, table->sgl);

	err = dma_map_sgtable(ctrl->dev, table, rq_dma_dir(rq), 0);
	if (unlikely(err)) {
		pnvme_sg_free(state);
		/* EREMOTEIO: the topology does not allow P2P. */
		return err == -EREMOTEIO ? BLK_STS_INVAL : BLK_STS_RESOURCE;
	}
	for_each_sgtable_dma_sg(table, sg, i)
		pnvme_dptr_add(dptr, sg_dma_address(sg), sg_dma_len(sg));

	if (is_pci_p2pdma_page(sg_page(table->sgl)))
		pnvme_count_map(ctrl, PNVME_MAP_P2P, 1);
	pnvme_count_map(ctrl, PNVME_MAP_META_BYTES, state->allocated * sizeof(*sg));
	return BLK_STS_OK;
}

static void pnvme_sg_unmap(struct pnvme_ctrl *ctrl, struct request *rq, struct pnvme_iod *iod)
{
	dma_unmap_sgtable(ctrl->dev, &iod->sg.table, rq_dma_dir(rq), 0);
	pnvme_sg_free(&iod->sg);
}

const struct pnvme_backend pnvme_backend_sg = {
	.name	= "sg",
	.map	= pnvme_sg_map,
	.unmap	= pnvme_sg_unmap,
};
