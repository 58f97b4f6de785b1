// SPDX-License-Identifier: GPL-2.0
/*
 * Memory pressure: allocates memory until the kernel has to reclaim, and frees some when the OOM killer is near. Most of the
 * memory is taken as unused huge pages, which is fast; the rest by a process with the highest oom_score_adj. The process also reads
 * a part of the disk that nobody writes, because a guest whose root is a RAM disk has hardly any page that can be reclaimed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "churn.h"

#define MIB		(1ul << 20)
#define STEP		MIB
#define HUGE		(2 * MIB)
#define HUGE_PAGES	"/proc/sys/vm/nr_hugepages"
#define NEAR		(2 * MIB)	/* of the kernel's reserve: the OOM killer is near */
#define ENOUGH		(8 * MIB)	/* can be reclaimed at once */
#define BY_PAGES	(8 * MIB)	/* taken by the process before reclaim starts */
#define READ_AHEAD	(256 * 1024)	/* bytes of the disk in each period */
#define PERIOD_US	20000
#define PATIENCE_US	5000000	/* with the kernel, until it begins to reclaim */

static struct pressure start;
static pid_t child;
static uint64_t huge;		/* bytes */
static uint64_t *pages_most;	/* of the child; MiB */

/* Sum of the values whose names begin with @name, in a file of "name value" lines. */
static uint64_t sum_of(const char *path, const char *name)
{
	FILE *f = fopen(path, "re");
	uint64_t sum = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		char *value = strpbrk(line, ": ");

		if (value && !strncmp(line, name, strlen(name)))
			sum += strtoull(value + strspn(value, ": "), NULL, 10);
	}
	if (f)
		fclose(f);
	return sum;
}

static void look(struct pressure *now)
{
	now->scanned = sum_of("/proc/vmstat", "pgscan_kswapd") + sum_of("/proc/vmstat", "pgscan_direct");
	now->reclaimed = sum_of("/proc/vmstat", "pgsteal_kswapd") + sum_of("/proc/vmstat", "pgsteal_direct");
	now->stalls = sum_of("/proc/vmstat", "allocstall_");
}

/*
 * Bytes that an allocation which can sleep and takes any address can get before the OOM killer runs: what is free in each zone above its
 * reserve and above lowmem_reserve.
 */
static uint64_t spare_memory(void)
{
	FILE *f = fopen("/proc/zoneinfo", "re");
	unsigned long long free = 0, min = 0, pages = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		/* "protection: (0, 1925, 3901)": the last number applies to allocations at any address. The line follows the other two. */
		const char *last = strstr(line, "protection:") ? strrchr(line, ' ') : NULL;

		if (last) {
			min += strtoull(last + strspn(last, " ("), NULL, 10);
			pages += free > min ? free - min : 0;
		} else if (sscanf(line, " pages free %llu", &free) != 1) {
			(void)!sscanf(line, " min %llu", &min);
		}
	}
	if (f)
		fclose(f);
	return pages * 4096;
}

static uint64_t read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned long long n = 0;

	if (f) {
		if (fscanf(f, "%llu", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

static void write_number(const char *path, uint64_t n)
{
	FILE *f = fopen(path, "we");

	if (f) {
		fprintf(f, "%llu", (unsigned long long)n);
		fclose(f);
	}
}

/* The kernel does not go below this for allocations that can sleep. */
static uint64_t reserve(void)
{
	return read_number("/proc/sys/vm/min_free_kbytes") * 1024;
}

/*
 * kswapd starts to reclaim when every zone has less than a quarter of its reserve above the reserve, and gives up after a few fruitless
 * attempts. Then allocations reclaim directly, below the reserve. The OOM killer runs if they find nothing either.
 */
static uint64_t least_spare(void)
{
	return sum_of("/proc/meminfo", "Inactive(file)") * 1024 > ENOUGH ? 0 : reserve() / 16 + NEAR;
}

static void touch(uint8_t *memory)
{
	for (size_t at = 0; at < STEP; at += 4096)
		memory[at] = 1;
}

/*
 * Reads the next part of the end of the disk into the page cache. It drops the part from the cache before: pages that are read repeatedly count as
 * active, and the kernel gives up when it finds no others.
 */
static void cache(int disk, uint64_t from, uint64_t *at)
{
	static uint8_t piece[READ_AHEAD];

	posix_fadvise(disk, *at, sizeof(piece), POSIX_FADV_DONTNEED);
	if (disk >= 0 && pread(disk, piece, sizeof(piece), *at) == sizeof(piece))
		*at += sizeof(piece);
	else
		*at = from;
}

static void press(const char *path, uint64_t from)
{
	int disk = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t at = from;
	size_t all = spare_memory(), taken = 0;
	uint8_t *memory = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct pressure now = start, before;
	uint64_t least;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	posix_fadvise(disk, 0, 0, POSIX_FADV_RANDOM);
	write_number("/proc/self/oom_score_adj", 1000);
	if (memory == MAP_FAILED)
		_exit(1);
	madvise(memory, all, MADV_NOHUGEPAGE);
	for (;;) {
		if (taken / MIB > *pages_most)
			*pages_most = taken / MIB;
		usleep(PERIOD_US);
		before = now;
		look(&now);
		cache(disk, from, &at);
		least = least_spare();
		if (spare_memory() < least && taken) {
			taken -= STEP;
			madvise(memory + taken, STEP, MADV_DONTNEED);
		} else if (now.scanned == before.scanned && spare_memory() > least + STEP && taken + STEP <= all) {
			touch(memory + taken);
			taken += STEP;
		}
	}
}

/*
 * Usually returns when memory is short. Returns 0, or -1 if pressure cannot be made. The disk is read from @from to its end meanwhile; nobody may
 * write there.
 */
int pressure_begin(const char *disk, uint64_t from)
{
	uint64_t all = spare_memory(), keep = reserve() / 2 + BY_PAGES;

	pages_most = mmap(NULL, sizeof(*pages_most), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pages_most == MAP_FAILED)
		return -1;
	look(&start);
	if (all > keep)
		write_number(HUGE_PAGES, (all - keep) / HUGE);
	huge = read_number(HUGE_PAGES) * HUGE;
	child = fork();
	if (!child)
		press(disk, from);
	if (child < 0) {
		write_number(HUGE_PAGES, 0);
		return -1;
	}
	for (unsigned int waited = 0; waited < PATIENCE_US; waited += PERIOD_US) {
		struct pressure now;

		usleep(PERIOD_US);
		look(&now);
		if (now.scanned != start.scanned)
			break;
	}
	return 0;
}

void pressure_count(void)
{
	look(&start);
}

bool pressure_felt(void)
{
	struct pressure now;

	look(&now);
	return now.reclaimed != start.reclaimed;
}

void pressure_end(struct pressure *result)
{
	look(result);
	result->scanned -= start.scanned;
	result->reclaimed -= start.reclaimed;
	result->stalls -= start.stalls;
	result->most_mib = *pages_most + huge / MIB;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	write_number(HUGE_PAGES, 0);
}
