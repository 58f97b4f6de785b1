// SPDX-License-Identifier: GPL-2.0
/* phyrctl: cost of mapping and of I/O. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "phyrctl.h"
#include "phyrctl_options.h"

static void print_cost(const char *name, const struct phyr_probe_cost *cost)
{
	printf(",\"%s\":{\"min\":%llu,\"median\":%llu}", name,
	       (unsigned long long)cost->min, (unsigned long long)cost->median);
}

static bool map_cost(int fd, const struct options *o, int backend, int layout)
{
	struct phyr_probe_map_cost arg = {
		.memory = memory_of(o, backend, layout),
		.iterations = o->iterations,
	};

	if (ioctl(fd, PHYR_PROBE_IOC_MAP_COST, &arg))
		return failed(o, &arg.memory, "map-cost");
	print_memory("map_cost", &arg.memory);
	printf(",\"iterations\":%u", arg.iterations);
	print_cost("build", &arg.build);
	print_cost("map", &arg.map);
	print_cost("consume", &arg.consume);
	print_cost("unmap", &arg.unmap);
	printf(",\"overhead\":%llu,\"shape\":\"%s\",\"ranges\":%u,\"chunks\":%llu,\"meta_bytes\":%llu}}\n",
	       (unsigned long long)arg.overhead, shapes[arg.shape & 3], arg.ranges,
	       (unsigned long long)arg.chunks, (unsigned long long)arg.meta_bytes);
	return true;
}

/* Counts events. Afterwards this file handle can no longer measure costs. */
static bool map_counts(int fd, const struct options *o, int backend, int layout)
{
	struct phyr_probe_map_cost arg = {
		.memory = memory_of(o, backend, layout),
		.iterations = 1,
		.count = 1,
	};

	if (ioctl(fd, PHYR_PROBE_IOC_MAP_COST, &arg))
		return failed(o, &arg.memory, "map-counts");
	print_memory("map_counts", &arg.memory);
	if (arg.counted & PHYR_PROBE_COUNTED_ALLOCS)
		printf(",\"allocs\":%llu,\"alloc_bytes\":%llu",
		       (unsigned long long)arg.allocs, (unsigned long long)arg.alloc_bytes);
	if (arg.counted & PHYR_PROBE_COUNTED_FLUSHES)
		printf(",\"flushes\":%llu", (unsigned long long)arg.flushes);
	if (arg.counted & PHYR_PROBE_COUNTED_BOUNCES)
		printf(",\"bounces\":%llu", (unsigned long long)arg.bounces);
	printf(",\"prps\":%u}}\n", arg.prps);
	return true;
}

void cmd_map_cost(char **args)
{
	struct options o = parse(&args, WITH_ITERATIONS);

	each(&o, map_cost);
}

/* Parse LAYOUT:PAGES. */
static int parse_point(struct options *o, const char *point)
{
	const char *colon = strchr(point, ':');
	char name[16] = "";
	int layout;

	if (colon && (size_t)(colon - point) < sizeof(name))
		memcpy(name, point, colon - point);
	layout = name_index(layouts, name);
	if (layout < 0)
		fail(EXIT_USAGE, "'%s' is not LAYOUT:PAGES", point);
	o->pages = option_number(point, colon + 1, PHYR_PROBE_MAX_PAGES);
	if (!o->pages)
		fail(EXIT_USAGE, "'%s': at least 1 page", point);
	return layout;
}

/* Measures all points before it counts, since counting ends measuring. */
void cmd_map_costs(char **args)
{
	struct options o = parse(&args, WITH_ITERATIONS | WITH_POINTS);
	int fd = open_node();

	if (o.backend < 0 || o.layout >= 0 || o.pages || !*args)
		fail(EXIT_USAGE, "map-costs takes -b BACKEND, -i, -d and -m, then LAYOUT:PAGES...");
	for (char **point = args; *point; point++)
		if (!map_cost(fd, &o, o.backend, parse_point(&o, *point)))
			leave(EXIT_FAILED);
	for (char **point = args; *point; point++)
		if (!map_counts(fd, &o, o.backend, parse_point(&o, *point)))
			leave(EXIT_FAILED);
}

void cmd_io_cost(char **args)
{
	struct options o = parse(&args, WITH_ITERATIONS | WITH_DISK);
	struct phyr_probe_io_cost arg = {
		.memory = memory_of(&o, 0, o.layout < 0 ? 0 : o.layout),
		.iterations = o.iterations,
	};

	if (!o.disk || o.backend >= 0 || o.trim)
		fail(EXIT_USAGE, "io-cost takes -f DISK, -l, -n, -d, -m and -i");
	/* Default is a read: a write changes the disk. */
	arg.memory.direction = o.direction ? o.direction : PHYR_PROBE_FROM_DEVICE;
	arg.fd = open(o.disk, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (arg.fd < 0)
		fail(EXIT_FAILED, "cannot open %s: %s", o.disk, strerror(errno));
	if (ioctl(open_node(), PHYR_PROBE_IOC_IO_COST, &arg))
		fail(EXIT_FAILED, "io-cost %s: %s%s", o.disk, strerror(errno),
		     errno == EBUSY ? "; its I/O scheduler must be none" :
		     errno == EREMOTEIO ? "; a chunk is longer than one command can carry" : "");
	printf("{\"io_cost\":{\"disk\":\"%s\",\"layout\":\"%s\",\"pages\":%u,\"direction\":\"%s\",\"iterations\":%u,\"commands\":%u", o.disk,
	       layouts[arg.memory.layout], arg.memory.npages,
	       arg.memory.direction == PHYR_PROBE_TO_DEVICE ? "to" : "from", arg.iterations,
	       arg.commands);
	print_cost("queue", &arg.queue);
	print_cost("complete", &arg.complete);
	print_cost("map", &arg.map);
	print_cost("unmap", &arg.unmap);
	printf("}}\n");
}
