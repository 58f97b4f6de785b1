// SPDX-License-Identifier: GPL-2.0
/* How a device reaches the memory of its peer. */
#include <linux/dma-mapping.h>
#include <linux/pci-p2pdma.h>
#include <linux/scatterlist.h>
#include <linux/swiotlb.h>

#include "dma.h"

/* May a page be mapped on trial?  One out of reach would be bounced, or warned about. */
static bool phyr_p2p_within_reach(struct device *dev, phys_addr_t addr)
{
	if (dev_dma_iommu(dev))
		return true;
	return !is_swiotlb_force_bounce(dev) &&
	       (dev->dma_range_map ||
		addr + PAGE_SIZE - 1 <= min_not_zero(*dev->dma_mask, dev->bus_dma_limit));
}

/* The scatterlist path gives the answer away, so one page is mapped and unmapped again. */
static int phyr_p2p_probe_page(struct device *dev, phys_addr_t addr, enum phyr_route *route,
			       u64 *bias)
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
static bool phyr_p2p_redirects(struct pci_dev *port)
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
static struct pci_dev *phyr_p2p_common_port(struct pci_dev *a, struct pci_dev *b)
{
	struct pci_dev *up;

	for (; a; a = pci_upstream_bridge(a))
		for (up = b; up; up = pci_upstream_bridge(up))
			if (up == a)
				return a;
	return NULL;
}

/* Does what @from says go up to @to, itself left out, without being redirected? */
static bool phyr_p2p_is_direct(struct pci_dev *from, struct pci_dev *to)
{
	for (; from != to; from = pci_upstream_bridge(from))
		if (phyr_p2p_redirects(from))
			return false;
	return true;
}

/*
 * Without a page, or one in reach, there is nothing to map on trial.  Whether it is possible at
 * all the kernel tells by the distance; if so, it is on the bus unless a port on the way redirects.
 */
static int phyr_p2p_provider_route(struct device *dev, const struct p2pdma_provider *provider,
				   enum phyr_route *route, u64 *bias)
{
	struct pci_dev *owner, *client, *port;

	if (!dev_is_pci(dev))
		return -EREMOTEIO;
	owner = to_pci_dev(provider->owner);
	client = to_pci_dev(dev);
	if (pci_p2pdma_distance(owner, dev, false) < 0)
		return -EREMOTEIO;

	port = phyr_p2p_common_port(owner, client);
	if (port && phyr_p2p_is_direct(owner, port) && phyr_p2p_is_direct(client, port) &&
	    !phyr_p2p_redirects(port)) {
		*route = PHYR_ROUTE_BUS;
		*bias = provider->bus_offset;
	} else {
		*route = PHYR_ROUTE_HOST;
		*bias = 0;
	}
	return 0;
}

/* The BAR that an address is in, NULL if it is in none of this function's. */
static const struct resource *phyr_p2p_bar(struct pci_dev *pdev, phys_addr_t addr, int *bar)
{
	for (*bar = 0; *bar < PCI_STD_NUM_BARS; ++*bar) {
		const struct resource *res = &pdev->resource[*bar];

		if (resource_type(res) == IORESOURCE_MEM && addr >= res->start && addr <= res->end)
			return res;
	}
	return NULL;
}

/* Whose BAR an address is in, with a reference, and how far its bus's addresses are off. */
static struct pci_dev *phyr_p2p_owner(phys_addr_t addr, u64 *bus_offset)
{
	const struct resource *res;
	struct pci_dev *pdev = NULL;
	int bar;

	for_each_pci_dev(pdev) {
		res = phyr_p2p_bar(pdev, addr, &bar);
		if (res) {
			*bus_offset = pci_bus_address(pdev, bar) - res->start;
			return pdev;
		}
	}
	return NULL;
}

/* Asks the kernel for the route to a page. */
static int phyr_p2p_find_page_route(struct device *dev, phys_addr_t addr, struct phyr_route_to *to)
{
	const struct range *range = &page_pgmap(pfn_to_page(PHYS_PFN(addr)))->range;
	struct p2pdma_provider provider = { };
	struct pci_dev *owner;
	int err = -EREMOTEIO;

	to->first = range->start;
	to->last = range->end;
	if (phyr_p2p_within_reach(dev, addr))
		return phyr_p2p_probe_page(dev, addr, &to->route, &to->bias);
	owner = phyr_p2p_owner(addr, &provider.bus_offset);
	if (owner) {
		provider.owner = &owner->dev;
		err = phyr_p2p_provider_route(dev, &provider, &to->route, &to->bias);
		pci_dev_put(owner);
	}
	return err;
}

/* The same for memory without one. */
static int phyr_p2p_find_provider_route(struct device *dev, const struct p2pdma_provider *provider,
					phys_addr_t addr, struct phyr_route_to *to)
{
	const struct resource *res;
	int bar, err = phyr_p2p_provider_route(dev, provider, &to->route, &to->bias);

	if (err)
		return err;
	res = phyr_p2p_bar(to_pci_dev(provider->owner), addr, &bar);
	to->first = res ? res->start : addr;
	to->last = res ? res->end : addr;
	return 0;
}

/**
 * phyr_p2p_page_route - find out how a page of P2P memory is reached
 * @dev:	the device that is to reach it
 * @addr:	physical address of the page
 * @route:	receives the route
 * @bias:	receives what to add to physical addresses on PHYR_ROUTE_BUS, else 0
 *
 * The kernel is asked once for each BAR.
 *
 * Context: Any but interrupts.
 * Return: 0; -EREMOTEIO if the topology does not allow it; else what dma_map_sgtable() says.
 */
int phyr_p2p_page_route(struct device *dev, phys_addr_t addr, enum phyr_route *route, u64 *bias)
{
	struct phyr_route_to to;
	int err;

	if (!phyr_route_find(dev, addr, &to)) {
		err = phyr_p2p_find_page_route(dev, addr, &to);
		if (err)
			return err;
		phyr_route_save(dev, &to);
	}
	*route = to.route;
	*bias = to.bias;
	return 0;
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
	struct phyr_route_to to;
	int err;

	if (phyr_mem_has_pages(list->mem))
		return phyr_p2p_page_route(dev, addr, route, bias);
	if (!list->provider)
		return -EREMOTEIO;
	if (!phyr_route_find(dev, addr, &to)) {
		err = phyr_p2p_find_provider_route(dev, list->provider, addr, &to);
		if (err)
			return err;
		phyr_route_save(dev, &to);
	}
	*route = to.route;
	*bias = to.bias;
	return 0;
}
