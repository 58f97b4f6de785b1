/* SPDX-License-Identifier: GPL-2.0 */
/* Memory regions of an engine: what the kinds of them share. */
#ifndef REGION_H
#define REGION_H

#include <linux/kref.h>
#include <linux/log2.h>
#include <linux/rwsem.h>

#include "engine.h"
#include "phyr/import.h"
#include "uapi/phyr_region.h"

/**
 * struct region - memory that is registered with an engine
 * @kind:	how it is kept
 * @dev:	the engine, from make() until @revoked
 * @dir:	what it may be used for
 * @len:	bytes
 * @file:	that it was registered by; an identity to compare
 * @mm:		whose memory it was, charged for it; NULL for a dma-buf
 * @told:	its owner knows its key, so that it can be used; written under the table's lock
 * @revoked:	it was taken back; by whoever serialises this
 * @ref:	the table of keys, and each use
 * @reg:	PHYR, DMABUF: its registration
 * @blocks:	PHYR, DMABUF: as which the engine knows it
 * @table:	PHYR, DMABUF: addresses of the blocks; PAGES: of the pages
 * @list:	PHYR: the memory, pinned
 * @import:	DMABUF: the dma-buf
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
	bool told;
	bool revoked;
	struct kref ref;
	struct phyr_reg *reg;
	struct phyr_reg_blocks blocks;
	u64 *table;
	union {
		struct phyr_list list;
		struct phyr_import import;
		struct {
			struct rw_semaphore busy;
			struct page **page;
			struct sg_append_table sg;
		};
	};
};

/**
 * struct region_kind - how regions are kept
 * @hold:	pin what @arg says, or look it up; r->len, too, of a dma-buf.  Knows no engine
 * @make:	map what is held and describe it in @arg
 * @drop:	the reverse of hold(), where nothing is made
 * @begin:	keep it for a use of the page at @offset, and find that
 * @end:	the reverse; @io as begin() left it
 * @phys:	where the page is, for the engine that looks for itself
 * @revoke:	wait for uses, unmap and unpin; new ones are refused with -ENODEV
 * @free:	what is left
 */
struct region_kind {
	int (*hold)(struct region *r, const struct phyr_region_register *arg);
	int (*make)(struct region *r, struct phyr_region_register *arg);
	void (*drop)(struct region *r);
	int (*begin)(struct region *r, u64 offset, enum dma_data_direction dir,
		     struct phyr_reg_io *io, dma_addr_t *addr);
	void (*end)(struct region *r, struct phyr_reg_io *io);
	phys_addr_t (*phys)(struct region *r, u64 offset);
	void (*revoke)(struct region *r);
	void (*free)(struct region *r);
};

extern const struct region_kind region_phyr, region_dmabuf, region_sg, region_pages;

/* Where the engine has a region that has a registration: the block that holds it is known. */
static inline dma_addr_t region_addr(const struct region *r, u64 offset)
{
	u64 at = r->blocks.lead + offset;

	return r->table[at >> ilog2(r->blocks.size)] + (at & (r->blocks.size - 1));
}

/* region_phyr.c: of such regions */
int region_describe(struct region *r, struct phyr_region_register *arg);
int region_begin(struct region *r, u64 offset, enum dma_data_direction dir,
		 struct phyr_reg_io *io, dma_addr_t *addr);
void region_end(struct region *r, struct phyr_reg_io *io);
phys_addr_t region_list_phys(const struct phyr_list *list, u64 offset);

/* region.c */
struct region *region_hold(const struct file *file, const struct phyr_region_register *arg);
int region_make(struct region *r, struct device *dev, struct phyr_region_register *arg);
void region_drop(struct region *r);
void region_revoke(struct region *r);
void region_put(struct region *r);

#endif /* REGION_H */
