// SPDX-License-Identifier: GPL-2.0
/* Slices: parts of lists, to iterate over in segments or to copy to another list. */
#include <linux/export.h>

#include "lib.h"

void phyr_slice_iter_init(struct phyr_slice_iter *it, const struct phyr_slice *slice,
			  u64 max_seg, u64 boundary)
{
	it->left = slice->len;
	it->max_seg = max_seg;
	it->boundary = boundary;
	it->run.len = 0;
	if (it->left && phyr_iter_seek(&it->in, slice->list, slice->offset))
		it->run = it->in.cur;
}
EXPORT_SYMBOL_GPL(phyr_slice_iter_init);

bool phyr_slice_iter_next(struct phyr_slice_iter *it)
{
	u64 len;

	if (!it->left)
		return false;
	if (!it->run.len) {
		if (!phyr_iter_next(&it->in))
			return false;
		it->run = it->in.cur;
	}
	len = phyr_segment(it->run.paddr, min(it->run.len, it->left), it->max_seg, it->boundary);
	it->cur.paddr = it->run.paddr;
	it->cur.len = len;
	it->run.paddr += len;
	it->run.len -= len;
	it->left -= len;
	return true;
}
EXPORT_SYMBOL_GPL(phyr_slice_iter_next);

/* Remove all chunks appended since *@mark, a copy of the list, was made. */
static void phyr_list_rewind(struct phyr_list *list, const struct phyr_list *mark)
{
	/* Keep also an unused block from phyr_list_reset(). */
	struct phyr_node *keep = mark->tail ?: mark->head;
	struct phyr_node **more = keep ? &keep->next : &list->head;

	phyr_chain_free(*more);
	*more = NULL;
	*list = *mark;
}

int phyr_list_append_slice(struct phyr_list *list, const struct phyr_slice *slice, gfp_t gfp)
{
	const struct phyr_list *from = slice->list;
	const struct phyr_list mark = *list;
	struct phyr_slice_iter it;

	if (unlikely(from == list))
		return -EINVAL;
	if (!slice->len)
		return 0;
	if (list->nr && (list->mem != from->mem || list->provider != from->provider))
		return -EXDEV;
	if (slice->len > PHYR_MAX_LEN - list->len)
		return -EOVERFLOW;

	list->mem = from->mem;
	list->provider = from->provider;
	phyr_slice_iter_init(&it, slice, U64_MAX, U64_MAX);
	while (phyr_slice_iter_next(&it)) {
		if (phyr_list_push(list, it.cur.paddr, it.cur.len, 0, gfp)) {
			phyr_list_rewind(list, &mark);
			return -ENOMEM;
		}
	}
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_list_append_slice);
