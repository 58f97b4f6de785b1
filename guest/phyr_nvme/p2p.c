// SPDX-License-Identifier: GPL-2.0
/* Route to a page of P2P memory, for the backends without phyr lists. */
#include "backend.h"
#include "phyr_nvme.h"

/**
 * pnvme_p2p_kind - find the route from a device to a page
 * @dev:	the device
 * @page:	first page of a request; all of it has one provider
 * @bus_offset:	PNVME_P2P_BUS: receives the offset from physical to bus addresses
 *
 * Context: Any but interrupts.
 * Return: the route; PNVME_P2P_REFUSED also if memory is short.
 */
enum pnvme_p2p pnvme_p2p_kind(struct device *dev, struct page *page, u64 *bus_offset)
{
	enum phyr_route route;

	if (likely(!is_pci_p2pdma_page(page)))
		return PNVME_P2P_NONE;
	if (phyr_p2p_page_route(dev, page_to_phys(page), &route, bus_offset))
		return PNVME_P2P_REFUSED;
	return route == PHYR_ROUTE_BUS ? PNVME_P2P_BUS : PNVME_P2P_BRIDGE;
}
