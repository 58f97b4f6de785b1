// SPDX-License-Identifier: GPL-2.0
/* Backend sg: a scatterlist, by dma_map_sgtable(). */
#include "probe.h"

static int sg_init(struct probe_mapping *m)
{
	return sg_alloc_table(&m->table, m->mem->nr_chunks, GFP_KERNEL_ACCOUNT);
}

static void sg_exit(struct probe_mapping *m)
{
	sg_free_table(&m->table);
}

static int sg_build(struct probe_mapping *m)
{
	struct scatterlist *sg = m->table.sgl;
	u32 i;

	m->table.orig_nents = m->mem->nr_chunks;
	for (i = 0; i < m->mem->nr_chunks; i++, sg = sg_next(sg)) {
		const struct phys_vec *vec = &m->mem->chunk[i];

		sg_set_page(sg, pfn_to_page(PHYS_PFN(vec->paddr)), vec->len,
			    offset_in_page(vec->paddr));
	}
	return 0;
}

static int sg_map(struct probe_mapping *m)
{
	return dma_map_sgtable(m->dev, &m->table, m->dir, 0);
}

static void sg_consume(struct probe_mapping *m)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_dma_sg(&m->table, sg, i)
		probe_emit(m, sg_dma_address(sg), sg_dma_len(sg));
}

static void sg_unmap(struct probe_mapping *m)
{
	dma_unmap_sgtable(m->dev, &m->table, m->dir, 0);
}

static size_t sg_meta_bytes(struct probe_mapping *m)
{
	return sizeof(m->table) + m->mem->nr_chunks * sizeof(struct scatterlist);
}

const struct probe_backend probe_backend_sg = {
	.init		= sg_init,
	.exit		= sg_exit,
	.build		= sg_build,
	.map		= sg_map,
	.consume	= sg_consume,
	.unmap		= sg_unmap,
	.meta_bytes	= sg_meta_bytes,
};
