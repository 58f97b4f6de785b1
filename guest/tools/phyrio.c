// SPDX-License-Identifier: GPL-2.0
/*
 * phyrio: I/O through /dev/phyrN-ctl, and what that node must refuse.
 *
 * Data is stamped as by stamp, so that either program checks through the block device what the other has written. Sizes
 * and addresses go round in cycles: data begins at every multiple of 4 within a page, and slices of a registered buffer
 * begin and end anywhere in its table of PRPs.
 *
 *   phyrio info   CTL
 *   phyrio write  CTL OFFSET LENGTH SEED GENERATION [buffer | FILE]
 *   phyrio check  CTL OFFSET LENGTH SEED GENERATION [buffer | FILE]
 *   phyrio repeat CTL COUNT LENGTH [buffer]                     read the same again and again, to be measured
 *   phyrio refuse CTL                                           every kind of wrong request
 *   phyrio stress CTL THREADS SECONDS SEED                      all at once, buffers coming and going under I/O
 *
 * With "buffer" I/O is on a registered buffer; with FILE its memory is a mapping of that, e.g. p2pmem/allocate of a peer.
 * OFFSET and LENGTH are bytes, multiples of the logical block. One line of JSON on stdout.
 * Exit: 0 done and right, 1 wrong data or a wrong answer, 2 the I/O failed, 64 usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../include/uapi/phyr_nvme.h"
#include "phyrio.h"
#include "stamp.h"

#define BUF_SIZE (8 << 20)
#define FILE_SIZE (256 << 10)	/* of a mapping: a peer may have no more */

static const size_t sizes[] = { 512, 4096, 3584, 65536, 512, 131072, 12800, 2 << 20, 1 << 20, 262144 };

int fail_io(const char *op, uint64_t offset, size_t size)
{
	printf("{\"error\":\"%s of %zu bytes at %" PRIu64 ": %s\",\"errno\":\"%s\"}\n", op, size, offset, strerror(errno),
	       strerrorname_np(errno));
	return 2;
}

static int usage(void)
{
	fputs("usage: phyrio info CTL | write|check CTL OFFSET LENGTH SEED GENERATION [buffer | FILE] |\n"
	      "       repeat CTL COUNT LENGTH [buffer] | refuse CTL | stress CTL THREADS SECONDS SEED\n", stderr);
	return 64;
}

static bool number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return !errno && *text && *text != '-' && !*end && *out <= max;
}

int io_direct(const struct disk *disk, bool write, void *addr, uint64_t offset, size_t len)
{
	struct phyr_nvme_io io = { .addr = (uintptr_t)addr, .offset = offset, .len = len };

	return ioctl(disk->fd, write ? PHYR_NVME_IOC_WRITE : PHYR_NVME_IOC_READ, &io);
}

int io_buffer(const struct disk *disk, bool write, uint32_t handle, uint64_t at, uint64_t offset, size_t len)
{
	struct phyr_nvme_buffer_io io = { .handle = handle, .buffer_offset = at, .offset = offset, .len = len };

	return ioctl(disk->fd, write ? PHYR_NVME_IOC_BUFFER_WRITE : PHYR_NVME_IOC_BUFFER_READ, &io);
}

int buffer_register(const struct disk *disk, void *addr, size_t len, uint32_t access, uint32_t *handle)
{
	struct phyr_nvme_register reg = { .addr = (uintptr_t)addr, .len = len, .access = access };
	int err = ioctl(disk->fd, PHYR_NVME_IOC_REGISTER, &reg);

	*handle = reg.handle;
	return err;
}

int buffer_unregister(const struct disk *disk, uint32_t handle)
{
	struct phyr_nvme_unregister unreg = { .handle = handle };

	return ioctl(disk->fd, PHYR_NVME_IOC_UNREGISTER, &unreg);
}

void *memory(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

static int info(const struct disk *disk)
{
	printf("{\"blocks\":%" PRIu64 ",\"block_size\":%u,\"max_len\":%u}\n", (uint64_t)disk->info.blocks,
	       disk->info.block_size, disk->info.max_len);
	return 0;
}

struct job {
	bool writing, buffer;
	const char *file;
	uint64_t offset, length, seed, gen;
};

/* Memory for a job: its file's, or anonymous. */
static uint8_t *job_memory(const struct job *job, size_t size)
{
	int fd = job->file ? open(job->file, O_RDWR) : -1;
	void *mem;

	if (!job->file)
		return memory(size);
	if (fd < 0)
		return NULL;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return mem == MAP_FAILED ? NULL : mem;
}

static int run(const struct disk *disk, const struct job *job)
{
	uint64_t at = job->offset, end = job->offset + job->length, bad = 0, first = 0;
	size_t lead = 0, room = job->file ? FILE_SIZE : BUF_SIZE;
	uint8_t *mem = job_memory(job, room);
	uint32_t want[WORDS], handle = 0;

	if (!mem)
		return fail_io("mmap", 0, room);
	/* The registered buffer itself begins and ends inside pages. */
	if (job->buffer && buffer_register(disk, mem + 516, BUF_SIZE - 1032,
					   job->writing ? PHYR_NVME_BUFFER_WRITE : PHYR_NVME_BUFFER_READ, &handle))
		return fail_io("register", 0, BUF_SIZE);
	if (job->buffer) {
		mem += 516;
		room = BUF_SIZE - 1032;
	}

	for (unsigned int turn = 0; at < end; turn++) {
		size_t block = disk->info.block_size, n = sizes[turn % (sizeof(sizes) / sizeof(*sizes))];
		uint8_t *data;
		int err;

		n = (n + block - 1) / block * block;
		if (n > disk->info.max_len)
			n = disk->info.max_len;
		if (n > room / 2)
			n = room / 2;
		if (n > end - at)
			n = end - at;
		lead = (lead + 1236 + turn % 7 * 4096) % (room - n) & ~3UL;
		data = mem + lead;
		for (size_t i = 0; job->writing && i < n; i += SECTOR)
			fill_sector((uint32_t *)(data + i), (at + i) / SECTOR, job->seed, job->gen);
		if (!job->writing)	/* so that a read that moves nothing cannot look right */
			memset(data, 0xa5, n);
		if (job->buffer)
			err = io_buffer(disk, job->writing, handle, lead, at, n);
		else
			err = io_direct(disk, job->writing, data, at, n);
		if (err)
			return fail_io(job->writing ? "write" : "check", at, n);
		for (size_t i = 0; !job->writing && i < n; i += SECTOR) {
			fill_sector(want, (at + i) / SECTOR, job->seed, job->gen);
			if (memcmp(want, data + i, SECTOR) && !bad++)
				first = at + i;
		}
		at += n;
	}
	if (job->buffer && buffer_unregister(disk, handle))
		return fail_io("unregister", 0, room);
	printf("{\"op\":\"%s\",\"bytes\":%" PRIu64 ",\"bad\":%" PRIu64 ",\"first\":%" PRIu64 "}\n",
	       job->writing ? "write" : "check", job->length, bad, first);
	return bad ? 1 : 0;
}

static int repeat(const struct disk *disk, uint64_t count, uint64_t len, bool buffer)
{
	uint8_t *mem = memory(2 * len);
	uint32_t handle = 0;

	if (!mem)
		return fail_io("mmap", 0, 2 * len);
	memset(mem, 0, 2 * len);
	if (buffer && buffer_register(disk, mem, 2 * len, PHYR_NVME_BUFFER_READ, &handle))
		return fail_io("register", 0, 2 * len);
	for (uint64_t i = 0; i < count; i++) {
		if (buffer ? io_buffer(disk, false, handle, 4096, 0, len) : io_direct(disk, false, mem + 4096, 0, len))
			return fail_io("read", 0, len);
	}
	printf("{\"op\":\"repeat\",\"count\":%" PRIu64 ",\"length\":%" PRIu64 "}\n", count, len);
	return 0;
}

int main(int argc, char **argv)
{
	const char *op = argc > 2 ? argv[1] : "";
	bool buffer = argc > 2 && !strcmp(argv[argc - 1], "buffer");
	struct disk disk = { .fd = -1 };
	uint64_t a, b, c;

	if (argc < 3)
		return usage();
	disk.path = argv[2];
	disk.fd = open(argv[2], O_RDWR);
	if (disk.fd < 0 || ioctl(disk.fd, PHYR_NVME_IOC_INFO, &disk.info))
		return fail_io("open", 0, 0);
	argc -= buffer;

	if (!strcmp(op, "info") && argc == 3)
		return info(&disk);
	if (!strcmp(op, "refuse") && argc == 3)
		return refuse(&disk);
	if (!strcmp(op, "repeat") && argc == 5 && number(argv[3], UINT32_MAX, &a) &&
	    number(argv[4], disk.info.max_len, &b) && b >= 4096)
		return repeat(&disk, a, b, buffer);
	if (!strcmp(op, "stress") && argc == 6 && number(argv[3], 64, &a) && a && number(argv[4], 3600, &b) &&
	    number(argv[5], UINT32_MAX, &c))
		return stress(&disk, a, b, c);
	if ((!strcmp(op, "write") || !strcmp(op, "check")) && (argc == 7 || (argc == 8 && !buffer))) {
		struct job job = { .writing = *op == 'w', .buffer = buffer, .file = argc == 8 ? argv[7] : NULL };

		if (!number(argv[3], INT64_MAX, &job.offset) || !number(argv[4], INT64_MAX, &job.length) ||
		    !number(argv[5], UINT32_MAX, &job.seed) || !number(argv[6], UINT32_MAX, &job.gen) ||
		    job.offset % disk.info.block_size || job.length % disk.info.block_size)
			return usage();
		return run(&disk, &job);
	}
	return usage();
}
