// SPDX-License-Identifier: GPL-2.0
/* phyrctl: what the modules under test have allocated and not freed; phyr_probe.ko follows it. */
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "../include/uapi/phyr_probe.h"
#include "phyrctl.h"

bool live_do(uint32_t action)
{
	struct phyr_probe_live arg = { .action = action };
	int fd = try_node();
	bool done = fd >= 0 && !ioctl(fd, PHYR_PROBE_IOC_LIVE, &arg);

	close_node();
	return done;
}

/* Counts that are not whole are null. */
void print_live(void)
{
	static struct phyr_probe_live_site sites[PHYR_PROBE_MAX_SITES];
	struct phyr_probe_live arg = {
		.action = PHYR_PROBE_LIVE_READ,
		.sites = (uintptr_t)sites,
		.count = PHYR_PROBE_MAX_SITES,
	};
	int fd = try_node();
	bool good = fd >= 0 && !ioctl(fd, PHYR_PROBE_IOC_LIVE, &arg) && !arg.lost;

	/* The counters show the users of the module. */
	close_node();
	if (!good) {
		printf("\"allocations\":null");
		return;
	}
	printf("\"allocations\":{\"objects\":%llu,\"bytes\":%llu,\"sites\":[",
	       (unsigned long long)arg.objects, (unsigned long long)arg.bytes);
	for (uint32_t i = 0; i < arg.count; i++)
		printf("%s{\"at\":\"%.*s\",\"objects\":%llu,\"bytes\":%llu}", i ? "," : "",
		       (int)sizeof(sites[i].name), sites[i].name,
		       (unsigned long long)sites[i].objects, (unsigned long long)sites[i].bytes);
	printf("]}");
}
