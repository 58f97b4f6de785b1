/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of phyr_engine.ko share with each other.
 *
 * An engine is a device that can do nothing but DMA: QEMU's teaching device (edu) and QEMU's own
 * IOMMU tester.  They share no code with the NVMe and know nothing of requests, so that what they
 * can reach says what an address is worth by itself.
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
 * @name:	for the answers
 * @mask_bits:	of the addresses that it can send; edu's can be set
 * @write:	let the device write a page to @addr; @phys is where that should be.  0; -EFAULT
 *		where the device was told that it failed; -ENXIO where it found that the data
 *		went elsewhere; another error where the device does not answer
 * @read:	let the device read a page from @addr, to be written by the next write(); NULL if
 *		it has data of its own
 * @check:	does this page hold what the device wrote last?
 */
struct pengine_ops {
	const char *name;
	const unsigned int *mask_bits;
	int (*write)(struct pengine *e, dma_addr_t addr, phys_addr_t phys);
	int (*read)(struct pengine *e, dma_addr_t addr);
	bool (*check)(struct pengine *e, const void *page);
};

extern const struct pengine_ops pengine_edu, pengine_testdev;

/**
 * struct pengine - a bound device
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

#define PENGINE_PAGES	2	/* which do not adjoin: a list of two chunks */

enum pengine_path { PENGINE_PHYS, PENGINE_SG, PENGINE_PHYR16, PENGINE_PHYR8, PENGINE_PATHS };
extern const char *const pengine_paths[PENGINE_PATHS];

/**
 * struct pengine_mapping - pages and their DMA addresses, by any path
 * @dev:	the device
 * @path:	by which it was mapped
 * @dir:	direction
 * @page:	the memory
 * @block:	what was allocated, of which @page are a part
 * @order:	pages there, as a power of two
 * @addr:	DMA address of each page
 * @table:	of PENGINE_SG
 * @list:	of PENGINE_PHYR16, PENGINE_PHYR8
 * @map:	the same
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
