// SPDX-License-Identifier: GPL-2.0
/*
 * region: registers memory with a DMA engine (/dev/phyr_region-BDF) and uses it by key from several processes.
 *
 *   region run    NODE MEMORY BYTES SEED PROCESSES PAGE,PAGE,...
 *		   the processes let the engine write these pages in turn; then tries requests that must be refused
 *   region load   NODE MEMORY BYTES PROCESSES MS
 *		   deregisters while the processes use the region
 *   region revoke NODE DMABUF BYTES PROCESSES MS KNOB
 *		   its exporter revokes the memory while the processes use the region (writes "1" to KNOB, or KNOB is
 *		   "vfio"); then it is deregistered
 *   region cost   NODE MEMORY BYTES TIMES
 *		   cost of register, use and deregister: as a list, a scatterlist, page by page; a dma-buf only as it names
 *
 * MEMORY is KIND, memory of the process (4k, 64k, 2m or hugetlb), or DMABUF: dmabuf:list|sg:SOURCE:OFFSET+LENGTH,... as for phyrio,
 * with lengths that sum to BYTES. An engine that generates no data (edu) reads page 7 (or the last) first. JSON lines on stdout.
 * Exit: 0 done, whatever the result; 1 failed; 64 usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "region.h"
#include "number.h"

int region_register(int fd, const struct phyr_region_register *in, struct phyr_region_register *out)
{
	*out = *in;
	return ioctl(fd, PHYR_REGION_IOC_REGISTER, out) ? errno : 0;
}

int region_use(int fd, uint32_t key, uint32_t op, uint64_t offset, uint64_t *ended)
{
	struct phyr_region_use use = { .key = key, .op = op, .offset = offset };
	int err = ioctl(fd, PHYR_REGION_IOC_USE, &use) ? errno : 0;

	if (ended)
		*ended = use.ended;
	return err;
}

int region_deregister(int fd, uint32_t key, uint64_t *ended)
{
	struct phyr_region_deregister arg = { .key = key };
	int err = ioctl(fd, PHYR_REGION_IOC_DEREGISTER, &arg) ? errno : 0;

	if (ended)
		*ended = arg.ended;
	return err;
}

int again(const char *node)
{
	return open(node, O_RDWR | O_CLOEXEC);
}

static int usage(void)
{
	fputs("usage: region run NODE MEMORY BYTES SEED PROCESSES PAGES | load NODE MEMORY BYTES PROCESSES MS | revoke NODE DMABUF BYTES PROCESSES MS KNOB | cost NODE MEMORY BYTES TIMES\n",
	      stderr);
	return EXIT_USAGE;
}

static int command(int argc, char **argv, int fd, struct source *s, uint64_t a, uint64_t b)
{
	if (!strcmp(argv[1], "run") && argc == 8 && b && b <= MAX_PROCESSES)
		return run(argv[2], fd, s, a, (unsigned int)b, argv[7]);
	if (!strcmp(argv[1], "load") && argc == 7 && a && a <= MAX_PROCESSES)
		return load(argv[2], fd, s, (unsigned int)a, (unsigned int)b, NULL);
	if (!strcmp(argv[1], "revoke") && argc == 8 && a && a <= MAX_PROCESSES && s->dmabuf)
		return load(argv[2], fd, s, (unsigned int)a, (unsigned int)b, argv[7]);
	if (!strcmp(argv[1], "cost") && argc == 6 && a && a <= MAX_TIMES)
		return cost(fd, s, (unsigned int)a);
	return usage();
}

int main(int argc, char **argv)
{
	uint64_t bytes, a, b = 0;
	struct source s;
	const char *why;
	uint32_t how;
	int fd, code;

	if (argc < 6 || (!is_host_memory(source_kind(argv[3], &how)) && !shared_named(argv[3])) ||
	    !number(argv[4], 4ULL << 30, &bytes) || !bytes || bytes % PAGE ||
	    !number(argv[5], UINT32_MAX, &a) || (argc > 6 && !number(argv[6], 60000, &b)))
		return usage();
	fd = open(argv[2], O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail(EXIT_FAILURE, argv[2]);
	why = source_open(&s, argv[3], bytes);
	code = why ? fail(EXIT_FAILURE, why) : command(argc, argv, fd, &s, a, b);
	close(fd);
	source_close(&s);
	return code;
}
