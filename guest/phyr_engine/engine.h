/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of phyr_engine.ko share with each other.
 *
 * An engine is a device that can do nothing but DMA: QEMU's teaching device (edu) and QEMU's own
 * IOMMU tester.  They share no code with the NVMe and know nothing of requests, so that what they
 * can reach says what an address is worth by itself.
 */
#ifndef PHYR_ENGINE_H
#define PHYR_ENGINE_H

#include <linux/mutex.h>
#include <linux/pci.h>

#include "phyr.h"

struct engine;
struct region_node;

/* device.c */

/**
 * struct engine_ops - a kind of engine
 * @name:	for the answers
 * @mask_bits:	of the addresses that it can send; edu's can be set
 * @write:	let the device write a page to @addr; @phys is where that should be.  0; -EFAULT
 *		where the device was told that it failed; -ENXIO where it found that the data
 *		went elsewhere; another error where the device does not answer
 * @read:	let the device read a page from @addr, to be written by the next write(); NULL if
 *		it has data of its own
 * @check:	does this page hold what the device wrote last?
 */
struct engine_ops {
	const char *name;
	const unsigned int *mask_bits;
	int (*write)(struct engine *e, dma_addr_t addr, phys_addr_t phys);
	int (*read)(struct engine *e, dma_addr_t addr);
	bool (*check)(struct engine *e, const void *page);
};

extern const struct engine_ops engine_edu, engine_testdev;

/**
 * struct engine - a bound device
 * @pdev:	the PCI function
 * @bar:	its registers
 * @ops:	its kind
 * @mask:	held over a case, which may lend the device a wider DMA mask, and over a
 *		registration, which asks for it; never by I/O, which that may have to wait for
 * @lock:	held over a case and over a use; taken after @mask
 * @dir:	its directory of debugfs
 * @expect:	what the next write should bring: page contents of the last read()
 * @node:	its memory regions
 */
struct engine {
	struct pci_dev *pdev;
	void __iomem *bar;
	const struct engine_ops *ops;
	struct mutex mask;
	struct mutex lock;	/* one case, or one use, at a time */
	struct dentry *dir;
	void *expect;
	struct region_node *node;
};

/* mapping.c */

#define ENGINE_PAGES	2	/* which do not adjoin: a list of two chunks */

enum engine_path { ENGINE_PHYS, ENGINE_SG, ENGINE_PHYR16, ENGINE_PHYR8, ENGINE_PATHS };
extern const char *const engine_paths[ENGINE_PATHS];

/**
 * struct engine_mapping - pages and their DMA addresses, by any path
 * @dev:	the device
 * @path:	by which it was mapped
 * @dir:	direction
 * @page:	the memory
 * @block:	what was allocated, of which @page are a part
 * @order:	pages there, as a power of two
 * @addr:	DMA address of each page
 * @table:	of ENGINE_SG
 * @list:	of ENGINE_PHYR16, ENGINE_PHYR8
 * @map:	the same
 */
struct engine_mapping {
	struct device *dev;
	enum engine_path path;
	enum dma_data_direction dir;
	struct page *page[ENGINE_PAGES];
	struct page *block;
	unsigned int order;
	dma_addr_t addr[ENGINE_PAGES];
	struct sg_table table;
	struct phyr_list list;
	struct phyr_map map;
};

int engine_alloc(struct engine_mapping *m, struct device *dev, gfp_t gfp);
int engine_alloc_beyond(struct engine_mapping *m, struct device *dev, unsigned int bits);
void engine_free(struct engine_mapping *m);
int engine_map(struct engine_mapping *m, enum engine_path path, enum dma_data_direction dir);
void engine_unmap(struct engine_mapping *m);

/* node.c */
int engine_add_node(struct engine *e);
void engine_remove_node(struct engine *e);

/* cases.c */
void engine_add_cases(struct engine *e);

#endif /* PHYR_ENGINE_H */
