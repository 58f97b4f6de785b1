/* SPDX-License-Identifier: GPL-2.0 */
/*
 * phyr: lists of physical address ranges, and their DMA mapping.
 *
 * A list describes I/O memory by physical address alone: no struct page, no
 * scatterlist.  phyr_dma_map() turns it into what a device sees: the same list where
 * the device sees physical addresses, a single range where an IOMMU makes the list
 * linear, an array only where nothing simpler is right.  A consumer reads all three
 * through one iterator of struct phyr_dma_range.
 *
 * Life of one I/O (all of it GFP_ATOMIC-safe)::
 *
 *	phyr_list_init(&list, PHYR_PACKED);
 *	err = phyr_list_from_rq(&list, rq, GFP_ATOMIC);
 *	err = phyr_dma_map(dev, &list, &map, rq_dma_dir(rq), 0, GFP_ATOMIC);
 *	phyr_dma_iter_init(&it, &map);
 *	while (phyr_dma_iter_next(&it))
 *		... it.range.addr, it.range.len ...
 *	... the device works; list and map stay where they are ...
 *	phyr_dma_unmap(dev, &map);
 *	phyr_list_destroy(&list);
 *
 * Nothing here locks: a list or a map has one owner at a time.  Memory that its owner may take
 * back at any time is another matter, and has a header of its own: phyr/lease.h.
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
