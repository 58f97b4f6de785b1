// SPDX-License-Identifier: GPL-2.0
/* Regions of dma-bufs: attached and mapped once, described to the engine as blocks. */
#include <linux/dma-buf.h>
#include <linux/iommu.h>
#include <linux/slab.h>

#include "region.h"

static int dmabuf_hold(struct region *r, const struct phyr_region_register *arg)
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

static int dmabuf_make(struct region *r, struct phyr_region_register *arg)
{
	int err = phyr_import_register(&r->import, r->dev);

	if (err)
		return err;
	r->reg = r->import.reg;
	err = region_describe(r, arg);
	if (err) {
		phyr_import_revoke(&r->import);
		return err;
	}
	arg->len = r->len;
	arg->bytes += sizeof(*r) - sizeof(r->import.list) + phyr_list_meta_bytes(&r->import.list);
	return 0;
}

static void dmabuf_drop(struct region *r)
{
	phyr_import_put(&r->import);
}

/* Where an exporter does not say what it has mapped, only the IOMMU knows. */
static phys_addr_t dmabuf_phys(struct region *r, u64 offset)
{
	if (r->import.list.len)
		return region_list_phys(&r->import.list, offset);
	return iommu_iova_to_phys(iommu_get_domain_for_dev(r->dev), region_addr(r, offset));
}

static void dmabuf_revoke(struct region *r)
{
	r->revoked = true;
	phyr_import_revoke(&r->import);
}

static void dmabuf_free(struct region *r)
{
	phyr_import_put(&r->import);
	kvfree(r->table);
}

const struct region_kind region_dmabuf = {
	.hold	= dmabuf_hold,
	.make	= dmabuf_make,
	.drop	= dmabuf_drop,
	.begin	= region_begin,
	.end	= region_end,
	.phys	= dmabuf_phys,
	.revoke	= dmabuf_revoke,
	.free	= dmabuf_free,
};
