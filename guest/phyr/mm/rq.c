// SPDX-License-Identifier: GPL-2.0
/* Builder from a block request. */
#include <linux/blk-mq.h>
#include <linux/export.h>
#include <linux/memremap.h>

#include "mm.h"

int phyr_list_kind(struct phyr_list *list, const struct page *page)
{
	enum phyr_mem mem = PHYR_MEM_RAM;
	void *provider = NULL;

	if (unlikely(is_zone_device_page(page))) {
		if (is_device_private_page(page) || is_device_coherent_page(page))
			return -EOPNOTSUPP;
		if (is_pci_p2pdma_page(page)) {
			mem = PHYR_MEM_P2P;
			provider = page_pgmap(page);
		}
	}

	if (list->nr && (list->mem != mem || list->provider != provider))
		return -EXDEV;
	list->mem = mem;
	list->provider = provider;
	return 0;
}

static int phyr_list_add_bio(struct phyr_list *list, const struct bio *bio, size_t hint,
			     gfp_t gfp)
{
	const struct bio_vec *next = bio->bi_io_vec + bio->bi_iter.bi_idx;
	u32 left = bio->bi_iter.bi_size;
	struct phyr_growth g;
	struct bio_vec bv;
	int err;

	if (!left)
		return 0;

	/* The block layer does not mix P2P with other pages in a bio: the first page tells. */
	err = phyr_list_kind(list, next->bv_page);
	if (err)
		return err;

	/* Only the first vector may be partly done. */
	bv = mp_bvec_iter_bvec(bio->bi_io_vec, bio->bi_iter);
	phyr_growth_begin(&g, list);
	for (;;) {
		err = phyr_growth_push(&g, list, bvec_phys(&bv), bv.bv_len, hint, gfp);
		if (unlikely(err))
			break;
		left -= bv.bv_len;
		if (!left)
			break;
		bv = *++next;
		bv.bv_len = min(bv.bv_len, left);
	}
	phyr_growth_end(&g, list);
	return err;
}

/*
 * Fast path for a request with one range of RAM, as most small ones have: no iteration, no
 * encoding. Returns false if it does not apply.
 */
static __always_inline bool phyr_list_from_single_bvec(struct phyr_list *list, struct request *rq)
{
	struct bio_vec bv;

	if (blk_rq_nr_phys_segments(rq) != 1 || list->nr)
		return false;
	bv = req_bvec(rq);
	if (unlikely(bv.bv_len != blk_rq_payload_bytes(rq) || is_zone_device_page(bv.bv_page)))
		return false;

	list->first = bvec_phys(&bv);
	list->last.paddr = list->first;
	list->last.len = bv.bv_len;
	list->len = bv.bv_len;
	list->end = list->first + bv.bv_len;
	list->mem = PHYR_MEM_RAM;
	list->nr = 1;
	return true;
}

/* Any other request. */
static noinline int phyr_list_from_bios(struct phyr_list *list, struct request *rq, gfp_t gfp)
{
	size_t hint = blk_rq_nr_phys_segments(rq);
	const struct bio *bio;
	int err = 0;

	if (list->format == PHYR_PLAIN)
		hint *= 2;
	hint = hint > PHYR_INLINE_WORDS ? hint - PHYR_INLINE_WORDS : 1;

	if (unlikely(rq->rq_flags & RQF_SPECIAL_PAYLOAD)) {
		const struct bio_vec *bv = &rq->special_vec;

		err = phyr_list_kind(list, bv->bv_page);
		if (!err)
			err = phyr_list_push(list, page_to_phys(bv->bv_page) + bv->bv_offset,
					     bv->bv_len, hint, gfp);
	} else {
		for (bio = rq->bio; bio && !err; bio = bio->bi_next)
			err = phyr_list_add_bio(list, bio, hint, gfp);
	}

	if (unlikely(err))
		phyr_list_destroy(list);
	return err;
}

int phyr_list_from_rq(struct phyr_list *list, struct request *rq, gfp_t gfp)
{
	if (phyr_list_from_single_bvec(list, rq))
		return 0;
	return phyr_list_from_bios(list, rq, gfp);
}
EXPORT_SYMBOL_GPL(phyr_list_from_rq);
