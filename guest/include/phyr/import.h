/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dma-bufs of any exporter as registered memory of a device: attached and mapped once, used by many
 * I/Os, revocable by the exporter at any time.
 *
 * Usage::
 *
 *	err = phyr_import_get(&imp, fd, PHYR_IMPORT_LIST, DMA_BIDIRECTIONAL);
 *	err = phyr_import_register(&imp, dev);
 *	... phyr_reg_begin(imp.reg, ...), I/O, phyr_reg_end(), any number of times ...
 *	phyr_import_revoke(&imp);
 *	phyr_import_put(&imp);
 *
 * If the exporter revokes the memory, it waits for the I/Os in flight.  The revocation is
 * permanent: phyr_reg_begin() returns -ENODEV from then on.
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
 * enum phyr_import_way - how a dma-buf is mapped for a device
 * @PHYR_IMPORT_LIST:	by the importer, as a list from phyr_list_from_dmabuf()
 * @PHYR_IMPORT_SG:	by the exporter, with dma_buf_map_attachment()
 */
enum phyr_import_way {
	PHYR_IMPORT_LIST,
	PHYR_IMPORT_SG,
};

/**
 * struct phyr_import - an imported dma-buf
 * @dmabuf:	the dma-buf; its size is the size of the memory
 * @reg:	the registration, valid from phyr_import_register() to phyr_import_put()
 * @list:	PHYR_IMPORT_LIST: the physical ranges, valid as @reg
 * @way:	how it is mapped (private)
 * @dir:	direction of DMA (private)
 * @attach:	the device's attachment (private)
 * @table:	PHYR_IMPORT_SG: the table that the exporter has mapped (private)
 * @pinned:	dma_buf_pin() was called (private)
 * @mapped:	it is mapped; protected by the dma-buf's reservation lock (private)
 *
 * Embedded in a structure of the importer.  It must not be moved.
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
 * phyr_import_get - take a reference to the dma-buf of a file descriptor
 * @imp:	initialised by this call
 * @fd:		file descriptor of the dma-buf, in the current process
 * @way:	how to map it
 * @dir:	direction of DMA; the file must be open for it
 *
 * Context: May sleep.
 * Return: 0, and the caller must call phyr_import_put(); -EBADF or -EINVAL if @fd is not a dma-buf;
 * -EACCES if it is not open for @dir.
 */
int phyr_import_get(struct phyr_import *imp, int fd, enum phyr_import_way way,
		    enum dma_data_direction dir);

/**
 * phyr_import_register - attach a device and map the dma-buf for it
 * @imp:	from phyr_import_get()
 * @dev:	the device; its driver must revoke the import before it is unbound
 *
 * The dma-buf is pinned.
 *
 * Context: May sleep; the caller holds no lock that an I/O in flight needs.
 * Return: 0; -EOPNOTSUPP if the exporter provides no lists (PHYR_IMPORT_LIST) or rejects the
 * attachment; -ENODEV if the memory is revoked; -ENOMEM; an error of the exporter, of
 * phyr_dma_map() or of phyr_reg_from_sgt().  phyr_import_put() must be called also after an error.
 */
int phyr_import_register(struct phyr_import *imp, struct device *dev);

/**
 * phyr_import_revoke - revoke the registration and unmap the dma-buf
 * @imp: the import
 *
 * Refuses new I/Os and waits for those in flight.  @imp and its registration are not freed.
 *
 * Context: May sleep until the I/Os end.  Concurrent callers all wait.  Idempotent.
 */
void phyr_import_revoke(struct phyr_import *imp);

/**
 * phyr_import_put - detach and drop the reference to a dma-buf
 * @imp: from phyr_import_get(), not registered or revoked; no I/O uses @imp->reg
 *
 * Context: May sleep.
 */
void phyr_import_put(struct phyr_import *imp);

#endif /* PHYR_IMPORT_H */
