// SPDX-License-Identifier: GPL-2.0
/*
 * dma-bufs of exports: the exporter side of phyr/dmabuf.h.
 *
 * A dma-buf has one lease of its export and counts the lists and mappings of its importers.
 * Lock order: export->lock -> the dma-buf's reservation lock -> locks of importers.
 */
#include <linux/completion.h>
#include <linux/dma-buf-mapping.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/pci-p2pdma.h>
#include <linux/pci.h>
#include <linux/refcount.h>
#include <linux/slab.h>

#include "phyr/dmabuf.h"
#include "phyr/map.h"
#include "phyr/sg.h"

/**
 * struct phyr_dmabuf - private data of a dma-buf
 * @dmabuf:	the dma-buf
 * @lease:	of the whole export
 * @export:	the export
 * @revoked:	permanently revoked; protected by the reservation lock
 * @users:	lists and mappings of importers, plus one until it is revoked
 * @idle:	completed when @users is 0
 * @nr:		number of ranges
 * @vec:	the ranges; not const because dma_buf_phys_vec_to_sgt() takes no const pointer
 */
struct phyr_dmabuf {
	struct dma_buf *dmabuf;
	struct phyr_lease lease;
	struct phyr_export *export;
	bool revoked;
	refcount_t users;
	struct completion idle;
	u32 nr;
	struct phys_vec vec[] __counted_by(nr);
};

static void phyr_dmabuf_put_user(struct phyr_dmabuf *buf)
{
	if (refcount_dec_and_test(&buf->users))
		complete(&buf->idle);
}

/* The lease's revoke(): have importers stop and unmap, then wait for them. */
static void phyr_dmabuf_revoke(struct phyr_lease *lease)
{
	struct phyr_dmabuf *buf = container_of(lease, struct phyr_dmabuf, lease);
	struct dma_resv *resv = buf->dmabuf->resv;

	dma_resv_lock(resv, NULL);
	buf->revoked = true;
	dma_buf_invalidate_mappings(buf->dmabuf);
	dma_resv_wait_timeout(resv, DMA_RESV_USAGE_BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT);
	dma_resv_unlock(resv);
	phyr_dmabuf_put_user(buf);
	wait_for_completion(&buf->idle);
}

static int phyr_dmabuf_build_list(const struct phyr_dmabuf *buf, struct phyr_list *list, gfp_t gfp)
{
	u32 i;

	for (i = 0; i < buf->nr; i++) {
		const struct phys_vec *vec = &buf->vec[i];
		int err = phyr_list_append(list, buf->export->mem, buf->export->provider,
					   vec->paddr, vec->len, gfp);

		if (err) {
			phyr_list_destroy(list);
			return err;
		}
	}
	return 0;
}

/**
 * struct phyr_dmabuf_sgt - a mapping of RAM without struct pages as a scatterlist
 * @table:	the importer's table
 * @list:	the ranges
 * @map:	the mapping of @list
 */
struct phyr_dmabuf_sgt {
	struct sg_table table;
	struct phyr_list list;
	struct phyr_map map;
};

/* dma_buf_phys_vec_to_sgt() supports MMIO only, so RAM is mapped as a list. */
static struct sg_table *phyr_dmabuf_map_ram(struct phyr_dmabuf *buf, struct device *dev,
					    enum dma_data_direction dir)
{
	struct phyr_dmabuf_sgt *sgt = kzalloc_obj(*sgt, GFP_KERNEL_ACCOUNT);
	int err;

	if (!sgt)
		return ERR_PTR(-ENOMEM);
	phyr_list_init(&sgt->list, PHYR_PACKED);
	err = phyr_dmabuf_build_list(buf, &sgt->list, GFP_KERNEL_ACCOUNT);
	if (err)
		goto free;
	err = phyr_dma_map(dev, &sgt->list, &sgt->map, dir, 0, GFP_KERNEL_ACCOUNT);
	if (err)
		goto destroy;
	err = phyr_map_to_sgt(&sgt->map, &sgt->table, GFP_KERNEL_ACCOUNT);
	if (err)
		goto unmap;
	return &sgt->table;

unmap:
	phyr_dma_unmap(dev, &sgt->map);
destroy:
	phyr_list_destroy(&sgt->list);
free:
	kfree(sgt);
	return ERR_PTR(err);
}

static void phyr_dmabuf_unmap_ram(struct device *dev, struct sg_table *table)
{
	struct phyr_dmabuf_sgt *sgt = container_of(table, struct phyr_dmabuf_sgt, table);

	phyr_free_dma_sgt(table);
	phyr_dma_unmap(dev, &sgt->map);
	phyr_list_destroy(&sgt->list);
	kfree(sgt);
}

/* dma_buf_phys_vec_to_sgt() returns EINVAL for a device out of reach: check that before. */
static struct sg_table *phyr_dmabuf_map_mmio(struct phyr_dmabuf *buf,
					     struct dma_buf_attachment *attach,
					     enum dma_data_direction dir)
{
	struct p2pdma_provider *provider = buf->export->provider;

	if (!provider || !dev_is_pci(attach->dev) ||
	    pci_p2pdma_distance(to_pci_dev(provider->owner), attach->dev, false) < 0)
		return ERR_PTR(-EREMOTEIO);
	return dma_buf_phys_vec_to_sgt(attach, provider, buf->vec, buf->nr, buf->dmabuf->size, dir);
}

static int phyr_dmabuf_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct phyr_dmabuf *buf = dmabuf->priv;

	if (!attach->peer2peer || !dma_buf_attach_revocable(attach))
		return -EOPNOTSUPP;
	return READ_ONCE(buf->revoked) ? -ENODEV : 0;
}

static struct sg_table *phyr_dmabuf_map(struct dma_buf_attachment *attach,
					enum dma_data_direction dir)
{
	struct phyr_dmabuf *buf = attach->dmabuf->priv;
	struct sg_table *table;

	dma_resv_assert_held(attach->dmabuf->resv);
	if (buf->revoked)
		return ERR_PTR(-ENODEV);
	if (buf->export->mem == PHYR_MEM_MMIO)
		table = phyr_dmabuf_map_mmio(buf, attach, dir);
	else
		table = phyr_dmabuf_map_ram(buf, attach->dev, dir);
	if (!IS_ERR(table))
		refcount_inc(&buf->users);
	return table;
}

static void phyr_dmabuf_unmap(struct dma_buf_attachment *attach, struct sg_table *table,
			      enum dma_data_direction dir)
{
	struct phyr_dmabuf *buf = attach->dmabuf->priv;

	if (buf->export->mem == PHYR_MEM_MMIO)
		dma_buf_free_sgt(attach, table, dir);
	else
		phyr_dmabuf_unmap_ram(attach->dev, table);
	phyr_dmabuf_put_user(buf);
}

static void phyr_dmabuf_release(struct dma_buf *dmabuf)
{
	struct phyr_dmabuf *buf = dmabuf->priv;

	/* Waits for a running revocation. */
	phyr_lease_put(&buf->lease);
	kfree(buf);
}

static const struct dma_buf_ops phyr_dmabuf_ops = {
	.attach		= phyr_dmabuf_attach,
	.map_dma_buf	= phyr_dmabuf_map,
	.unmap_dma_buf	= phyr_dmabuf_unmap,
	.release	= phyr_dmabuf_release,
};

/* Check the parts and set the ranges; *@size receives their total length. */
static int phyr_dmabuf_set_parts(struct phyr_dmabuf *buf, const struct phyr_part *part,
				 size_t *size)
{
	const struct phyr_export *export = buf->export;
	u32 i;

	for (*size = 0, i = 0; i < buf->nr; i++) {
		u64 offset = part[i].offset, len = part[i].len;

		if (!len || !PAGE_ALIGNED(offset | len | export->base) || offset > export->len ||
		    len > export->len - offset || check_add_overflow(*size, len, size))
			return -EINVAL;
		buf->vec[i].paddr = export->base + offset;
		buf->vec[i].len = len;
	}
	/* An offset in it must be a valid loff_t. */
	return *size > S64_MAX ? -EINVAL : 0;
}

struct dma_buf *phyr_dmabuf_export(struct phyr_export *export, struct file *file,
				   const struct phyr_part *part, u32 nr, int flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct phyr_dmabuf *buf;
	struct dma_buf *dmabuf;
	int err;

	if (!nr)
		return ERR_PTR(-EINVAL);
	buf = kzalloc_flex(*buf, vec, nr, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	buf->export = export;
	buf->nr = nr;
	refcount_set(&buf->users, 1);
	init_completion(&buf->idle);
	phyr_lease_init(&buf->lease, phyr_dmabuf_revoke);
	err = phyr_dmabuf_set_parts(buf, part, &info.size);
	if (err)
		goto free;

	info.ops = &phyr_dmabuf_ops;
	info.flags = flags;
	info.priv = buf;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		err = PTR_ERR(dmabuf);
		goto free;
	}
	buf->dmabuf = dmabuf;
	/* It may be revoked from here on, although nobody else has the dma-buf yet. */
	err = phyr_lease_take(&buf->lease, export, file);
	if (!err)
		return dmabuf;
	dma_buf_put(dmabuf);	/* frees @buf */
	return ERR_PTR(err);

free:
	kfree(buf);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(phyr_dmabuf_export);

int phyr_list_from_dmabuf(struct phyr_list *list, struct dma_buf_attachment *attach, gfp_t gfp)
{
	struct phyr_dmabuf *buf;
	int err;

	dma_resv_assert_held(attach->dmabuf->resv);
	if (attach->dmabuf->ops != &phyr_dmabuf_ops)
		return -EOPNOTSUPP;
	if (list->nr)
		return -EINVAL;
	buf = attach->dmabuf->priv;
	if (buf->revoked)
		return -ENODEV;
	err = phyr_dmabuf_build_list(buf, list, gfp);
	if (!err)
		refcount_inc(&buf->users);
	return err;
}
EXPORT_SYMBOL_GPL(phyr_list_from_dmabuf);

void phyr_dmabuf_put(struct dma_buf_attachment *attach)
{
	dma_resv_assert_held(attach->dmabuf->resv);
	phyr_dmabuf_put_user(attach->dmabuf->priv);
}
EXPORT_SYMBOL_GPL(phyr_dmabuf_put);

MODULE_IMPORT_NS("DMA_BUF");
