/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Builders: make a list from a bio, user memory, kernel memory, a scatterlist or a physical range.
 * Each fills an empty list of either format.  After an error the list is empty.
 */
#ifndef PHYR_BUILD_H
#define PHYR_BUILD_H

#include "list.h"

struct p2pdma_provider;
struct request;
struct scatterlist;
struct sg_table;

/**
 * phyr_list_from_rq - describe the data of a block request
 * @list:	an empty list
 * @rq:		the request: its bios, or its special payload
 * @gfp:	for blocks of words
 *
 * Physically contiguous vectors are merged, also across bios.  Pages of P2P memory make a list of
 * kind PHYR_MEM_P2P.  A request without data gives an empty list, which cannot be mapped.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EXDEV for a mix of memory kinds or providers; -EOPNOTSUPP for pages that no device
 * may access (device private or coherent memory); -ENOMEM.
 */
int phyr_list_from_rq(struct phyr_list *list, struct request *rq, gfp_t gfp);

/**
 * phyr_list_pin_user - pin user memory and describe it
 * @list:	an empty list
 * @addr:	user address in the current process, any alignment
 * @len:	bytes, not 0
 * @gup_flags:	FOLL_WRITE if a device will write to the memory; FOLL_PCI_P2PDMA to accept P2P
 *		memory; FOLL_LONGTERM if it stays pinned beyond one I/O, not with FOLL_PCI_P2PDMA
 *
 * Adjacent pages become one chunk, also across folios.  The list is the only record of the pins:
 * pass it to phyr_list_unpin_user() unchanged.  The caller accounts long-term pins
 * (RLIMIT_MEMLOCK).
 *
 * By kind of memory:
 *
 * - anonymous memory, page cache, huge pages, device DAX (generic ZONE_DEVICE): PHYR_MEM_RAM;
 * - file system DAX: PHYR_MEM_RAM, but -EOPNOTSUPP with FOLL_LONGTERM;
 * - P2P memory: PHYR_MEM_P2P, but -EREMOTEIO without FOLL_PCI_P2PDMA and so with FOLL_LONGTERM;
 * - device private memory: migrated to RAM first;
 * - device coherent memory: migrated with FOLL_LONGTERM, else -EOPNOTSUPP;
 * - memory mapped by page frame (VM_PFNMAP, VM_IO) and secret memory: -EFAULT.
 *
 * Context: May sleep; the current process's mmap_lock is not held.
 * Return: 0; -EINVAL for no bytes, a list that is not empty, a range that wraps, or both
 * FOLL_LONGTERM and FOLL_PCI_P2PDMA; -EFAULT; -EINTR when the process is being killed; -EOPNOTSUPP
 * and -EREMOTEIO as above; -EXDEV for memory of more than one kind or provider; -ENOMEM; other
 * errors of pin_user_pages_fast().  After an error nothing is pinned.
 */
int phyr_list_pin_user(struct phyr_list *list, u64 addr, u64 len, unsigned int gup_flags);

/**
 * phyr_list_unpin_user - undo phyr_list_pin_user()
 * @list:	the list, unchanged and not mapped; empty afterwards
 * @dirty:	a device may have written to the memory: mark the pages dirty
 *
 * Context: May sleep.
 */
void phyr_list_unpin_user(struct phyr_list *list, bool dirty);

/**
 * phyr_list_from_kernel - describe memory by its kernel address
 * @list:	an empty list
 * @addr:	in the linear map or in vmalloc space, any alignment; not the stack
 * @len:	bytes, not 0
 * @gfp:	for blocks of words
 *
 * No reference is taken: the owner must not free the memory while the list is used.  P2P memory
 * that has struct pages makes a list of kind PHYR_MEM_P2P.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for no bytes, a list that is not empty, a range that wraps, and addresses that
 * are neither in the linear map nor vmalloc'ed memory: ioremap()ed MMIO, holes, modules, the
 * current stack, a kernel image outside the linear map; -EOPNOTSUPP for pages that no device may
 * access; -EXDEV for memory of more than one kind or provider; -ENOMEM.
 */
int phyr_list_from_kernel(struct phyr_list *list, const void *addr, size_t len, gfp_t gfp);

/**
 * phyr_list_from_pageless - describe RAM that has no struct pages
 * @list:	an empty list
 * @paddr:	physical address, any alignment
 * @len:	bytes, not 0
 * @gfp:	unused: a list of one chunk needs no allocation
 *
 * The memory must be cacheable RAM that the caller owns, e.g. reserved on the command line.  Only
 * the absence of struct pages is checked.
 *
 * Context: Any.
 * Return: 0; -EINVAL for no bytes, a list that is not empty, a range that wraps, or if any of the
 * memory has a struct page; -EOVERFLOW.
 */
int phyr_list_from_pageless(struct phyr_list *list, phys_addr_t paddr, u64 len, gfp_t gfp);

/**
 * phyr_list_from_mmio - describe a BAR or other MMIO
 * @list:	an empty list
 * @provider:	from pcim_p2pdma_provider() for the BAR; without one (NULL) no other device can
 *		access the memory, and mapping the list fails
 * @paddr:	physical address as the CPU sees it, any alignment
 * @len:	bytes, not 0
 * @gfp:	unused: a list of one chunk needs no allocation
 *
 * The list must be unmapped before the driver that owns the BAR is unbound, because @provider is
 * freed then.  A lease (lease.h) ensures that.
 *
 * Context: Any.
 * Return: 0; -EINVAL for no bytes, a list that is not empty, a range that wraps, or if any of the
 * memory has a struct page (RAM, p2pdma pages); -EOVERFLOW.
 */
int phyr_list_from_mmio(struct phyr_list *list, struct p2pdma_provider *provider,
			phys_addr_t paddr, u64 len, gfp_t gfp);

/**
 * phyr_list_from_sg - describe the memory of a scatterlist (its CPU side)
 * @list:	an empty list
 * @sgl:	the scatterlist
 * @nents:	its entries before mapping (sg_table.orig_nents)
 * @gfp:	for blocks of words
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EOPNOTSUPP for entries without a page (as some dma-buf exporters make them) and for
 * pages that no device may access; -EXDEV for a mix of memory kinds or providers; -EOVERFLOW;
 * -ENOMEM.
 */
int phyr_list_from_sg(struct phyr_list *list, struct scatterlist *sgl, unsigned int nents,
		      gfp_t gfp);

/**
 * phyr_list_to_sgt - make a scatterlist of a list, for code that takes nothing else
 * @list:	the list, not empty
 * @table:	receives an unmapped table, for the caller to free with sg_free_table()
 * @max_seg:	most bytes of an entry; rounded down to a multiple of the page size, at least a page
 * @gfp:	for the table
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for an empty list; -EOPNOTSUPP if any of the memory has no struct page;
 * -EOVERFLOW for more entries than a table can have; -ENOMEM.  @table is not allocated then.
 */
int phyr_list_to_sgt(const struct phyr_list *list, struct sg_table *table, unsigned int max_seg,
		     gfp_t gfp);

#endif /* PHYR_BUILD_H */
