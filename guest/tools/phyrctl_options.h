/* SPDX-License-Identifier: GPL-2.0 */
/* Common to the commands that use /dev/phyr_probe. */
#ifndef PHYRCTL_OPTIONS_H
#define PHYRCTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "../include/uapi/phyr_probe.h"

/* All options; -1: all in turn; direction 0: not given. @lengths is from -m, for layout list. */
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

/* Options of a command besides -b, -l, -n, -d, -t and -m. */
#define WITH_ITERATIONS	1
#define WITH_DISK	2
#define WITH_POINTS	4	/* points follow the options */

extern const char *const backends[];
extern const char *const layouts[];
extern const char *const shapes[];
extern const char *const translators[];	/* by PHYR_PROBE_NO_IOMMU, ... */

/* Parses the options; *args is then at the first point, or at the end. */
struct options parse(char ***args, int with);

int name_index(const char *const *names, const char *name);

/* Parses a PCI address; fails the command if it is none. */
void parse_device(const char *bdf, uint32_t *segment, uint32_t *devfn);

/* Parses a number up to max; fails the command if it is none. */
uint32_t option_number(const char *option, const char *text, uint32_t max);

/* The memory of one combination; points into *o. */
struct phyr_probe_memory memory_of(const struct options *o, int backend, int layout);

/* Prints errno of an ioctl; returns true if it is a result and not a failure. */
bool failed(const struct options *o, const struct phyr_probe_memory *m, const char *what);

/* Prints the start of a line of JSON. */
void print_memory(const char *what, const struct phyr_probe_memory *m);

/* Runs all combinations that the options allow; exit code 1 at the end if one failed. */
void each(const struct options *o,
	  bool (*one)(int fd, const struct options *o, int backend, int layout));

#endif /* PHYRCTL_OPTIONS_H */
