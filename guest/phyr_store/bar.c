// SPDX-License-Identifier: GPL-2.0
/*
 * A store in the BAR of QEMU's ivshmem-plain, which is plain memory that the host can read too.
 * What phyr_peer does with struct pages is done here without: the p2pdma core is asked for a
 * provider alone.
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

	/* driver_override lets anybody hand us any device. */
	if (pdev->vendor != BAR_VENDOR || pdev->device != BAR_DEVICE ||
	    !pci_resource_len(pdev, BAR)) {
		pci_err(pdev, "not an ivshmem device with memory\n");
		return -ENODEV;
	}
	/* But for the store, all of it is undone by the device core when the device is unbound. */
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
	/* The provider and the mapping go after this, so nobody may use them any more. */
	phyr_store_destroy(pci_get_drvdata(pdev));
}

/* No id: a device is ours only when its driver_override says so. */
struct pci_driver phyr_store_bar_driver = {
	.name	= "phyr_store",
	.probe	= phyr_store_bar_probe,
	.remove	= phyr_store_bar_remove,
};
