// SPDX-License-Identifier: GPL-2.0
/*
 * phyrio's transfers: a range of the disk, by several threads or processes, each with a part of the range and memory of its own. What
 * processes use is registered before there are any: they have the key of it.
 *
 * The first byte of the data goes round in its page, its size round a cycle; every fourth transfer ends where the
 * memory does, so that the last page of a registered buffer is used as well.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "phyrio.h"
#include "stamp.h"

#define BUF_SIZE	(2 << 20)
#define BUF_LEAD	516	/* a registered buffer itself begins and ends inside pages */

static const size_t sizes[] = { 512, 4096, 3584, 65536, 512, 131072, 12800, 2 << 20, 1 << 20, 262144 };

struct worker {
	pthread_t thread;
	const struct disk *disk;
	const struct job *job;
	uint64_t offset, end;	/* its part of the range */
	uint64_t bad, first;
	int failed;		/* exit code, what failed and where */
	const char *what;
	int error;
	uint64_t at;
	size_t size;
	uint8_t *mem;
	size_t room;
	struct shared shared;
	uint32_t handle;
};

static int failure(struct worker *w, const char *what, uint64_t at, size_t size)
{
	w->failed = 2;
	w->error = errno;
	w->what = what;
	w->at = at;
	w->size = size;
	return w->failed;
}

/* One transfer of @n bytes at @at, its data @lead bytes into the memory. */
static int transfer(struct worker *w, uint64_t at, size_t n, size_t lead)
{
	const struct job *job = w->job;
	bool writing = job->op == WRITE;
	uint8_t *data = w->mem + lead;
	uint32_t want[WORDS];

	for (size_t i = 0; writing && i < n; i += SECTOR)
		fill_sector((uint32_t *)(data + i), (at + i) / SECTOR, job->seed, job->gen);
	if (!writing)	/* so that a read that moves nothing cannot look right */
		memset(data, 0xa5, n);
	if (job->buffer || job->shared ? io_buffer(w->disk, writing, w->handle, lead, at, n) :
			  io_direct(w->disk, writing, data, at, n))
		return failure(w, writing ? "write" : "read", at, n);
	for (size_t i = 0; job->op == CHECK && i < n; i += SECTOR) {
		fill_sector(want, (at + i) / SECTOR, job->seed, job->gen);
		if (memcmp(want, data + i, SECTOR) && !w->bad++)
			w->first = at + i;
	}
	if (job->op == CAT && fwrite(data, 1, n, stdout) != n)
		return failure(w, "output", at, n);
	return 0;
}

static int transfers(struct worker *w)
{
	size_t lead = 0, block = w->disk->info.block_size;
	uint64_t at = w->offset;

	for (unsigned int turn = 0; at < w->end; turn++) {
		size_t n = sizes[turn % (sizeof(sizes) / sizeof(*sizes))];

		n = (n + block - 1) / block * block;
		if (n > w->disk->info.max_len)
			n = w->disk->info.max_len;
		if (n > w->room / 2)
			n = w->room / 2 / block * block;
		if (n > w->end - at)
			n = w->end - at;
		lead = turn % 4 == 1 ? w->room - n : (lead + 1236 + turn % 7 * 4096) % (w->room - n) & ~3UL;
		if (transfer(w, at, n, lead))
			return w->failed;
		at += n;
	}
	return 0;
}

static int prepare(struct worker *w)
{
	const struct job *job = w->job;
	size_t size = job->shared ? w->shared.size : job->file ? FILE_SIZE : BUF_SIZE;
	unsigned int access = job->op == WRITE ? PHYR_NVME_BUFFER_WRITE : PHYR_NVME_BUFFER_READ;

	w->room = size;
	if (job->buffer) {
		w->mem += BUF_LEAD;
		w->room -= 2 * BUF_LEAD;
	}
	/* Touched, so that pages are there to be described. */
	memset(w->mem, 0x5a, w->room);
	if (job->shared ? buffer_attach(w->disk, &w->shared, access, &w->handle) :
	    job->buffer && buffer_register(w->disk, w->mem, w->room, access, &w->handle))
		return failure(w, "register", 0, w->room);
	return 0;
}

static void finish(struct worker *w)
{
	if (!w->failed && w->handle && buffer_unregister(w->disk, w->handle))
		failure(w, "unregister", 0, w->room);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	if (!prepare(w) && !transfers(w))
		finish(w);
	return NULL;
}

static void by_threads(struct worker *worker, unsigned int nr)
{
	unsigned int started;

	/* The only one runs here, where what it prints is in order. */
	if (nr == 1) {
		work(worker);
		return;
	}
	for (started = 0; started < nr; started++) {
		errno = pthread_create(&worker[started].thread, NULL, work, &worker[started]);
		if (errno) {
			failure(&worker[started], "thread", 0, 0);
			break;
		}
	}
	while (started--)
		pthread_join(worker[started].thread, NULL);
}

static void by_processes(struct worker *worker, unsigned int nr)
{
	pid_t child[MAX_THREADS];	/* not in the workers, which the children share */

	for (unsigned int i = 0; i < nr; i++)
		if (prepare(&worker[i]))
			return;
	fflush(stdout);
	for (unsigned int i = 0; i < nr; i++) {
		child[i] = fork();
		if (child[i])
			continue;
		transfers(&worker[i]);
		_exit(fflush(stdout) ? 1 : 0);
	}
	for (unsigned int i = 0; i < nr; i++) {
		int status = -1;

		errno = ECHILD;
		if (child[i] < 0 || waitpid(child[i], &status, 0) < 0 || status)
			failure(&worker[i], "process", 0, 0);
		finish(&worker[i]);
	}
}

/* Memory that is the children's as well; or NULL. */
static void *mapped(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

/* Memory of a file: one after the other, as p2pmem/allocate is not asked for an offset. */
static uint8_t *worker_memory(struct worker *w, const struct job *job, unsigned int i)
{
	bool placed = job->file && (!strncmp(job->file, "/dev/", 5) || vfio_named(job->file));

	if (job->shared)
		return shared_open(&w->shared, job->shared, i) ? NULL : w->shared.view;
	/* What is private a child has a copy of. */
	if (job->processes && !job->file)
		return mapped(BUF_SIZE);
	return memory_of(job->file, job->file ? FILE_SIZE : BUF_SIZE, placed ? (uint64_t)i * FILE_SIZE : 0);
}

int run(const struct disk *disk, const struct job *job)
{
	uint64_t blocks = job->length / disk->info.block_size, bad = 0, first = 0;
	struct worker *worker = mapped(MAX_THREADS * sizeof(*worker));
	unsigned int i;
	int code = 0;

	if (!worker)
		return fail_io("mmap", 0, 0);

	for (i = 0; i < job->threads; i++) {
		struct worker *w = &worker[i];

		w->disk = disk;
		w->job = job;
		w->offset = job->offset + blocks * i / job->threads * disk->info.block_size;
		w->end = job->offset + blocks * (i + 1) / job->threads * disk->info.block_size;
		w->mem = worker_memory(w, job, i);
		if (!w->mem) {
			failure(w, "mmap", 0, 0);
			break;
		}
	}
	if (i == job->threads)
		(job->processes ? by_processes : by_threads)(worker, job->threads);
	for (i = 0; i < job->threads; i++) {
		struct worker *w = &worker[i];

		if (w->bad && !bad)
			first = w->first;
		bad += w->bad;
		if (w->failed && !code) {
			errno = w->error;
			code = fail_io(w->what, w->at, w->size);
		}
	}
	if (code)
		return code;
	if (job->op == CAT)
		return fflush(stdout) ? 2 : 0;
	printf("{\"op\":\"%s\",\"bytes\":%" PRIu64 ",\"bad\":%" PRIu64 ",\"first\":%" PRIu64 "}\n",
	       job->op == WRITE ? "write" : "check", job->length, bad, first);
	return bad ? 1 : 0;
}
