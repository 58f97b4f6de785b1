// SPDX-License-Identifier: GPL-2.0
/*
 * Backend registered: the memory is mapped once, before anything is measured, and then used by I/Os
 * on all of it.  What is measured is what such an I/O does.
 */
#include <linux/slab.h>

#include "probe.h"

/**
 * struct probe_reg - a registration
 * @list:	the memory
 * @reg:	the registration
 * @io:		the I/O under way
 * @pages:	its pages
 */
struct probe_reg {
	struct phyr_list list;
	struct phyr_reg *reg;
	struct phyr_reg_io io;
	struct phyr_reg_pages pages;
};

static int list_of(struct phyr_list *list, const struct probe_memory *mem)
{
	u32 i;

	phyr_list_init(list, PHYR_PACKED);
	for (i = 0; i < mem->nr_chunks; i++) {
		int err = phyr_list_append(list, PHYR_MEM_RAM, NULL, mem->chunk[i].paddr,
					   mem->chunk[i].len,
					   GFP_KERNEL_ACCOUNT);

		if (err)
			return err;
	}
	return 0;
}

static int reg_init(struct probe_mapping *m)
{
	struct probe_reg *p = kzalloc_obj(*p);
	int err;

	if (!p)
		return -ENOMEM;
	err = list_of(&p->list, m->mem);
	if (err)
		goto out_list;
	p->reg = phyr_reg_create(m->dev, &p->list, m->dir, 0);
	err = PTR_ERR_OR_ZERO(p->reg);
	if (err)
		goto out_list;
	/* The table is mapped too, for the device to read. */
	probe_prot_ignore(true);
	err = phyr_reg_tabulate(p->reg);
	probe_prot_ignore(false);
	if (err)
		goto out_reg;
	m->priv = p;
	return 0;

out_reg:
	phyr_reg_put(p->reg);
out_list:
	phyr_list_destroy(&p->list);
	kfree(p);
	return err;
}

static void reg_exit(struct probe_mapping *m)
{
	struct probe_reg *p = m->priv;

	phyr_reg_put(p->reg);
	phyr_list_destroy(&p->list);
	kfree(p);
}

static int reg_build(struct probe_mapping *m)
{
	return 0;
}

static int reg_map(struct probe_mapping *m)
{
	struct probe_reg *p = m->priv;
	int err = phyr_reg_begin(p->reg, &p->io, 0, m->mem->len, m->dir);

	if (err)
		return err;
	phyr_reg_pages(&p->io, &p->pages);
	return 0;
}

/* An NVMe command has two entries: the second is that of a page, or points into the table. */
static void reg_consume(struct probe_mapping *m)
{
	struct probe_reg *p = m->priv;

	m->prp[0] = p->pages.first;
	m->nr_prp = 1;
	if (p->pages.more) {
		m->prp[1] = p->pages.more > 1 ? p->pages.table : p->pages.second;
		m->nr_prp = 2;
	}
	m->ranges = m->nr_prp;
}

static void reg_resolve(struct probe_mapping *m)
{
	struct probe_reg *p = m->priv;
	struct phyr_dma_iter it;

	phyr_reg_iter_init(&it, &p->io);
	while (phyr_dma_iter_next(&it))
		probe_emit(m, it.range.addr, it.range.len);
}

static void reg_unmap(struct probe_mapping *m)
{
	struct probe_reg *p = m->priv;

	phyr_reg_end(&p->io);
}

/* Nothing for an I/O. */
static size_t reg_meta_bytes(struct probe_mapping *m)
{
	return 0;
}

const struct probe_backend probe_backend_reg = {
	.init		= reg_init,
	.exit		= reg_exit,
	.build		= reg_build,
	.map		= reg_map,
	.consume	= reg_consume,
	.resolve	= reg_resolve,
	.unmap		= reg_unmap,
	.meta_bytes	= reg_meta_bytes,
};
