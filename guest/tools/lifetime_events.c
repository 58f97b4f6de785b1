// SPDX-License-Identifier: GPL-2.0
/* lifetime: the events. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lifetime.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif
#define SPLIT	"/sys/kernel/debug/split_huge_pages"
#define CHILD	0x11	/* content that the child writes */

/* The child writes its memory, then waits, and sends its content when it is told to continue. */
static const char *fork_now(struct life *life)
{
	int go[2], dump[2], ready;
	char c;

	if (pipe2(go, O_CLOEXEC) || pipe2(dump, O_CLOEXEC))
		return "pipe";
	life->child = fork();
	if (life->child < 0)
		return "fork";
	if (!life->child) {
		close(go[1]);
		memset(life->mem, CHILD, life->bytes / 2);
		ready = write(dump[1], "r", 1) == 1 && read(go[0], &c, 1) == 1;
		for (size_t done = 0; ready && done < life->bytes;) {
			ssize_t n = write(dump[1], life->mem + done, life->bytes - done);

			if (n <= 0)
				break;
			done += n;
		}
		_exit(0);
	}
	life->go = go[1];
	life->dump = dump[0];
	close(go[0]);
	close(dump[1]);
	errno = ECHILD;
	return read(life->dump, &c, 1) == 1 ? NULL : "the child";
}

static bool fork_again(struct life *life)
{
	pid_t child = fork();
	int status;

	if (!child) {
		for (size_t at = 0; at < life->bytes; at += PAGE)
			life->mem[at] ^= 0xff;
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static const char *move(struct life *life)
{
	unsigned char *to = mmap(NULL, life->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (to == MAP_FAILED)
		return "mmap";
	if (mremap(life->mem, life->bytes, life->bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		return "mremap";
	life->was = life->mem;
	life->mem = to;
	return NULL;
}

static const char *drop(struct life *life)
{
	return madvise(life->mem, life->bytes, MADV_DONTNEED) ? "MADV_DONTNEED" : NULL;
}

static const char *truncate_file(struct life *life)
{
	return ftruncate(life->file, 0) ? "ftruncate" : NULL;
}

static const char *extend_file(struct life *life)
{
	return ftruncate(life->file, life->bytes) ? "ftruncate" : NULL;
}

/* The kernel may fail without an error; the pages show whether it split. */
static const char *split(struct life *life)
{
	int fd = open(SPLIT, O_WRONLY | O_CLOEXEC), n;
	char text[80];

	if (fd < 0)
		return SPLIT;
	n = snprintf(text, sizeof(text), "%d,0x%lx,0x%lx", getpid(), (unsigned long)life->area,
		     (unsigned long)life->area + HUGE);
	n = write(fd, text, n) == n;
	close(fd);
	return n ? NULL : SPLIT;
}

/* Pinned memory is not collapsed: an errno is a valid result. */
static const char *collapse(struct life *life)
{
	if (madvise(life->area, HUGE, MADV_HUGEPAGE))
		return "MADV_HUGEPAGE";
	if (madvise(life->area, HUGE, MADV_COLLAPSE) && errno == EINVAL)
		return "MADV_COLLAPSE";
	return NULL;
}

static bool split_and_collapse(struct life *life)
{
	struct pages before, between, after;
	bool seen = look_at(life->mem, life->bytes, &before);

	split(life);
	seen = look_at(life->mem, life->bytes, &between) && seen;
	collapse(life);
	seen = look_at(life->mem, life->bytes, &after) && seen;
	return seen && (before.huge != between.huge || between.huge != after.huge);
}

static const char *swap_out(struct life *life)
{
	return madvise(life->mem, life->bytes, MADV_PAGEOUT) ? "MADV_PAGEOUT" : NULL;
}

static bool swap_again(struct life *life)
{
	struct pages pages;

	return !swap_out(life) && look_at(life->mem, life->bytes, &pages) && pages.swapped;
}

const struct event events[] = {
	{ "fork", .happen = fork_now, .again = fork_again },
	{ "mremap", .happen = move },
	{ "dontneed", .happen = drop },
	{ "truncate", .shared = true, .happen = truncate_file, .after = extend_file },
	{ "thp-split", .huge = true, .happen = split, .again = split_and_collapse },
	{ "thp-collapse", .happen = collapse, .again = split_and_collapse },
	{ "swap", .happen = swap_out, .again = swap_again },
};

const size_t event_count = sizeof(events) / sizeof(*events);
