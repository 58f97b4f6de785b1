/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dma-bufs of lent memory: the same ranges for importers that know lists, and for those that know
 * scatterlists.
 *
 * Whoever has an export (lease.h) makes a dma-buf of parts of it, in any order.  An importer that
 * takes lists gets one with phyr_list_from_dmabuf() and maps it for its device itself; any other
 * calls dma_buf_map_attachment() and gets a scatterlist that has a DMA side alone.
 *
 * phyr_export_revoke() takes the memory back from importers too.  It calls invalidate_mappings() of
 * each, and waits until the last mapping, of either kind, is given back.  So an importer must have
 * that operation, and must set allow_peer2peer, since there are no struct pages.
 */
#ifndef PHYR_DMABUF_H
#define PHYR_DMABUF_H

#include <linux/dma-buf.h>

#include "lease.h"
#include "list.h"

/**
 * struct phyr_part - a part of an export
 * @offset:	bytes from its beginning, a multiple of the page size
 * @len:	bytes, a multiple of the page size, not 0
 */
struct phyr_part {
	u64 offset;
	u64 len;
};

/**
 * phyr_dmabuf_export - make a dma-buf of parts of an export
 * @export:	a registered export
 * @file:	open on it: keeps the export as long as the dma-buf lives
 * @part:	the parts, in the order that they have in the dma-buf; they may touch or overlap
 * @nr:		how many, not 0; the caller bounds them
 * @flags:	O_RDONLY, O_WRONLY or O_RDWR, and O_CLOEXEC
 *
 * Context: May sleep; not with a lock held that a revocation takes.
 * Return: the dma-buf, for dma_buf_fd() or dma_buf_put(); -EINVAL for parts that are not in the
 * export or not made of whole pages; -ENODEV if the memory was taken back; -EINTR; -ENOMEM; an
 * error of dma_buf_export().
 */
struct dma_buf *phyr_dmabuf_export(struct phyr_export *export, struct file *file,
				   const struct phyr_part *part, u32 nr, int flags);

/**
 * phyr_list_from_dmabuf - describe the memory of a dma-buf
 * @list:	an empty list
 * @attach:	the importer's attachment
 * @gfp:	for links of the chain
 *
 * The memory stays the importer's until phyr_dmabuf_put(), which is due, with nothing mapped any
 * more, at invalidate_mappings() at the latest.
 *
 * Context: As @gfp allows; the reservation lock of the dma-buf is held.
 * Return: 0; -EOPNOTSUPP for a dma-buf of somebody who hands out no lists; -ENODEV if the memory
 * was taken back; -EINVAL for a list that is not empty; -ENOMEM.
 */
int phyr_list_from_dmabuf(struct phyr_list *list, struct dma_buf_attachment *attach, gfp_t gfp);

/**
 * phyr_dmabuf_put - give back what phyr_list_from_dmabuf() gave
 * @attach:	the same attachment; nothing of the memory is mapped through the list
 *
 * Context: Any but interrupts; the reservation lock of the dma-buf is held.
 */
void phyr_dmabuf_put(struct dma_buf_attachment *attach);

#endif /* PHYR_DMABUF_H */
