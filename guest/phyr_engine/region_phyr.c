// SPDX-License-Identifier: GPL-2.0
/* Regions as lists: pinned and mapped once, described to the engine as blocks. */
#include <linux/log2.h>
#include <linux/slab.h>

#include "region.h"

/* What engines with page tables have as a rule. */
#define BLOCK_SIZES	(SZ_4K | SZ_2M | SZ_1G)

static int phyr_make(struct region *r, struct phyr_region_register *arg)
{
	int err;

	phyr_list_init(&r->list, PHYR_PACKED);
	err = phyr_list_pin_user(&r->list, arg->addr, arg->len,
				 FOLL_LONGTERM | (r->dir != DMA_TO_DEVICE ? FOLL_WRITE : 0));
	if (err)
		return err;
	r->reg = phyr_reg_create(r->dev, &r->list, r->dir, 0);
	if (IS_ERR(r->reg)) {
		err = PTR_ERR(r->reg);
		goto unpin;
	}
	err = phyr_reg_blocks(r->reg, BLOCK_SIZES, &r->blocks);
	if (err)
		goto put;
	r->table = kvcalloc(r->blocks.nr, sizeof(*r->table), GFP_KERNEL_ACCOUNT);
	if (!r->table) {
		err = -ENOMEM;
		goto put;
	}
	phyr_reg_fill_blocks(r->reg, &r->blocks, r->table);	/* nobody else knows it yet */

	arg->block = r->blocks.size;
	arg->blocks = r->blocks.nr;
	arg->why = r->blocks.why;
	arg->at = r->blocks.at;
	arg->first = r->blocks.addr;
	arg->bytes = sizeof(*r) - sizeof(r->list) + phyr_list_meta_bytes(&r->list) +
		     phyr_reg_meta_bytes(r->reg) + r->blocks.nr * sizeof(*r->table);
	return 0;

put:
	phyr_reg_put(r->reg);
unpin:
	phyr_list_unpin_user(&r->list, false);
	return err;
}

static int phyr_begin(struct region *r, u64 offset, enum dma_data_direction dir,
		      struct phyr_reg_io *io, dma_addr_t *addr)
{
	u64 at = r->blocks.lead + offset;
	int err = phyr_reg_begin(r->reg, io, offset, PAGE_SIZE, dir);

	if (err)
		return err;
	*addr = r->table[at >> ilog2(r->blocks.size)] + (at & (r->blocks.size - 1));
	return 0;
}

static void phyr_end(struct region *r, struct phyr_reg_io *io)
{
	phyr_reg_end(io);
}

static phys_addr_t phyr_phys(struct region *r, u64 offset)
{
	struct phyr_iter it;

	return phyr_iter_seek(&it, &r->list, offset) ? it.cur.paddr : 0;
}

static void phyr_revoke(struct region *r)
{
	phyr_reg_revoke(r->reg);
	phyr_list_unpin_user(&r->list, r->dir != DMA_TO_DEVICE);
}

static void phyr_free(struct region *r)
{
	phyr_reg_put(r->reg);
	kvfree(r->table);
}

const struct region_kind region_phyr = {
	.make	= phyr_make,
	.begin	= phyr_begin,
	.end	= phyr_end,
	.phys	= phyr_phys,
	.revoke	= phyr_revoke,
	.free	= phyr_free,
};
