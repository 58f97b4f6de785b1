// SPDX-License-Identifier: GPL-2.0
/*
 * Memory BARs of all PCI functions.  Memory in a BAR must be mapped as MMIO, with or without struct
 * pages.
 */
#include <linux/pci.h>
#include <linux/range.h>

#include "probe.h"

#define MAX_BARS	128

static struct range bar[MAX_BARS];
static unsigned int nr_bars;

/**
 * pprobe_bars_find - record all BARs
 *
 * Context: May sleep; not concurrently with itself or with pprobe_in_bar().
 * Return: 0; -E2BIG if there are more than MAX_BARS.
 */
int pprobe_bars_find(void)
{
	struct pci_dev *pdev = NULL;
	int i;

	nr_bars = 0;
	for_each_pci_dev(pdev) {
		for (i = 0; i < PCI_STD_NUM_BARS; i++) {
			const struct resource *res = pci_resource_n(pdev, i);

			if (!(res->flags & IORESOURCE_MEM) || res->flags & IORESOURCE_UNSET ||
			    !resource_size(res))
				continue;
			if (nr_bars == MAX_BARS) {
				pci_dev_put(pdev);
				return -E2BIG;
			}
			bar[nr_bars++] = (struct range){ .start = res->start, .end = res->end };
		}
	}
	return 0;
}

/**
 * pprobe_in_bar - is a physical address in a BAR?
 * @phys:	physical address
 *
 * Context: Any.
 * Return: true if it is in a BAR that pprobe_bars_find() has recorded.
 */
bool pprobe_in_bar(phys_addr_t phys)
{
	unsigned int i;

	for (i = 0; i < nr_bars; i++)
		if (phys >= bar[i].start && phys <= bar[i].end)
			return true;
	return false;
}
