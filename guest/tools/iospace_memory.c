// SPDX-License-Identifier: GPL-2.0
/* iospace: commands that deal with the memory and its pages only. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "iospace.h"
#include "number.h"
#include "stamp.h"

#define PAGE		4096UL
/* Bit of /proc/kpageflags: anonymous memory; still set if the page was not freed. */
#define KPF_ANON	(1ULL << 12)

/* Current page frames; 0 for a page that is not present. */
static bool read_frames(const struct lab *lab, uint64_t *frame)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t bytes = lab->pages * sizeof(*frame);
	bool good;

	good = fd >= 0 && pread(fd, frame, bytes, (off_t)((uintptr_t)lab->mem.addr / PAGE * 8)) == (ssize_t)bytes;
	if (fd >= 0)
		close(fd);
	for (uint32_t i = 0; i < lab->pages && good; i++)
		frame[i] = (frame[i] & ((1ULL << 55) - 1)) * PAGE;
	return good;
}

void memory_drop(struct lab *lab)
{
	if (!lab->has_mem)
		return;
	put_memory(&lab->mem);
	lab->mem.area = MAP_FAILED;
	lab->has_mem = false;
}

/* Number of physically contiguous runs: the minimum of calls to map them. */
static uint32_t runs(const struct lab *lab)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < lab->pages; i++)
		n += !i || lab->frame[i] != lab->frame[i - 1] + PAGE;
	return n;
}

void memory_make(struct lab *lab, char **w)
{
	uint64_t bytes, seed;
	const char *why;

	if (!is_host_memory(w[1]) || !number(w[2], UINT64_MAX, &bytes) || !bytes || bytes % PAGE || bytes > 4ULL << 30 ||
	    !number(w[3], UINT32_MAX, &seed)) {
		complain("memory KIND BYTES SEED");
		return;
	}
	memory_drop(lab);
	why = host_memory(&lab->mem, w[1], bytes, 0);
	lab->has_mem = true;
	free(lab->frame);
	lab->pages = (uint32_t)(bytes / PAGE);
	lab->frame = calloc(lab->pages, sizeof(*lab->frame));
	if (why || !lab->frame || !read_frames(lab, lab->frame)) {
		memory_drop(lab);
		complain(why ? why : "no room, or no pagemap");
		return;
	}
	for (uint64_t at = 0; at < bytes && seed; at += SECTOR)
		fill_sector((uint32_t *)(lab->mem.addr + at), at / SECTOR, (uint32_t)seed, 1);
	printf("{\"memory\":{\"chunk\":%zu,\"pages\":%u,\"runs\":%u,\"frames\":\"", lab->mem.chunk, lab->pages, runs(lab));
	/* For small memory all runs, as first frame and number of pages, for the host to compare. */
	for (uint32_t i = 0, from = 0; i < lab->pages && lab->pages <= 4096; i++) {
		if (i + 1 < lab->pages && lab->frame[i + 1] == lab->frame[i] + PAGE)
			continue;
		printf("%s%" PRIx64 "+%u", from ? " " : "", lab->frame[from] / PAGE, i - from + 1);
		from = i + 1;
	}
	printf("\"}}\n");
}

void memory_digest(struct lab *lab)
{
	char sum[65] = "";
	int to[2], from[2];
	pid_t child;
	ssize_t got;

	if (!lab->has_mem || pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) {
		complain("digest: no memory");
		return;
	}
	/* Not fork(), which would copy pinned pages. */
	child = vfork();
	if (!child) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		execlp("sha256sum", "sha256sum", NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	for (size_t at = 0; child > 0 && at < lab->mem.bytes; at += (size_t)got) {
		got = write(to[1], lab->mem.addr + at, lab->mem.bytes - at);
		if (got <= 0)
			break;
	}
	close(to[1]);
	got = child > 0 ? read(from[0], sum, 64) : 0;
	close(from[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	if (got == 64)
		printf("{\"sha256\":\"%s\"}\n", sum);
	else
		complain("digest");
}

/* A child that shares pages with its parent: waits until the parent has written, then writes and checks the content. */
static void be_child(const struct lab *lab, int go)
{
	char byte;

	if (read(go, &byte, 1) < 0)
		_exit(1);
	memset(lab->mem.addr, 0xc3, lab->mem.bytes);
	for (size_t i = 0; i < lab->mem.bytes; i += PAGE)
		if (lab->mem.addr[i] != 0xc3)
			_exit(1);
	_exit(0);
}

/*
 * fork() copies pinned pages for the child. Other pages are shared until one of the two writes. The parent writes first: it rewrites a byte of
 * each page, so a shared page is copied for it. Prints how many of its pages have moved.
 */
void memory_fork(struct lab *lab)
{
	uint64_t *now = lab->has_mem ? calloc(lab->pages, sizeof(*now)) : NULL;
	uint32_t moved = 0;
	int status = -1, go[2];
	pid_t child;

	if (!now || pipe2(go, O_CLOEXEC)) {
		free(now);
		complain("fork: no memory, or no room");
		return;
	}
	child = fork();
	if (!child) {
		close(go[1]);
		be_child(lab, go[0]);
	}
	for (size_t i = 0; i < lab->mem.bytes; i += PAGE) {
		volatile unsigned char *at = lab->mem.addr + i;

		*at = *at;
	}
	if (!read_frames(lab, now))
		moved = lab->pages;
	for (uint32_t i = 0; i < lab->pages; i++)
		moved += moved < lab->pages && now[i] != lab->frame[i];
	free(now);
	close(go[1]);
	close(go[0]);
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		complain("fork");
	else
		printf("{\"forked\":{\"moved\":%u}}\n", moved);
}

static bool read_word(int fd, uint64_t frame, uint64_t *word)
{
	return pread(fd, word, sizeof(*word), (off_t)(frame / PAGE * sizeof(*word))) == sizeof(*word);
}

/* Prints how many of the pages are still allocated although no process has them mapped. */
void memory_kept(const struct lab *lab)
{
	int flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC), count = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	bool good = flags >= 0 && count >= 0;
	uint64_t flag, mapped;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < lab->pages && good; i++) {
		good = read_word(flags, lab->frame[i], &flag) && read_word(count, lab->frame[i], &mapped);
		kept += good && flag & KPF_ANON && !mapped;
	}
	if (flags >= 0)
		close(flags);
	if (count >= 0)
		close(count);
	if (good)
		printf("{\"kept\":{\"pages\":%u}}\n", kept);
	else
		complain("kept: no /proc/kpageflags, or no /proc/kpagecount");
}
