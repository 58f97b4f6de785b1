// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is taken back while it is used: threads read into it, directly and on a registered buffer; then its owner is
 * told to take it back. What is in flight then is to end as it would have, what comes later to be refused with ENODEV.
 * That no device touches the memory afterwards is not for this program to say.
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
static uint8_t *mem;
static uint32_t handle;
static atomic_uint done, refused, late, other;
static atomic_int other_errno;
static atomic_bool taken_back, stop;

static void *work(void *arg)
{
	unsigned int turn = (uintptr_t)arg;
	size_t n = the_disk->info.max_len < AT_ONCE ? the_disk->info.max_len : AT_ONCE;

	for (unsigned int after = 0; after < 8 && !stop; turn++) {
		bool before = !taken_back;
		size_t at = turn * 5 * 4096 % (FILE_SIZE - n);
		int err = turn & 1 ? io_buffer(the_disk, false, handle, at, 0, n) :
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

static int flip(const char *file, const char *value)
{
	int fd = open(file, O_WRONLY), ok;

	if (fd < 0)
		return -1;
	ok = write(fd, value, 1) == 1;
	close(fd);
	return ok ? 0 : -1;
}

int take_back(const struct disk *disk, const char *file, const char *off, unsigned int threads, unsigned int ms)
{
	pthread_t thread[MAX_THREADS];
	unsigned int started;
	int err;

	the_disk = disk;
	mem = memory_of(file, FILE_SIZE, 0);
	if (!mem)
		return fail_io("mmap", 0, FILE_SIZE);
	memset(mem, 0, FILE_SIZE);
	if (buffer_register(disk, mem, FILE_SIZE, PHYR_NVME_BUFFER_READ, &handle))
		return fail_io("register", 0, FILE_SIZE);
	for (started = 0; started < threads; started++)
		if (pthread_create(&thread[started], NULL, work, (void *)(uintptr_t)started))
			break;
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
	err = flip(off, "1") ? errno : 0;
	taken_back = true;
	stop = err;
	for (unsigned int i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	errno = err;
	if (err)
		return fail_io("revoke", 0, 0);
	err = buffer_unregister(disk, handle) ? errno : 0;
	if (flip(off, "0"))
		return fail_io("offer", 0, 0);
	printf("{\"op\":\"revoke\",\"done\":%u,\"refused\":%u,\"late\":%u,\"other\":%u,\"errno\":\"%s\",\"unregister\":\"%s\"}\n",
	       done, refused, late, other, other ? strerrorname_np(other_errno) : "0", err ? strerrorname_np(err) : "0");
	return late || other || err || !done || !refused ? 1 : 0;
}
