/* SPDX-License-Identifier: GPL-2.0 */
/* Memory regions of an engine: common to all kinds. */
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
 * @kind:	representation
 * @dev:	the engine, from make() until @revoked
 * @dir:	directions of DMA that are allowed
 * @len:	bytes
 * @file:	file that registered it; only compared
 * @mm:		process that the memory is accounted to; NULL for a dma-buf
 * @published:	user space has the key: it can be used; written under the table's lock
 * @revoked:	it is unmapped
 * @ref:	held by the table of keys and by each use
 * @reg:	PHYR, DMABUF: the registration
 * @blocks:	PHYR, DMABUF: block size and number
 * @table:	PHYR, DMABUF: addresses of the blocks; PAGES: of the pages
 * @list:	PHYR: the pinned memory
 * @import:	DMABUF: the dma-buf
 * @busy:	SG, PAGES: held for reading by uses, for writing by a revocation
 * @page:	SG until make(), PAGES: the pinned pages
 * @sg:		SG: the pinned memory, from make() on
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
 * struct pengine_region_kind - operations of a representation
 * @hold:	pin user memory, or get the dma-buf and set r->len; without an engine
 * @make:	map the memory and set the results in @arg
 * @drop:	undo hold(), if make() was not called or has failed
 * @begin:	begin a use of the page at @offset and find its bus address
 * @end:	end the use; @io from begin()
 * @phys:	physical address of a page, for iommu-testdev
 * @revoke:	make begin() fail with -ENODEV, wait for uses, unmap and unpin
 * @free:	free what is left
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

/* Bus address of a byte of a region that is described by blocks. */
static inline dma_addr_t pengine_region_addr(const struct pengine_region *r, u64 offset)
{
	u64 at = r->blocks.lead + offset;

	return r->table[at >> ilog2(r->blocks.size)] + (at & (r->blocks.size - 1));
}

/* region_phyr.c: common to PHYR and DMABUF */
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
