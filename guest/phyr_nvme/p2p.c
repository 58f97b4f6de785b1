// SPDX-License-Identifier: GPL-2.0
/*
 * What kind of peer-to-peer a page needs.
 *
 * The kernel knows (pci_p2pdma_map_type()) but does not export it.  The scatterlist path
 * answers it as a side effect: so one page is mapped, looked at, and unmapped.
 */
#include "phyr_nvme.h"

/**
 * pnvme_p2p_kind - how does a device reach a page?
 * @dev:	the device
 * @page:	first page of a request; all of it has one provider
 * @bus_offset:	what to add to a physical address, set for PNVME_P2P_BUS
 *
 * Context: Any.
 * Return: the kind; PNVME_P2P_REFUSED also when there is no room to find out.
 */
enum pnvme_p2p pnvme_p2p_kind(struct device *dev, struct page *page, u64 *bus_offset)
{
	enum pnvme_p2p kind = PNVME_P2P_BRIDGE;
	struct sg_table table;
	struct scatterlist sg;

	if (likely(!is_pci_p2pdma_page(page)))
		return PNVME_P2P_NONE;

	sg_init_table(&sg, 1);
	sg_set_page(&sg, page, PAGE_SIZE, 0);
	table.sgl = &sg;
	table.nents = 1;
	table.orig_nents = 1;
	if (dma_map_sgtable(dev, &table, DMA_BIDIRECTIONAL, 0))
		return PNVME_P2P_REFUSED;
	if (sg_dma_is_bus_address(&sg)) {
		*bus_offset = sg_dma_address(&sg) - sg_phys(&sg);
		kind = PNVME_P2P_BUS;
	}
	dma_unmap_sgtable(dev, &table, DMA_BIDIRECTIONAL, 0);
	return kind;
}
