// SPDX-License-Identifier: GPL-2.0
/*
 * phyr_peer: the other end of a peer-to-peer transfer.
 *
 * Drives a device that has plain memory in a BAR which the host can read too, and offers that BAR
 * to the kernel's p2pdma: user space allocates from it by mapping
 * /sys/bus/pci/devices/BDF/p2pmem/allocate.  Two kinds of device do: QEMU's ivshmem-plain with its
 * BAR 2, and an NVMe controller with a persistent memory region.
 */
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/pci-p2pdma.h>
#include <linux/pci.h>

#include "peer.h"

#define IVSHMEM_VENDOR	0x1af4
#define IVSHMEM_DEVICE	0x1110
#define IVSHMEM_BAR	2

/* The BAR with the memory, ready to use. */
static int phyr_peer_bar(struct pci_dev *pdev)
{
	/* driver_override lets anybody hand us any device. */
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

	/* All of it is undone by the device core when the device is unbound. */
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

/* No id: a device is ours only when its driver_override says so. */
static struct pci_driver phyr_peer_driver = {
	.name	= "phyr_peer",
	.probe	= phyr_peer_probe,
};
module_pci_driver(phyr_peer_driver);

MODULE_DESCRIPTION("Peer-to-peer memory in the BAR of a device");
MODULE_LICENSE("GPL");
