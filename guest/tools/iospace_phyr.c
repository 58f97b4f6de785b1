// SPDX-License-Identifier: GPL-2.0
/* iospace: phyr_domain.ko. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../include/uapi/phyr_domain.h"
#include "iospace.h"

static int phyr_open(struct client *p)
{
	char path[40];

	snprintf(path, sizeof(path), "/dev/phyr_domain-%s", p->bdf);
	p->device = open(path, O_RDWR | O_CLOEXEC);
	return p->device < 0 ? errno : 0;
}

static int phyr_map(struct client *p, uint64_t iova, uint64_t addr, uint64_t len, unsigned int access)
{
	struct phyr_domain_map map = {
		.iova = iova,
		.addr = addr,
		.len = len,
		.access = (access & MAY_READ ? PHYR_DOMAIN_READ : 0) | (access & MAY_WRITE ? PHYR_DOMAIN_WRITE : 0),
		.format = p->api == &api_phyr16 ? PHYR_DOMAIN_PHYR16 : PHYR_DOMAIN_PHYR8,
	};

	if (ioctl(p->device, PHYR_DOMAIN_IOC_MAP, &map))
		return errno;
	p->chunks = map.chunks;
	p->meta_bytes = map.meta_bytes;
	return 0;
}

static int phyr_unmap(struct client *p, uint64_t iova, uint64_t len, uint64_t *unmapped)
{
	struct phyr_domain_unmap unmap = { .iova = iova, .len = len };

	if (ioctl(p->device, PHYR_DOMAIN_IOC_UNMAP, &unmap))
		return errno;
	*unmapped = unmap.unmapped;
	return 0;
}

static int phyr_reserved(struct client *p, const char *field, uint64_t iova, uint64_t addr, uint64_t len)
{
	struct phyr_domain_map map = {
		.iova = iova, .addr = addr, .len = len, .access = PHYR_DOMAIN_READ,
		.flags = !strcmp(field, "map.flags"), .reserved = !strcmp(field, "map.reserved"),
	};
	struct phyr_domain_unmap unmap = {
		.iova = iova, .len = len, .flags = !strcmp(field, "unmap.flags"),
		.reserved = !strcmp(field, "unmap.reserved"), .unmapped = !strcmp(field, "unmap.unmapped"),
	};

	if (map.flags || map.reserved)
		return ioctl(p->device, PHYR_DOMAIN_IOC_MAP, &map) ? errno : 0;
	if (unmap.flags || unmap.reserved || unmap.unmapped)
		return ioctl(p->device, PHYR_DOMAIN_IOC_UNMAP, &unmap) ? errno : 0;
	return ENOENT;
}

const struct iommu_api api_phyr8 = { "phyr8", phyr_open, phyr_map, phyr_unmap, phyr_reserved };
const struct iommu_api api_phyr16 = { "phyr16", phyr_open, phyr_map, phyr_unmap, phyr_reserved };
