// SPDX-License-Identifier: GPL-2.0
/*
 * Where the memory of PCI functions is: what must be mapped as a device's, whoever lends it and
 * whether or not it has pages.
 */
#include <linux/pci.h>
#include <linux/range.h>

#include "probe.h"

#define MAX_BARS	128

static struct range bar[MAX_BARS];
static unsigned int nr_bars;

/**
 * pprobe_bars_find - find all BARs as they are now
 *
 * Context: May sleep; nobody else is here or in pprobe_in_bar().
 * Return: 0 or -E2BIG if there are more than is reckoned with.
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
 * pprobe_in_bar - is there a function's memory?
 * @phys:	physical address
 *
 * Context: Any.
 */
bool pprobe_in_bar(phys_addr_t phys)
{
	unsigned int i;

	for (i = 0; i < nr_bars; i++)
		if (phys >= bar[i].start && phys <= bar[i].end)
			return true;
	return false;
}
