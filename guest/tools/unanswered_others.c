// SPDX-License-Identifier: GPL-2.0
/* unanswered: use of a region or mapping by others before its ioctl has returned, and effects on theirs if it fails. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unanswered.h"

#define KEYS	16	/* keys to try: there are no other users */

/* Locked memory of the process, in KiB. */
static long locked(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	long kib = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmLck: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

/* Number of keys that another user can use and deregister. */
static int usable(int fd)
{
	int nr = 0;

	for (uint32_t key = 1; key <= KEYS; key++) {
		struct phyr_region_use use = { .key = key, .op = PHYR_REGION_FIND };

		nr += !ioctl(fd, PHYR_REGION_IOC_USE, &use) || errno != ENOENT;
	}
	return nr;
}

static int returnable(int fd)
{
	int nr = 0;

	for (uint32_t key = 1; key <= KEYS; key++) {
		struct phyr_region_deregister back = { .key = key };

		nr += !ioctl(fd, PHYR_REGION_IOC_DEREGISTER, &back) || errno != ENOENT;
	}
	return nr;
}

/* Guesses keys. */
static void others_regions(const struct node *node)
{
	int stranger = node_open(node), found, taken, err;
	struct asking *asking = ask(node, IN_ANSWER);

	found = usable(stranger);
	taken = returnable(node->fd);
	refuse(asking);
	err = asked(asking);
	printf("{\"others\":{\"usable\":%d,\"returnable\":%d,\"errno\":\"%s\",\"left\":%d,\"locked_kib\":%ld}}\n", found,
	       taken, name_of(err), usable(stranger), locked());
	close(stranger);
}

static uint64_t unmap(int fd)
{
	struct phyr_domain_unmap arg = { .iova = IOVA, .len = PAGE };

	return ioctl(fd, PHYR_DOMAIN_IOC_UNMAP, &arg) ? UINT64_MAX : arg.unmapped;
}

/* Another thread unmaps the same address and maps other memory there. */
static void others_mappings(const struct node *node)
{
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct phyr_domain_map theirs = {
		.iova = IOVA,
		.addr = (uintptr_t)memory,
		.len = PAGE,
		.access = PHYR_DOMAIN_READ,
	};
	struct asking *asking = ask(node, IN_ANSWER);
	unsigned long long kept;
	int err, mapped;

	unmap(node->fd);
	mapped = ioctl(node->fd, PHYR_DOMAIN_IOC_MAP, &theirs) ? errno : 0;
	refuse(asking);
	err = asked(asking);
	kept = unmap(node->fd);
	printf("{\"others\":{\"map\":\"%s\",\"errno\":\"%s\",\"kept\":%llu,\"locked_kib\":%ld}}\n", name_of(mapped),
	       name_of(err), kept, locked());
}

void others(const struct node *node)
{
	if (node->is_domain)
		others_mappings(node);
	else
		others_regions(node);
}
