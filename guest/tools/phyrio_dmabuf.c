// SPDX-License-Identifier: GPL-2.0
/*
 * dma-bufs for phyrio and region, each with a CPU mapping of the same memory (the view). The exporter makes the dma-buf from a list
 * of ranges; the view is made by mapping these ranges of the exporter's file, so that the two can be compared.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shared.h"

#define STEP	(4 << 20)	/* distance of a thread's ranges from those of the next thread */

bool shared_named(const char *spec)
{
	return !strncmp(spec, "dmabuf:", 7);
}

/* Parses "OFFSET+LENGTH,...". */
static int parse_ranges(const char *text, struct shared *s)
{
	size_t room = 1;

	for (const char *c = text; *c; c++)
		room += *c == ',';
	s->range = calloc(room, sizeof(*s->range));
	if (!s->range)
		return -1;
	for (s->nr = 0; s->nr < room; s->nr++) {
		char *end;

		s->range[s->nr].offset = strtoull(text, &end, 0);
		if (end == text || *end != '+')
			break;
		text = end + 1;
		s->range[s->nr].len = strtoull(text, &end, 0);
		if (end == text || (*end && *end != ','))
			break;
		s->size += s->range[s->nr].len;
		text = end + 1;
		if (!*end) {
			s->nr++;
			return 0;
		}
	}
	errno = EINVAL;
	return -1;
}

/* Parses "dmabuf:WAY:SOURCE:RANGES"; a source may contain colons. */
static int parse(const char *spec, struct shared *s)
{
	const char *way = spec + 7, *source = strchr(way, ':'), *ranges = strrchr(spec, ':');

	errno = EINVAL;
	if (!source || ranges <= source)
		return -1;
	s->list = !strncmp(way, "list:", 5);
	if (!s->list && strncmp(way, "sg:", 3))
		return -1;
	s->source = strndup(source + 1, ranges - source - 1);
	return s->source ? parse_ranges(ranges + 1, s) : -1;
}

static int map_view(struct shared *s, int file, uint64_t base)
{
	uint8_t *at;

	s->view = mmap(NULL, s->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->view == MAP_FAILED) {
		s->view = NULL;
		return -1;
	}
	at = s->view;
	for (unsigned int i = 0; i < s->nr; at += s->range[i++].len)
		if (mmap(at, s->range[i].len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
			 base + s->range[i].offset) == MAP_FAILED)
			return -1;
	return 0;
}

static int store_dmabuf(const struct shared *s, int store, int mode)
{
	struct phyr_store_dmabuf arg = { .ranges = (uintptr_t)s->range, .nr = s->nr, .flags = mode | O_CLOEXEC };

	return ioctl(store, PHYR_STORE_IOC_DMABUF, &arg);
}

int shared_for(const struct shared *s, int mode)
{
	int store = open(s->source, O_RDWR | O_CLOEXEC);
	int fd = store < 0 ? -1 : store_dmabuf(s, store, mode);

	if (store >= 0)
		close(store);
	return fd;
}

int shared_open(struct shared *s, const char *spec, unsigned int thread)
{
	bool vfio;
	int file;

	memset(s, 0, sizeof(*s));
	s->fd = -1;
	if (parse(spec, s))
		return -1;
	for (unsigned int i = 0; i < s->nr; i++)
		s->range[i].offset += (uint64_t)STEP * thread;
	vfio = vfio_named(s->source);
	file = vfio ? vfio_device(s->source) : open(s->source, O_RDWR | O_CLOEXEC);
	if (file < 0)
		return -1;
	s->fd = vfio ? vfio_dmabuf(file, s->range, s->nr) : store_dmabuf(s, file, O_RDWR);
	if (s->fd < 0 || map_view(s, file, vfio ? vfio_bar(file) : 0))
		return -1;
	if (!vfio)
		close(file);
	return 0;
}

void shared_close(struct shared *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->view)
		munmap(s->view, s->size);
	free(s->range);
	free(s->source);
}

int shared_take_back(const char *knob, bool away)
{
	int fd, ok;

	if (!strcmp(knob, "vfio"))
		return vfio_memory(vfio_device("vfio:"), !away);
	fd = open(knob, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ok = write(fd, away ? "1" : "0", 1) == 1;
	close(fd);
	return ok ? 0 : -1;
}
