// SPDX-License-Identifier: GPL-2.0
/* phyrctl: options, and the common start of results about memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "phyrctl.h"
#include "phyrctl_options.h"

const char *const backends[] = {
	"sg", "page", "iova", "raw", "phyr16", "phyr8", "iter", "registered", NULL
};
const char *const layouts[] = { "4k", "64k", "2m", "gaps", "list", NULL };
static const char *const directions[] = { "", "to", "from", NULL };
const char *const translators[] = { "none", "identity", "dma" };
const char *const shapes[] = { "none", "same", "single", "array" };

int name_index(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++)
		if (*name && !strcmp(names[i], name))
			return i;
	return -1;
}

uint32_t option_number(const char *option, const char *text, uint32_t max)
{
	uint64_t value;

	if (!number(text, max, &value))
		fail(EXIT_USAGE, "%s takes a number up to %u, not '%s'", option, max, text);
	return (uint32_t)value;
}

/* Parses comma-separated lengths in pages. */
static void parse_lengths(struct options *o, const char *option, char *text)
{
	for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		if (o->nr_lengths == PHYR_PROBE_MAX_LENGTHS)
			fail(EXIT_USAGE, "%s takes up to %u lengths", option, PHYR_PROBE_MAX_LENGTHS);
		o->lengths[o->nr_lengths++] = option_number(option, word, PHYR_PROBE_MAX_LENGTH);
	}
}

struct options parse(char ***rest, int with)
{
	struct options o = {
		.backend = -1, .layout = -1, .pages = 0, .iterations = 10,
	};

	char **args = *rest;

	for (; *args; args += 2) {
		const char *name = args[0];
		char *value = args[1];
		int index;

		if (name[0] != '-' && with & WITH_POINTS)
			break;
		if (name[0] != '-' || !name[1] || name[2])
			fail(EXIT_USAGE, "'%s' is not an option", name);
		if (!value)
			fail(EXIT_USAGE, "%s needs a value", name);
		switch (name[1]) {
		case 'b':
			o.backend = name_index(backends, value);
			if (o.backend < 0)
				fail(EXIT_USAGE, "no backend '%s': sg, page, iova, raw, phyr16, phyr8, iter or registered",
				     value);
			break;
		case 'l':
			o.layout = name_index(layouts, value);
			if (o.layout < 0)
				fail(EXIT_USAGE, "no layout '%s': 4k, 64k, 2m, gaps or list", value);
			break;
		case 'd':
			index = name_index(directions, value);
			if (index < 0)
				fail(EXIT_USAGE, "no direction '%s': to or from", value);
			o.direction = index;
			break;
		case 'n':
			o.pages = option_number(name, value, PHYR_PROBE_MAX_PAGES);
			if (!o.pages)
				fail(EXIT_USAGE, "-n takes at least 1 page");
			break;
		case 't':
			o.trim = option_number(name, value, 1532);
			break;
		case 'm':
			parse_lengths(&o, name, value);
			break;
		case 'f':
			if (with & WITH_DISK) {
				o.disk = value;
				break;
			}
			fail(EXIT_USAGE, "unknown option %s", name);
		case 'i':
			if (with & WITH_ITERATIONS) {
				o.iterations = option_number(name, value, PHYR_PROBE_MAX_ITERATIONS);
				if (!o.iterations)
					fail(EXIT_USAGE, "-i takes at least 1");
				break;
			}
			/* fall through */
		default:
			fail(EXIT_USAGE, "unknown option %s", name);
		}
	}
	*rest = args;
	return o;
}

/* The memory of one combination.  Default: 256 pages, more for 2 MiB chunks. */
struct phyr_probe_memory memory_of(const struct options *o, int backend, int layout)
{
	return (struct phyr_probe_memory){
		.backend = backend,
		.layout = layout,
		.npages = o->pages ? o->pages : layout == PHYR_PROBE_2M ? 4096 : 256,
		.direction = o->direction ? o->direction : PHYR_PROBE_TO_DEVICE,
		.trim = o->trim,
		.nr_lengths = layout == PHYR_PROBE_LIST ? o->nr_lengths : 0,
		.lengths = layout == PHYR_PROBE_LIST ? (uintptr_t)o->lengths : 0,
	};
}

/* An unsupported combination is a result when all are run in turn, otherwise a failure. */
bool failed(const struct options *o, const struct phyr_probe_memory *m, const char *what)
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
		 errno == EINVAL ? "; is the number of pages a multiple of the chunk, and has list its lengths?" : "");
	return false;
}

void print_memory(const char *what, const struct phyr_probe_memory *m)
{
	printf("{\"%s\":{\"backend\":\"%s\",\"layout\":\"%s\",\"pages\":%u,\"direction\":\"%s\",\"trim\":%u",
	       what, backends[m->backend], layouts[m->layout], m->npages,
	       directions[m->direction], m->trim);
}

void each(const struct options *o,
		 bool (*one)(int fd, const struct options *o, int backend, int layout))
{
	int fd = open_node();
	bool good = true;

	for (int layout = 0; layouts[layout]; layout++) {
		if (o->layout >= 0 ? layout != o->layout : layout == PHYR_PROBE_LIST && !o->nr_lengths)
			continue;
		for (int backend = 0; backends[backend]; backend++) {
			if (o->backend >= 0 && backend != o->backend)
				continue;
			good &= one(fd, o, backend, layout);
		}
	}
	if (!good)
		leave(EXIT_FAILED);
}

void no_arguments(char **args)
{
	if (args[0])
		fail(EXIT_USAGE, "'%s': no argument is taken", args[0]);
}

void parse_device(const char *bdf, uint32_t *segment, uint32_t *devfn)
{
	unsigned int bus, device, function;
	char end;

	if (!bdf || sscanf(bdf, "%x:%x:%x.%x%c", segment, &bus, &device, &function, &end) != 4 ||
	    *segment > 0xffff || bus > 0xff || device > 0x1f || function > 7)
		fail(EXIT_USAGE, "'%s' is no PCI address such as 0000:03:00.0", bdf ? bdf : "");
	*devfn = bus << 8 | device << 3 | function;
}
