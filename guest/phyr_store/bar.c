// SPDX-License-Identifier: GPL-2.0
/*
 * A store in the BAR of QEMU's ivshmem-plain, which is memory that the host can access, too.
 * Unlike phyr_peer, it has no struct pages: only a p2pdma provider is created.
 */
#include <linux/pci-p2pdma.h>
#include <linux/pci.h>

#include "store.h"

#define BAR_VENDOR	0x1af4
#define BAR_DEVICE	0x1110
#define BAR		2

static int phyr_store_bar_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct p2pdma_provider *provider;
	struct iosys_map map;
	struct phyr_store *store;
	void __iomem *mem;
	char name[32];
	int err;

	/* With driver_override any device may be bound. */
	if (pdev->vendor != BAR_VENDOR || pdev->device != BAR_DEVICE ||
	    !pci_resource_len(pdev, BAR)) {
		pci_err(pdev, "not an ivshmem device with memory\n");
		return -ENODEV;
	}
	/* All but the store is device-managed. */
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	err = pcim_request_region(pdev, BAR, "phyr_store");
	if (err)
		return err;
	err = pcim_p2pdma_init(pdev);
	if (err)
		return err;
	provider = pcim_p2pdma_provider(pdev, BAR);
	if (!provider)
		return -ENODEV;
	mem = pcim_iomap(pdev, BAR, 0);
	if (!mem)
		return -ENOMEM;

	iosys_map_set_vaddr_iomem(&map, mem);
	snprintf(name, sizeof(name), "phyr_bar-%s", pci_name(pdev));
	store = phyr_store_create(name, PHYR_MEM_MMIO, provider, pci_resource_start(pdev, BAR),
				  pci_resource_len(pdev, BAR), &map, &pdev->dev);
	if (IS_ERR(store))
		return PTR_ERR(store);
	pci_set_drvdata(pdev, store);
	return 0;
}

static void phyr_store_bar_remove(struct pci_dev *pdev)
{
	/* The device core frees the provider and the mapping after this. */
	phyr_store_destroy(pci_get_drvdata(pdev));
}

/* No ids: bound with driver_override only. */
struct pci_driver phyr_store_bar_driver = {
	.name	= "phyr_store",
	.probe	= phyr_store_bar_probe,
	.remove	= phyr_store_bar_remove,
};
