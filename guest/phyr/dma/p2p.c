// SPDX-License-Identifier: GPL-2.0
/* Route from a device to the memory of a peer. */
#include <linux/dma-mapping.h>
#include <linux/pci-p2pdma.h>
#include <linux/scatterlist.h>
#include <linux/swiotlb.h>

#include "dma.h"

/* Can a page be mapped to find its route?  Out of reach, it would be bounced or cause a warning. */
static bool phyr_p2p_within_reach(struct device *dev, phys_addr_t addr)
{
	if (dev_dma_iommu(dev))
		return true;
	return !is_swiotlb_force_bounce(dev) &&
	       (dev->dma_range_map ||
		addr + PAGE_SIZE - 1 <= min_not_zero(*dev->dma_mask, dev->bus_dma_limit));
}

/* Map one page with dma_map_sgtable(), which tells the route, and unmap it. */
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

/* Does ACS on a port redirect P2P traffic to the root complex? */
static bool phyr_p2p_redirects(struct pci_dev *port)
{
	u16 ctrl;

	if (!port->acs_cap)
		return false;
	pci_read_config_word(port, port->acs_cap + PCI_ACS_CTRL, &ctrl);
	return ctrl & (PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_EC);
}

/*
 * Lowest common upstream port of two functions; one of the two if it is above the other; NULL if
 * they have only the root complex in common.  Takes no reference: a function holds its bridges.
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

/* Is traffic from @from up to @to, @to excluded, not redirected by any port? */
static bool phyr_p2p_is_direct(struct pci_dev *from, struct pci_dev *to)
{
	for (; from != to; from = pci_upstream_bridge(from))
		if (phyr_p2p_redirects(from))
			return false;
	return true;
}

/*
 * Find the route without mapping a page.  pci_p2pdma_distance() tells whether P2P is possible.  If
 * so, it is by bus address unless a port on the path redirects.
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

/* Find the BAR of a function that contains an address; NULL if none does. */
static const struct resource *phyr_p2p_bar(struct pci_dev *pdev, phys_addr_t addr, int *bar)
{
	for (*bar = 0; *bar < PCI_STD_NUM_BARS; ++*bar) {
		const struct resource *res = &pdev->resource[*bar];

		if (resource_type(res) == IORESOURCE_MEM && addr >= res->start && addr <= res->end)
			return res;
	}
	return NULL;
}

/* Find the function with that address in a BAR.  Returns it with a reference. */
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

/* Find the route to a page of P2P memory, and the range that has the same route. */
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

/* The same for MMIO without struct pages. */
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
 * phyr_p2p_page_route - find the route to a page of P2P memory
 * @dev:	the device that accesses it
 * @addr:	physical address of the page
 * @route:	receives the route
 * @bias:	PHYR_ROUTE_BUS: receives the offset from physical to bus addresses; else 0
 *
 * The result is cached for each BAR.
 *
 * Context: Any but interrupts.
 * Return: 0; -EREMOTEIO if the topology does not allow P2P; another error of dma_map_sgtable().
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
 * phyr_p2p_route - find the route to P2P memory or MMIO
 * @dev:	the device that accesses it
 * @list:	P2P memory or MMIO
 * @addr:	an address in it
 * @route:	receives the route
 * @bias:	PHYR_ROUTE_BUS: receives the offset from physical to bus addresses; else 0
 *
 * The kernel has this information, too, but does not export it (pci_p2pdma_map_type()).
 *
 * Context: Any but interrupts.
 * Return: 0; -EREMOTEIO if the topology does not allow P2P or MMIO has no provider; for memory with
 * struct pages also another error of dma_map_sgtable().
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
