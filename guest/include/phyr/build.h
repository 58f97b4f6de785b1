/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Builders: lists made from what the kernel has to describe memory.  That of a block request is
 * phyr_list_from_rq() in list.h, that of a scatterlist phyr_list_from_sg() in sg.h.  Each fills an
 * empty list of either format and leaves it empty after an error.
 */
#ifndef PHYR_BUILD_H
#define PHYR_BUILD_H

#include "list.h"

struct p2pdma_provider;
struct phyr_lease;

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
 * phyr_list_from_pfnmap - describe user memory that an exporter (lease.h) has mapped by page frame
 * @list:	an empty list
 * @lease:	initialised by phyr_lease_init(); on success it holds the memory until
 *		phyr_lease_put()
 * @addr:	of the memory, in the current process, any alignment
 * @len:	bytes, not 0, all in one mapping
 * @write:	a device will write there
 * @gfp:	not used as yet, a list of one chunk allocates nothing
 *
 * Page tables are not asked: what they hold may be zapped at any time, and is not there before the
 * process has touched it.  The exporter says what its mapping is made of, and takes it back by
 * revoking the lease.  So other mappings by page frame are refused: nobody would tell when they go.
 * The process may unmap the memory while it is leased.
 *
 * Context: May sleep; neither the current process's mmap_lock nor a lock is held that a revocation
 * takes.
 * Return: 0; -EINVAL for no bytes, a list that is not empty, and for memory that is not mapped by
 * page frame: try phyr_list_pin_user(); -EOPNOTSUPP if it is so mapped by somebody who is no
 * exporter; -EFAULT for addresses without a mapping, beyond its end, or that the process may not
 * read, with
 * @write write; -ENODEV if the exporter has taken the memory back; -EINTR when the process is being
 * killed; -EOVERFLOW.
 */
int phyr_list_from_pfnmap(struct phyr_list *list, struct phyr_lease *lease, u64 addr, u64 len,
			  bool write, gfp_t gfp);

#endif /* PHYR_BUILD_H */
