// SPDX-License-Identifier: GPL-2.0
/* Backends phyr16 and phyr8: a list of physical ranges, plain or packed. */
#include "probe.h"

static int pprobe_phyr16_init(struct pprobe_mapping *m)
{
	phyr_list_init(&m->list, PHYR_PLAIN);
	return 0;
}

static int pprobe_phyr8_init(struct pprobe_mapping *m)
{
	phyr_list_init(&m->list, PHYR_PACKED);
	return 0;
}

static void pprobe_phyr_exit(struct pprobe_mapping *m)
{
	phyr_list_destroy(&m->list);
}

static int pprobe_phyr_build(struct pprobe_mapping *m)
{
	u32 i;

	phyr_list_reset(&m->list);
	for (i = 0; i < m->mem->nr_chunks; i++) {
		int err = phyr_list_append(&m->list, PHYR_MEM_RAM, NULL, m->mem->chunk[i].paddr,
					   m->mem->chunk[i].len, GFP_ATOMIC);

		if (err)
			return err;
	}
	return 0;
}

static int pprobe_phyr_map(struct pprobe_mapping *m)
{
	return phyr_dma_map(m->dev, &m->list, &m->map, m->dir, 0, GFP_ATOMIC);
}

static void pprobe_phyr_consume(struct pprobe_mapping *m)
{
	struct phyr_dma_iter it;

	phyr_for_each_dma_range(it, &m->map)
		pprobe_emit(m, it.range.addr, it.range.len);
}

static void pprobe_phyr_unmap(struct pprobe_mapping *m)
{
	phyr_dma_unmap(m->dev, &m->map);
}

static size_t pprobe_phyr_meta_bytes(struct pprobe_mapping *m)
{
	return phyr_list_meta_bytes(&m->list) + phyr_map_meta_bytes(&m->map);
}

const struct pprobe_backend pprobe_backend_phyr16 = {
	.init		= pprobe_phyr16_init,
	.exit		= pprobe_phyr_exit,
	.build		= pprobe_phyr_build,
	.map		= pprobe_phyr_map,
	.consume	= pprobe_phyr_consume,
	.unmap		= pprobe_phyr_unmap,
	.meta_bytes	= pprobe_phyr_meta_bytes,
};

const struct pprobe_backend pprobe_backend_phyr8 = {
	.init		= pprobe_phyr8_init,
	.exit		= pprobe_phyr_exit,
	.build		= pprobe_phyr_build,
	.map		= pprobe_phyr_map,
	.consume	= pprobe_phyr_consume,
	.unmap		= pprobe_phyr_unmap,
	.meta_bytes	= pprobe_phyr_meta_bytes,
};
