// SPDX-License-Identifier: GPL-2.0
/* How a device reaches the memory of its peer. */
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

#include "internal.h"

/**
 * phyr_p2p_route - ask the kernel how P2P memory is reached
 * @dev:	the device that is to reach it
 * @addr:	an address in P2P memory that has struct pages
 * @route:	receives the route
 * @bias:	receives what to add to physical addresses on PHYR_ROUTE_BUS, else 0
 *
 * The kernel's own answer is not exported; its scatterlist path gives it away, so one page is
 * mapped and unmapped again.
 *
 * Context: Any.
 * Return: 0; -EREMOTEIO if the topology does not allow it; else what dma_map_sgtable() says.
 */
int phyr_p2p_route(struct device *dev, phys_addr_t addr, enum phyr_route *route, u64 *bias)
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
