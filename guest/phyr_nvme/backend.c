// SPDX-License-Identifier: GPL-2.0
/* Code common to all backends: reserve the data pointer, map, unmap. */
#include <linux/iommu.h>
#include <linux/string.h>
#include <linux/swiotlb.h>

#include "dptr.h"

const struct pnvme_backend *const pnvme_backends[PNVME_NR_BACKENDS] = {
	&pnvme_backend_sg,
	&pnvme_backend_iter,
	&pnvme_backend_iova,
	&pnvme_backend_phyr16,
	&pnvme_backend_phyr8,
};

/**
 * pnvme_backend_find - look a backend up
 * @name:	its name, a newline after it is ignored
 *
 * Return: the backend or NULL.
 */
const struct pnvme_backend *pnvme_backend_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pnvme_backends); i++)
		if (sysfs_streq(name, pnvme_backends[i]->name))
			return pnvme_backends[i];
	return NULL;
}

/**
 * pnvme_backend_use - map requests with this backend from now on
 * @ctrl:	the controller; its counters exist, nothing is mapped
 * @backend:	an entry of pnvme_backends[]
 */
void pnvme_backend_use(struct pnvme_ctrl *ctrl, const struct pnvme_backend *backend)
{
	unsigned int i = 0;

	while (pnvme_backends[i] != backend)
		i++;
	WRITE_ONCE(ctrl->backend, backend);
	ctrl->map_stats = ctrl->stats->map[i];
}

/* Is this address in a bounce buffer?  Called only after the device has used one. */
static bool pnvme_is_bounced(struct device *dev, dma_addr_t addr)
{
#ifdef CONFIG_SWIOTLB
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	const struct io_tlb_mem *mem = dev->dma_io_tlb_mem;
	phys_addr_t phys = domain ? iommu_iova_to_phys(domain, addr) : addr;

	return mem && phys >= mem->defpool.start && phys < mem->defpool.end;
#else
	return false;
#endif
}

static void pnvme_count_bounces(struct pnvme_ctrl *ctrl, const struct pnvme_dptr *dptr)
{
	const __le64 *entry;
	bool bounced;
	u32 i;

	if (dptr->sgl) {
		bounced = false;
		for (i = 0; i < dptr->pieces && !bounced; i++)
			bounced = pnvme_is_bounced(ctrl->dev, le64_to_cpu(dptr->desc[i].addr));
	} else {
		bounced = pnvme_is_bounced(ctrl->dev, dptr->first);
		for (entry = dptr->list; entry < dptr->slot && !bounced; entry++)
			bounced = pnvme_is_bounced(ctrl->dev, le64_to_cpu(*entry));
	}
	pnvme_count_map(ctrl, PNVME_MAP_BOUNCED, bounced);
}

static void pnvme_count_mapped(struct pnvme_ctrl *ctrl, struct pnvme_iod *iod,
			       const struct pnvme_dptr *dptr, u32 bytes)
{
	u64 __percpu *stats = ctrl->map_stats;	/* read once */
	unsigned int shape = dptr->shape;

	if (shape == PHYR_SHAPE_NONE)
		shape = dptr->pieces == 1 ? PHYR_SHAPE_SINGLE : PHYR_SHAPE_ARRAY;
	this_cpu_inc(stats[PNVME_MAP_SAME + shape - PHYR_SHAPE_SAME]);
	this_cpu_add(stats[PNVME_MAP_BYTES], bytes);
	this_cpu_add(stats[PNVME_MAP_PIECES], dptr->pieces);
	if (unlikely(iod->list_page))
		pnvme_count(ctrl, PNVME_STAT_LIST_PAGES, 1);
	if (unlikely(dptr->sgl))
		pnvme_count(ctrl, PNVME_STAT_SGLS, 1);
	if (unlikely(dma_dev_need_sync(ctrl->dev)))
		pnvme_count_bounces(ctrl, dptr);
}

static void pnvme_do_unmap(struct pnvme_ctrl *ctrl, struct request *rq, struct pnvme_iod *iod)
{
	iod->flags &= ~PNVME_IOD_MAPPED;
	ctrl->backend->unmap(ctrl, rq, iod);
}

/**
 * pnvme_map - map the data of a read or write and complete its command
 * @ctrl:	the controller
 * @rq:		the request; its queue is set, the rest of its command is there
 *
 * Context: No sleeping.
 * Return: BLK_STS_OK; BLK_STS_RESOURCE to try again later; BLK_STS_INVAL when the device
 * cannot reach the memory; BLK_STS_IOERR.  After an error nothing is mapped or reserved.
 */
blk_status_t pnvme_map(struct pnvme_ctrl *ctrl, struct request *rq)
{
	struct pnvme_iod *iod = blk_mq_rq_to_pdu(rq);
	u32 bytes = blk_rq_bytes(rq);
	struct pnvme_dptr dptr __uninitialized;	/* pnvme_dptr_begin() does what is needed */
	blk_status_t st;

	if (unlikely(!pnvme_dptr_begin(&dptr, ctrl, iod, rq->tag, bytes,
				       pnvme_sgl_segs(ctrl, rq->nr_phys_segments)))) {
		st = BLK_STS_RESOURCE;
		goto count_error;
	}
	st = ctrl->backend->map(ctrl, rq, iod, &dptr);
	if (unlikely(st))
		goto free_list;
	iod->flags |= PNVME_IOD_MAPPED;

	if (unlikely(!pnvme_dptr_end(&dptr))) {
		dev_err_ratelimited(ctrl->dev, "%s: pieces that the command cannot express\n",
				    ctrl->backend->name);
		pnvme_do_unmap(ctrl, rq, iod);
		st = BLK_STS_IOERR;
		goto free_list;
	}
	pnvme_count_mapped(ctrl, iod, &dptr, bytes);

	return BLK_STS_OK;

free_list:
	pnvme_dptr_free(ctrl, iod);
count_error:
	if (st == BLK_STS_RESOURCE)
		pnvme_count(ctrl, PNVME_STAT_BUSY, 1);
	else
		pnvme_count(ctrl, PNVME_STAT_REFUSED, 1);
	return st;
}

/**
 * pnvme_unmap - undo pnvme_map(), if it was done
 * @rq:	the request; the device is done with it
 *
 * Context: Any.
 */
void pnvme_unmap(struct request *rq)
{
	struct pnvme_iod *iod = blk_mq_rq_to_pdu(rq);
	struct pnvme_ctrl *ctrl = iod->q->ctrl;

	if (iod->flags & PNVME_IOD_MAPPED)
		pnvme_do_unmap(ctrl, rq, iod);
	pnvme_dptr_free(ctrl, iod);
}
