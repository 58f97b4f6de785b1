// SPDX-License-Identifier: GPL-2.0
/* Import of dma-bufs as registered memory: phyr/import.h. */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/export.h>
#include <linux/module.h>

#include "phyr/dmabuf.h"
#include "phyr/import.h"

/* Is the dma-buf's file open for DMA in direction @dir? */
static bool phyr_import_is_allowed(const struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	fmode_t mode = dmabuf->file->f_mode;

	return (dir == DMA_TO_DEVICE || mode & FMODE_WRITE) &&
	       (dir == DMA_FROM_DEVICE || mode & FMODE_READ);
}

int phyr_import_get(struct phyr_import *imp, int fd, enum phyr_import_way way,
		    enum dma_data_direction dir)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	if (!phyr_import_is_allowed(dmabuf, dir)) {
		dma_buf_put(dmabuf);
		return -EACCES;
	}
	*imp = (struct phyr_import){ .dmabuf = dmabuf, .way = way, .dir = dir };
	phyr_list_init(&imp->list, PHYR_PACKED);
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_import_get);

/* Map the dma-buf.  The reservation lock, which the caller holds, delays a revocation. */
static int phyr_import_map(struct phyr_import *imp, struct device *dev)
{
	struct phyr_reg *reg;

	if (imp->way == PHYR_IMPORT_LIST) {
		int err = phyr_list_from_dmabuf(&imp->list, imp->attach, GFP_KERNEL_ACCOUNT);

		if (err)
			return err;
		reg = phyr_reg_create(dev, &imp->list, imp->dir, 0);
	} else {
		imp->table = dma_buf_map_attachment(imp->attach, imp->dir);
		if (IS_ERR(imp->table))
			return PTR_ERR(imp->table);
		reg = phyr_reg_from_sgt(dev, imp->table, imp->dir);
	}
	imp->mapped = true;
	if (IS_ERR(reg))
		return PTR_ERR(reg);
	imp->reg = reg;
	return 0;
}

/* Undo phyr_import_map(), also after it failed; waits for I/O in flight. */
static void phyr_import_unmap(struct phyr_import *imp)
{
	dma_resv_assert_held(imp->dmabuf->resv);
	if (!imp->mapped)
		return;
	imp->mapped = false;
	if (imp->reg)
		phyr_reg_revoke(imp->reg);
	if (imp->way == PHYR_IMPORT_LIST)
		phyr_dmabuf_put(imp->attach);
	else
		dma_buf_unmap_attachment(imp->attach, imp->table, imp->dir);
}

/* The exporter revokes the memory, possibly before it is mapped. */
static void phyr_import_invalidate(struct dma_buf_attachment *attach)
{
	phyr_import_unmap(attach->importer_priv);
}

static const struct dma_buf_attach_ops attach_ops = {
	.allow_peer2peer	= true,
	.invalidate_mappings	= phyr_import_invalidate,
};

/* Without the reservation lock.  The device must be held: @imp->attach refers to it. */
static void phyr_import_detach(struct phyr_import *imp)
{
	if (imp->pinned) {
		dma_resv_lock(imp->dmabuf->resv, NULL);
		dma_buf_unpin(imp->attach);
		dma_resv_unlock(imp->dmabuf->resv);
	}
	if (imp->attach)
		dma_buf_detach(imp->dmabuf, imp->attach);
	imp->pinned = false;
	imp->attach = NULL;
}

int phyr_import_register(struct phyr_import *imp, struct device *dev)
{
	struct dma_resv *resv = imp->dmabuf->resv;
	struct dma_buf_attachment *attach;
	int err;

	attach = dma_buf_dynamic_attach(imp->dmabuf, dev, &attach_ops, imp);
	if (IS_ERR(attach))
		return PTR_ERR(attach);

	dma_resv_lock(resv, NULL);
	imp->attach = attach;
	err = dma_buf_pin(attach);
	imp->pinned = !err;
	if (!err)
		err = phyr_import_map(imp, dev);
	/* Wait until the exporter has finished moving the memory. */
	if (!err && dma_resv_wait_timeout(resv, DMA_RESV_USAGE_KERNEL, false,
					  MAX_SCHEDULE_TIMEOUT) < 0)
		err = -EIO;
	if (err)
		phyr_import_unmap(imp);
	dma_resv_unlock(resv);
	if (err)
		phyr_import_detach(imp);
	return err;
}
EXPORT_SYMBOL_GPL(phyr_import_register);

void phyr_import_revoke(struct phyr_import *imp)
{
	struct dma_resv *resv = imp->dmabuf->resv;

	dma_resv_lock(resv, NULL);
	phyr_import_unmap(imp);
	dma_resv_unlock(resv);
}
EXPORT_SYMBOL_GPL(phyr_import_revoke);

void phyr_import_put(struct phyr_import *imp)
{
	phyr_import_detach(imp);
	dma_buf_put(imp->dmabuf);
	/* Last: the registration holds the device. */
	if (imp->reg)
		phyr_reg_put(imp->reg);
	phyr_list_destroy(&imp->list);
}
EXPORT_SYMBOL_GPL(phyr_import_put);

MODULE_IMPORT_NS("DMA_BUF");
