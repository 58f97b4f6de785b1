// SPDX-License-Identifier: GPL-2.0
/* Backend sg: a scatterlist, by dma_map_sgtable(). */
#include "probe.h"

static int pprobe_sg_init(struct pprobe_mapping *m)
{
	return sg_alloc_table(&m->table, m->mem->nr_chunks, GFP_KERNEL_ACCOUNT);
}

static void pprobe_sg_exit(struct pprobe_mapping *m)
{
	sg_free_table(&m->table);
}

static int pprobe_sg_build(struct pprobe_mapping *m)
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

static int pprobe_sg_map(struct pprobe_mapping *m)
{
	return dma_map_sgtable(m->dev, &m->table, m->dir, 0);
}

static void pprobe_sg_consume(struct pprobe_mapping *m)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_dma_sg(&m->table, sg, i)
		pprobe_emit(m, sg_dma_address(sg), sg_dma_len(sg));
}

static void pprobe_sg_unmap(struct pprobe_mapping *m)
{
	dma_unmap_sgtable(m->dev, &m->table, m->dir, 0);
}

static size_t pprobe_sg_meta_bytes(struct pprobe_mapping *m)
{
	return sizeof(m->table) + m->mem->nr_chunks * sizeof(struct scatterlist);
}

const struct pprobe_backend pprobe_backend_sg = {
	.init		= pprobe_sg_init,
	.exit		= pprobe_sg_exit,
	.build		= pprobe_sg_build,
	.map		= pprobe_sg_map,
	.consume	= pprobe_sg_consume,
	.unmap		= pprobe_sg_unmap,
	.meta_bytes	= pprobe_sg_meta_bytes,
};
