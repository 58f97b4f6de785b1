// SPDX-License-Identifier: GPL-2.0
/* region: the memory to register, and output about it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "region.h"

static const char *open_shared(struct source *s, const char *name, size_t bytes)
{
	if (shared_open(&s->shared, name, 0))
		return "dma-buf";
	s->m.addr = s->shared.view;
	s->m.bytes = s->shared.size;
	errno = EPROTO;
	return s->shared.size == bytes ? NULL : "bytes of the dma-buf";
}

const char *source_kind(const char *name, uint32_t *how)
{
	static const char *const hows[] = { [PHYR_REGION_SG] = "sg:", [PHYR_REGION_PAGES] = "pages:" };

	for (*how = PHYR_REGION_SG; *how <= PHYR_REGION_PAGES; ++*how)
		if (!strncmp(name, hows[*how], strlen(hows[*how])))
			return name + strlen(hows[*how]);
	*how = PHYR_REGION_PHYR;
	return name;
}

const char *source_open(struct source *s, const char *name, size_t bytes)
{
	uint32_t how;
	const char *kind = source_kind(name, &how), *why;

	*s = (struct source){ .m = { .area = MAP_FAILED, .pool = -1 }, .how = how, .dmabuf = shared_named(name) };
	if (s->dmabuf)
		return open_shared(s, name, bytes);
	why = host_memory(&s->m, kind, bytes, 0);
	/* The processes need only the key, and fork() would copy pinned pages. */
	return !why && madvise(s->m.area, s->m.area_bytes, MADV_DONTFORK) ? "MADV_DONTFORK" : why;
}

void source_close(struct source *s)
{
	if (s->dmabuf)
		shared_close(&s->shared);
	else
		put_memory(&s->m);
}

struct phyr_region_register source_all(const struct source *s, uint32_t access)
{
	if (s->dmabuf)
		return (struct phyr_region_register){
			.fd = s->shared.fd, .access = access,
			.how = s->shared.list ? PHYR_REGION_DMABUF : PHYR_REGION_DMABUF_SG,
		};
	return (struct phyr_region_register){
		.addr = (uintptr_t)s->m.addr, .len = s->m.bytes, .access = access, .how = s->how,
	};
}

/* Prints the page frames as runs; they do not change while pinned or leased. */
static bool print_frames(const struct memory *m)
{
	size_t pages = m->bytes / PAGE;
	uint64_t *frame = calloc(pages, sizeof(*frame));
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	bool good = frame && fd >= 0 &&
		    pread(fd, frame, pages * sizeof(*frame), (off_t)((uintptr_t)m->addr / PAGE * 8)) ==
			    (ssize_t)(pages * sizeof(*frame));

	for (size_t i = 0, from = 0; good && i < pages; i++) {
		uint64_t mask = (1ULL << 55) - 1;

		if (i + 1 < pages && (frame[i + 1] & mask) == (frame[i] & mask) + 1)
			continue;
		printf("%s%" PRIx64 "+%zu", from ? " " : "", frame[from] & mask, i - from + 1);
		from = i + 1;
	}
	if (fd >= 0)
		close(fd);
	free(frame);
	return good;
}

static const char *const whys[] = { "largest", "enough", "boundary" };

bool print_registered(const struct source *s, const struct phyr_region_register *reg)
{
	bool good = true;

	printf("{\"registered\":{\"chunk\":%zu,\"block\":%llu,\"blocks\":%llu,\"why\":\"%s\",\"at\":%llu,\"first\":%llu,\"bytes\":%llu,\"frames\":\"",
	       s->m.chunk, (unsigned long long)reg->block, (unsigned long long)reg->blocks, whys[reg->why % 3],
	       (unsigned long long)reg->at, (unsigned long long)reg->first, (unsigned long long)reg->bytes);
	if (!s->dmabuf)	/* /proc/self/pagemap does not show the view; the exporter reports its frames */
		good = print_frames(&s->m);
	printf("\"}}\n");
	return good;
}

void print_digest(const struct source *s)
{
	FILE *sum;

	printf("{\"sha256\":\"");
	fflush(stdout);
	sum = popen("sha256sum | cut -c1-64 | tr -d '\\n'", "we");
	if (sum) {
		fwrite(s->m.addr, 1, s->m.bytes, sum);
		pclose(sum);
	}
	printf("\"}\n");
}
