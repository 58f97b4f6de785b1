// SPDX-License-Identifier: GPL-2.0
/* iospace: iommufd, with VFIO's device node. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>

#include "iospace.h"

/* sysfs has a directory with the name of the function's device node. */
static int device_of(const char *bdf)
{
	char path[300];
	struct dirent *entry;
	DIR *dir;
	int fd = -1;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", bdf);
	dir = opendir(path);
	if (!dir)
		return -1;
	errno = ENOENT;
	while (fd < 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	closedir(dir);
	return fd;
}

static int iommufd_open(struct client *p)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };

	p->container = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (p->container < 0)
		return errno;
	p->device = device_of(p->bdf);
	bind.iommufd = p->container;
	if (p->device < 0 || ioctl(p->device, VFIO_DEVICE_BIND_IOMMUFD, &bind) ||
	    ioctl(p->container, IOMMU_IOAS_ALLOC, &alloc))
		return errno;
	p->ioas = alloc.out_ioas_id;
	attach.pt_id = p->ioas;
	if (ioctl(p->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		return errno;
	return vfio_start_device(p->device);
}

static int iommufd_map(struct client *p, uint64_t iova, uint64_t addr, uint64_t len, unsigned int access)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA |
			 (access & MAY_READ ? IOMMU_IOAS_MAP_READABLE : 0) |
			 (access & MAY_WRITE ? IOMMU_IOAS_MAP_WRITEABLE : 0),
		.ioas_id = p->ioas,
		.user_va = addr,
		.length = len,
		.iova = iova,
	};

	return ioctl(p->container, IOMMU_IOAS_MAP, &map) ? errno : 0;
}

static int iommufd_unmap(struct client *p, uint64_t iova, uint64_t len, uint64_t *unmapped)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = p->ioas, .iova = iova, .length = len,
	};

	if (ioctl(p->container, IOMMU_IOAS_UNMAP, &unmap))
		return errno;
	*unmapped = unmap.length;
	return 0;
}

const struct iommu_api api_iommufd = { "iommufd", iommufd_open, iommufd_map, iommufd_unmap, NULL };
