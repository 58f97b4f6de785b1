// SPDX-License-Identifier: GPL-2.0
/* lifetime: state of the pages of a mapping. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "lifetime.h"

/* Documentation/admin-guide/mm/pagemap.rst */
#define PRESENT		(1ULL << 63)
#define SWAPPED		(1ULL << 62)
#define FRAME		((1ULL << 55) - 1)
#define COMPOUND	(1ULL << 15 | 1ULL << 16)

/* Returns false if the kernel does not show page frames. */
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
		/* Without permission, the kernel shows frame 0. */
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
