// SPDX-License-Identifier: GPL-2.0
/* iospace: queries of phyr_probe.ko and of the kernel's counters. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../include/uapi/phyr_probe.h"
#include "iospace.h"

static int node(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/phyr_probe", O_RDWR | O_CLOEXEC);
	return fd;
}

int probe_follow(const struct client *p, uint64_t iova, uint64_t *phys, uint32_t pages)
{
	struct phyr_probe_follow_domain arg = {
		.segment = p->segment, .devfn = p->devfn, .iova = iova, .buffer = (uintptr_t)phys, .count = pages,
	};

	return ioctl(node(), PHYR_PROBE_IOC_FOLLOW_DOMAIN, &arg) ? errno : 0;
}

int probe_calls_start(const struct client *p)
{
	struct phyr_probe_calls arg = {
		.segment = p->segment, .devfn = p->devfn, .action = PHYR_PROBE_CALLS_START,
	};

	return ioctl(node(), PHYR_PROBE_IOC_CALLS, &arg) ? errno : 0;
}

int probe_calls_read(uint64_t *maps, uint64_t *unmaps)
{
	struct phyr_probe_calls arg = { .action = PHYR_PROBE_CALLS_READ };

	if (ioctl(node(), PHYR_PROBE_IOC_CALLS, &arg))
		return errno;
	*maps = arg.maps;
	*unmaps = arg.unmaps;
	return 0;
}

void probe_calls_stop(void)
{
	struct phyr_probe_calls arg = { .action = PHYR_PROBE_CALLS_STOP };

	/* It is no error if counting was not active. */
	if (ioctl(node(), PHYR_PROBE_IOC_CALLS, &arg))
		errno = 0;
}

/* Pages of all I/O page tables; -1 if the kernel does not report them. */
long table_pages(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_WRONLY | O_CLOEXEC);
	char name[64];
	long pages = -1, value;
	FILE *f;

	if (fd >= 0) {
		if (write(fd, "1", 1) != 1)
			errno = 0;
		close(fd);
	}
	f = fopen("/proc/vmstat", "re");
	while (f && fscanf(f, "%63s %ld", name, &value) == 2)
		if (!strcmp(name, "nr_iommu_pages"))
			pages = value;
	if (f)
		fclose(f);
	return pages;
}

