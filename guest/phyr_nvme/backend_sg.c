// SPDX-License-Identifier: GPL-2.0
/* Backend sg: a scatterlist and dma_map_sgtable(), as drivers have done it for long. */
#include "phyr_plant.h"
#include "dptr.h"

/*
 * Plant short-map: take the last page out of a list, but not out of the command.
 * Returns the bytes taken.
 */
static u32 pnvme_sg_plant_short(struct sg_table *table)
{
	struct scatterlist *sg, *last = table->sgl;
	unsigned int i;

	for_each_sgtable_sg(table, sg, i)
		last = sg;
	if (last->length > PNVME_PAGE_SIZE) {
		last->length -= PNVME_PAGE_SIZE;
		return PNVME_PAGE_SIZE;
	}
	if (table->orig_nents > 1) {
		table->orig_nents--;
		return last->length;
	}
	return 0;
}

static void pnvme_sg_free(struct pnvme_sg *state)
{
	/* Freeing goes by what was allocated, not by what merging left of it. */
	state->table.orig_nents = state->allocated;
	sg_free_table_chained(&state->table, PNVME_SG_INLINE);
}

static blk_status_t pnvme_sg_map(struct pnvme_ctrl *ctrl, struct request *rq,
				 struct pnvme_iod *iod, struct pnvme_dptr *dptr)
{
	struct pnvme_sg *state = &iod->sg;
	struct sg_table *table = &state->table;
	struct scatterlist *sg;
	u32 hidden = 0;
	unsigned int i;
	int err;

	state->allocated = blk_rq_nr_phys_segments(rq);
	table->sgl = state->first;
	if (sg_alloc_table_chained(table, state->allocated, state->first, PNVME_SG_INLINE))
		return BLK_STS_RESOURCE;
	table->orig_nents = blk_rq_map_sg(rq, table->sgl);
	/* Without an IOMMU what comes after a piece is somebody else's memory. */
	if (phyr_planted(PHYR_PLANT_SHORT_MAP) && dma_get_merge_boundary(ctrl->dev))
		hidden = pnvme_sg_plant_short(table);

	err = dma_map_sgtable(ctrl->dev, table, phyr_plant_dir(rq_dma_dir(rq)), 0);
	if (unlikely(err)) {
		pnvme_sg_free(state);
		/* EREMOTEIO: peer-to-peer that the topology does not allow. */
		return err == -EREMOTEIO ? BLK_STS_INVAL : BLK_STS_RESOURCE;
	}
	for_each_sgtable_dma_sg(table, sg, i)
		pnvme_dptr_add(dptr, sg_dma_address(sg),
			       sg_dma_len(sg) + (i == table->nents - 1 ? hidden : 0));

	if (is_pci_p2pdma_page(sg_page(table->sgl)))
		pnvme_count_map(ctrl, PNVME_MAP_P2P, 1);
	pnvme_count_map(ctrl, PNVME_MAP_META_BYTES, state->allocated * sizeof(*sg));
	return BLK_STS_OK;
}

static void pnvme_sg_unmap(struct pnvme_ctrl *ctrl, struct request *rq, struct pnvme_iod *iod)
{
	if (!phyr_planted(PHYR_PLANT_SKIP_UNMAP))
		dma_unmap_sgtable(ctrl->dev, &iod->sg.table, phyr_plant_dir(rq_dma_dir(rq)), 0);
	pnvme_sg_free(&iod->sg);
}

const struct pnvme_backend pnvme_backend_sg = {
	.name	= "sg",
	.map	= pnvme_sg_map,
	.unmap	= pnvme_sg_unmap,
};
