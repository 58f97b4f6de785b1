// SPDX-License-Identifier: GPL-2.0
/* Regions of dma-bufs, described by blocks. */
#include <linux/dma-buf.h>
#include <linux/iommu.h>
#include <linux/slab.h>

#include "region.h"

static int pengine_dmabuf_hold(struct pengine_region *r, const struct phyr_region_register *arg)
{
	bool list = arg->how == PHYR_REGION_DMABUF;
	int err = phyr_import_get(&r->import, arg->fd, list ? PHYR_IMPORT_LIST : PHYR_IMPORT_SG,
				  r->dir);

	if (err)
		return err;
	r->len = r->import.dmabuf->size;
	if (r->len <= PHYR_REGION_MAX_LEN && PAGE_ALIGNED(r->len))
		return 0;
	phyr_import_put(&r->import);
	return -EINVAL;
}

static int pengine_dmabuf_make(struct pengine_region *r, struct phyr_region_register *arg)
{
	int err = phyr_import_register(&r->import, r->dev);

	if (err)
		return err;
	r->reg = r->import.reg;
	err = pengine_region_describe(r, arg);
	if (err) {
		phyr_import_revoke(&r->import);
		return err;
	}
	arg->len = r->len;
	arg->bytes += sizeof(*r) - sizeof(r->import.list) + phyr_list_meta_bytes(&r->import.list);
	return 0;
}

static void pengine_dmabuf_drop(struct pengine_region *r)
{
	phyr_import_put(&r->import);
}

/* Without a list of the exporter, ask the IOMMU. */
static phys_addr_t pengine_dmabuf_phys(struct pengine_region *r, u64 offset)
{
	if (r->import.list.len)
		return pengine_region_list_phys(&r->import.list, offset);
	return iommu_iova_to_phys(iommu_get_domain_for_dev(r->dev), pengine_region_addr(r, offset));
}

static void pengine_dmabuf_revoke(struct pengine_region *r)
{
	r->revoked = true;
	phyr_import_revoke(&r->import);
}

static void pengine_dmabuf_free(struct pengine_region *r)
{
	phyr_import_put(&r->import);
	kvfree(r->table);
}

const struct pengine_region_kind pengine_region_dmabuf = {
	.hold	= pengine_dmabuf_hold,
	.make	= pengine_dmabuf_make,
	.drop	= pengine_dmabuf_drop,
	.begin	= pengine_region_begin,
	.end	= pengine_region_end,
	.phys	= pengine_dmabuf_phys,
	.revoke	= pengine_dmabuf_revoke,
	.free	= pengine_dmabuf_free,
};
