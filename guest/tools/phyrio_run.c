// SPDX-License-Identifier: GPL-2.0
/*
 * phyrio's transfers of a range of the disk, by several threads or processes, each with its own part of the range and its own memory. A buffer
 * for processes is registered before they are forked; they know its key.
 *
 * The offset of the data in its page and its size vary in cycles. Every fourth transfer ends at the end of the
 * memory, so that the last page of a registered buffer is used as well.
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
#define BUF_LEAD	516	/* a registered buffer starts and ends inside pages */

static const size_t sizes[] = { 512, 4096, 3584, 65536, 512, 131072, 12800, 2 << 20, 1 << 20, 262144 };

struct worker {
	pthread_t thread;
	const struct disk *disk;
	const struct job *job;
	uint64_t offset, end;	/* the worker's part of the range */
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

/* Transfers @n bytes at @at; the data is @lead bytes into the memory. */
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
	/* Touch the pages, so that they are present. */
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

	/* A single worker runs in this process, so that its output is in order. */
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
	pid_t child[MAX_THREADS];	/* not in struct worker, which is shared with the children */

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

/* Memory shared with children, or NULL. */
static void *mapped(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

/* Maps the file for each worker in turn, since p2pmem/allocate ignores the offset. */
static uint8_t *worker_memory(struct worker *w, const struct job *job, unsigned int i)
{
	bool placed = job->file && (!strncmp(job->file, "/dev/", 5) || vfio_named(job->file));

	if (job->shared)
		return shared_open(&w->shared, job->shared, i) ? NULL : w->shared.view;
	/* A child would have a copy of private memory. */
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
