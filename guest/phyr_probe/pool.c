// SPDX-License-Identifier: GPL-2.0
/*
 * Leave a pattern in all free bounce buffers.  A fresh pool is all zeros, which would hide that a
 * device or a process gets to see data of others.
 */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>

#include "probe.h"

#define PATTERN		0x6b

#ifdef CONFIG_SWIOTLB
/* Is this page bounced for the device? */
static bool pprobe_pool_bounces(struct device *dev, struct page *page)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	const struct io_tlb_mem *mem = dev->dma_io_tlb_mem;

	if (!mem || !mem->defpool.nslabs || pprobe_domain_kind(domain) == PHYR_PROBE_DMA_DOMAIN)
		return false;
	return mem->force_bounce || page_to_phys(page) > dma_get_mask(dev);
}

/* Map the page until no buffer is left: each mapping copies it to another one.  Then unmap all. */
static int pprobe_pool_fill(struct device *dev, struct page *page, u64 *bytes)
{
	unsigned long most = dev->dma_io_tlb_mem->defpool.nslabs / (PAGE_SIZE >> IO_TLB_SHIFT);
	unsigned long n = 0;
	dma_addr_t *addr;

	addr = kvmalloc_array(most, sizeof(*addr), GFP_KERNEL_ACCOUNT);
	if (!addr)
		return -ENOMEM;
	memset(page_address(page), PATTERN, PAGE_SIZE);
	for (; n < most; n++) {
		addr[n] = dma_map_phys(dev, page_to_phys(page), PAGE_SIZE, DMA_TO_DEVICE,
				       DMA_ATTR_NO_WARN);
		if (dma_mapping_error(dev, addr[n]))
			break;
	}
	*bytes = (u64)n * PAGE_SIZE;
	while (n--)
		dma_unmap_phys(dev, addr[n], PAGE_SIZE, DMA_TO_DEVICE, 0);
	kvfree(addr);
	return 0;
}
#else
static bool pprobe_pool_bounces(struct device *dev, struct page *page)
{
	return false;
}

static int pprobe_pool_fill(struct device *dev, struct page *page, u64 *bytes)
{
	return 0;
}
#endif

/**
 * pprobe_pool_soil - leave a pattern in all free bounce buffers, if the device uses any
 * @arg: the request, from and to user space
 *
 * Context: May sleep; for its time other DMA that needs a bounce buffer may fail.
 * Return: 0; -EINVAL; -ENODEV if there is no such device; -ENOMEM.
 */
int pprobe_pool_soil(struct phyr_probe_soil *arg)
{
	struct pci_dev *pdev;
	struct page *page;
	int err = -ENOMEM;

	if (arg->bytes)
		return -EINVAL;
	pdev = pci_get_domain_bus_and_slot(arg->segment, arg->devfn >> 8, arg->devfn & 0xff);
	if (!pdev)
		return -ENODEV;
	page = alloc_page(GFP_KERNEL_ACCOUNT);
	if (page) {
		err = pprobe_pool_bounces(&pdev->dev, page) ?
		      pprobe_pool_fill(&pdev->dev, page, &arg->bytes) : 0;
		__free_page(page);
	}
	pci_dev_put(pdev);
	return err;
}
