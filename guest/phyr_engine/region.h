/* SPDX-License-Identifier: GPL-2.0 */
/* Memory regions of an engine: what the kinds of them share. */
#ifndef REGION_H
#define REGION_H

#include <linux/kref.h>
#include <linux/rwsem.h>

#include "engine.h"
#include "uapi/phyr_region.h"

/**
 * struct region - memory that is registered with an engine
 * @kind:	how it is kept
 * @dev:	the engine; not used once @revoked
 * @dir:	what it may be used for
 * @len:	bytes
 * @file:	that it was registered by; an identity to compare
 * @mm:		whose memory it was, charged for it
 * @revoked:	nothing is mapped any more; by whoever serialises this
 * @ref:	the table of keys, and each use
 * @list:	PHYR: the memory, pinned
 * @reg:	PHYR: its registration
 * @blocks:	PHYR: as which the engine knows it
 * @table:	PHYR: addresses of the blocks; PAGES: of the pages
 * @busy:	SG, PAGES: read by uses, written by who takes it back
 * @page:	PAGES: pinned
 * @sg:		SG: the same
 */
struct region {
	const struct region_kind *kind;
	struct device *dev;
	enum dma_data_direction dir;
	u64 len;
	const struct file *file;
	struct mm_struct *mm;
	bool revoked;
	struct kref ref;
	struct phyr_list list;
	struct phyr_reg *reg;
	struct phyr_reg_blocks blocks;
	u64 *table;
	struct rw_semaphore busy;
	struct page **page;
	struct sg_append_table sg;
};

/**
 * struct region_kind - how regions are kept
 * @make:	pin, map and describe memory of the current process, and say so in @arg
 * @begin:	keep it for a use of the page at @offset, and find that
 * @end:	the reverse; @io as begin() left it
 * @phys:	where the page is, for the engine that looks for itself
 * @revoke:	wait for uses, unmap and unpin; new ones are refused with -ENODEV
 * @free:	what is left
 */
struct region_kind {
	int (*make)(struct region *r, struct phyr_region_register *arg);
	int (*begin)(struct region *r, u64 offset, enum dma_data_direction dir,
		     struct phyr_reg_io *io, dma_addr_t *addr);
	void (*end)(struct region *r, struct phyr_reg_io *io);
	phys_addr_t (*phys)(struct region *r, u64 offset);
	void (*revoke)(struct region *r);
	void (*free)(struct region *r);
};

extern const struct region_kind region_phyr, region_sg, region_pages;

#endif /* REGION_H */
