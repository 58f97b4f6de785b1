// SPDX-License-Identifier: GPL-2.0
/*
 * stamp: write, check and read sectors whose content identifies them.
 *
 * Every 512-byte sector contains seed, generation and LBA and is filled from them, so stale, misplaced and foreign data
 * all differ from the expected content. The host computes the expected content independently (src/oracle/stamp.ts). All I/O is
 * O_DIRECT in a fixed cycle of sizes, so that requests start and end at varying offsets in a page.
 *
 *   stamp write DEV OFFSET LENGTH SEED GENERATION
 *   stamp check DEV OFFSET LENGTH SEED GENERATION
 *   stamp cat   DEV OFFSET LENGTH                    (raw bytes to stdout)
 *
 * OFFSET and LENGTH are bytes, multiples of the logical block. `write` and `check` print one line of JSON.
 * Exit: 0 success, 1 wrong data, 2 the I/O failed, 64 usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/fs.h>

#include "number.h"
#include "stamp.h"

#define BUF_SIZE (2 << 20)

static const size_t sizes[] = { 512, 4096, 3584, 65536, 512, 131072, 12800, 1 << 20 };

static FILE *answers;	/* Prints to stdout; for `cat`, whose stdout is data, to stderr. */

static int fail(const char *op, uint64_t offset, size_t size)
{
	fprintf(answers,
	       "{\"error\":\"%s of %zu bytes at %" PRIu64 ": %s\",\"errno\":\"%s\"}\n", op, size, offset, strerror(errno),
	       strerrorname_np(errno));
	return 2;
}

static int usage(void)
{
	fputs("usage: stamp write|check DEV OFFSET LENGTH SEED GENERATION | stamp cat DEV OFFSET LENGTH\n", stderr);
	return 64;
}

struct job {
	const char *op;
	int fd;
	uint64_t offset, length;
	uint32_t seed, gen;
	size_t block;
};

static int run(const struct job *job, uint8_t *buf)
{
	bool writing = !strcmp(job->op, "write"), checking = !strcmp(job->op, "check");
	uint64_t at = job->offset, end = job->offset + job->length, done = 0, bad = 0, first = 0;
	uint32_t want[WORDS], got[4] = { 0 };

	for (unsigned int turn = 0; at < end; turn++) {
		size_t n = sizes[turn % (sizeof(sizes) / sizeof(*sizes))];

		n = (n + job->block - 1) / job->block * job->block;
		if (n > end - at)
			n = end - at;
		for (size_t i = 0; writing && i < n; i += SECTOR) {
			fill_sector((uint32_t *)(buf + i), (at + i) / SECTOR, job->seed, job->gen);
			done += SECTOR;
		}
		if (!writing)	/* so that a read that moves nothing cannot look right */
			memset(buf, 0xa5, n);
		errno = EIO;
		if ((writing ? pwrite(job->fd, buf, n, at) : pread(job->fd, buf, n, at)) != (ssize_t)n)
			return fail(job->op, at, n);
		for (size_t i = 0; checking && i < n; i += SECTOR) {
			fill_sector(want, (at + i) / SECTOR, job->seed, job->gen);
			done += SECTOR;
			if (memcmp(want, buf + i, SECTOR) && !bad++) {
				first = at + i;
				memcpy(got, buf + i, sizeof(got));
			}
		}
		if (!writing && !checking && fwrite(buf, 1, n, stdout) != n)
			return 2;
		at += n;
	}
	if (!writing && !checking && fflush(stdout))
		return 2;
	if (writing && fsync(job->fd))
		return fail("fsync", job->offset, job->length);
	if (writing || checking)
		printf("{\"op\":\"%s\",\"bytes\":%" PRIu64 ",\"bad\":%" PRIu64 ",\"first\":%" PRIu64
		       ",\"seed\":%u,\"generation\":%u,\"lba\":%u}\n",
		       job->op, done, bad, first, got[1], got[2], got[3]);
	return bad ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct job job = { .op = argc > 1 ? argv[1] : "" };
	bool cat = !strcmp(job.op, "cat");
	uint64_t seed = 0, gen = 0;
	unsigned int block = SECTOR;
	uint8_t *buf;

	answers = cat ? stderr : stdout;
	if (!cat && strcmp(job.op, "write") && strcmp(job.op, "check"))
		return usage();
	if (argc != (cat ? 5 : 7) || !number(argv[3], UINT64_MAX, &job.offset) || !number(argv[4], UINT64_MAX, &job.length))
		return usage();
	if (!cat && (!number(argv[5], UINT32_MAX, &seed) || !number(argv[6], UINT32_MAX, &gen)))
		return usage();
	job.seed = seed;
	job.gen = gen;
	job.fd = open(argv[2], O_DIRECT | (strcmp(job.op, "write") ? O_RDONLY : O_RDWR));
	if (job.fd < 0)
		return fail("open", 0, 0);
	if (!ioctl(job.fd, BLKSSZGET, &block) && block > BUF_SIZE)
		return fail("block size", 0, block);
	job.block = block;
	if (job.offset % block || job.length % block || job.offset + job.length < job.offset)
		return usage();
	buf = mmap(NULL, BUF_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buf == MAP_FAILED)
		return fail("mmap", 0, BUF_SIZE);
	return run(&job, buf);
}
