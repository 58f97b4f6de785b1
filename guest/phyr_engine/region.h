/* SPDX-License-Identifier: GPL-2.0 */
/* Memory regions of an engine: what the kinds of them share. */
#ifndef PHYR_ENGINE_REGION_H
#define PHYR_ENGINE_REGION_H

#include <linux/kref.h>
#include <linux/log2.h>
#include <linux/rwsem.h>

#include "engine.h"
#include "phyr/import.h"
#include "uapi/phyr_region.h"

/**
 * struct pengine_region - memory that is registered with an engine
 * @kind:	how it is kept
 * @dev:	the engine, from make() until @revoked
 * @dir:	what it may be used for
 * @len:	bytes
 * @file:	that it was registered by; an identity to compare
 * @mm:		whose memory it was, charged for it; NULL for a dma-buf
 * @published:	its owner knows its key, so that it can be used; written under the table's lock
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
struct pengine_region {
	const struct pengine_region_kind *kind;
	struct device *dev;
	enum dma_data_direction dir;
	u64 len;
	const struct file *file;
	struct mm_struct *mm;
	bool published;
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
 * struct pengine_region_kind - how regions are kept
 * @hold:	pin what @arg says, or look it up; r->len, too, of a dma-buf.  Knows no engine
 * @make:	map what is held and describe it in @arg
 * @drop:	the reverse of hold(), where nothing is made
 * @begin:	keep it for a use of the page at @offset, and find that
 * @end:	the reverse; @io as begin() left it
 * @phys:	where the page is, for the engine that looks for itself
 * @revoke:	wait for uses, unmap and unpin; new ones are refused with -ENODEV
 * @free:	what is left
 */
struct pengine_region_kind {
	int (*hold)(struct pengine_region *r, const struct phyr_region_register *arg);
	int (*make)(struct pengine_region *r, struct phyr_region_register *arg);
	void (*drop)(struct pengine_region *r);
	int (*begin)(struct pengine_region *r, u64 offset, enum dma_data_direction dir,
		     struct phyr_reg_io *io, dma_addr_t *addr);
	void (*end)(struct pengine_region *r, struct phyr_reg_io *io);
	phys_addr_t (*phys)(struct pengine_region *r, u64 offset);
	void (*revoke)(struct pengine_region *r);
	void (*free)(struct pengine_region *r);
};

extern const struct pengine_region_kind pengine_region_phyr, pengine_region_dmabuf;
extern const struct pengine_region_kind pengine_region_sg, pengine_region_pages;

/* Where the engine has a region that has a registration: the block that holds it is known. */
static inline dma_addr_t pengine_region_addr(const struct pengine_region *r, u64 offset)
{
	u64 at = r->blocks.lead + offset;

	return r->table[at >> ilog2(r->blocks.size)] + (at & (r->blocks.size - 1));
}

/* region_phyr.c: of such regions */
int pengine_region_describe(struct pengine_region *r, struct phyr_region_register *arg);
int pengine_region_begin(struct pengine_region *r, u64 offset, enum dma_data_direction dir,
			 struct phyr_reg_io *io, dma_addr_t *addr);
void pengine_region_end(struct pengine_region *r, struct phyr_reg_io *io);
phys_addr_t pengine_region_list_phys(const struct phyr_list *list, u64 offset);

/* region.c */
struct pengine_region *pengine_region_hold(const struct file *file,
					   const struct phyr_region_register *arg);
int pengine_region_make(struct pengine_region *r, struct device *dev,
			struct phyr_region_register *arg);
void pengine_region_drop(struct pengine_region *r);
void pengine_region_revoke(struct pengine_region *r);
void pengine_region_put(struct pengine_region *r);

#endif /* PHYR_ENGINE_REGION_H */
