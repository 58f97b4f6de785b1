// SPDX-License-Identifier: GPL-2.0
/*
 * memcopy: copy disk -> mapped file -> disk by DMA of the devices.
 *
 *	memcopy DISK VIA FILE AT BYTES FROM TO
 *
 * maps BYTES of FILE at AT, shared, reads BYTES at FROM of the disk into the mapping, flushes the mapping (msync), and writes it to the
 * disk at TO. The CPU touches the pages before, so that they are present, and does not access the data. VIA: odirect, through the block layer;
 * direct or registered, by a request or a buffer of /dev/phyrN-ctl. A FROM or TO of "-" skips that step. AT is a multiple of
 * the page size, the others of the logical block. Every step is tried even if one before failed; one line of JSON on stdout:
 *
 *	{"read":{"bytes":65536},"flush":{"bytes":65536},"write":{"errno":"EFAULT"}}
 *
 * Exit: 0 all steps succeeded; 3 a step failed, with its errno; 1 any other error; 64 usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "answer.h"
#include "number.h"
#include "transfer.h"

#define PAGE	4096UL

enum { EXIT_REFUSED = 3, EXIT_USAGE = 64 };

/* Prints the result of a step; returns its exit code. */
static int step(const char *name, ssize_t bytes, size_t due, bool first)
{
	if (!first)
		printf(",");
	transfer_print(stdout, name, bytes);
	return bytes < 0 ? EXIT_REFUSED : (size_t)bytes == due ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int worse(int a, int b)
{
	return a == EXIT_FAILURE || !b ? a : b;
}

/* If registering fails, it is the result of both steps. */
static int run(struct transfer *t, const char *from_arg, uint64_t from, const char *to_arg, uint64_t to)
{
	bool ready = transfer_register(t), reads = strcmp(from_arg, "-"), writes = strcmp(to_arg, "-");
	int why = errno, code = 0;

	printf("{");
	if (reads) {
		errno = why;
		code = worse(code, step("read", ready ? transfer_all(t, false, from) : -1, t->bytes, true));
		code = worse(code, step("flush", msync(t->mem, t->bytes, MS_SYNC) ? -1 : (ssize_t)t->bytes, t->bytes,
					false));
	}
	if (writes) {
		errno = why;
		code = worse(code, step("write", ready ? transfer_all(t, true, to) : -1, t->bytes, !reads));
	}
	printf("}\n");
	return code;
}

int main(int argc, char **argv)
{
	uint64_t at, bytes, from = 0, to = 0;
	struct transfer t = { 0 };
	int fd, via;

	if (argc != 8)
		return fail_because(EXIT_USAGE, "usage", "memcopy DISK VIA FILE AT BYTES FROM TO");
	via = via_named(argv[2]);
	if (via < 0)
		return fail_because(EXIT_USAGE, "VIA", "must be odirect, direct or registered");
	if (!multiple(argv[4], PAGE, &at))
		return fail_because(EXIT_USAGE, "AT", "must be a multiple of 4096");
	if (!multiple(argv[5], 512, &bytes) || !bytes || bytes > 1U << 30)
		return fail_because(EXIT_USAGE, "BYTES", "must be a multiple of 512, up to 1 GiB");
	if ((strcmp(argv[6], "-") && !multiple(argv[6], 512, &from)) || (strcmp(argv[7], "-") && !multiple(argv[7], 512, &to)))
		return fail_because(EXIT_USAGE, "FROM and TO", "must be multiples of 512, or -");

	if (!strcmp(argv[6], "-") && !strcmp(argv[7], "-"))
		return fail_because(EXIT_USAGE, "FROM and TO", "must not both be -");

	t.via = via;
	t.bytes = bytes;
	if (!transfer_open(&t, argv[1]))
		return fail_because(EXIT_FAILURE, "disk", strerror(errno));
	fd = open(argv[3], O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail_because(EXIT_FAILURE, "file", strerror(errno));
	t.mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);
	if (t.mem == MAP_FAILED)
		return fail_because(EXIT_FAILURE, "mmap", strerror(errno));
	/* Write access, as the read needs it; the content stays the same, since it may be what is to be written. */
	for (size_t i = 0; i < bytes; i += PAGE)
		((volatile unsigned char *)t.mem)[i] = ((volatile unsigned char *)t.mem)[i];
	return run(&t, argv[6], from, argv[7], to);
}
