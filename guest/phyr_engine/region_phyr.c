// SPDX-License-Identifier: GPL-2.0
/* Regions of user memory as phyr lists, described by blocks. */
#include <linux/slab.h>

#include "region.h"

/* Block sizes that many engines support. */
#define BLOCK_SIZES	(SZ_4K | SZ_2M | SZ_1G)

/**
 * pengine_region_describe - describe a region by blocks
 * @r:		the region, registered (r->reg) and not shared yet
 * @arg:	receives the blocks and the memory used for them and the registration
 *
 * Context: May sleep.
 * Return: 0, and r->table must be freed; -ENOMEM; -EOPNOTSUPP; -ENODEV.
 */
int pengine_region_describe(struct pengine_region *r, struct phyr_region_register *arg)
{
	int err = phyr_reg_blocks(r->reg, BLOCK_SIZES, &r->blocks);

	if (err)
		return err;
	r->table = kvcalloc(r->blocks.nr, sizeof(*r->table), GFP_KERNEL_ACCOUNT);
	if (!r->table)
		return -ENOMEM;
	err = phyr_reg_fill_blocks(r->reg, &r->blocks, r->table);
	if (err) {
		kvfree(r->table);
		return err;
	}
	arg->block = r->blocks.size;
	arg->blocks = r->blocks.nr;
	arg->why = r->blocks.why;
	arg->at = r->blocks.at;
	arg->first = r->blocks.addr;
	arg->bytes = phyr_reg_meta_bytes(r->reg) + r->blocks.nr * sizeof(*r->table);
	return 0;
}

static int pengine_phyr_hold(struct pengine_region *r, const struct phyr_region_register *arg)
{
	phyr_list_init(&r->list, PHYR_PACKED);
	return phyr_list_pin_user(&r->list, arg->addr, arg->len,
				  FOLL_LONGTERM | (r->dir != DMA_TO_DEVICE ? FOLL_WRITE : 0));
}

static int pengine_phyr_make(struct pengine_region *r, struct phyr_region_register *arg)
{
	int err;

	r->reg = phyr_reg_create(r->dev, &r->list, r->dir, 0);
	if (IS_ERR(r->reg))
		return PTR_ERR(r->reg);
	err = pengine_region_describe(r, arg);
	if (err) {
		phyr_reg_put(r->reg);
		return err;
	}
	arg->bytes += sizeof(*r) - sizeof(r->list) + phyr_list_meta_bytes(&r->list);
	return 0;
}

static void pengine_phyr_drop(struct pengine_region *r)
{
	phyr_list_unpin_user(&r->list, false);
}

int pengine_region_begin(struct pengine_region *r, u64 offset, enum dma_data_direction dir,
			 struct phyr_reg_io *io, dma_addr_t *addr)
{
	int err = phyr_reg_begin(r->reg, io, offset, PAGE_SIZE, dir);

	if (!err)
		*addr = pengine_region_addr(r, offset);
	return err;
}

void pengine_region_end(struct pengine_region *r, struct phyr_reg_io *io)
{
	phyr_reg_end(io);
}

phys_addr_t pengine_region_list_phys(const struct phyr_list *list, u64 offset)
{
	struct phyr_iter it;

	return phyr_iter_seek(&it, list, offset) ? it.cur.paddr : 0;
}

static phys_addr_t pengine_phyr_phys(struct pengine_region *r, u64 offset)
{
	return pengine_region_list_phys(&r->list, offset);
}

static void pengine_phyr_revoke(struct pengine_region *r)
{
	r->revoked = true;
	phyr_reg_revoke(r->reg);
	phyr_list_unpin_user(&r->list, r->dir != DMA_TO_DEVICE);
}

static void pengine_phyr_free(struct pengine_region *r)
{
	phyr_reg_put(r->reg);
	kvfree(r->table);
}

const struct pengine_region_kind pengine_region_phyr = {
	.hold	= pengine_phyr_hold,
	.make	= pengine_phyr_make,
	.drop	= pengine_phyr_drop,
	.begin	= pengine_region_begin,
	.end	= pengine_region_end,
	.phys	= pengine_phyr_phys,
	.revoke	= pengine_phyr_revoke,
	.free	= pengine_phyr_free,
};
