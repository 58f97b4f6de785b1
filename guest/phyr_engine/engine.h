/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of phyr_engine.ko.
 *
 * An engine is a device that does only DMA: QEMU's edu and iommu-testdev.  They share no code with
 * NVMe, so they are an independent test of mappings.
 */
#ifndef PHYR_ENGINE_ENGINE_H
#define PHYR_ENGINE_ENGINE_H

#include <linux/mutex.h>
#include <linux/pci.h>

#include "phyr.h"

struct pengine;
struct pengine_node;

/* device.c */

/**
 * struct pengine_ops - a kind of engine
 * @name:	name for messages
 * @mask_bits:	bits of its DMA addresses; a module parameter for edu
 * @write:	let the device write @len bytes, a page or less, to @addr; @phys is the expected
 *		physical address.
 *		Returns 0; -EFAULT if the device reports a fault; -ENXIO if it finds other data at
 *		@phys; another error if it does not respond
 * @read:	let the device read a page from @addr, for the next write(); NULL if it has data of
 *		its own
 * @check:	do the first bytes of this page hold what the device wrote last?
 */
struct pengine_ops {
	const char *name;
	const unsigned int *mask_bits;
	int (*write)(struct pengine *e, dma_addr_t addr, phys_addr_t phys, u32 len);
	int (*read)(struct pengine *e, dma_addr_t addr);
	bool (*check)(struct pengine *e, const void *page, u32 len);
};

extern const struct pengine_ops pengine_edu, pengine_testdev;

/**
 * struct pengine - a bound device
 * @pdev:	the PCI function
 * @bar:	its registers
 * @ops:	its kind
 * @mask:	held by a case, which may change the DMA mask, and by a registration, which uses it;
 *		not held by a use, because a registration may wait for uses
 * @lock:	serialises cases and uses; taken after @mask
 * @dir:	debugfs directory
 * @expect:	content of the last read(), which the next write() must write
 * @node:	its memory regions
 */
struct pengine {
	struct pci_dev *pdev;
	void __iomem *bar;
	const struct pengine_ops *ops;
	struct mutex mask;
	struct mutex lock;	/* one case, or one use, at a time */
	struct dentry *dir;
	void *expect;
	struct pengine_node *node;
};

/* mapping.c */

#define PENGINE_PAGES	2	/* not contiguous: a list of two chunks */

enum pengine_path { PENGINE_PHYS, PENGINE_SG, PENGINE_PHYR16, PENGINE_PHYR8, PENGINE_PATHS };
extern const char *const pengine_paths[PENGINE_PATHS];

/**
 * struct pengine_mapping - two pages and their DMA addresses
 * @dev:	the device
 * @path:	how they are mapped
 * @dir:	direction
 * @page:	the memory
 * @block:	the allocation that contains them
 * @order:	order of @block
 * @addr:	DMA address of each page
 * @table:	PENGINE_SG: the table
 * @list:	PENGINE_PHYR16, PENGINE_PHYR8: the list
 * @map:	PENGINE_PHYR16, PENGINE_PHYR8: its mapping
 */
struct pengine_mapping {
	struct device *dev;
	enum pengine_path path;
	enum dma_data_direction dir;
	struct page *page[PENGINE_PAGES];
	struct page *block;
	unsigned int order;
	dma_addr_t addr[PENGINE_PAGES];
	struct sg_table table;
	struct phyr_list list;
	struct phyr_map map;
};

int pengine_alloc(struct pengine_mapping *m, struct device *dev, gfp_t gfp);
int pengine_alloc_beyond(struct pengine_mapping *m, struct device *dev, unsigned int bits);
void pengine_free(struct pengine_mapping *m);
int pengine_map(struct pengine_mapping *m, enum pengine_path path, enum dma_data_direction dir);
void pengine_unmap(struct pengine_mapping *m);

/* node.c */
int pengine_add_node(struct pengine *e);
void pengine_remove_node(struct pengine *e);

/* cases.c */
void pengine_add_cases(struct pengine *e);

#endif /* PHYR_ENGINE_ENGINE_H */
