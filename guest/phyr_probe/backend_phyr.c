// SPDX-License-Identifier: GPL-2.0
/* Backends phyr16 and phyr8: a list of physical ranges, plain or packed. */
#include "probe.h"

static int phyr16_init(struct probe_mapping *m)
{
	phyr_list_init(&m->list, PHYR_PLAIN);
	return 0;
}

static int phyr8_init(struct probe_mapping *m)
{
	phyr_list_init(&m->list, PHYR_PACKED);
	return 0;
}

static void phyr_exit(struct probe_mapping *m)
{
	phyr_list_destroy(&m->list);
}

static int phyr_build(struct probe_mapping *m)
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

static int phyr_map(struct probe_mapping *m)
{
	return phyr_dma_map(m->dev, &m->list, &m->map, m->dir, 0, GFP_ATOMIC);
}

static void phyr_consume(struct probe_mapping *m)
{
	struct phyr_dma_iter it;

	phyr_for_each_dma_range(it, &m->map)
		probe_emit(m, it.range.addr, it.range.len);
}

static void phyr_unmap(struct probe_mapping *m)
{
	phyr_dma_unmap(m->dev, &m->map);
}

static size_t phyr_meta_bytes(struct probe_mapping *m)
{
	return phyr_list_meta_bytes(&m->list) + phyr_map_meta_bytes(&m->map);
}

const struct probe_backend probe_backend_phyr16 = {
	.init		= phyr16_init,
	.exit		= phyr_exit,
	.build		= phyr_build,
	.map		= phyr_map,
	.consume	= phyr_consume,
	.unmap		= phyr_unmap,
	.meta_bytes	= phyr_meta_bytes,
};

const struct probe_backend probe_backend_phyr8 = {
	.init		= phyr8_init,
	.exit		= phyr_exit,
	.build		= phyr_build,
	.map		= phyr_map,
	.consume	= phyr_consume,
	.unmap		= phyr_unmap,
	.meta_bytes	= phyr_meta_bytes,
};
