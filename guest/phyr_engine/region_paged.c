// SPDX-License-Identifier: GPL-2.0
/*
 * Regions without phyr lists, for comparison: a scatterlist, searched for each use; or an array of
 * pages and an array of their bus addresses.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "region.h"

static unsigned long pengine_region_nr_pages(const struct pengine_region *r)
{
	return r->len >> PAGE_SHIFT;
}

static bool pengine_region_is_written(const struct pengine_region *r)
{
	return r->dir != DMA_TO_DEVICE;
}

static void pengine_pages_unpin(struct pengine_region *r, unsigned long nr, bool dirty)
{
	unpin_user_pages_dirty_lock(r->page, nr, dirty);
	kvfree(r->page);
	r->page = NULL;
}

static int pengine_pages_hold(struct pengine_region *r, const struct phyr_region_register *arg)
{
	unsigned int flags = FOLL_LONGTERM | (pengine_region_is_written(r) ? FOLL_WRITE : 0);
	unsigned long nr = 0, all = pengine_region_nr_pages(r);
	int got = 0;

	init_rwsem(&r->busy);
	r->page = kvmalloc_array(all, sizeof(*r->page), GFP_KERNEL_ACCOUNT);
	if (!r->page)
		return -ENOMEM;
	while (nr < all) {
		if (fatal_signal_pending(current)) {
			got = -EINTR;
			break;
		}
		got = pin_user_pages_fast(arg->addr + (nr << PAGE_SHIFT), min(all - nr, 512UL),
					  flags, r->page + nr);
		if (got <= 0)
			break;
		nr += got;
		cond_resched();
	}
	if (nr == all)
		return 0;
	pengine_pages_unpin(r, nr, false);
	return got ?: -EFAULT;
}

static void pengine_pages_drop(struct pengine_region *r)
{
	pengine_pages_unpin(r, pengine_region_nr_pages(r), false);
}

static int pengine_paged_begin(struct pengine_region *r)
{
	down_read(&r->busy);
	if (!r->revoked)
		return 0;
	up_read(&r->busy);
	return -ENODEV;
}

static void pengine_paged_end(struct pengine_region *r, struct phyr_reg_io *io)
{
	up_read(&r->busy);
}

/* Arrays: each page is mapped by itself. */
static void pengine_pages_unmap(struct pengine_region *r, unsigned long nr)
{
	while (nr--)
		dma_unmap_page(r->dev, r->table[nr], PAGE_SIZE, r->dir);
}

static int pengine_pages_make(struct pengine_region *r, struct phyr_region_register *arg)
{
	unsigned long i;

	r->table = kvmalloc_array(pengine_region_nr_pages(r), sizeof(*r->table),
				  GFP_KERNEL_ACCOUNT);
	if (!r->table)
		return -ENOMEM;
	for (i = 0; i < pengine_region_nr_pages(r); i++) {
		dma_addr_t addr = dma_map_page(r->dev, r->page[i], 0, PAGE_SIZE, r->dir);

		if (dma_mapping_error(r->dev, addr))
			goto unmap;
		r->table[i] = addr;
		cond_resched();
	}
	arg->block = PAGE_SIZE;
	arg->blocks = pengine_region_nr_pages(r);
	arg->first = r->table[0];
	arg->bytes = sizeof(*r) + arg->blocks * (sizeof(*r->page) + sizeof(*r->table));
	return 0;

unmap:
	pengine_pages_unmap(r, i);
	kvfree(r->table);
	return -EIO;
}

static int pengine_pages_begin(struct pengine_region *r, u64 offset, enum dma_data_direction dir,
			       struct phyr_reg_io *io, dma_addr_t *addr)
{
	int err = pengine_paged_begin(r);

	if (!err)
		*addr = r->table[offset >> PAGE_SHIFT];
	return err;
}

static phys_addr_t pengine_pages_phys(struct pengine_region *r, u64 offset)
{
	return page_to_phys(r->page[offset >> PAGE_SHIFT]);
}

static void pengine_pages_revoke(struct pengine_region *r)
{
	down_write(&r->busy);
	r->revoked = true;
	up_write(&r->busy);
	pengine_pages_unmap(r, pengine_region_nr_pages(r));
	pengine_pages_unpin(r, pengine_region_nr_pages(r), pengine_region_is_written(r));
}

static void pengine_pages_free(struct pengine_region *r)
{
	kvfree(r->table);
}

const struct pengine_region_kind pengine_region_pages = {
	.hold	= pengine_pages_hold,
	.make	= pengine_pages_make,
	.drop	= pengine_pages_drop,
	.begin	= pengine_pages_begin,
	.end	= pengine_paged_end,
	.phys	= pengine_pages_phys,
	.revoke	= pengine_pages_revoke,
	.free	= pengine_pages_free,
};

/* A scatterlist. */
static void pengine_sg_unpin(struct pengine_region *r)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&r->sg.sgt, sg, i)
		unpin_user_page_range_dirty_lock(sg_page(sg), PFN_UP(sg->length),
						 pengine_region_is_written(r));
	sg_free_append_table(&r->sg);
}

static int pengine_sg_make(struct pengine_region *r, struct phyr_region_register *arg)
{
	int err;

	err = sg_alloc_append_table_from_pages(&r->sg, r->page, pengine_region_nr_pages(r), 0,
					       r->len, dma_get_max_seg_size(r->dev), 0,
					       GFP_KERNEL_ACCOUNT);
	if (!err)
		err = dma_map_sgtable(r->dev, &r->sg.sgt, r->dir, 0);
	if (err) {
		sg_free_append_table(&r->sg);
		return err;
	}
	/* The table records the pinned pages from here on. */
	kvfree(r->page);
	r->page = NULL;
	arg->block = PAGE_SIZE;
	arg->blocks = r->sg.sgt.nents;
	arg->first = sg_dma_address(r->sg.sgt.sgl);
	arg->bytes = sizeof(*r) + r->sg.sgt.orig_nents * sizeof(struct scatterlist);
	return 0;
}

static int pengine_sg_begin(struct pengine_region *r, u64 offset, enum dma_data_direction dir,
			    struct phyr_reg_io *io, dma_addr_t *addr)
{
	int err = pengine_paged_begin(r);
	struct scatterlist *sg;
	unsigned int i;

	if (err)
		return err;
	for_each_sgtable_dma_sg(&r->sg.sgt, sg, i) {
		if (offset < sg_dma_len(sg))
			break;
		offset -= sg_dma_len(sg);
	}
	*addr = sg_dma_address(sg) + offset;
	return 0;
}

static phys_addr_t pengine_sg_phys_at(struct pengine_region *r, u64 offset)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&r->sg.sgt, sg, i) {
		if (offset < sg->length)
			return sg_phys(sg) + offset;
		offset -= sg->length;
	}
	return 0;
}

static void pengine_sg_revoke(struct pengine_region *r)
{
	down_write(&r->busy);
	r->revoked = true;
	up_write(&r->busy);
	dma_unmap_sgtable(r->dev, &r->sg.sgt, r->dir, 0);
	pengine_sg_unpin(r);
}

static void pengine_sg_free(struct pengine_region *r)
{
}

const struct pengine_region_kind pengine_region_sg = {
	.hold	= pengine_pages_hold,
	.make	= pengine_sg_make,
	.drop	= pengine_pages_drop,
	.begin	= pengine_sg_begin,
	.end	= pengine_paged_end,
	.phys	= pengine_sg_phys_at,
	.revoke	= pengine_sg_revoke,
	.free	= pengine_sg_free,
};
