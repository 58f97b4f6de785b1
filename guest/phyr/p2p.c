// SPDX-License-Identifier: GPL-2.0
/* How a device reaches the memory of its peer. */
#include <linux/dma-mapping.h>
#include <linux/pci-p2pdma.h>
#include <linux/scatterlist.h>
#include <linux/swiotlb.h>

#include "internal.h"

/* May a page be mapped on trial?  One out of reach would be bounced, or warned about. */
static bool within_reach(struct device *dev, phys_addr_t addr)
{
	if (dev_dma_iommu(dev))
		return true;
	return !is_swiotlb_force_bounce(dev) &&
	       (dev->dma_range_map ||
		addr + PAGE_SIZE - 1 <= min_not_zero(*dev->dma_mask, dev->bus_dma_limit));
}

/* The scatterlist path gives the answer away, so one page is mapped and unmapped again. */
static int route_on_trial(struct device *dev, phys_addr_t addr, enum phyr_route *route, u64 *bias)
{
	const unsigned long attrs = DMA_ATTR_SKIP_CPU_SYNC;
	struct scatterlist sg;
	struct sg_table table = { .sgl = &sg, .orig_nents = 1 };
	int err;

	sg_init_table(&sg, 1);
	sg_set_page(&sg, pfn_to_page(PHYS_PFN(addr)), PAGE_SIZE, 0);
	err = dma_map_sgtable(dev, &table, DMA_BIDIRECTIONAL, attrs);
	if (err)
		return err;

	if (sg_dma_is_bus_address(&sg)) {
		*route = PHYR_ROUTE_BUS;
		*bias = sg_dma_address(&sg) - sg_phys(&sg);
	} else {
		*route = PHYR_ROUTE_HOST;
		*bias = 0;
	}
	dma_unmap_sgtable(dev, &table, DMA_BIDIRECTIONAL, attrs);
	return 0;
}

/* Does a port send what its peers say to each other up to the root complex? */
static bool redirects(struct pci_dev *port)
{
	u16 ctrl;

	if (!port->acs_cap)
		return false;
	pci_read_config_word(port, port->acs_cap + PCI_ACS_CTRL, &ctrl);
	return ctrl & (PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_EC);
}

/*
 * The lowest port that both functions are below, or the one that is above the other; NULL if they
 * meet at the root complex only.  No references: each holds its bridges.
 */
static struct pci_dev *common_port(struct pci_dev *a, struct pci_dev *b)
{
	struct pci_dev *up;

	for (; a; a = pci_upstream_bridge(a))
		for (up = b; up; up = pci_upstream_bridge(up))
			if (up == a)
				return a;
	return NULL;
}

/* Does what @from says go up to @to, itself left out, without being redirected? */
static bool straight(struct pci_dev *from, struct pci_dev *to)
{
	for (; from != to; from = pci_upstream_bridge(from))
		if (redirects(from))
			return false;
	return true;
}

/*
 * Without a page, or one in reach, there is nothing to map on trial.  Whether it is possible at
 * all the kernel tells by the distance; if so, it is on the bus unless a port on the way redirects.
 */
static int route_of_provider(struct device *dev, const struct p2pdma_provider *provider,
			     enum phyr_route *route, u64 *bias)
{
	struct pci_dev *owner, *client, *port;

	if (!provider || !dev_is_pci(dev))
		return -EREMOTEIO;
	owner = to_pci_dev(provider->owner);
	client = to_pci_dev(dev);
	if (pci_p2pdma_distance(owner, dev, false) < 0)
		return -EREMOTEIO;

	port = common_port(owner, client);
	if (port && straight(owner, port) && straight(client, port) && !redirects(port)) {
		*route = PHYR_ROUTE_BUS;
		*bias = provider->bus_offset;
	} else {
		*route = PHYR_ROUTE_HOST;
		*bias = 0;
	}
	return 0;
}

/* Whose BAR an address is in, with a reference, and how far its bus's addresses are off. */
static struct pci_dev *owner_of(phys_addr_t addr, u64 *bus_offset)
{
	struct pci_dev *pdev = NULL;
	int bar;

	for_each_pci_dev(pdev) {
		for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
			const struct resource *res = &pdev->resource[bar];

			if (resource_type(res) != IORESOURCE_MEM || addr < res->start ||
			    addr > res->end)
				continue;
			*bus_offset = pci_bus_address(pdev, bar) - res->start;
			return pdev;
		}
	}
	return NULL;
}

/**
 * phyr_p2p_page_route - find out how a page of P2P memory is reached
 * @dev:	the device that is to reach it
 * @addr:	physical address of the page
 * @route:	receives the route
 * @bias:	receives what to add to physical addresses on PHYR_ROUTE_BUS, else 0
 *
 * Context: Any but interrupts.
 * Return: 0; -EREMOTEIO if the topology does not allow it; else what dma_map_sgtable() says.
 */
int phyr_p2p_page_route(struct device *dev, phys_addr_t addr, enum phyr_route *route, u64 *bias)
{
	struct p2pdma_provider provider = { };
	struct pci_dev *owner;
	int err = -EREMOTEIO;

	if (within_reach(dev, addr))
		return route_on_trial(dev, addr, route, bias);
	owner = owner_of(addr, &provider.bus_offset);
	if (owner) {
		provider.owner = &owner->dev;
		err = route_of_provider(dev, &provider, route, bias);
		pci_dev_put(owner);
	}
	return err;
}
EXPORT_SYMBOL_GPL(phyr_p2p_page_route);

/**
 * phyr_p2p_route - find out how P2P memory is reached
 * @dev:	the device that is to reach it
 * @list:	P2P memory or MMIO
 * @addr:	an address in it
 * @route:	receives the route
 * @bias:	receives what to add to physical addresses on PHYR_ROUTE_BUS, else 0
 *
 * The kernel's own answer is not exported.
 *
 * Context: Any but interrupts.
 * Return: 0; -EREMOTEIO if the topology does not allow it, or MMIO has no known provider; with
 * struct pages, else what dma_map_sgtable() says.
 */
int phyr_p2p_route(struct device *dev, const struct phyr_list *list, phys_addr_t addr,
		   enum phyr_route *route, u64 *bias)
{
	if (phyr_mem_has_pages(list->mem))
		return phyr_p2p_page_route(dev, addr, route, bias);
	return route_of_provider(dev, list->provider, route, bias);
}
