// SPDX-License-Identifier: GPL-2.0
/*
 * Backend registered: the memory is registered in init(), which is not measured.  map() to unmap()
 * are an I/O on all of it.
 */
#include <linux/slab.h>

#include "probe.h"

/**
 * struct pprobe_reg - a registration
 * @list:	the memory
 * @reg:	the registration
 * @io:		the I/O
 * @pages:	its pages
 */
struct pprobe_reg {
	struct phyr_list list;
	struct phyr_reg *reg;
	struct phyr_reg_io io;
	struct phyr_reg_pages pages;
};

static int pprobe_reg_list(struct phyr_list *list, const struct pprobe_memory *mem)
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

static int pprobe_reg_init(struct pprobe_mapping *m)
{
	struct pprobe_reg *p = kzalloc_obj(*p);
	int err;

	if (!p)
		return -ENOMEM;
	err = pprobe_reg_list(&p->list, m->mem);
	if (err)
		goto out_list;
	p->reg = phyr_reg_create(m->dev, &p->list, m->dir, 0);
	err = PTR_ERR_OR_ZERO(p->reg);
	if (err)
		goto out_list;
	/* The table is mapped for reading, whatever the direction. */
	pprobe_prot_ignore(true);
	err = phyr_reg_tabulate(p->reg);
	pprobe_prot_ignore(false);
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

static void pprobe_reg_exit(struct pprobe_mapping *m)
{
	struct pprobe_reg *p = m->priv;

	phyr_reg_put(p->reg);
	phyr_list_destroy(&p->list);
	kfree(p);
}

static int pprobe_reg_build(struct pprobe_mapping *m)
{
	return 0;
}

static int pprobe_reg_map(struct pprobe_mapping *m)
{
	struct pprobe_reg *p = m->priv;
	int err = phyr_reg_begin(p->reg, &p->io, 0, m->mem->len, m->dir);

	if (err)
		return err;
	phyr_reg_pages(&p->io, &p->pages);
	return 0;
}

/* The two PRPs of an NVMe command: the second is a page, or points into the table. */
static void pprobe_reg_consume(struct pprobe_mapping *m)
{
	struct pprobe_reg *p = m->priv;

	m->prp[0] = p->pages.first;
	m->nr_prp = 1;
	if (p->pages.more) {
		m->prp[1] = p->pages.more > 1 ? p->pages.table : p->pages.second;
		m->nr_prp = 2;
	}
	m->ranges = m->nr_prp;
}

static void pprobe_reg_resolve(struct pprobe_mapping *m)
{
	struct pprobe_reg *p = m->priv;
	struct phyr_dma_iter it;

	phyr_reg_iter_init(&it, &p->io);
	while (phyr_dma_iter_next(&it))
		pprobe_emit(m, it.range.addr, it.range.len);
}

static void pprobe_reg_unmap(struct pprobe_mapping *m)
{
	struct pprobe_reg *p = m->priv;

	phyr_reg_end(&p->io);
}

/* An I/O needs no further memory. */
static size_t pprobe_reg_meta_bytes(struct pprobe_mapping *m)
{
	return 0;
}

const struct pprobe_backend pprobe_backend_reg = {
	.init		= pprobe_reg_init,
	.exit		= pprobe_reg_exit,
	.build		= pprobe_reg_build,
	.map		= pprobe_reg_map,
	.consume	= pprobe_reg_consume,
	.resolve	= pprobe_reg_resolve,
	.unmap		= pprobe_reg_unmap,
	.meta_bytes	= pprobe_reg_meta_bytes,
};
