// SPDX-License-Identifier: GPL-2.0
/* The kernel's route to P2P memory. */
#include <linux/dma-mapping.h>
#include <linux/memremap.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>

#include "probe.h"

/* Cache of the last result, which is the same for all memory of a peer and one device. */
static DEFINE_SPINLOCK(known_lock);
static const struct dev_pagemap *known_map;
static const struct device *known_dev;
static bool known_bus;

/**
 * pprobe_p2p_forget - invalidate the cache
 *
 * Context: Any.
 */
void pprobe_p2p_forget(void)
{
	unsigned long flags;

	spin_lock_irqsave(&known_lock, flags);
	known_map = NULL;
	spin_unlock_irqrestore(&known_lock, flags);
}

/* The kernel does not export the route, but dma_map_sgtable() shows it. */
static bool pprobe_p2p_ask(struct device *dev, struct page *page)
{
	const unsigned long attrs = DMA_ATTR_SKIP_CPU_SYNC;
	struct scatterlist sg;
	struct sg_table table = { .sgl = &sg, .nents = 1, .orig_nents = 1 };
	bool bus;

	sg_init_table(&sg, 1);
	sg_set_page(&sg, page, PAGE_SIZE, 0);
	if (dma_map_sgtable(dev, &table, DMA_BIDIRECTIONAL, attrs))
		return false;
	bus = sg_dma_is_bus_address(&sg);
	dma_unmap_sgtable(dev, &table, DMA_BIDIRECTIONAL, attrs);
	return bus;
}

/**
 * pprobe_p2p_is_bus - is P2P memory accessed by its bus address?
 * @dev:	the device
 * @page:	a page of the memory
 *
 * Context: Any.
 * Return: false if it is accessed through the host bridge, or not at all.
 */
bool pprobe_p2p_is_bus(struct device *dev, struct page *page)
{
	const struct dev_pagemap *map = page_pgmap(page);
	unsigned long flags;
	bool known, bus;

	spin_lock_irqsave(&known_lock, flags);
	known = known_map == map && known_dev == dev;
	bus = known_bus;
	spin_unlock_irqrestore(&known_lock, flags);
	if (known)
		return bus;

	bus = pprobe_p2p_ask(dev, page);
	spin_lock_irqsave(&known_lock, flags);
	known_map = map;
	known_dev = dev;
	known_bus = bus;
	spin_unlock_irqrestore(&known_lock, flags);
	return bus;
}
