// SPDX-License-Identifier: GPL-2.0
/*
 * lifetime: I/O with memory whose mapping or pages change.
 *
 *	lifetime EVENT DISK VIA BYTES TO FROM SEED GENERATION
 *
 * fills BYTES of memory with the stamps of the disk at TO, registers it if VIA says so, makes EVENT happen to it, writes the memory at TO,
 * and reads BYTES at FROM into it. If the event can be repeated, it is repeated for a while, with reads of FROM at the same time. BYTES
 * is a multiple of the page size, up to 1 MiB; VIA as for memcopy. Prints the final content of the memory to stdout, followed by that
 * of the child if EVENT forks one; one line of JSON to stderr:
 *
 *	{"pages":{"all":256,"present":256,"huge":0,"swapped":0},"write":{"bytes":1048576},"read":{"bytes":1048576},
 *	 "was":{"errno":"EFAULT"},"storm":{"reads":8,"tries":31,"events":9,"after":3,"bad":0}}
 *
 * pages: after the event; was: a read into the previous address, if the memory was moved; storm: repetitions: tries of the event, events
 * that happened, reads after the first event, and bad reads, which returned wrong data.
 * EVENT: fork, mremap, dontneed, truncate, thp-split, thp-collapse, swap. Exit: 0 done, whatever the result; 1 the event could not
 * be caused; 64 usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lifetime.h"
#include "number.h"
#include "stamp.h"
#include "transfer.h"

#define STORM_READS	8
#define PAUSE_US	10000
#define STORM_AFTER	2	/* minimum of reads after an event */
#define STORM_MOST	64	/* maximum of reads while there is no event */
#define NOBODY		0xa5	/* content of memory before a read */

static int fail(int code, const char *what, const char *why)
{
	fprintf(stderr, "{\"error\":\"%s: %s\"}\n", what, why);
	return code;
}

/* Allocates memory for the event, one page after the start of an aligned area of the size of a huge page. */
static const char *make(struct life *life, const struct event *event)
{
	unsigned char *room = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		return "mmap";
	life->area = (unsigned char *)(((uintptr_t)room + HUGE - 1) & ~(HUGE - 1));
	life->mem = life->area + PAGE;
	if (event->shared) {
		life->file = memfd_create("lifetime", MFD_CLOEXEC);
		if (life->file < 0 || ftruncate(life->file, life->bytes) ||
		    mmap(life->mem, life->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, life->file, 0) != life->mem)
			return "memfd";
	} else if (madvise(life->area, HUGE, event->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE)) {
		return event->huge ? "MADV_HUGEPAGE" : "MADV_NOHUGEPAGE";
	}
	/* Touch all of the area, which is or will be one huge page. */
	if (!event->shared)
		memset(life->area, NOBODY, HUGE);
	return NULL;
}

static void stamp(struct life *life, uint64_t to, uint32_t seed, uint32_t generation)
{
	for (size_t at = 0; at < life->bytes; at += SECTOR)
		fill_sector((uint32_t *)(life->mem + at), (to + at) / SECTOR, seed, generation);
}

struct storm {
	const struct transfer *transfer;
	uint64_t from;
	const unsigned char *due;
	unsigned int reads, bad, events, after;
	bool over;
};

/* Nothing can happen to memory with a long-term pin, so there is no point in waiting for it. */
static bool go_on(const struct storm *storm)
{
	if (storm->reads < STORM_READS)
		return true;
	return storm->transfer->via != REGISTERED && storm->reads < STORM_MOST && storm->after < STORM_AFTER;
}

static void *read_on(void *arg)
{
	struct storm *storm = arg;
	const struct transfer *t = storm->transfer;

	for (; go_on(storm); storm->reads++) {
		bool changed = __atomic_load_n(&storm->events, __ATOMIC_ACQUIRE);

		memset(t->mem, NOBODY, t->bytes);
		if (transfer_all(t, false, storm->from) != (ssize_t)t->bytes || memcmp(t->mem, storm->due, t->bytes))
			storm->bad++;
		storm->after += changed;
		if (changed)
			continue;
		/*
		 * Memory that is pinned for each read can be split or swapped only between two reads. Leave time for it,
		 * more and more, as an emulated guest may be slow.
		 */
		usleep(storm->reads % 3 * PAUSE_US * (1 + storm->reads / STORM_READS));
	}
	__atomic_store_n(&storm->over, true, __ATOMIC_RELEASE);
	return NULL;
}

static const char *storm(struct life *life, const struct event *event, const struct transfer *t, uint64_t from)
{
	unsigned char *due = malloc(life->bytes);
	struct storm storm = { .transfer = t, .from = from, .due = due };
	unsigned int tries = 0;
	pthread_t thread;

	if (!due)
		return "no memory";
	memcpy(due, life->mem, life->bytes);
	errno = pthread_create(&thread, NULL, read_on, &storm);
	if (errno)
		return "thread";
	while (!__atomic_load_n(&storm.over, __ATOMIC_ACQUIRE)) {
		tries++;
		if (event->again(life))
			__atomic_add_fetch(&storm.events, 1, __ATOMIC_RELEASE);
	}
	pthread_join(thread, NULL);
	free(due);
	fprintf(stderr, ",\"storm\":{\"reads\":%u,\"tries\":%u,\"events\":%u,\"after\":%u,\"bad\":%u}", storm.reads,
		tries, storm.events, storm.after, storm.bad);
	return NULL;
}

static bool show(const struct life *life)
{
	static unsigned char piece[1 << 16];
	ssize_t n;

	if (fwrite(life->mem, 1, life->bytes, stdout) != life->bytes)
		return false;
	if (!life->child)
		return !fflush(stdout);
	if (write(life->go, "g", 1) != 1)
		return false;
	while ((n = read(life->dump, piece, sizeof(piece))) > 0)
		if (fwrite(piece, 1, n, stdout) != (size_t)n)
			return false;
	waitpid(life->child, NULL, 0);
	return !fflush(stdout);
}

static const char *play(struct life *life, const struct event *event, struct transfer *t, uint64_t to, uint64_t from)
{
	bool ready = transfer_register(t);
	int refused = errno;
	struct pages pages;
	const char *why = event->happen(life);

	if (why)
		return why;
	t->mem = life->mem;
	errno = ENOSYS;
	if (!look_at(life->mem, life->bytes, &pages))
		return "/proc/self/pagemap and /proc/kpageflags";
	fprintf(stderr, "{\"pages\":{\"all\":%zu,\"present\":%zu,\"huge\":%zu,\"swapped\":%zu},", pages.all, pages.present,
		pages.huge, pages.swapped);
	errno = refused;
	transfer_print(stderr, "write", ready ? transfer_all(t, true, to) : -1);
	fputc(',', stderr);
	errno = refused;
	transfer_print(stderr, "read", ready ? transfer_all(t, false, from) : -1);
	if (life->was && t->via != REGISTERED) {
		struct transfer old = *t;

		old.mem = life->was;
		fputc(',', stderr);
		transfer_print(stderr, "was", transfer_all(&old, false, from));
	}
	if (event->again && ready)
		why = storm(life, event, t, from);
	if (why)
		return why;
	if (ready && !transfer_unregister(t))
		return "unregister";
	fputs("}\n", stderr);
	why = event->after ? event->after(life) : NULL;
	return why ? why : show(life) ? NULL : "output";
}

int main(int argc, char **argv)
{
	struct life life = { .file = -1 };
	const struct event *event = events;
	uint64_t to, from, bytes, seed, generation;
	struct transfer t = { 0 };
	const char *why;
	int via;

	if (argc != 9)
		return fail(64, "usage", "lifetime EVENT DISK VIA BYTES TO FROM SEED GENERATION");
	while (event < events + event_count && strcmp(event->name, argv[1]))
		event++;
	via = via_named(argv[3]);
	if (event == events + event_count || via < 0)
		return fail(64, "usage", "an unknown EVENT or VIA");
	if (!number(argv[4], HUGE / 2, &bytes) || bytes % PAGE || !bytes || !multiple(argv[5], SECTOR, &to) ||
	    !multiple(argv[6], SECTOR, &from) || !number(argv[7], UINT32_MAX, &seed) ||
	    !number(argv[8], UINT32_MAX, &generation))
		return fail(64, "usage", "a number that is none, too large, or no multiple of its unit");

	life.bytes = bytes;
	why = make(&life, event);
	if (why)
		return fail(1, why, strerror(errno));
	stamp(&life, to, seed, generation);
	t.via = via;
	t.mem = life.mem;
	t.bytes = bytes;
	if (!transfer_open(&t, argv[2]))
		return fail(1, "disk", strerror(errno));
	why = play(&life, event, &t, to, from);
	return why ? fail(1, why, strerror(errno)) : 0;
}
