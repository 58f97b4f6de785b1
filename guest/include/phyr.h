/* SPDX-License-Identifier: GPL-2.0 */
/*
 * phyr: lists of physical address ranges, and their DMA mapping.
 *
 * A list describes memory for I/O by physical address, without struct page or scatterlist.
 * phyr_dma_map() maps it for a device.  The result has one of three shapes: the list itself where
 * the device uses physical addresses, a single range where an IOMMU makes the list contiguous, an
 * array of ranges otherwise.  One iterator of struct phyr_dma_range reads all three.
 *
 * One I/O; all of it may run in atomic context::
 *
 *	phyr_list_init(&list, PHYR_PACKED);
 *	err = phyr_list_from_rq(&list, rq, GFP_ATOMIC);
 *	err = phyr_dma_map(dev, &list, &map, rq_dma_dir(rq), 0, GFP_ATOMIC);
 *	phyr_dma_iter_init(&it, &map);
 *	while (phyr_dma_iter_next(&it))
 *		... it.range.addr, it.range.len ...
 *	... the device works; list and map must not be moved or freed ...
 *	phyr_dma_unmap(dev, &map);
 *	phyr_list_destroy(&list);
 *
 * Lists and maps have no locks: each has one owner at a time.  For memory that its exporter can
 * revoke at any time, see phyr/lease.h.
 */
#ifndef PHYR_H
#define PHYR_H

#include "phyr/build.h"
#include "phyr/domain.h"
#include "phyr/list.h"
#include "phyr/map.h"
#include "phyr/reg.h"
#include "phyr/sg.h"

#endif /* PHYR_H */
