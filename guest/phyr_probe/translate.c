// SPDX-License-Identifier: GPL-2.0
/*
 * Check that every mapped page translates to the right physical address, and no page after unmap.
 * The layout is known and iommu_iova_to_phys() gives the translation, so no information of the
 * mapping code is trusted.
 */
#include <linux/iommu.h>
#include <linux/sched.h>
#include <linux/swiotlb.h>

#include "probe.h"

/**
 * pprobe_domain_kind - kind of translation of a device's DMA addresses
 * @domain: the device's domain, or NULL
 *
 * Return: PHYR_PROBE_NO_IOMMU, PHYR_PROBE_IDENTITY or PHYR_PROBE_DMA_DOMAIN.
 */
u32 pprobe_domain_kind(const struct iommu_domain *domain)
{
	if (!domain)
		return PHYR_PROBE_NO_IOMMU;
	return domain->type == IOMMU_DOMAIN_IDENTITY ? PHYR_PROBE_IDENTITY : PHYR_PROBE_DMA_DOMAIN;
}

/**
 * pprobe_to_phys - translate a DMA address
 * @domain:	the device's domain, or NULL
 * @addr:	DMA address
 *
 * Return: physical address; 0 if it is not mapped.
 */
phys_addr_t pprobe_to_phys(struct iommu_domain *domain, dma_addr_t addr)
{
	return domain ? iommu_iova_to_phys(domain, addr) : addr;
}

/**
 * pprobe_bounced_right - is an address in a valid bounce buffer of some data?
 * @dev:	the device
 * @got:	physical address that the DMA address translates to
 * @want:	physical address of the data
 * @len:	bytes, within a page
 * @content:	also compare the content: the data goes to the device
 *
 * Context: Any.
 * Return: true if @got is in a bounce buffer, with the same offset in its page and, with @content,
 * the same content.
 */
bool pprobe_bounced_right(struct device *dev, phys_addr_t got, phys_addr_t want, u32 len,
			  bool content)
{
#ifdef CONFIG_SWIOTLB
	const struct io_tlb_mem *mem = dev->dma_io_tlb_mem;

	if (!mem || got < mem->defpool.start || got >= mem->defpool.end)
		return false;
	if (!pfn_valid(PHYS_PFN(want)))	/* not in the linear map: never bounced */
		return false;
	return offset_in_page(got) == offset_in_page(want) &&
	       (!content || !memcmp(phys_to_virt(got), phys_to_virt(want), len));
#else
	return false;
#endif
}

static void pprobe_check_page(struct pprobe_mapping *m, struct iommu_domain *domain, dma_addr_t dma,
			      phys_addr_t want, u64 len, struct phyr_probe_translate *arg)
{
	phys_addr_t head = pprobe_to_phys(domain, dma);
	phys_addr_t tail = pprobe_to_phys(domain, dma + len - 1);

	arg->checked++;
	if (head == want && tail == want + len - 1)
		return;
	if (tail == head + len - 1 &&
	    pprobe_bounced_right(m->dev, head, want, len, m->dir == DMA_TO_DEVICE)) {
		arg->bounced++;
		return;
	}
	if (!arg->wrong++) {
		arg->first_iova = dma;
		arg->first_want = want;
		arg->first_got = head;
	}
}

/* Check all pages in the order of the data.  Returns the number of PRPs that are expected. */
static u32 pprobe_check_pages(struct pprobe_mapping *m, struct iommu_domain *domain,
			      struct phyr_probe_translate *arg)
{
	u32 i, at = 0;

	for (i = 0; i < m->mem->nr_chunks; i++) {
		phys_addr_t want = m->mem->chunk[i].paddr;
		u64 left = m->mem->chunk[i].len;

		while (left) {
			u64 len = min_t(u64, left, PAGE_SIZE - offset_in_page(want));

			if (at < m->nr_prp)
				pprobe_check_page(m, domain, m->prp[at], want, len, arg);
			at++;
			want += len;
			left -= len;
		}
		cond_resched();
	}
	return at;
}

static void pprobe_check_unmapped(struct pprobe_mapping *m, struct iommu_domain *domain, u32 pages,
				  struct phyr_probe_translate *arg)
{
	u32 i;

	for (i = 0; i < min(pages, m->nr_prp); i++) {
		phys_addr_t got = iommu_iova_to_phys(domain, m->prp[i]);

		if (!got)
			continue;
		if (!arg->stale++ && !arg->wrong) {
			arg->first_iova = m->prp[i];
			arg->first_want = 0;
			arg->first_got = got;
		}
	}
}

/**
 * pprobe_translate - check a backend on a layout
 * @dev:	the device
 * @arg:	the request, from and to user space, checked
 *
 * Context: May sleep.
 * Return: 0 if it was checked, with the findings in @arg; -ENOMEM; an error of the mapping.
 */
int pprobe_translate(struct device *dev, struct phyr_probe_translate *arg)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	bool prot_seen = false, made;
	enum dma_data_direction dir;
	struct pprobe_memory mem;
	struct pprobe_mapping m;
	u32 pages;
	int err;

	err = pprobe_memory_alloc(&mem, &arg->memory, true);
	if (err)
		return err;
	arg->by = pprobe_domain_kind(domain);
	dir = arg->memory.direction == PHYR_PROBE_TO_DEVICE ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
	/* Before init: a registration is mapped there. */
	if (arg->by == PHYR_PROBE_DMA_DOMAIN)
		prot_seen = !pprobe_prot_start(domain, dir);
	err = pprobe_mapping_init(&m, dev, &mem, arg->memory.backend, arg->memory.direction);
	made = !err;
	if (!err)
		err = m.ops->build(&m);
	if (!err)
		err = m.ops->map(&m);
	if (prot_seen)
		pprobe_prot_stop(&arg->prot_checked, &arg->prot_wrong);
	if (err)
		goto out;

	arg->shape = m.map.shape;
	(m.ops->resolve ?: m.ops->consume)(&m);
	pages = pprobe_check_pages(&m, domain, arg);
	arg->missing = abs_diff(pages, m.nr_prp);

	m.ops->unmap(&m);
	pprobe_mapping_release(&m);
	if (arg->by == PHYR_PROBE_DMA_DOMAIN)
		pprobe_check_unmapped(&m, domain, pages, arg);

out:
	if (made)
		pprobe_mapping_exit(&m);
	pprobe_memory_free(&mem);
	return err;
}
