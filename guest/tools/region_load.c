// SPDX-License-Identifier: GPL-2.0
/* region: deregistered, or revoked by the exporter, while processes use it. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "region.h"

/* Results of the processes, in shared memory. */
struct seen {
	volatile bool taken;	/* back: by us */
	struct {
		uint64_t done, refused, other, first_other;
		uint64_t last;	/* end of the last successful use */
	} by[MAX_PROCESSES];
};

/* Uses the region until some time after the memory was revoked; these last uses must be refused. */
static void load_one(const char *node, uint32_t key, uint64_t pages, unsigned int p, bool lent, struct seen *seen)
{
	int fd = again(node);

	for (uint64_t i = p, after = 0; after < 4 && seen->by[p].other <= 100; i += 7) {
		bool taken = seen->taken;
		uint64_t ended;
		int err = region_use(fd, key, PHYR_REGION_DO_WRITE, i % pages * PAGE, &ended);

		after += taken;
		if (!err) {
			seen->by[p].done++;
			seen->by[p].last = ended;
		} else if (err == ENODEV || (err == ENOENT && !lent)) {
			seen->by[p].refused++;
		} else if (!seen->by[p].other++) {
			seen->by[p].first_other = (uint64_t)err;
		}
	}
	_exit(0);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Tries to use and deregister a region whose memory was revoked, and its dma-buf. */
static int afterwards(int fd, const struct source *s, uint32_t key, const char *knob)
{
	struct phyr_region_register in = source_all(s, PHYR_REGION_READ | PHYR_REGION_WRITE), out;
	int err, again;

	err = region_deregister(fd, key, NULL);
	again = region_register(fd, &in, &out);
	printf(",\"again\":\"%s\"", again ? errno_name(again) : "0");
	return shared_take_back(knob, false) ? errno : err;
}

int load(const char *node, int fd, struct source *s, unsigned int processes, unsigned int ms, const char *knob)
{
	struct seen *seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct phyr_region_register in = source_all(s, PHYR_REGION_READ | PHYR_REGION_WRITE), reg;
	uint64_t ended = 0, last = 0, done = 0, refused = 0, other = 0, first_other = 0;
	pid_t child[MAX_PROCESSES];
	bool all = true;
	int err;

	if (seen == MAP_FAILED)
		return fail(EXIT_FAILURE, "mmap");
	errno = region_register(fd, &in, &reg);
	if (errno)
		return fail(EXIT_FAILURE, "register");
	for (unsigned int p = 0; p < processes; p++) {
		fflush(stdout);
		child[p] = fork();
		if (!child[p]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			load_one(node, reg.key, s->m.bytes / PAGE, p, knob, seen);
		}
	}
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
	if (knob) {
		err = shared_take_back(knob, true) ? errno : 0;
		ended = now();
	} else {
		err = region_deregister(fd, reg.key, &ended);
	}
	seen->taken = true;
	for (unsigned int p = 0; p < processes; p++) {
		int status = -1;

		all &= child[p] > 0 && waitpid(child[p], &status, 0) == child[p] && !status;
		done += seen->by[p].done;
		refused += seen->by[p].refused;
		other += seen->by[p].other;
		first_other = seen->by[p].first_other ? seen->by[p].first_other : first_other;
		last = seen->by[p].last > last ? seen->by[p].last : last;
	}
	errno = err;
	if (knob && err)
		return fail(EXIT_FAILURE, knob);
	errno = ECHILD;
	if (!all)
		return fail(EXIT_FAILURE, "a process of the load");
	errno = err;
	printf("{\"load\":{\"done\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"other\":%" PRIu64 ",\"errno\":\"%s\",\"late\":%s",
	       done, refused, other, other ? errno_name((int)first_other) : "0", last > ended ? "true" : "false");
	if (knob)
		err = afterwards(fd, s, reg.key, knob);
	printf(",\"deregister\":\"%s\"}}\n", err ? errno_name(err) : "0");
	return 0;
}
