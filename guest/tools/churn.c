// SPDX-License-Identifier: GPL-2.0
/*
 * churn: concurrent reads, writes and write-zeroes of random sizes, with buffers at random addresses.
 *
 * Each worker has an area of the disk, which the host has filled with stamps of generation 0. Operation N of a worker is
 * determined by the seed, and its writes have generation N. So the host can compute the content of every sector from the number
 * of operations that each worker did (src/oracle/churn.ts). A worker compares what it reads with what it wrote before.
 *
 *   churn DEV OFFSET AREA WORKERS CACHED PRESSURE SECONDS SEED
 *
 * OFFSET, AREA and CACHED are in bytes. From OFFSET on, WORKERS workers with direct I/O have areas of AREA bytes. If CACHED is not
 * 0, one more worker with buffered I/O has the CACHED bytes after these. PRESSURE 1 takes so much memory that the kernel has to
 * reclaim. A worker stops at its first operation that fails; the host accepts old and new data for it. One line of JSON.
 * Exit: 0 done and right, 1 wrong data, 2 the I/O failed, 64 usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <linux/fs.h>

#include "answer.h"
#include "churn.h"
#include "number.h"
#include "stamp.h"

#define MAX_WORKERS	64
#define MAX_PIECES	4
#define PAGE		4096
/* A piece can begin anywhere in a page. */
#define ROOM		(MOST + 2 * MAX_PIECES * PAGE)
#define ZEROED		UINT32_MAX	/* marks zeroed sectors, instead of a generation */

struct worker {
	pthread_t thread;
	int fd;
	uint32_t number, block, area_blocks;
	uint64_t offset;
	uint8_t *memory;
	uint32_t *generation;	/* generation of each sector of the area */
	uint32_t done;		/* operations */
	uint64_t bytes, bad, first;
	uint32_t got[4];	/* content of the first wrong sector */
	int error;		/* of operation done + 1 */
};

static uint32_t seed;
static atomic_bool stop;

static uint8_t *new_memory(bool large)
{
	uint8_t *memory = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (large)
		madvise(memory, ROOM, MADV_HUGEPAGE);
	return memory;
}

/* Distributes the data in memory: pieces of whole blocks, with an unused page between any two. */
static int lay_out(const struct worker *w, const struct churn_op *op, struct iovec *iov)
{
	uint8_t *at = w->memory + op->skew;
	uint32_t left = op->count;
	int n = 0;

	for (uint32_t pieces = op->pieces < left ? op->pieces : left; pieces; pieces--) {
		uint32_t blocks = left / pieces;

		iov[n].iov_base = at;
		iov[n].iov_len = (size_t)blocks * w->block;
		at += iov[n].iov_len + PAGE;
		left -= blocks;
		n++;
	}
	return n;
}

static bool is_sector(const uint32_t *is, uint64_t lba, uint32_t generation)
{
	uint32_t want[WORDS] = { 0 };

	if (generation != ZEROED)
		fill_sector(want, lba, seed, generation);
	return !memcmp(is, want, SECTOR);
}

static void check_sector(struct worker *w, const uint32_t *is, uint32_t sector)
{
	uint64_t lba = w->offset / SECTOR + sector;

	if (is_sector(is, lba, w->generation[sector]) || w->bad++)
		return;
	w->first = lba * SECTOR;
	memcpy(w->got, is, sizeof(w->got));
}

static bool transfer(struct worker *w, const struct churn_op *op, uint32_t generation)
{
	uint32_t sector = (uint64_t)op->from * w->block / SECTOR;
	uint64_t offset = w->offset + (uint64_t)op->from * w->block;
	size_t length = (size_t)op->count * w->block;
	bool writing = op->kind != CHURN_READ;
	struct iovec iov[MAX_PIECES];
	int pieces = lay_out(w, op, iov);
	uint32_t at = sector;

	for (int i = 0; i < pieces; i++) {
		uint8_t *piece = iov[i].iov_base;

		if (!writing)	/* so that a read that moves nothing cannot look right */
			memset(piece, 0xa5, iov[i].iov_len);
		for (size_t byte = 0; writing && byte < iov[i].iov_len; byte += SECTOR)
			fill_sector((uint32_t *)(piece + byte), w->offset / SECTOR + at++, seed, generation);
	}
	errno = EIO;
	if ((writing ? pwritev(w->fd, iov, pieces, offset) : preadv(w->fd, iov, pieces, offset)) != (ssize_t)length)
		return false;
	w->bytes += length;
	for (uint32_t i = 0; writing && i < length / SECTOR; i++)
		w->generation[sector + i] = generation;
	for (int i = 0; !writing && i < pieces; i++)
		for (size_t byte = 0; byte < iov[i].iov_len; byte += SECTOR)
			check_sector(w, (uint32_t *)((uint8_t *)iov[i].iov_base + byte), at++);
	return op->kind != CHURN_SYNCED || !fdatasync(w->fd);
}

static bool zero(struct worker *w, const struct churn_op *op)
{
	uint32_t sectors = w->block / SECTOR;
	uint64_t range[2] = { w->offset + (uint64_t)op->from * w->block, (uint64_t)op->count * w->block };

	if (ioctl(w->fd, BLKZEROOUT, range))
		return false;
	for (uint32_t i = 0; i < op->count * sectors; i++)
		w->generation[op->from * sectors + i] = ZEROED;
	return true;
}

static bool turn(struct worker *w, uint32_t number)
{
	struct churn_op op = churn_draw(seed, w->number, number, w->area_blocks, w->block);

	if (op.fresh) {
		munmap(w->memory, ROOM);
		w->memory = new_memory(op.skew & 4);
		if (!w->memory)
			return false;
	}
	return op.kind == CHURN_ZERO ? zero(w, &op) : transfer(w, &op, number);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!stop) {
		if (!turn(w, w->done + 1)) {
			w->error = errno;
			return NULL;
		}
		w->done++;
	}
	if (fsync(w->fd))
		w->error = errno;
	return NULL;
}

static bool begin(struct worker *w, const char *dev, bool cached, uint64_t area)
{
	w->fd = open(dev, O_RDWR | (cached ? 0 : O_DIRECT));
	if (w->fd < 0 || ioctl(w->fd, BLKSSZGET, &w->block))
		return false;
	errno = EINVAL;
	if (w->offset % PAGE || area % PAGE || area < MOST || area / SECTOR > UINT32_MAX || MOST % w->block)
		return false;
	w->area_blocks = area / w->block;
	w->generation = calloc(area / SECTOR, sizeof(*w->generation));
	w->memory = new_memory(false);
	errno = ENOMEM;
	if (!w->generation || !w->memory)
		return false;
	errno = pthread_create(&w->thread, NULL, work, w);
	return !errno;
}

static int usage(void)
{
	fputs("usage: churn DEV OFFSET AREA WORKERS CACHED PRESSURE SECONDS SEED\n", stderr);
	return 64;
}

static int report(const struct worker *workers, unsigned int count, const struct pressure *p)
{
	uint64_t bytes = 0, bad = 0;
	const struct worker *wrong = NULL;
	bool failed = false;

	printf("{\"churn\":{\"workers\":[");
	for (unsigned int i = 0; i < count; i++) {
		const struct worker *w = &workers[i];

		printf("%s{\"done\":%u,\"error\":", i ? "," : "", w->done);
		printf(w->error ? "\"%s\"}" : "null}", strerrorname_np(w->error));
		bytes += w->bytes;
		bad += w->bad;
		if (w->bad && !wrong)
			wrong = w;
		failed |= w->error != 0;
	}
	printf("],\"bytes\":%" PRIu64 ",\"bad\":%" PRIu64, bytes, bad);
	if (wrong)
		printf(",\"first\":{\"at\":%" PRIu64 ",\"seed\":%u,\"generation\":%u,\"lba\":%u}",
		       wrong->first, wrong->got[1], wrong->got[2], wrong->got[3]);
	printf(",\"pressure\":{\"scanned\":%" PRIu64 ",\"reclaimed\":%" PRIu64 ",\"stalls\":%" PRIu64 ",\"mib\":%" PRIu64 "}}}\n",
	       p->scanned, p->reclaimed, p->stalls, p->most_mib);
	return bad ? 1 : failed ? 2 : 0;
}

/* A debug kernel may need longer than SECONDS to reclaim anything. */
#define PATIENCE_S	20

static bool all_failed(const struct worker *workers, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (!*(volatile int *)&workers[i].error)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	static struct worker workers[MAX_WORKERS + 1];
	uint64_t offset, area, direct, cached, pressed, seconds, seed_;
	struct pressure p = { 0 };
	unsigned int count;
	time_t end;

	if (argc != 9 || !number(argv[2], INT64_MAX, &offset) || !number(argv[3], UINT32_MAX, &area) ||
	    !number(argv[4], MAX_WORKERS, &direct) || !number(argv[5], UINT32_MAX, &cached) ||
	    !number(argv[6], 1, &pressed) || !number(argv[7], 86400, &seconds) || !number(argv[8], UINT32_MAX, &seed_) ||
	    !(direct + cached))
		return usage();
	seed = seed_;
	count = direct + !!cached;
	if (pressed && pressure_begin(argv[1], offset + direct * area + cached))
		return fail(2, "memory pressure");
	for (unsigned int i = 0; i < count; i++) {
		workers[i].number = i;
		workers[i].offset = offset + i * area;
		if (!begin(&workers[i], argv[1], i == direct, i == direct ? cached : area)) {
			if (pressed)
				pressure_end(&p);
			return fail(2, "a worker");
		}
	}
	pressure_count();
	end = time(NULL) + seconds;
	while ((time(NULL) < end || (pressed && !pressure_felt() && time(NULL) < end + PATIENCE_S)) &&
	       !all_failed(workers, count))
		usleep(20000);
	stop = true;
	for (unsigned int i = 0; i < count; i++)
		pthread_join(workers[i].thread, NULL);
	if (pressed)
		pressure_end(&p);
	return report(workers, count, &p);
}
