// SPDX-License-Identifier: GPL-2.0
/*
 * region: memory registered with a DMA engine (/dev/phyr_region-BDF), used by key from several processes.
 *
 *   region run  NODE KIND BYTES SEED PROCESSES PAGE,PAGE,...
 *		 the processes have the engine write these pages, in turn; then what must be refused is tried
 *   region load NODE KIND BYTES PROCESSES MS
 *		 deregistered while the processes use it
 *   region cost NODE KIND BYTES TIMES
 *		 registered, used and deregistered: as a list, a scatterlist, arrays of pages
 *
 * KIND is 4k, 64k, 2m or hugetlb. An engine that has no data of its own (edu) is let read page 7 first. JSON lines on
 * stdout. Exit: 0 it was done, whatever came of it; 1 not; 64 usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "region.h"
#include "stamp.h"

enum { EXIT_USAGE = 64 };

#define PAGE		4096UL
#define MAX_PROCESSES	16

static int fail(int code, const char *what)
{
	printf("{\"error\":\"%s: %s\"}\n", what, strerror(errno));
	return code;
}

static const char *name_of(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : "unknown";
}

static bool number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return !errno && *text && *text != '-' && !*end && *out <= max;
}

int region_register(int fd, uint64_t addr, uint64_t len, uint32_t access, uint32_t how,
		    struct phyr_region_register *out)
{
	*out = (struct phyr_region_register){ .addr = addr, .len = len, .access = access, .how = how };
	return ioctl(fd, PHYR_REGION_IOC_REGISTER, out) ? errno : 0;
}

int region_use(int fd, uint32_t key, uint32_t op, uint64_t offset, uint64_t *ended)
{
	struct phyr_region_use use = { .key = key, .op = op, .offset = offset };
	int err = ioctl(fd, PHYR_REGION_IOC_USE, &use) ? errno : 0;

	if (ended)
		*ended = use.ended;
	return err;
}

int region_deregister(int fd, uint32_t key, uint64_t *ended)
{
	struct phyr_region_deregister arg = { .key = key };
	int err = ioctl(fd, PHYR_REGION_IOC_DEREGISTER, &arg) ? errno : 0;

	if (ended)
		*ended = arg.ended;
	return err;
}

/* The node by another file, as a stranger has it. */
static int again(const char *node)
{
	return open(node, O_RDWR | O_CLOEXEC);
}

static void say(const char *what, int err)
{
	if (err)
		printf("{\"refusal\":{\"what\":\"%s\",\"errno\":\"%s\"}}\n", what, name_of(err));
	else
		printf("{\"refusal\":{\"what\":\"%s\",\"errno\":null}}\n", what);
}

/* Frames of the memory, as runs; where it was pinned it stays. */
static bool print_frames(const struct memory *m)
{
	size_t pages = m->bytes / PAGE;
	uint64_t *frame = calloc(pages, sizeof(*frame));
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	bool good = frame && fd >= 0 &&
		    pread(fd, frame, pages * sizeof(*frame), (off_t)((uintptr_t)m->addr / PAGE * 8)) ==
			    (ssize_t)(pages * sizeof(*frame));

	for (size_t i = 0, from = 0; good && i < pages; i++) {
		uint64_t mask = (1ULL << 55) - 1;

		if (i + 1 < pages && (frame[i + 1] & mask) == (frame[i] & mask) + 1)
			continue;
		printf("%s%" PRIx64 "+%zu", from ? " " : "", frame[from] & mask, i - from + 1);
		from = i + 1;
	}
	if (fd >= 0)
		close(fd);
	free(frame);
	return good;
}

static const char *const whys[] = { "largest", "enough", "boundary" };

static bool print_registered(const struct memory *m, const struct phyr_region_register *reg)
{
	bool good;

	printf("{\"registered\":{\"chunk\":%zu,\"block\":%llu,\"blocks\":%llu,\"why\":\"%s\",\"at\":%llu,\"first\":%llu,\"bytes\":%llu,\"frames\":\"",
	       m->chunk, (unsigned long long)reg->block, (unsigned long long)reg->blocks, whys[reg->why % 3],
	       (unsigned long long)reg->at, (unsigned long long)reg->first, (unsigned long long)reg->bytes);
	good = print_frames(m);
	printf("\"}}\n");
	return good;
}

/* Every process uses its share of the pages; the first error is its exit code. */
static bool use_pages(const char *node, uint32_t key, unsigned int processes, const uint64_t *page, unsigned int nr)
{
	pid_t child[MAX_PROCESSES];
	bool good = true;

	for (unsigned int p = 0; p < processes; p++) {
		fflush(stdout);
		child[p] = fork();
		if (child[p])
			continue;
		for (unsigned int i = p; i < nr; i += processes) {
			int fd = again(node);
			int err = fd < 0 ? errno : region_use(fd, key, PHYR_REGION_DO_WRITE, page[i] * PAGE, NULL);

			if (err)
				_exit(err);
			close(fd);
		}
		_exit(0);
	}
	for (unsigned int p = 0; p < processes; p++) {
		int status = -1;

		if (child[p] < 0 || waitpid(child[p], &status, 0) != child[p] || !WIFEXITED(status))
			good = false;
		else
			printf("{\"user\":{\"errno\":%s%s%s}}\n", WEXITSTATUS(status) ? "\"" : "",
			       WEXITSTATUS(status) ? name_of(WEXITSTATUS(status)) : "null",
			       WEXITSTATUS(status) ? "\"" : "");
	}
	return good;
}

static void try_refusals(const char *node, int fd, const struct memory *m, uint32_t key)
{
	struct phyr_region_register other;
	int stranger = again(node);
	void *readonly = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const uint32_t both = PHYR_REGION_READ | PHYR_REGION_WRITE;

	say("use beyond the end", region_use(fd, key, PHYR_REGION_DO_WRITE, m->bytes, NULL));
	say("use inside a page", region_use(fd, key, PHYR_REGION_DO_WRITE, 512, NULL));
	say("use by another key", region_use(fd, key + 1, PHYR_REGION_DO_WRITE, 0, NULL));
	say("deregister another's", region_deregister(stranger, key, NULL));
	say("register nothing", region_register(fd, (uintptr_t)m->addr, 0, both, 0, &other));
	say("register for nobody", region_register(fd, (uintptr_t)m->addr, PAGE, 0, 0, &other));
	say("register what is not there", region_register(fd, 1UL << 46, PAGE, both, 0, &other));
	say("register what may not be written", region_register(fd, (uintptr_t)readonly, PAGE, both, 0, &other));
	if (!region_register(fd, (uintptr_t)m->addr, PAGE, PHYR_REGION_READ, 0, &other)) {
		say("write what is to be read", region_use(fd, other.key, PHYR_REGION_DO_WRITE, 0, NULL));
		region_deregister(fd, other.key, NULL);
	}
	say("deregister", region_deregister(fd, key, NULL));
	say("use after deregistering", region_use(fd, key, PHYR_REGION_DO_WRITE, 0, NULL));
	say("deregister twice", region_deregister(fd, key, NULL));
	close(stranger);
}

static void print_digest(const struct memory *m)
{
	FILE *sum;

	printf("{\"sha256\":\"");
	fflush(stdout);
	sum = popen("sha256sum | cut -c1-64 | tr -d '\\n'", "we");
	if (sum) {
		fwrite(m->addr, 1, m->bytes, sum);
		pclose(sum);
	}
	printf("\"}\n");
}

static int run(const char *node, int fd, struct memory *m, uint64_t seed, unsigned int processes, char *list)
{
	struct phyr_region_register reg;
	uint64_t page[64];
	unsigned int nr = 0;
	char *save = NULL;
	int err;

	for (char *word = strtok_r(list, ",", &save); word && nr < 64; word = strtok_r(NULL, ",", &save))
		if (!number(word, m->bytes / PAGE - 1, &page[nr++]))
			return fail(EXIT_USAGE, "pages");
	for (size_t at = 0; at < m->bytes; at += SECTOR)
		fill_sector((uint32_t *)(m->addr + at), at / SECTOR, (uint32_t)seed, 1);
	errno = region_register(fd, (uintptr_t)m->addr, m->bytes, PHYR_REGION_READ | PHYR_REGION_WRITE, 0, &reg);
	if (errno)
		return fail(EXIT_FAILURE, "register");
	if (!print_registered(m, &reg))
		return fail(EXIT_FAILURE, "pagemap");
	err = region_use(fd, reg.key, PHYR_REGION_DO_READ, 7 * PAGE, NULL);
	if (err && err != EOPNOTSUPP) {
		errno = err;
		return fail(EXIT_FAILURE, "read");
	}
	if (!use_pages(node, reg.key, processes, page, nr))
		return fail(EXIT_FAILURE, "processes");
	try_refusals(node, fd, m, reg.key);
	/* What a device wrote is there for the CPU from then on. */
	print_digest(m);
	return 0;
}

/* What the processes of a load have seen; in memory that they share. */
struct seen {
	uint64_t done, refused, other, first_other;
	uint64_t last;		/* when the last one that went through ended */
};

static void load_one(const char *node, uint32_t key, uint64_t pages, unsigned int p, struct seen *seen)
{
	int fd = again(node);

	for (uint64_t i = p; seen->refused < 4; i += 7) {
		uint64_t ended;
		int err = region_use(fd, key, PHYR_REGION_DO_WRITE, i % pages * PAGE, &ended);

		if (!err) {
			seen->done++;
			seen->last = ended;
		} else if (err == ENOENT || err == ENODEV) {
			seen->refused++;
		} else {
			seen->first_other = seen->other++ ? seen->first_other : (uint64_t)err;
			if (seen->other > 100)
				break;
		}
	}
	_exit(0);
}

static int load(const char *node, int fd, struct memory *m, unsigned int processes, unsigned int ms)
{
	struct seen *seen = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), all = { 0 };
	struct phyr_region_register reg;
	pid_t child[MAX_PROCESSES];
	uint64_t ended = 0;
	int err;

	errno = region_register(fd, (uintptr_t)m->addr, m->bytes, PHYR_REGION_READ | PHYR_REGION_WRITE, 0, &reg);
	if (errno || seen == MAP_FAILED)
		return fail(EXIT_FAILURE, "register");
	for (unsigned int p = 0; p < processes; p++) {
		fflush(stdout);
		child[p] = fork();
		if (!child[p]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			load_one(node, reg.key, m->bytes / PAGE, p, &seen[p]);
		}
	}
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
	err = region_deregister(fd, reg.key, &ended);
	for (unsigned int p = 0; p < processes; p++) {
		if (child[p] > 0)
			waitpid(child[p], NULL, 0);
		all.done += seen[p].done;
		all.refused += seen[p].refused;
		all.other += seen[p].other;
		all.first_other = seen[p].first_other ? seen[p].first_other : all.first_other;
		if (seen[p].last > all.last)
			all.last = seen[p].last;
	}
	printf("{\"load\":{\"done\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"other\":%" PRIu64 ",\"errno\":\"%s\",\"late\":%s,\"deregister\":\"%s\"}}\n",
	       all.done, all.refused, all.other, all.other ? name_of((int)all.first_other) : "0",
	       all.last > ended ? "true" : "false", err ? name_of(err) : "0");
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t bytes, a, b = 0;
	struct memory m;
	const char *why;
	int fd, code;

	if (argc < 6 || !is_host_memory(argv[3]) || !number(argv[4], 4ULL << 30, &bytes) || !bytes || bytes % PAGE ||
	    !number(argv[5], UINT32_MAX, &a) || (argc > 6 && !number(argv[6], 60000, &b))) {
		fputs("usage: region run NODE KIND BYTES SEED PROCESSES PAGES | load NODE KIND BYTES PROCESSES MS | cost NODE KIND BYTES TIMES\n",
		      stderr);
		return EXIT_USAGE;
	}
	fd = open(argv[2], O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail(EXIT_FAILURE, argv[2]);
	why = host_memory(&m, argv[3], bytes, 0);
	/* The processes need the key alone; and copies of what is pinned would need room. */
	if (!why && madvise(m.area, m.area_bytes, MADV_DONTFORK))
		why = "MADV_DONTFORK";
	if (why)
		code = fail(EXIT_FAILURE, why);
	else if (!strcmp(argv[1], "run") && argc == 8 && b && b <= MAX_PROCESSES)
		code = run(argv[2], fd, &m, a, (unsigned int)b, argv[7]);
	else if (!strcmp(argv[1], "load") && argc == 7 && a && a <= MAX_PROCESSES)
		code = load(argv[2], fd, &m, (unsigned int)a, (unsigned int)b);
	else if (!strcmp(argv[1], "cost") && argc == 6 && a && a <= MAX_TIMES)
		code = cost(fd, &m, (unsigned int)a);
	else
		code = fail(EXIT_USAGE, "run, load or cost");
	close(fd);
	put_memory(&m);
	return code;
}
