// SPDX-License-Identifier: GPL-2.0
/*
 * phyrio: I/O through /dev/phyrN-ctl, and requests that it must refuse.
 *
 * The data has the stamps of stamp.c, so each of the two programs can check what the other wrote. Sizes and addresses
 * vary in cycles: data starts at every multiple of 4 in a page, and slices of a registered buffer start and end
 * anywhere in its table of PRPs.
 *
 *   phyrio info   CTL
 *   phyrio write  CTL OFFSET LENGTH SEED GENERATION [MEMORY [THREADS]]
 *   phyrio check  CTL OFFSET LENGTH SEED GENERATION [MEMORY [THREADS]]
 *   phyrio cat    CTL OFFSET LENGTH [MEMORY]                    raw bytes to stdout
 *   phyrio repeat CTL COUNT LENGTH [buffer]                     repeat the same read, for measurements
 *   phyrio refuse CTL [STORE]                                   invalid requests, also of a device file of phyr_store
 *   phyrio stress CTL THREADS SECONDS SEED                      I/O while buffers are registered and unregistered
 *   phyrio place  CTL OFFSET MEMORY                             fill a dma-buf by a read, and leave it so
 *   phyrio revoke CTL MEMORY SWITCH THREADS MILLISECONDS        revoke the memory during I/O by writing 1 to SWITCH
 *
 * MEMORY: "user" is anonymous memory; "buffer" the same as a registered buffer; FILE a mapping of a file, e.g. p2pmem/allocate
 * of a peer, or of memory without pages; "buffer:FILE" the same, registered. "dmabuf:WAY:FILE:OFFSET+LENGTH,..." is a dma-buf of
 * these parts of memory without pages; its exporter provides a list (WAY "list") or a scatterlist ("sg").
 * "processes:" before a registered one: the I/O is done by processes instead of threads; they have only the key of the registration.
 * FILE may be "vfio:BDF", the BAR of an ivshmem device that is bound to vfio-pci; SWITCH is then "vfio". Each thread has its own part
 * of the range and its own memory. OFFSET and LENGTH are in bytes, multiples of the logical block. One line of JSON on stdout; for `cat` on stderr.
 * Exit: 0 success, 1 wrong data or a wrong result, 2 the I/O failed, 64 usage.
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
#include "number.h"
#include "phyrio.h"
#include "stamp.h"

FILE *answers;

int fail_io(const char *op, uint64_t offset, size_t size)
{
	fprintf(answers, "{\"error\":\"%s of %zu bytes at %" PRIu64 ": %s\",\"errno\":\"%s\"}\n", op, size, offset, strerror(errno),
	       strerrorname_np(errno));
	return 2;
}

static int usage(void)
{
	fputs("usage: phyrio info CTL | write|check CTL OFFSET LENGTH SEED GENERATION [MEMORY [THREADS]] |\n"
	      "       cat CTL OFFSET LENGTH [MEMORY] | repeat CTL COUNT LENGTH [buffer] | refuse CTL [STORE] |\n"
	      "       stress CTL THREADS SECONDS SEED | place CTL OFFSET MEMORY |\n"
	      "       revoke CTL MEMORY SWITCH THREADS MILLISECONDS\n"
	      "       MEMORY: user, FILE, [processes:]buffer[:FILE] or [processes:]dmabuf:WAY:FILE:OFFSET+LENGTH,...\n", stderr);
	return 64;
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
	return memory_of(NULL, size, 0);
}

void *memory_of(const char *file, size_t size, uint64_t offset)
{
	bool vfio = file && vfio_named(file);
	int fd = vfio ? vfio_device(file) : file ? open(file, O_RDWR) : -1;
	void *mem = MAP_FAILED;

	if (vfio && fd >= 0)
		offset += vfio_bar(fd);
	if (!file)
		mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	else if (fd >= 0)
		mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	if (fd >= 0 && !vfio)
		close(fd);
	return mem == MAP_FAILED ? NULL : mem;
}

static int info(const struct disk *disk)
{
	printf("{\"blocks\":%" PRIu64 ",\"block_size\":%u,\"max_len\":%u}\n", (uint64_t)disk->info.blocks,
	       disk->info.block_size, disk->info.max_len);
	return 0;
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

/* write, check and cat */
static int transfer(const struct disk *disk, int argc, char **argv)
{
	bool cat = !strcmp(argv[1], "cat");
	struct job job = { .op = cat ? CAT : *argv[1] == 'w' ? WRITE : CHECK };
	int options = cat ? 5 : 7;
	const char *memory = argc > options ? argv[options] : "user";
	uint64_t threads = 1;

	if (argc < options || argc > options + (cat ? 1 : 2) || !number(argv[3], INT64_MAX, &job.offset) ||
	    !number(argv[4], INT64_MAX, &job.length) || job.offset % disk->info.block_size ||
	    job.length % disk->info.block_size)
		return usage();
	if (!cat && (!number(argv[5], UINT32_MAX, &job.seed) || !number(argv[6], UINT32_MAX, &job.gen)))
		return usage();
	job.processes = !strncmp(memory, "processes:", 10);
	memory += job.processes ? 10 : 0;
	if (shared_named(memory)) {
		job.shared = memory;
	} else if (strcmp(memory, "user")) {
		job.buffer = !strncmp(memory, "buffer", 6) && (!memory[6] || memory[6] == ':');
		job.file = memory + (job.buffer ? 6 : 0);
		job.file += *job.file == ':';
		if (!*job.file)
			job.file = NULL;
	}
	if (job.processes && !job.buffer && !job.shared)
		return usage();
	if (argc > options + 1 && (!number(argv[options + 1], MAX_THREADS, &threads) || !threads))
		return usage();
	job.threads = threads;
	return run(disk, &job);
}

int main(int argc, char **argv)
{
	const char *op = argc > 2 ? argv[1] : "";
	bool buffer = argc > 2 && !strcmp(argv[argc - 1], "buffer");
	struct disk disk = { .fd = -1 };
	uint64_t a, b, c;

	answers = strcmp(op, "cat") ? stdout : stderr;
	if (argc < 3)
		return usage();
	disk.path = argv[2];
	disk.fd = open(argv[2], O_RDWR);
	if (disk.fd < 0 || ioctl(disk.fd, PHYR_NVME_IOC_INFO, &disk.info))
		return fail_io("open", 0, 0);

	if (!strcmp(op, "write") || !strcmp(op, "check") || !strcmp(op, "cat"))
		return transfer(&disk, argc, argv);
	if (!strcmp(op, "info") && argc == 3)
		return info(&disk);
	if (!strcmp(op, "place") && argc == 5 && number(argv[3], INT64_MAX, &a) && shared_named(argv[4]))
		return place(&disk, a, argv[4]);
	if (!strcmp(op, "refuse") && argc <= 4)
		return refuse(&disk, argc == 4 ? argv[3] : NULL);
	if (!strcmp(op, "repeat") && argc - buffer == 5 && number(argv[3], UINT32_MAX, &a) && a &&
	    number(argv[4], disk.info.max_len, &b) && b >= 4096)
		return repeat(&disk, a, b, buffer);
	if (!strcmp(op, "stress") && argc == 6 && number(argv[3], MAX_THREADS, &a) && a && number(argv[4], 3600, &b) && b &&
	    number(argv[5], UINT32_MAX, &c))
		return stress(&disk, a, b, c);
	if (!strcmp(op, "revoke") && argc == 7 && number(argv[5], MAX_THREADS, &a) && a && number(argv[6], 60000, &b))
		return take_back(&disk, argv[3], argv[4], a, b);
	return usage();
}
