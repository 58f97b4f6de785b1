// SPDX-License-Identifier: GPL-2.0
/* iospace: VFIO with group and container. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "iospace.h"
#include "vfio.h"

/* Enables memory space and bus mastering. */
int vfio_start_device(int device)
{
	struct vfio_region_info config = { .argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX };
	struct vfio_region_info bar = { .argsz = sizeof(bar), .index = VFIO_PCI_BAR0_REGION_INDEX };
	uint16_t command;
	off_t at;

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config) ||
	    ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &bar))
		return errno;
	if (bar.offset)
		return EPROTO;
	at = (off_t)config.offset + PCI_COMMAND;
	if (pread(device, &command, sizeof(command), at) != sizeof(command))
		return EIO;
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	return pwrite(device, &command, sizeof(command), at) == sizeof(command) ? 0 : EIO;
}

static int type1_open(struct client *p)
{
	p->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (p->container < 0)
		return errno;
	p->group = vfio_group_of(p->bdf);
	if (p->group < 0 || ioctl(p->group, VFIO_GROUP_SET_CONTAINER, &p->container) ||
	    ioctl(p->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return errno;
	p->device = ioctl(p->group, VFIO_GROUP_GET_DEVICE_FD, p->bdf);
	return p->device < 0 ? errno : vfio_start_device(p->device);
}

static int type1_map(struct client *p, uint64_t iova, uint64_t addr, uint64_t len, unsigned int access)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = (access & MAY_READ ? VFIO_DMA_MAP_FLAG_READ : 0) |
			 (access & MAY_WRITE ? VFIO_DMA_MAP_FLAG_WRITE : 0),
		.vaddr = addr,
		.iova = iova,
		.size = len,
	};

	return ioctl(p->container, VFIO_IOMMU_MAP_DMA, &map) ? errno : 0;
}

static int type1_unmap(struct client *p, uint64_t iova, uint64_t len, uint64_t *unmapped)
{
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap), .iova = iova, .size = len };

	if (ioctl(p->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return errno;
	*unmapped = unmap.size;
	return 0;
}

const struct iommu_api api_type1 = { "type1", type1_open, type1_map, type1_unmap, NULL };
/* The same ioctls, emulated by iommufd. */
const struct iommu_api api_compat = { "compat", type1_open, type1_map, type1_unmap, NULL };
