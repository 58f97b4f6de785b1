// SPDX-License-Identifier: GPL-2.0
/*
 * Revocation of memory in use: threads read into it, directly and through a registered buffer; then its owner revokes it. I/O in
 * flight must complete normally, later I/O must fail with ENODEV. This program cannot see whether a device accesses the
 * memory afterwards; the host checks that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "phyrio.h"

#define AT_ONCE	65536

static const struct disk *the_disk;
static uint8_t *mem;		/* NULL: a dma-buf, which can only be used as a registered buffer */
static size_t size;
static uint32_t handle;
static atomic_uint done, refused, late, other;
static atomic_int other_errno;
static atomic_bool taken_back, stop;

static void *work(void *arg)
{
	unsigned int turn = (uintptr_t)arg;
	size_t n = the_disk->info.max_len < AT_ONCE ? the_disk->info.max_len : AT_ONCE;

	if (n > size)
		n = size;
	for (unsigned int after = 0; after < 8 && !stop; turn++) {
		bool before = !taken_back;
		size_t at = turn * 5 * 4096 % (size - n + 4096);
		int err = turn & 1 || !mem ? io_buffer(the_disk, false, handle, at, 0, n) :
				     io_direct(the_disk, false, mem + at, 0, n);

		if (!err) {
			done++;
			late += !before;
		} else if (errno == ENODEV) {
			refused++;
		} else {
			other_errno = errno;
			other++;
		}
		after += !before;
	}
	return NULL;
}

/* Returns NULL, or what failed. */
static const char *take(const struct disk *disk, const char *memory)
{
	static struct shared shared;

	if (shared_named(memory)) {
		if (shared_open(&shared, memory, 0))
			return "dma-buf";
		size = shared.size;
		memset(shared.view, 0, size);
		return buffer_attach(disk, &shared, PHYR_NVME_BUFFER_READ, &handle) ? "register" : NULL;
	}
	size = FILE_SIZE;
	mem = memory_of(memory, size, 0);
	if (!mem)
		return "mmap";
	memset(mem, 0, size);
	return buffer_register(disk, mem, size, PHYR_NVME_BUFFER_READ, &handle) ? "register" : NULL;
}

int take_back(const struct disk *disk, const char *memory, const char *off, unsigned int threads, unsigned int ms)
{
	pthread_t thread[MAX_THREADS];
	const char *failed;
	unsigned int started;
	int err;

	the_disk = disk;
	failed = take(disk, memory);
	if (failed)
		return fail_io(failed, 0, size);
	for (started = 0; started < threads; started++)
		if (pthread_create(&thread[started], NULL, work, (void *)(uintptr_t)started))
			break;
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
	err = shared_take_back(off, true) ? errno : 0;
	taken_back = true;
	stop = err;
	for (unsigned int i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	errno = err;
	if (err)
		return fail_io("revoke", 0, 0);
	err = buffer_unregister(disk, handle) ? errno : 0;
	if (shared_take_back(off, false))
		return fail_io("offer", 0, 0);
	printf("{\"op\":\"revoke\",\"done\":%u,\"refused\":%u,\"late\":%u,\"other\":%u,\"errno\":\"%s\",\"unregister\":\"%s\"}\n",
	       done, refused, late, other, other ? strerrorname_np(other_errno) : "0", err ? strerrorname_np(err) : "0");
	return late || other || err || !done || !refused ? 1 : 0;
}
