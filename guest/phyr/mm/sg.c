// SPDX-License-Identifier: GPL-2.0
/* Conversion between lists and the CPU side of scatterlists. */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "mm.h"

int phyr_list_to_sgt(const struct phyr_list *list, struct sg_table *table, unsigned int max_seg,
		     gfp_t gfp)
{
	struct phyr_slice whole = { .list = list, .len = list->len };
	struct phyr_slice_iter seg;
	struct scatterlist *sg;
	struct phyr_iter it;
	u64 nents = 0;
	int err;

	if (!list->len)
		return -EINVAL;
	if (!phyr_mem_has_pages(list->mem))
		return -EOPNOTSUPP;
	phyr_for_each(it, list)
		if (!phyr_has_pages(&it.cur))
			return -EOPNOTSUPP;

	max_seg = max_seg & PAGE_MASK ?: PAGE_SIZE;
	phyr_slice_iter_init(&seg, &whole, max_seg, U64_MAX);
	while (phyr_slice_iter_next(&seg))
		nents++;
	if (nents > UINT_MAX)
		return -EOVERFLOW;
	err = sg_alloc_table(table, nents, gfp);
	if (err)
		return err;

	sg = table->sgl;
	phyr_slice_iter_init(&seg, &whole, max_seg, U64_MAX);
	while (phyr_slice_iter_next(&seg)) {
		sg_set_page(sg, pfn_to_page(PHYS_PFN(seg.cur.paddr)), seg.cur.len,
			    offset_in_page(seg.cur.paddr));
		sg = sg_next(sg);
	}
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_list_to_sgt);

int phyr_list_from_sg(struct phyr_list *list, struct scatterlist *sgl, unsigned int nents,
		      gfp_t gfp)
{
	struct scatterlist *sg;
	unsigned int i;
	int err;

	for_each_sg(sgl, sg, nents, i) {
		err = sg_page(sg) ? phyr_list_kind(list, sg_page(sg)) : -EOPNOTSUPP;
		if (!err)
			err = phyr_list_append(list, list->mem, list->provider, sg_phys(sg),
					       sg->length, gfp);
		if (err) {
			phyr_list_destroy(list);
			return err;
		}
	}
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_list_from_sg);
