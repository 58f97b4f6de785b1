// SPDX-License-Identifier: GPL-2.0
/* The BAR of an ivshmem device bound to vfio-pci: mapping, dma-buf and revocation. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "shared.h"
#include "vfio.h"

#define BAR	VFIO_PCI_BAR2_REGION_INDEX

/* In the kernel's header since 6.19; the installed header may be older. */
#define FEATURE_DMA_BUF	11

struct dma_buf_request {
	uint32_t argsz, flags;	/* struct vfio_device_feature ... */
	uint32_t region_index, open_flags, reserved, nr_ranges;	/* ... vfio_device_feature_dma_buf ... */
	struct phyr_store_range range[];	/* ... vfio_region_dma_range */
};

bool vfio_named(const char *source)
{
	return !strncmp(source, "vfio:", 5);
}

/* Shared by all threads, as a group can be opened only once; closed when the process exits. */
int vfio_device(const char *source)
{
	static int device = -1;
	int container, group;

	if (device >= 0)
		return device;
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	group = container < 0 ? -1 : vfio_group_of(source + 5);
	if (group < 0 || ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -1;
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, source + 5);
	if (device >= 0 && vfio_memory(device, true))
		device = -1;
	return device;
}

static uint64_t region(int device, unsigned int index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	return ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info) ? 0 : info.offset;
}

uint64_t vfio_bar(int device)
{
	return region(device, BAR);
}

/* Sets or clears memory decoding; clearing it revokes the dma-bufs of the BARs. */
int vfio_memory(int device, bool on)
{
	off_t at = region(device, VFIO_PCI_CONFIG_REGION_INDEX) + PCI_COMMAND;
	uint16_t command;

	if (pread(device, &command, sizeof(command), at) != sizeof(command))
		return -1;
	command = on ? command | PCI_COMMAND_MEMORY : command & ~PCI_COMMAND_MEMORY;
	return pwrite(device, &command, sizeof(command), at) == sizeof(command) ? 0 : -1;
}

int vfio_dmabuf(int device, const struct phyr_store_range *range, unsigned int nr)
{
	size_t size = sizeof(struct dma_buf_request) + nr * sizeof(*range);
	struct dma_buf_request *request = calloc(1, size);
	int fd;

	if (!request)
		return -1;
	request->argsz = size;
	request->flags = VFIO_DEVICE_FEATURE_GET | FEATURE_DMA_BUF;
	request->region_index = BAR;
	request->open_flags = O_RDWR | O_CLOEXEC;
	request->nr_ranges = nr;
	memcpy(request->range, range, nr * sizeof(*range));
	fd = ioctl(device, VFIO_DEVICE_FEATURE, request);
	free(request);
	return fd;
}
