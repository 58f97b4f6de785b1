// SPDX-License-Identifier: GPL-2.0
/*
 * dma-bufs as registered buffers.  The disk gets at the memory of an exporter in one of two ways:
 * the exporter hands over the physical ranges, and they are mapped here like any other list; or it
 * maps them itself, as exporters do for all drivers, and hands over a scatterlist, of which the
 * DMA side is used.
 *
 * The exporter is told not to move the memory, where it can be told.  If it takes the memory back
 * all the same, that is for good: the buffer stays, and refuses all I/O.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "ctl.h"
#include "phyr/dmabuf.h"
#include "uapi/phyr_nvme.h"

/* May the device do with the memory what the process may do with the dma-buf? */
static bool pnvme_dmabuf_may(const struct dma_buf *dmabuf, u32 access)
{
	fmode_t mode = dmabuf->file->f_mode;

	return (!(access & PHYR_NVME_BUFFER_READ) || mode & FMODE_WRITE) &&
	       (!(access & PHYR_NVME_BUFFER_WRITE) || mode & FMODE_READ);
}

/**
 * pnvme_dmabuf_alloc - make a buffer of a dma-buf, not yet registered
 * @fd:		of the dma-buf
 * @access:	PHYR_NVME_BUFFER_*
 * @way:	PHYR_NVME_DMABUF_*
 *
 * Context: May sleep.
 * Return: the buffer, for pnvme_buffer_free(); -EBADF or -EINVAL if that is no dma-buf; -EINVAL
 * for one that is too large; -EACCES; -ENOMEM.
 */
struct pnvme_buffer *pnvme_dmabuf_alloc(int fd, u32 access, u32 way)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);
	struct pnvme_buffer *buf;
	int err = -EINVAL;

	if (IS_ERR(dmabuf))
		return ERR_CAST(dmabuf);
	if (dmabuf->size > PHYR_NVME_MAX_BUFFER_LEN)
		goto put;
	err = -EACCES;
	if (!pnvme_dmabuf_may(dmabuf, access))
		goto put;
	err = -ENOMEM;
	buf = kzalloc_obj(*buf);
	if (!buf)
		goto put;
	buf->access = access;
	buf->shared.dmabuf = dmabuf;
	buf->shared.way = way;
	phyr_list_init(&buf->mem.list, PHYR_PACKED);
	INIT_LIST_HEAD(&buf->node);
	return buf;

put:
	dma_buf_put(dmabuf);
	return ERR_PTR(err);
}

/* Let the device at the memory, under the reservation lock: meanwhile it is not taken back. */
static int pnvme_dmabuf_map(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf)
{
	enum dma_data_direction dir = pnvme_buffer_dir(buf);
	struct pnvme_dmabuf *shared = &buf->shared;

	if (shared->way == PHYR_NVME_DMABUF_LIST) {
		int err = phyr_list_from_dmabuf(&buf->mem.list, shared->attach, GFP_KERNEL);

		if (err)
			return err;
		buf->reg = phyr_reg_create(ctrl->dev, &buf->mem.list, dir, 0);
	} else {
		shared->table = dma_buf_map_attachment(shared->attach, dir);
		if (IS_ERR(shared->table))
			return PTR_ERR(shared->table);
		buf->reg = phyr_reg_from_sgt(ctrl->dev, shared->table, dir);
	}
	shared->mapped = true;
	return PTR_ERR_OR_ZERO(buf->reg);
}

/* The reverse; waits for I/O in flight.  Also undoes half of it. */
static void pnvme_dmabuf_unmap(struct pnvme_buffer *buf)
{
	struct pnvme_dmabuf *shared = &buf->shared;

	dma_resv_assert_held(shared->dmabuf->resv);
	if (!shared->mapped)
		return;
	shared->mapped = false;
	if (!IS_ERR(buf->reg))
		phyr_reg_revoke(buf->reg);
	if (shared->way == PHYR_NVME_DMABUF_LIST)
		phyr_dmabuf_put(shared->attach);
	else
		dma_buf_unmap_attachment(shared->attach, shared->table, pnvme_buffer_dir(buf));
}

/* The exporter wants the memory back, perhaps before it was mapped. */
static void pnvme_dmabuf_invalidate(struct dma_buf_attachment *attach)
{
	pnvme_dmabuf_unmap(attach->importer_priv);
}

static const struct dma_buf_attach_ops pnvme_attach_ops = {
	.allow_peer2peer	= true,
	.invalidate_mappings	= pnvme_dmabuf_invalidate,
};

/**
 * pnvme_dmabuf_register - attach a device to the dma-buf of a buffer, and map it
 * @ctrl:	the controller
 * @buf:	the buffer
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP if the exporter hands out no lists, or the memory does not come in whole
 * pages; -ENODEV if it was taken back; -ENOMEM; an error of the exporter or of phyr_dma_map().
 */
int pnvme_dmabuf_register(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf)
{
	struct pnvme_dmabuf *shared = &buf->shared;
	struct dma_resv *resv = shared->dmabuf->resv;
	struct dma_buf_attachment *attach;
	int err;

	attach = dma_buf_dynamic_attach(shared->dmabuf, ctrl->dev, &pnvme_attach_ops, buf);
	if (IS_ERR(attach))
		return PTR_ERR(attach);

	dma_resv_lock(resv, NULL);
	shared->attach = attach;
	err = dma_buf_pin(attach);
	shared->pinned = !err;
	if (!err)
		err = pnvme_dmabuf_map(ctrl, buf);
	/* The exporter may still be moving it to where it is to stay. */
	if (!err && dma_resv_wait_timeout(resv, DMA_RESV_USAGE_KERNEL, false,
					  MAX_SCHEDULE_TIMEOUT) < 0)
		err = -EIO;
	if (!err)
		err = phyr_reg_tabulate(buf->reg);
	if (err)
		pnvme_dmabuf_unmap(buf);
	dma_resv_unlock(resv);
	return err;	/* what is left to undo pnvme_dmabuf_free() undoes */
}

/**
 * pnvme_dmabuf_revoke - take the dma-buf of a buffer from the device
 * @buf:	the buffer; waits for I/O in flight on it
 *
 * Context: May sleep.  Idempotent.
 */
void pnvme_dmabuf_revoke(struct pnvme_buffer *buf)
{
	struct dma_resv *resv = buf->shared.dmabuf->resv;

	dma_resv_lock(resv, NULL);
	pnvme_dmabuf_unmap(buf);
	dma_resv_unlock(resv);
}

/**
 * pnvme_dmabuf_free - let go of a dma-buf, and free the buffer
 * @buf:	the buffer, not registered or revoked
 *
 * Context: May sleep.
 */
void pnvme_dmabuf_free(struct pnvme_buffer *buf)
{
	struct pnvme_dmabuf *shared = &buf->shared;

	if (shared->pinned) {
		dma_resv_lock(shared->dmabuf->resv, NULL);
		dma_buf_unpin(shared->attach);
		dma_resv_unlock(shared->dmabuf->resv);
	}
	if (shared->attach)
		dma_buf_detach(shared->dmabuf, shared->attach);
	dma_buf_put(shared->dmabuf);
	/* Holds the device, which the attachment names. */
	if (!IS_ERR_OR_NULL(buf->reg))
		phyr_reg_put(buf->reg);
	phyr_list_destroy(&buf->mem.list);
	kfree(buf);
}

MODULE_IMPORT_NS("DMA_BUF");
