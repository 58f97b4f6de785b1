// SPDX-License-Identifier: GPL-2.0
/* lifetime: what the kernel shows of the pages behind an address. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "lifetime.h"

/* Documentation/admin-guide/mm/pagemap.rst */
#define PRESENT		(1ULL << 63)
#define SWAPPED		(1ULL << 62)
#define FRAME		((1ULL << 55) - 1)
#define COMPOUND	(1ULL << 15 | 1ULL << 16)

/* false: the kernel does not show them. */
bool look_at(const unsigned char *mem, size_t bytes, struct pages *pages)
{
	int map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	bool seen = map >= 0 && flags >= 0;

	*pages = (struct pages){ .all = bytes / PAGE };
	for (size_t i = 0; seen && i < pages->all; i++) {
		uint64_t entry, of_frame;

		seen = pread(map, &entry, sizeof(entry), ((uintptr_t)mem / PAGE + i) * sizeof(entry)) == sizeof(entry);
		if (!seen)
			break;
		pages->swapped += !!(entry & SWAPPED);
		if (!(entry & PRESENT))
			continue;
		pages->present++;
		/* Frame 0 is what the kernel shows to those who may not know. */
		seen = entry & FRAME && pread(flags, &of_frame, sizeof(of_frame), (entry & FRAME) * sizeof(of_frame)) ==
						sizeof(of_frame);
		pages->huge += seen && of_frame & COMPOUND;
	}
	if (map >= 0)
		close(map);
	if (flags >= 0)
		close(flags);
	return seen;
}
