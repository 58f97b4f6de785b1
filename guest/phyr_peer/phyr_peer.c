// SPDX-License-Identifier: GPL-2.0
/*
 * phyr_peer: the other end of a peer-to-peer transfer.
 *
 * Drives QEMU's ivshmem-plain, whose BAR 2 is plain memory that the host can read too,
 * and offers that BAR to the kernel's p2pdma: user space allocates from it by mapping
 * /sys/bus/pci/devices/BDF/p2pmem/allocate.
 */
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/pci-p2pdma.h>
#include <linux/pci.h>

#define PEER_VENDOR	0x1af4
#define PEER_DEVICE	0x1110
#define PEER_BAR	2

static int phyr_peer_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	resource_size_t start, size;
	int err;

	/* driver_override lets anybody hand us any device. */
	if (pdev->vendor != PEER_VENDOR || pdev->device != PEER_DEVICE) {
		pci_err(pdev, "not an ivshmem device\n");
		return -ENODEV;
	}
	start = pci_resource_start(pdev, PEER_BAR);
	size = pci_resource_len(pdev, PEER_BAR);
	if (!size || !IS_ALIGNED(start | size, memremap_compat_align())) {
		pci_err(pdev, "BAR %d (%pa bytes at %pa) must be a multiple of %lu KiB\n",
			PEER_BAR, &size, &start, memremap_compat_align() / 1024);
		return -EINVAL;
	}
	/* All of it is undone by the device core when the device is unbound. */
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	err = pcim_request_region(pdev, PEER_BAR, "phyr_peer");
	if (err)
		return err;
	err = pci_p2pdma_add_resource(pdev, PEER_BAR, 0, 0);
	if (err) {
		pci_err(pdev, "cannot offer BAR %d to p2pdma: %d\n", PEER_BAR, err);
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

MODULE_DESCRIPTION("Peer-to-peer memory in the BAR of an ivshmem device");
MODULE_LICENSE("GPL");
