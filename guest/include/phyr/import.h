/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dma-bufs of anybody's as registered memory of a device: attached, mapped once, used by many I/Os,
 * taken back by the exporter while they run.
 *
 * Life of one::
 *
 *	err = phyr_import_get(&imp, fd, PHYR_IMPORT_LIST, DMA_BIDIRECTIONAL);
 *	err = phyr_import_register(&imp, dev);
 *	... phyr_reg_begin(imp.reg, ...), I/O, phyr_reg_end(), as often as need be ...
 *	phyr_import_revoke(&imp);
 *	phyr_import_put(&imp);
 *
 * If the exporter takes the memory back in between, that waits for the I/Os under way, and is for
 * good: phyr_reg_begin() says -ENODEV from then on.
 */
#ifndef PHYR_IMPORT_H
#define PHYR_IMPORT_H

#include <linux/dma-direction.h>
#include <linux/types.h>

#include "list.h"
#include "reg.h"

struct device;
struct dma_buf;
struct dma_buf_attachment;
struct sg_table;

/**
 * enum phyr_import_way - how a device gets at the memory of a dma-buf
 * @PHYR_IMPORT_LIST:	the exporter hands over the physical ranges (phyr_list_from_dmabuf()), and
 *			they are mapped here like any other list
 * @PHYR_IMPORT_SG:	the exporter maps them itself, as exporters do for all drivers, and hands
 *			over a scatterlist, of which the DMA side is used
 */
enum phyr_import_way {
	PHYR_IMPORT_LIST,
	PHYR_IMPORT_SG,
};

/**
 * struct phyr_import - a dma-buf as memory that a device may use
 * @dmabuf:	it; its size is that of the memory
 * @reg:	its registration, from when phyr_import_register() has returned 0 to
 *		phyr_import_put()
 * @list:	PHYR_IMPORT_LIST: what it is made of, from then on
 * @way:	how the device gets at it (private)
 * @dir:	what the device may do with it (private)
 * @attach:	the device's attachment (private)
 * @table:	PHYR_IMPORT_SG: what the exporter has mapped (private)
 * @pinned:	the exporter was told not to move it (private)
 * @mapped:	the device can get at it; under the dma-buf's reservation lock (private)
 *
 * Embedded in what the importer keeps about the memory; must stay where it is.
 */
struct phyr_import {
	struct dma_buf *dmabuf;
	struct phyr_reg *reg;
	struct phyr_list list;
	/* private: */
	enum phyr_import_way way;
	enum dma_data_direction dir;
	struct dma_buf_attachment *attach;
	struct sg_table *table;
	bool pinned;
	bool mapped;
};

/**
 * phyr_import_get - hold the dma-buf of a file descriptor of the current process
 * @imp:	receives it
 * @fd:		of the dma-buf
 * @way:	how a device is to get at it
 * @dir:	what the device may do with it, which the process must be allowed to do itself
 *
 * Context: May sleep.
 * Return: 0, and phyr_import_put() is due; -EBADF or -EINVAL if that is no dma-buf; -EACCES for one
 * that is not open for @dir.
 */
int phyr_import_get(struct phyr_import *imp, int fd, enum phyr_import_way way,
		    enum dma_data_direction dir);

/**
 * phyr_import_register - attach a device, and map the memory for it
 * @imp:	what phyr_import_get() has filled in
 * @dev:	the device; whoever drives it revokes the import before it goes
 *
 * The exporter is told not to move the memory, where it can be told.
 *
 * Context: May sleep; no lock is held that an I/O under way waits for.
 * Return: 0; -EOPNOTSUPP if the exporter hands out no lists, or can only lend to importers that it
 * need not tell; -ENODEV if the memory was taken back; -ENOMEM; an error of the exporter, of
 * phyr_dma_map() or of phyr_reg_from_sgt().  What is left to undo then phyr_import_put() undoes.
 */
int phyr_import_register(struct phyr_import *imp, struct device *dev);

/**
 * phyr_import_revoke - take the memory from the device
 * @imp: the import
 *
 * New I/Os are refused, those under way waited for.  The import and its registration stay.
 *
 * Context: May sleep, as long as the I/Os take.  Any number of callers, all wait; idempotent.
 */
void phyr_import_revoke(struct phyr_import *imp);

/**
 * phyr_import_put - let go of a dma-buf
 * @imp: what phyr_import_get() has filled in, not registered or revoked; no I/O uses @imp->reg
 *
 * Context: May sleep.
 */
void phyr_import_put(struct phyr_import *imp);

#endif /* PHYR_IMPORT_H */
