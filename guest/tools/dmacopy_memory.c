// SPDX-License-Identifier: GPL-2.0
/* dmacopy: memory of a peer, or RAM in pages of a given size. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmacopy.h"

#define PAGE		4096UL
#define HUGE		(2UL << 20)
#define FILL		0x5a
#define THP		"/sys/kernel/mm/transparent_hugepage/"
#define THP_64K		THP "hugepages-64kB/enabled"
#define POOL		"/proc/sys/vm/nr_hugepages"

static const char *const kinds[] = { "4k", "64k", "2m", "hugetlb" };

bool is_host_memory(const char *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

static long get_number(const char *path)
{
	FILE *f = fopen(path, "re");
	long n = -1;

	if (f) {
		if (fscanf(f, "%ld", &n) != 1)
			n = -1;
		fclose(f);
	}
	return n;
}

/* Reads the current choice, in brackets, from a sysfs file of choices. */
static bool get_choice(const char *path, char word[16])
{
	FILE *f = fopen(path, "re");
	const char *chosen = NULL;
	char line[128];

	if (f && fgets(line, sizeof(line), f))
		chosen = strchr(line, '[');
	if (f)
		fclose(f);
	return chosen && sscanf(chosen, "[%15[^]]", word) == 1;
}

/* Maps an area with room for whole pages around the data, at a chosen offset within 4 MiB. */
static const char *map_area(struct memory *m, size_t bytes, int flags)
{
	m->area_bytes = bytes;
	m->area = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
	return m->area == MAP_FAILED ? "mmap" : NULL;
}

static unsigned char *align_up(unsigned char *p, size_t to)
{
	return (unsigned char *)(((uintptr_t)p + to - 1) & ~(to - 1));
}

/* Touches every piece of @unit, in an order in which neighbours do not come from the same free block. */
static void touch(unsigned char *start, size_t bytes, size_t unit)
{
	const size_t stride = 7;

	for (size_t first = 0; first < stride; first++)
		for (size_t at = first * unit; at < bytes; at += stride * unit)
			memset(start + at, FILL, bytes - at < unit ? bytes - at : unit);
}

/*
 * The largest S of 4 KiB, 64 KiB and 2 MiB such that the memory consists of physically contiguous, aligned pieces of S bytes; 0
 * if the kernel does not show page frames.  Partial pieces at the ends are checked as well.
 */
static size_t chunk_of(const unsigned char *start, size_t bytes)
{
	static const size_t sizes[] = { HUGE, 64UL << 10 };
	uintptr_t first = (uintptr_t)start / PAGE, last = ((uintptr_t)start + bytes - 1) / PAGE;
	size_t n = last - first + 1;
	uint64_t *frame = calloc(n, sizeof(*frame));
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t chunk = 0;

	if (frame && fd >= 0 &&
	    pread(fd, frame, n * sizeof(*frame), first * sizeof(*frame)) == (ssize_t)(n * sizeof(*frame))) {
		chunk = PAGE;
		for (size_t i = 0; i < n; i++) {
			frame[i] &= (1ULL << 55) - 1;
			if (!frame[i])
				chunk = 0;
		}
	}
	for (size_t s = 0; chunk == PAGE && s < sizeof(sizes) / sizeof(*sizes); s++) {
		size_t pages = sizes[s] / PAGE, good = sizes[s];

		for (size_t i = 0; i < n; i++)
			if (frame[i] % pages != (first + i) % pages ||
			    (i && (first + i) % pages && frame[i] != frame[i - 1] + 1))
				good = PAGE;
		chunk = good;
	}
	if (fd >= 0)
		close(fd);
	free(frame);
	return chunk;
}

static const char *map_small(struct memory *m, size_t bytes, unsigned char **start)
{
	const char *why = map_area(m, bytes, 0);

	if (why)
		return why;
	if (madvise(m->area, m->area_bytes, MADV_NOHUGEPAGE))
		return "MADV_NOHUGEPAGE";
	*start = m->area;
	touch(m->area, bytes, PAGE);
	return NULL;
}

/* Allocates pages of 64 KiB while these are enabled. */
static const char *touch_64k(struct memory *m, size_t bytes, unsigned char **start)
{
	const char *why = map_area(m, 2 * HUGE, 0);

	if (why)
		return why;
	*start = align_up(m->area, HUGE) + (64UL << 10);
	if (*start + bytes > m->area + m->area_bytes)
		*start -= HUGE;
	if (madvise(*start, (bytes + 0xffff) & ~0xffffUL, MADV_HUGEPAGE))
		return "MADV_HUGEPAGE";
	touch(*start, bytes, 64UL << 10);
	return NULL;
}

static const char *map_64k(struct memory *m, size_t bytes, unsigned char **start)
{
	const char *why;
	char was[16];

	/* Nowhere may a page of 2 MiB fit: it would be preferred. */
	if (bytes > HUGE - (128UL << 10)) {
		errno = E2BIG;
		return "64k";
	}
	if (!get_choice(THP_64K, was) || !put(THP_64K, "madvise"))
		return THP_64K;
	why = touch_64k(m, bytes, start);
	/* Restored at once, in case we are killed: the setting matters only while pages are allocated. */
	if (!put(THP_64K, was) && !why)
		return THP_64K;
	return why;
}

static const char *map_2m(struct memory *m, size_t bytes, unsigned char **start)
{
	size_t whole = (bytes + HUGE - 1) & ~(HUGE - 1);
	const char *why = map_area(m, whole + HUGE, 0);

	if (why)
		return why;
	*start = align_up(m->area, HUGE);
	if (madvise(*start, whole, MADV_HUGEPAGE))
		return "MADV_HUGEPAGE";
	touch(*start, whole, HUGE);
	return NULL;
}

static const char *map_hugetlb(struct memory *m, size_t bytes, unsigned char **start)
{
	size_t whole = (bytes + HUGE - 1) & ~(HUGE - 1);
	char text[24];
	const char *why;

	m->pool = get_number(POOL);
	snprintf(text, sizeof(text), "%ld", m->pool + (long)(whole / HUGE));
	if (m->pool < 0 || !put(POOL, text))
		return POOL;
	why = map_area(m, whole, MAP_HUGETLB);
	if (why)
		return why;
	*start = m->area;
	touch(*start, whole, HUGE);
	return NULL;
}

/**
 * host_memory - allocate RAM
 * @m:		out
 * @kind:	4k, 64k, 2m (a transparent huge page) or hugetlb
 * @bytes:	length of the data
 * @head:	bytes before the data in its first page
 */
const char *host_memory(struct memory *m, const char *kind, size_t bytes, size_t head)
{
	size_t need = (head + bytes + PAGE - 1) & ~(PAGE - 1);
	unsigned char *start = NULL;
	const char *why;

	*m = (struct memory){ .bytes = bytes, .area = MAP_FAILED, .pool = -1 };
	errno = 0;
	if (!strcmp(kind, "4k"))
		why = map_small(m, need, &start);
	else if (!strcmp(kind, "64k"))
		why = map_64k(m, need, &start);
	else if (!strcmp(kind, "2m"))
		why = map_2m(m, need, &start);
	else
		why = map_hugetlb(m, need, &start);
	if (why)
		return why;
	m->addr = start + head;
	/* All pages are present, since they were touched. */
	m->chunk = chunk_of(start, need);
	return m->chunk ? NULL : "/proc/self/pagemap does not show physical addresses";
}

/* Do the rest of the first and of the last page still have their initial content? */
bool around_intact(const struct memory *m)
{
	const unsigned char *end = m->addr + m->bytes;
	const unsigned char *p;

	if (!m->chunk)
		return true;
	for (p = (const unsigned char *)((uintptr_t)m->addr & ~(PAGE - 1)); p < m->addr; p++)
		if (*p != FILL)
			return false;
	for (p = end; (uintptr_t)p % PAGE; p++)
		if (*p != FILL)
			return false;
	return true;
}

/* Memory of the peer; unmapping frees it, at the latest when the process exits. */
const char *peer_memory(struct memory *m, const char *bdf, size_t bytes)
{
	char path[80];
	int fd;

	*m = (struct memory){ .bytes = bytes, .area = MAP_FAILED, .area_bytes = bytes, .pool = -1 };
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/p2pmem/allocate", bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return "peer memory";
	m->area = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	m->addr = m->area;
	return m->area == MAP_FAILED ? "peer memory" : NULL;
}

/* Frees the memory and restores the size of the hugetlb pool. */
void put_memory(struct memory *m)
{
	char text[24];

	if (m->area != MAP_FAILED)
		munmap(m->area, m->area_bytes);
	if (m->pool >= 0) {
		snprintf(text, sizeof(text), "%ld", m->pool);
		put(POOL, text);
	}
}
