// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vfio.h"

int vfio_group_of(const char *bdf)
{
	char path[160], target[128], *name;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -1;
	target[len] = 0;
	name = strrchr(target, '/');
	snprintf(path, sizeof(path), "/dev/vfio/%s", name ? name + 1 : target);
	return open(path, O_RDWR | O_CLOEXEC);
}
