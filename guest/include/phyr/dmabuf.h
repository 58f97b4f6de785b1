/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dma-bufs of exports (lease.h), for importers that use lists and for those that use scatterlists.
 *
 * phyr_dmabuf_export() makes a dma-buf of parts of an export, in any order.  An importer that
 * supports lists calls phyr_list_from_dmabuf() and maps the list for its device itself.  Any other
 * importer calls dma_buf_map_attachment() and gets a scatterlist with a DMA side only.
 *
 * phyr_export_revoke() also revokes the memory from importers: it calls invalidate_mappings() of
 * each and waits until the last list is put and the last attachment unmapped.  An importer must
 * therefore implement invalidate_mappings(), and must set allow_peer2peer, because there are no
 * struct pages.
 */
#ifndef PHYR_DMABUF_H
#define PHYR_DMABUF_H

#include <linux/dma-buf.h>

#include "lease.h"
#include "list.h"

/**
 * struct phyr_part - a part of an export
 * @offset:	bytes from the start of the export, a multiple of the page size
 * @len:	bytes, a multiple of the page size, not 0
 */
struct phyr_part {
	u64 offset;
	u64 len;
};

/**
 * phyr_dmabuf_export - make a dma-buf of parts of an export
 * @export:	a registered export
 * @file:	an open file of the exporter; the dma-buf holds it, and so the export
 * @part:	the parts, in the order of the dma-buf; they may be adjacent or overlap
 * @nr:		number of parts, not 0; the caller limits it
 * @flags:	O_RDONLY, O_WRONLY or O_RDWR, and O_CLOEXEC
 *
 * Context: May sleep; the caller holds no lock that a revocation takes.
 * Return: the dma-buf, for dma_buf_fd() or dma_buf_put(); -EINVAL for parts outside the export or
 * not in whole pages; -ENODEV if the export is revoked; -EINTR; -ENOMEM; an error of
 * dma_buf_export().
 */
struct dma_buf *phyr_dmabuf_export(struct phyr_export *export, struct file *file,
				   const struct phyr_part *part, u32 nr, int flags);

/**
 * phyr_list_from_dmabuf - describe the memory of a dma-buf
 * @list:	an empty list
 * @attach:	the importer's attachment
 * @gfp:	for blocks of words
 *
 * The importer may use the memory until phyr_dmabuf_put().  In invalidate_mappings() it must unmap
 * the list and call phyr_dmabuf_put().
 *
 * Context: As @gfp allows; the reservation lock of the dma-buf is held.
 * Return: 0; -EOPNOTSUPP for a dma-buf of another exporter; -ENODEV if the memory is revoked;
 * -EINVAL for a list that is not empty; -ENOMEM.
 */
int phyr_list_from_dmabuf(struct phyr_list *list, struct dma_buf_attachment *attach, gfp_t gfp);

/**
 * phyr_dmabuf_put - end the use of a list from phyr_list_from_dmabuf()
 * @attach:	the same attachment; the list is not mapped
 *
 * Context: Any but interrupts; the reservation lock of the dma-buf is held.
 */
void phyr_dmabuf_put(struct dma_buf_attachment *attach);

#endif /* PHYR_DMABUF_H */
