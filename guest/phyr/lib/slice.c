// SPDX-License-Identifier: GPL-2.0
/* Slices: parts of lists, walked in segments. */
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
