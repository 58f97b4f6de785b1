// SPDX-License-Identifier: GPL-2.0
/*
 * p2pcopy: disk -> a peer's BAR -> disk, by the devices' own DMA.
 *
 * Memory is allocated from the peer's p2pdma pool and handed to O_DIRECT I/O; the CPU
 * never looks at it, so what arrives went from device to device.
 *
 *	p2pcopy DISK BDF BYTES FROM TO
 *
 * reads BYTES at FROM into the BAR of the PCI function BDF, then writes them at TO.  Both
 * steps are tried, whatever the first one gave.  One line of JSON on stdout, e.g.
 *
 *	{"disk":"/dev/phyr0","peer":"0000:03:00.0","bytes":65536,
 *	 "read":{"bytes":65536},"write":{"errno":"EINVAL"}}
 *
 * Exit: 0 both steps moved all bytes; 3 a step was refused, with its errno; 1 anything
 * else; 64 usage.
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
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_REFUSED = 3, EXIT_USAGE = 64 };

struct step {
	ssize_t bytes;		/* -1: failed */
	int err;
};

static int fail(int code, const char *what, const char *why)
{
	printf("{\"error\":\"%s: %s\"}\n", what, why);
	return code;
}

/* Sizes and offsets are block-aligned numbers, with nothing behind them. */
static bool parse(const char *s, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 0);
	return *s >= '0' && *s <= '9' && !errno && !*end && *out <= INT64_MAX && !(*out & 511);
}

/* DDDD:BB:DD.F and nothing else: it becomes part of a path. */
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
	const char *err = strerrorname_np(s.err);

	if (s.bytes < 0)
		printf(",\"%s\":{\"errno\":\"%s\"}", name, err ? err : "unknown");
	else
		printf(",\"%s\":{\"bytes\":%zd}", name, s.bytes);
}

/* Memory of the peer; it goes back when it is unmapped, at the latest when we exit. */
static void *map_peer(const char *bdf, size_t bytes)
{
	char path[80];
	void *mem;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/p2pmem/allocate", bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return MAP_FAILED;
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return mem;
}

int main(int argc, char **argv)
{
	uint64_t bytes, from, to;
	struct step rd, wr;
	struct stat st;
	void *mem;
	int fd;

	if (argc != 6)
		return fail(EXIT_USAGE, "usage", "p2pcopy DISK BDF BYTES FROM TO");
	if (!is_plain(argv[1]))
		return fail(EXIT_USAGE, "DISK", "not a plain path");
	if (!is_bdf(argv[2]))
		return fail(EXIT_USAGE, "BDF", "must look like 0000:03:00.0");
	if (!parse(argv[3], &bytes) || !bytes || bytes > 1U << 30)
		return fail(EXIT_USAGE, "BYTES", "must be a multiple of 512, up to 1 GiB");
	if (!parse(argv[4], &from) || !parse(argv[5], &to))
		return fail(EXIT_USAGE, "FROM and TO", "must be multiples of 512");

	fd = open(argv[1], O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		return fail(EXIT_FAILURE, argv[1], strerror(errno));
	if (fstat(fd, &st) || !S_ISBLK(st.st_mode))
		return fail(EXIT_FAILURE, argv[1], "not a block device");
	mem = map_peer(argv[2], bytes);
	if (mem == MAP_FAILED)
		return fail(EXIT_FAILURE, "peer memory", strerror(errno));

	rd = transfer(fd, mem, bytes, (off_t)from, false);
	wr = transfer(fd, mem, bytes, (off_t)to, true);

	printf("{\"disk\":\"%s\",\"peer\":\"%s\",\"bytes\":%llu", argv[1], argv[2],
	       (unsigned long long)bytes);
	print_step("read", rd);
	print_step("write", wr);
	printf("}\n");

	munmap(mem, bytes);
	close(fd);
	if (rd.bytes < 0 || wr.bytes < 0)
		return EXIT_REFUSED;
	return (uint64_t)rd.bytes == bytes && (uint64_t)wr.bytes == bytes ? EXIT_SUCCESS : EXIT_FAILURE;
}
