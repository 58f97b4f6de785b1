/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Builders: lists made from what the kernel has to describe memory.  Each fills an empty list of
 * either format and leaves it empty after an error.
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
 * @rq:		the request; its bios, or its special payload
 * @gfp:	for links of the chain
 *
 * Chunks that are physically contiguous are merged, across bios too.  P2P pages are recognised.
 * A request without data gives an empty list, which must not be mapped.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EXDEV for a mix of memory kinds or providers; -EOPNOTSUPP for pages that no device
 * can reach (device private or coherent memory); -ENOMEM (try again later).  After an error the
 * list is empty and holds nothing.
 */
int phyr_list_from_rq(struct phyr_list *list, struct request *rq, gfp_t gfp);

/**
 * phyr_list_pin_user - pin user memory and describe it
 * @list:	an empty list
 * @addr:	of the memory, in the current process, any alignment
 * @len:	bytes, not 0
 * @gup_flags:	FOLL_WRITE if a device will write there; FOLL_PCI_P2PDMA to take memory of other
 *		devices too; FOLL_LONGTERM, which excludes that, if it stays pinned beyond an I/O
 *
 * Pages that adjoin become one chunk, whatever folios they belong to.  The list is all that is
 * kept: it also says what to unpin, so it must go to phyr_list_unpin_user() as it is.  The caller
 * accounts for long-term pins (RLIMIT_MEMLOCK).
 *
 * What becomes of the kinds of memory that a process can have:
 *
 * - anonymous memory, page cache, huge pages, device DAX (generic ZONE_DEVICE): PHYR_MEM_RAM;
 * - file system DAX: PHYR_MEM_RAM, but -EOPNOTSUPP with FOLL_LONGTERM;
 * - P2P memory: PHYR_MEM_P2P, but -EREMOTEIO without FOLL_PCI_P2PDMA and so with FOLL_LONGTERM;
 * - device private memory: the kernel brings it back to RAM first;
 * - device coherent memory: brought back with FOLL_LONGTERM, else -EOPNOTSUPP;
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
 * @list:	the list, unchanged since, not mapped any more; empty afterwards
 * @dirty:	a device may have written to the memory
 *
 * Context: May sleep.
 */
void phyr_list_unpin_user(struct phyr_list *list, bool dirty);

/**
 * phyr_list_from_kernel - describe memory by its kernel address
 * @list:	an empty list
 * @addr:	in the linear map or in vmalloc space, any alignment; never the stack
 * @len:	bytes, not 0
 * @gfp:	for links of the chain
 *
 * The memory stays its owner's, who must keep it.  P2P memory that has struct pages is recognised.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for no bytes, a list that is not empty, a range that wraps, and addresses that
 * are neither in the linear map nor vmalloc'ed memory: ioremap()ed MMIO, holes, modules, the
 * present stack, kernel images that are not in the linear map; -EOPNOTSUPP for pages that no device
 * can reach; -EXDEV for memory of more than one kind or provider; -ENOMEM.
 */
int phyr_list_from_kernel(struct phyr_list *list, const void *addr, size_t len, gfp_t gfp);

/**
 * phyr_list_from_pageless - describe RAM that has no struct pages
 * @list:	an empty list
 * @paddr:	physical address, any alignment
 * @len:	bytes, not 0
 * @gfp:	not used as yet, a list of one chunk allocates nothing
 *
 * The memory must be cacheable RAM, e.g. reserved on the command line, and the caller's: it cannot
 * be looked up what it is, only that it has no pages.
 *
 * Context: Any.
 * Return: 0; -EINVAL for no bytes, a list that is not empty, a range that wraps, and memory any of
 * which has a struct page; -EOVERFLOW.
 */
int phyr_list_from_pageless(struct phyr_list *list, phys_addr_t paddr, u64 len, gfp_t gfp);

/**
 * phyr_list_from_mmio - describe a BAR or other MMIO
 * @list:	an empty list
 * @provider:	of pcim_p2pdma_provider() for the BAR; NULL if there is none: no device gets at it
 *		then
 * @paddr:	physical address as the CPU sees it, any alignment
 * @len:	bytes, not 0
 * @gfp:	not used as yet, a list of one chunk allocates nothing
 *
 * The list must not be mapped any more when the driver that owns the BAR lets go of it, since with
 * that goes @provider.  A lease (lease.h) is a way to see to it.
 *
 * Context: Any.
 * Return: 0; -EINVAL for no bytes, a list that is not empty, a range that wraps, and memory any of
 * which has a struct page (RAM; p2pdma pages, which make a PHYR_MEM_P2P); -EOVERFLOW.
 */
int phyr_list_from_mmio(struct phyr_list *list, struct p2pdma_provider *provider,
			phys_addr_t paddr, u64 len, gfp_t gfp);

/**
 * phyr_list_from_sg - describe the memory of a scatterlist (its CPU side) by a list
 * @list:	an empty list
 * @sgl:	the scatterlist
 * @nents:	its entries as made (sg_table.orig_nents), not as mapped
 * @gfp:	for links of the chain
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EOPNOTSUPP for entries without a page (some exporters of dma-bufs give them) and for
 * pages that no device can reach; -EXDEV for a mix of memory kinds or providers; -EOVERFLOW;
 * -ENOMEM.  After an error the list is empty and holds nothing.
 */
int phyr_list_from_sg(struct phyr_list *list, struct scatterlist *sgl, unsigned int nents,
		      gfp_t gfp);

/**
 * phyr_list_to_sgt - describe a list by a scatterlist, for code that takes nothing else
 * @list:	the list, not empty
 * @table:	receives a table that is not mapped; the caller frees it with sg_free_table()
 * @max_seg:	most bytes of an entry; made a multiple of the page size, at least a page
 * @gfp:	for the table
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for an empty list; -EOPNOTSUPP if any of the memory has no struct page;
 * -EOVERFLOW for more entries than a table can have; -ENOMEM.  Nothing is left after an error.
 */
int phyr_list_to_sgt(const struct phyr_list *list, struct sg_table *table, unsigned int max_seg,
		     gfp_t gfp);

#endif /* PHYR_BUILD_H */
