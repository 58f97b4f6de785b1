// SPDX-License-Identifier: GPL-2.0
/*
 * phyr_peer: provider of P2P memory.
 *
 * Drives a device that has memory in a BAR which the host can access, too, and publishes that BAR
 * with p2pdma.  User space allocates from it by mapping /sys/bus/pci/devices/BDF/p2pmem/allocate.
 * Supported are QEMU's ivshmem-plain (BAR 2) and NVMe controllers with a persistent memory region.
 */
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/pci-p2pdma.h>
#include <linux/pci.h>

#include "peer.h"

#define IVSHMEM_VENDOR	0x1af4
#define IVSHMEM_DEVICE	0x1110
#define IVSHMEM_BAR	2

/* Get the BAR with the memory; enables the memory of an NVMe controller. */
static int phyr_peer_bar(struct pci_dev *pdev)
{
	/* With driver_override any device may be bound. */
	if (pdev->vendor == IVSHMEM_VENDOR && pdev->device == IVSHMEM_DEVICE)
		return IVSHMEM_BAR;
	if (pdev->class == PCI_CLASS_STORAGE_EXPRESS)
		return phyr_peer_enable_pmr(pdev);
	return -ENODEV;
}

static int phyr_peer_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	resource_size_t start, size;
	int bar, err;

	/* All resources are device-managed. */
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	bar = phyr_peer_bar(pdev);
	if (bar < 0) {
		pci_err(pdev, "neither an ivshmem device nor an NVMe with a persistent memory region: %d\n",
			bar);
		return bar;
	}
	start = pci_resource_start(pdev, bar);
	size = pci_resource_len(pdev, bar);
	if (!size || !IS_ALIGNED(start | size, memremap_compat_align())) {
		pci_err(pdev, "BAR %d (%pa bytes at %pa) must be a multiple of %lu KiB\n",
			bar, &size, &start, memremap_compat_align() / 1024);
		return -EINVAL;
	}
	err = pcim_request_region(pdev, bar, "phyr_peer");
	if (err)
		return err;
	err = pci_p2pdma_add_resource(pdev, bar, 0, 0);
	if (err) {
		pci_err(pdev, "cannot offer BAR %d to p2pdma: %d\n", bar, err);
		return err;
	}
	pci_p2pmem_publish(pdev, true);
	pci_info(pdev, "%pa bytes of peer-to-peer memory\n", &size);
	return 0;
}

/* No ids: bound with driver_override only. */
static struct pci_driver phyr_peer_driver = {
	.name	= "phyr_peer",
	.probe	= phyr_peer_probe,
};
module_pci_driver(phyr_peer_driver);

MODULE_DESCRIPTION("Peer-to-peer memory in the BAR of a device");
MODULE_LICENSE("GPL");
