// SPDX-License-Identifier: GPL-2.0
/*
 * dmacopy: copy disk -> memory -> disk by DMA of the devices.
 *
 * The memory is allocated from the p2pdma pool of a peer, or is RAM, in pages of a given size and
 * at a given offset in a page.  The I/O is O_DIRECT, and the CPU does not access the data.
 *
 *	dmacopy DISK MEMORY BYTES FROM TO [HEAD]
 *
 * reads BYTES at FROM into the memory, then writes them at TO.  MEMORY is the address of a PCI
 * function, or 4k, 64k, 2m (a transparent huge page) or hugetlb; HEAD is then the offset of the
 * data in its first page.  The write is tried even if the read failed.  One line of JSON on stdout,
 * e.g.
 *
 *	{"disk":"/dev/phyr0","memory":"0000:03:00.0","bytes":65536,"chunk":0,"around":"intact",
 *	 "read":{"bytes":65536},"write":{"errno":"EINVAL"}}
 *
 * chunk: size of the physically contiguous pieces of RAM (4096, 65536, 2097152); around: whether
 * the bytes before and after the data in its pages are unchanged.
 *
 * Exit: 0 all bytes were copied; 3 a step failed, with its errno; 1 any other error; 64 usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer.h"
#include "dmacopy.h"
#include "number.h"

enum { EXIT_REFUSED = 3, EXIT_USAGE = 64 };

struct step {
	ssize_t bytes;		/* -1: failed */
	int err;
};

/* Exactly DDDD:BB:DD.F, since it becomes part of a path. */
static bool is_bdf(const char *s)
{
	unsigned int domain, bus, dev, fn;
	int n = 0;

	return sscanf(s, "%4x:%2x:%2x.%1x%n", &domain, &bus, &dev, &fn, &n) == 4 && n == 12 && !s[n];
}

static bool is_plain(const char *s)
{
	return !strpbrk(s, "\"\\") && strlen(s) < 200;
}

static struct step transfer(int fd, void *mem, size_t bytes, off_t at, bool write)
{
	struct step s = { 0 };

	s.bytes = write ? pwrite(fd, mem, bytes, at) : pread(fd, mem, bytes, at);
	s.err = s.bytes < 0 ? errno : 0;
	return s;
}

static void print_step(const char *name, struct step s)
{
	if (s.bytes < 0)
		printf(",\"%s\":{\"errno\":\"%s\"}", name, errno_name(s.err));
	else
		printf(",\"%s\":{\"bytes\":%zd}", name, s.bytes);
}

static int copy(int fd, char **argv, struct memory *m, off_t from, off_t to)
{
	struct step rd = transfer(fd, m->addr, m->bytes, from, false);
	struct step wr = transfer(fd, m->addr, m->bytes, to, true);

	printf("{\"disk\":\"%s\",\"memory\":\"%s\",\"bytes\":%zu,\"chunk\":%zu,\"around\":\"%s\"",
	       argv[1], argv[2], m->bytes, m->chunk, around_intact(m) ? "intact" : "broken");
	print_step("read", rd);
	print_step("write", wr);
	printf("}\n");
	if (rd.bytes < 0 || wr.bytes < 0)
		return EXIT_REFUSED;
	return (size_t)rd.bytes == m->bytes && (size_t)wr.bytes == m->bytes ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	uint64_t bytes, from, to, head = 0;
	struct memory m;
	const char *why;
	struct stat st;
	int code, fd;
	bool host;

	if (argc != 6 && argc != 7)
		return fail_because(EXIT_USAGE, "usage", "dmacopy DISK MEMORY BYTES FROM TO [HEAD]");
	host = is_host_memory(argv[2]);
	if (!is_plain(argv[1]))
		return fail_because(EXIT_USAGE, "DISK", "not a plain path");
	if (!host && !is_bdf(argv[2]))
		return fail_because(EXIT_USAGE, "MEMORY", "must be 4k, 64k, 2m, hugetlb or look like 0000:03:00.0");
	if (!multiple(argv[3], 512, &bytes) || !bytes || bytes > 1U << 30)
		return fail_because(EXIT_USAGE, "BYTES", "must be a multiple of 512, up to 1 GiB");
	if (!multiple(argv[4], 512, &from) || !multiple(argv[5], 512, &to))
		return fail_because(EXIT_USAGE, "FROM and TO", "must be multiples of 512");
	if (argc == 7 && (!host || !multiple(argv[6], 4, &head) || head >= 4096))
		return fail_because(EXIT_USAGE, "HEAD", "must be a multiple of 4 below 4096, in the machine's own memory");

	fd = open(argv[1], O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		return fail_because(EXIT_FAILURE, argv[1], strerror(errno));
	if (fstat(fd, &st) || !S_ISBLK(st.st_mode))
		return fail_because(EXIT_FAILURE, argv[1], "not a block device");
	why = host ? host_memory(&m, argv[2], bytes, head) : peer_memory(&m, argv[2], bytes);
	code = why ? fail_because(EXIT_FAILURE, why, errno ? strerror(errno) : "cannot be had") :
		     copy(fd, argv, &m, (off_t)from, (off_t)to);
	put_memory(&m);
	close(fd);
	return code;
}
