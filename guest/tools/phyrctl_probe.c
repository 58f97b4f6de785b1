// SPDX-License-Identifier: GPL-2.0
/* phyrctl: the commands that ask /dev/phyr_probe. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "phyrctl.h"
#include "../include/uapi/phyr_probe.h"

#define NODE "/dev/phyr_probe"

static const char *const backends[] = { "sg", "page", "iova", "raw", "phyr16", "phyr8", NULL };
static const char *const layouts[] = { "4k", "64k", "2m", "gaps", NULL };
static const char *const directions[] = { "", "to", "from", NULL };
static const char *const shapes[] = { "none", "same", "single", "array" };
static const char *const translators[] = { "none", "identity", "dma" };

/* All the options of map-cost, io-cost and translate; -1 stands for "all in turn". */
struct options {
	int backend;
	int layout;
	uint32_t pages;
	uint32_t iterations;
	uint32_t direction;
	uint32_t trim;
	const char *disk;
};

static int open_node(void)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail(EXIT_FAILED, "cannot open %s: %s; load phyr_probe.ko", NODE, strerror(errno));
	return fd;
}

static int name_index(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++)
		if (*name && !strcmp(names[i], name))
			return i;
	return -1;
}

static uint32_t number(const char *option, const char *text, uint32_t max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || value > max)
		fail(EXIT_USAGE, "%s takes a number up to %u, not '%s'", option, max, text);
	return value;
}

static struct options parse(char **args, bool with_iterations, bool with_disk)
{
	struct options o = {
		.backend = -1, .layout = -1, .pages = 0, .iterations = 10,
		.direction = PHYR_PROBE_TO_DEVICE,
	};

	for (; *args; args += 2) {
		const char *name = args[0], *value = args[1];
		int index;

		if (name[0] != '-' || !name[1] || name[2])
			fail(EXIT_USAGE, "'%s' is not an option", name);
		if (!value)
			fail(EXIT_USAGE, "%s needs a value", name);
		switch (name[1]) {
		case 'b':
			o.backend = name_index(backends, value);
			if (o.backend < 0)
				fail(EXIT_USAGE, "no backend '%s': sg, page, iova, raw, phyr16 or phyr8",
				     value);
			break;
		case 'l':
			o.layout = name_index(layouts, value);
			if (o.layout < 0)
				fail(EXIT_USAGE, "no layout '%s': 4k, 64k, 2m or gaps", value);
			break;
		case 'd':
			index = name_index(directions, value);
			if (index < 0)
				fail(EXIT_USAGE, "no direction '%s': to or from", value);
			o.direction = index;
			break;
		case 'n':
			o.pages = number(name, value, PHYR_PROBE_MAX_PAGES);
			if (!o.pages)
				fail(EXIT_USAGE, "-n takes at least 1 page");
			break;
		case 't':
			o.trim = number(name, value, 1532);
			break;
		case 'f':
			if (with_disk) {
				o.disk = value;
				break;
			}
			fail(EXIT_USAGE, "unknown option %s", name);
		case 'i':
			if (with_iterations) {
				o.iterations = number(name, value, PHYR_PROBE_MAX_ITERATIONS);
				if (!o.iterations)
					fail(EXIT_USAGE, "-i takes at least 1");
				break;
			}
			/* fall through */
		default:
			fail(EXIT_USAGE, "unknown option %s", name);
		}
	}
	return o;
}

/* The memory of one combination.  256 pages of 4 KiB are the usual measure; 2 MiB chunks need more. */
static struct phyr_probe_memory memory_of(const struct options *o, int backend, int layout)
{
	return (struct phyr_probe_memory){
		.backend = backend,
		.layout = layout,
		.npages = o->pages ? o->pages : layout == PHYR_PROBE_2M ? 4096 : 256,
		.direction = o->direction,
		.trim = o->trim,
	};
}

/* A combination that cannot be is an answer when all are taken in turn, else a failure. */
static bool failed(const struct options *o, const struct phyr_probe_memory *m, const char *what)
{
	if (errno == EOPNOTSUPP && (o->backend < 0 || o->layout < 0)) {
		printf("{\"unsupported\":{\"backend\":\"%s\",\"layout\":\"%s\"}}\n",
		       backends[m->backend], layouts[m->layout]);
		return true;
	}
	complain("%s %s %s %u pages: %s%s", what, backends[m->backend], layouts[m->layout],
		 m->npages, strerror(errno),
		 errno == ENODEV ? "; bind a PCI function to phyr_probe with driver_override" :
		 errno == EOPNOTSUPP ? "; this backend needs an IOMMU, and no gaps" :
		 errno == EINVAL ? "; is the number of pages a multiple of the chunk?" : "");
	return false;
}

static void print_memory(const char *what, const struct phyr_probe_memory *m)
{
	printf("{\"%s\":{\"backend\":\"%s\",\"layout\":\"%s\",\"pages\":%u,\"direction\":\"%s\",\"trim\":%u",
	       what, backends[m->backend], layouts[m->layout], m->npages,
	       directions[m->direction], m->trim);
}

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

static bool translate(int fd, const struct options *o, int backend, int layout)
{
	struct phyr_probe_translate arg = { .memory = memory_of(o, backend, layout) };

	if (ioctl(fd, PHYR_PROBE_IOC_TRANSLATE, &arg))
		return failed(o, &arg.memory, "translate");
	print_memory("translate", &arg.memory);
	printf(",\"by\":\"%s\",\"shape\":\"%s\",\"checked\":%llu,\"bounced\":%llu,\"wrong\":%llu,\"missing\":%llu,"
	       "\"stale\":%llu,\"prot_checked\":%llu,\"prot_wrong\":%llu,"
	       "\"first\":{\"iova\":\"0x%llx\",\"want\":\"0x%llx\",\"got\":\"0x%llx\"},\"ok\":%s}}\n",
	       translators[arg.by % 3], shapes[arg.shape & 3],
	       (unsigned long long)arg.checked, (unsigned long long)arg.bounced,
	       (unsigned long long)arg.wrong,
	       (unsigned long long)arg.missing, (unsigned long long)arg.stale,
	       (unsigned long long)arg.prot_checked, (unsigned long long)arg.prot_wrong,
	       (unsigned long long)arg.first_iova, (unsigned long long)arg.first_want,
	       (unsigned long long)arg.first_got,
	       arg.checked && !arg.wrong && !arg.missing && !arg.stale && !arg.prot_wrong ?
	       "true" : "false");
	return true;
}

static void each(const struct options *o,
		 bool (*one)(int fd, const struct options *o, int backend, int layout))
{
	int fd = open_node();
	bool good = true;

	for (int layout = 0; layouts[layout]; layout++) {
		if (o->layout >= 0 && layout != o->layout)
			continue;
		for (int backend = 0; backends[backend]; backend++) {
			if (o->backend >= 0 && backend != o->backend)
				continue;
			good &= one(fd, o, backend, layout);
		}
	}
	if (!good)
		exit(EXIT_FAILED);
}

void cmd_map_cost(char **args)
{
	struct options o = parse(args, true, false);

	each(&o, map_cost);
}

void cmd_translate(char **args)
{
	struct options o = parse(args, false, false);

	each(&o, translate);
}

void cmd_io_cost(char **args)
{
	struct options o = parse(args, true, true);
	struct phyr_probe_io_cost arg = {
		.memory = memory_of(&o, 0, o.layout < 0 ? 0 : o.layout),
		.iterations = o.iterations,
	};

	if (!o.disk || o.backend >= 0 || o.trim)
		fail(EXIT_USAGE, "io-cost takes -f DISK, -l, -n and -i");
	arg.memory.direction = PHYR_PROBE_FROM_DEVICE;
	arg.fd = open(o.disk, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (arg.fd < 0)
		fail(EXIT_FAILED, "cannot open %s: %s", o.disk, strerror(errno));
	if (ioctl(open_node(), PHYR_PROBE_IOC_IO_COST, &arg))
		fail(EXIT_FAILED, "io-cost %s: %s%s", o.disk, strerror(errno),
		     errno == EBUSY ? "; its I/O scheduler must be none" :
		     errno == EREMOTEIO ? "; more than one command can carry" : "");
	printf("{\"io_cost\":{\"disk\":\"%s\",\"layout\":\"%s\",\"pages\":%u,\"iterations\":%u", o.disk,
	       layouts[arg.memory.layout], arg.memory.npages, arg.iterations);
	print_cost("queue", &arg.queue);
	print_cost("complete", &arg.complete);
	print_cost("map", &arg.map);
	print_cost("unmap", &arg.unmap);
	printf("}}\n");
}

static void watch_read(int fd)
{
	struct phyr_probe_watch w;

	if (ioctl(fd, PHYR_PROBE_IOC_WATCH_READ, &w))
		fail(EXIT_FAILED, "watch read: %s", strerror(errno));
	printf("{\"watch\":{\"active\":%s,\"commands\":%llu,\"bytes\":%llu,\"bounced\":%llu,\"unchecked\":%llu,\"mismatches\":%llu,"
	       "\"by\":\"%s\",\"p2p\":{\"bytes\":%llu,\"bus\":%llu,\"bounced\":%llu},"
	       "\"asked\":{\"bytes\":%llu,\"bounced\":%llu},"
	       "\"first\":{\"opcode\":%u,\"offset\":%llu,\"iova\":\"0x%llx\",\"want\":\"0x%llx\",\"got\":\"0x%llx\"}}}\n",
	       w.active ? "true" : "false", (unsigned long long)w.commands,
	       (unsigned long long)w.bytes, (unsigned long long)w.bounced,
	       (unsigned long long)w.unchecked,
	       (unsigned long long)w.mismatches, translators[w.by % 3],
	       (unsigned long long)w.p2p_bytes, (unsigned long long)w.p2p_bus,
	       (unsigned long long)w.p2p_bounced,
	       (unsigned long long)w.asked_bytes, (unsigned long long)w.asked_bounced,
	       w.opcode, (unsigned long long)w.offset,
	       (unsigned long long)w.iova, (unsigned long long)w.want, (unsigned long long)w.got);
}

/* start and stop print what was seen as well: nothing after a start, all of it after a stop. */
void cmd_watch(char **args)
{
	int fd;

	if (!args[0] || args[1] ||
	    (strcmp(args[0], "start") && strcmp(args[0], "stop") && strcmp(args[0], "read")))
		fail(EXIT_USAGE, "watch takes one of start, stop and read");

	fd = open_node();
	if (!strcmp(args[0], "start") && ioctl(fd, PHYR_PROBE_IOC_WATCH_START))
		fail(EXIT_FAILED, "watch start: %s%s", strerror(errno),
		     errno == ENOENT ? "; load phyr_nvme.ko first" :
		     errno == EBUSY ? "; it is watching already" : "");
	if (!strcmp(args[0], "stop") && ioctl(fd, PHYR_PROBE_IOC_WATCH_STOP))
		fail(EXIT_FAILED, "watch stop: %s%s", strerror(errno),
		     errno == ENOENT ? "; it is not watching" : "");
	watch_read(fd);
}
