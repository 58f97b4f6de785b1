// SPDX-License-Identifier: GPL-2.0
/*
 * Stress: every thread has a part of the disk, writes stamped data there and reads it back, directly or with registered buffers of
 * its own; meanwhile all threads read into one shared buffer that is repeatedly unregistered and registered during their I/O.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "phyrio.h"
#include "stamp.h"

#define AREA	(4 << 20)	/* part of the disk, for each thread */
#define ROOM	(4 << 20)	/* memory, for each thread */
#define SHARED	(1 << 20)
#define BOTH	(PHYR_NVME_BUFFER_READ | PHYR_NVME_BUFFER_WRITE)

static const struct disk *the_disk;
static struct disk shared_disk;		/* opened separately, since handles are reused in a file */
static atomic_uint shared_handle;
static atomic_ulong done, bad, gone, failed;
static atomic_bool stop;

struct worker {
	pthread_t thread;
	uint32_t id, random;
};

static uint32_t draw(struct worker *w, uint32_t below)
{
	w->random = mix(w->random + 0x9e3779b9u);
	return w->random % below;
}

static void report(const char *what)
{
	if (!failed++)
		fail_io(what, 0, 0);
}

/* Writes and reads back once; returns false if the I/O failed. */
static bool turn(struct worker *w, uint8_t *mem, uint32_t generation)
{
	uint32_t block = the_disk->info.block_size, most = the_disk->info.max_len / block, handle = 0, want[WORDS];
	uint32_t blocks = draw(w, 4) ? draw(w, 64) + 1 : draw(w, most) + 1;
	size_t len = (size_t)blocks * block, room = ROOM - len;
	uint64_t offset = (uint64_t)w->id * AREA + draw(w, (AREA - len) / block + 1) * (uint64_t)block;
	size_t from = draw(w, room) & ~3U, to = draw(w, room) & ~3U;
	bool buffer = draw(w, 2);

	if (buffer && buffer_register(the_disk, mem, ROOM, BOTH, &handle))
		return false;
	for (size_t i = 0; i < len; i += SECTOR)
		fill_sector((uint32_t *)(mem + from + i), (offset + i) / SECTOR, w->id, generation);
	if (buffer ? io_buffer(the_disk, true, handle, from, offset, len) : io_direct(the_disk, true, mem + from, offset, len))
		return false;
	memset(mem + to, 0xa5, len);
	if (buffer ? io_buffer(the_disk, false, handle, to, offset, len) : io_direct(the_disk, false, mem + to, offset, len))
		return false;
	for (size_t i = 0; i < len; i += SECTOR) {
		fill_sector(want, (offset + i) / SECTOR, w->id, generation);
		bad += !!memcmp(want, mem + to + i, SECTOR);
	}
	done += 2;
	return !buffer || !buffer_unregister(the_disk, handle);
}

/* Reads into the shared buffer: must succeed, or fail because it is not registered. */
static bool turn_shared(struct worker *w)
{
	uint32_t block = the_disk->info.block_size, blocks = draw(w, 16) + 1;
	uint64_t at = draw(w, SHARED - 16 * block) & ~3U;

	if (!io_buffer(&shared_disk, false, shared_handle, at, (uint64_t)w->id * AREA, (size_t)blocks * block))
		done++;
	else if (errno == ENOENT)
		gone++;
	else
		return false;
	return true;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	uint8_t *mem = memory(ROOM);

	if (!mem)
		report("mmap");
	for (uint32_t generation = 1; mem && !stop; generation++) {
		if (!turn(w, mem, generation) || !turn_shared(w) || !turn_shared(w)) {
			report("I/O");
			break;
		}
	}
	return NULL;
}

int stress(const struct disk *disk, unsigned int threads, unsigned int seconds, uint32_t seed)
{
	struct worker worker[64];
	uint8_t *shared = memory(SHARED);
	time_t end = time(NULL) + seconds;
	unsigned long rounds = 0;
	uint32_t handle;

	if (!shared)
		return fail_io("mmap", 0, SHARED);
	if (disk->info.blocks * disk->info.block_size < (uint64_t)threads * AREA || disk->info.max_len > ROOM / 2)
		return errno = ENOSPC, fail_io("size", 0, 0);
	the_disk = disk;
	shared_disk = *disk;
	shared_disk.fd = open(disk->path, O_RDWR);
	if (shared_disk.fd < 0)
		return fail_io("open", 0, 0);
	for (unsigned int i = 0; i < threads; i++) {
		worker[i].id = i;
		worker[i].random = seed + i;
		if ((errno = pthread_create(&worker[i].thread, NULL, work, &worker[i]))) {
			report("thread");
			threads = i;
		}
	}
	while (time(NULL) < end && !failed) {
		if (buffer_register(&shared_disk, shared, SHARED, BOTH, &handle)) {
			report("register");
			break;
		}
		shared_handle = handle;
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
		if (buffer_unregister(&shared_disk, handle)) {
			report("unregister");
			break;
		}
		rounds++;
	}
	stop = true;
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(worker[i].thread, NULL);
	printf("{\"op\":\"stress\",\"commands\":%lu,\"bad\":%lu,\"rounds\":%lu,\"gone\":%lu}\n", done, bad, rounds, gone);
	return failed ? 2 : bad ? 1 : 0;
}
