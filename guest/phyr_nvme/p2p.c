// SPDX-License-Identifier: GPL-2.0
/* What kind of peer-to-peer a page needs. */
#include "backend.h"
#include "phyr_nvme.h"

/**
 * pnvme_p2p_kind - how does a device reach a page?
 * @dev:	the device
 * @page:	first page of a request; all of it has one provider
 * @bus_offset:	what to add to a physical address, set for PNVME_P2P_BUS
 *
 * Context: Any but interrupts.
 * Return: the kind; PNVME_P2P_REFUSED also when there is no room to find out.
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
