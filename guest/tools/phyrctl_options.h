/* SPDX-License-Identifier: GPL-2.0 */
/* What the commands that ask /dev/phyr_probe about memory have in common. */
#ifndef PHYRCTL_OPTIONS_H
#define PHYRCTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "../include/uapi/phyr_probe.h"

/* All the options; -1 stands for "all in turn", direction 0 for none named. The lengths are the caller's of -m, for layout list. */
struct options {
	int backend;
	int layout;
	uint32_t pages;
	uint32_t iterations;
	uint32_t direction;
	uint32_t trim;
	const char *disk;
	uint32_t nr_lengths;
	uint32_t lengths[PHYR_PROBE_MAX_LENGTHS];
};

/* Which options a command has besides -b, -l, -n, -d, -t and -m. */
#define WITH_ITERATIONS	1
#define WITH_DISK	2
#define WITH_POINTS	4	/* words follow the options */

extern const char *const backends[];
extern const char *const layouts[];
extern const char *const shapes[];
extern const char *const translators[];	/* by PHYR_PROBE_NO_IOMMU, ... */

/* Parses up to the end, or to the first word of the points; *args is left there. */
struct options parse(char ***args, int with);

int name_index(const char *const *names, const char *name);

/* A number up to max, or leaves. */
uint32_t option_number(const char *option, const char *text, uint32_t max);

/* The memory of one combination; refers to the lengths in *o. */
struct phyr_probe_memory memory_of(const struct options *o, int backend, int layout);

/* Says what errno means for it. True where that is an answer and no failure. */
bool failed(const struct options *o, const struct phyr_probe_memory *m, const char *what);

/* The beginning of a line of JSON. */
void print_memory(const char *what, const struct phyr_probe_memory *m);

/* Every combination that the options leave open; exit code 1 at the end if one failed. */
void each(const struct options *o,
	  bool (*one)(int fd, const struct options *o, int backend, int layout));

#endif /* PHYRCTL_OPTIONS_H */
