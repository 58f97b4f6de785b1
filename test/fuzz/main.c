// SPDX-License-Identifier: GPL-2.0
/*
 * The driver: makes inputs, keeps those that reach new code, and makes the one that fails small.
 *
 *	phyr-fuzz [--seconds N] [--seed N]	play until time is up; prints what was done as JSON
 *	phyr-fuzz --replay HEX			play one input and say what it does
 *
 * Inputs are played in a child: whatever ends it (a check, ASan, UBSan, a signal) leaves the
 * input behind in shared memory.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "play.h"

#define INPUT_MAX	256
#define CORPUS_MAX	4096
#define EDGES		(1 << 16)

struct input {
	size_t size;
	u8 data[INPUT_MAX];
};

struct shared {
	struct input input;
	u64 runs;
	u64 edges;
	u64 corpus;
};

static struct shared *shared;
static struct input corpus[CORPUS_MAX];
static size_t corpus_nr;
static u64 rng;

/* Edges of the code under test; each with the power of two of how often it was taken. */
static u8 hits[EDGES], seen[EDGES];
static uintptr_t previous;

void __sanitizer_cov_trace_pc(void);

/* Called by the code under test alone: this file is built without coverage. */
void __sanitizer_cov_trace_pc(void)
{
	uintptr_t pc = (uintptr_t)__builtin_return_address(0);
	uintptr_t edge = (pc ^ previous >> 1 ^ pc >> 15) % EDGES;

	previous = pc;
	if (hits[edge] < 255)
		hits[edge]++;
}

/* A leak is seen by the caches themselves. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:abort_on_error=0:exitcode=1";
}

static u64 random_u64(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static size_t below(size_t n)
{
	return random_u64() % n;
}

static void mutate(struct input *in)
{
	for (size_t n = 1 + below(6); n--; ) {
		size_t at = below(INPUT_MAX), len = 1 + below(16);

		switch (below(6)) {
		case 0:
			if (in->size < INPUT_MAX)
				in->data[in->size++] = random_u64();
			break;
		case 1:
			if (in->size)
				in->data[at % in->size] = random_u64();
			break;
		case 2:
			if (in->size)
				in->data[at % in->size] ^= 1 << below(8);
			break;
		case 3:	/* cut out */
			if (in->size > len) {
				at %= in->size - len;
				memmove(in->data + at, in->data + at + len, in->size - at - len);
				in->size -= len;
			}
			break;
		default: {	/* put in: of another input, or noise */
			const struct input *from = corpus_nr ? &corpus[below(corpus_nr)] : in;

			if (in->size + len > INPUT_MAX)
				break;
			at %= in->size + 1;
			memmove(in->data + at + len, in->data + at, in->size - at);
			for (size_t i = 0; i < len; i++)
				in->data[at + i] = i < from->size ? from->data[i] : random_u64();
			in->size += len;
		}
		}
	}
}

static void make_input(struct input *in)
{
	if (corpus_nr && below(4)) {
		*in = corpus[below(corpus_nr)];
		mutate(in);
		return;
	}
	in->size = 1 + below(INPUT_MAX);
	for (size_t i = 0; i < in->size; i++)
		in->data[i] = random_u64();
}

/* Has the last input taken an edge, or a number of times an edge, that none before it has? */
static bool is_new(void)
{
	bool any = false;

	for (size_t i = 0; i < EDGES; i++) {
		u8 bucket;

		if (!hits[i])
			continue;
		bucket = 1 << (31 - __builtin_clz(hits[i]));
		if (bucket & ~seen[i]) {
			shared->edges += !seen[i];
			seen[i] |= bucket;
			any = true;
		}
	}
	return any;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void fuzz(double seconds)
{
	double end = now() + seconds;

	while (now() < end) {
		make_input(&shared->input);
		memset(hits, 0, sizeof(hits));
		previous = 0;
		play(shared->input.data, shared->input.size, false);
		shared->runs++;
		if (is_new() && corpus_nr < CORPUS_MAX)
			corpus[corpus_nr++] = shared->input;
	}
	shared->corpus = corpus_nr;
}

/* Does the input in shared memory fail?  In a child that says nothing. */
static bool fails(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 2);
		alarm(10);
		play(shared->input.data, shared->input.size, false);
		_Exit(0);
	}
	waitpid(pid, &status, 0);
	return status != 0;
}

/* Drop pieces, large ones first, as long as it still fails. */
static void shrink(void)
{
	double end = now() + 10;

	for (size_t len = INPUT_MAX / 2; len; len /= 2) {
		for (size_t at = 0; at + len <= shared->input.size && now() < end; ) {
			struct input whole = shared->input;

			memmove(shared->input.data + at, shared->input.data + at + len,
				whole.size - at - len);
			shared->input.size -= len;
			if (!fails()) {
				shared->input = whole;
				at += len;
			}
		}
	}
}

static int replay(const char *hex)
{
	u8 data[INPUT_MAX];
	size_t size = strlen(hex) / 2;

	if (!size || size > INPUT_MAX || strlen(hex) % 2 || strspn(hex, "0123456789abcdef") != strlen(hex)) {
		fprintf(stderr, "--replay takes up to %d bytes as lower-case hexadecimal digits\n", INPUT_MAX);
		return 64;
	}
	for (size_t i = 0; i < size; i++)
		sscanf(hex + 2 * i, "%2hhx", &data[i]);
	setvbuf(stdout, NULL, _IONBF, 0);
	play(data, size, true);
	return 0;
}

static int campaign(double seconds, u64 seed)
{
	int status;
	pid_t pid;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED, "no shared memory");
	/* A seed of 0 would never leave 0. */
	rng = seed * 0x9e3779b97f4a7c15ull + 1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fuzz(seconds);
		_Exit(0);
	}
	CHECK(pid > 0, "no child");
	waitpid(pid, &status, 0);
	if (status) {
		shrink();
		fprintf(stderr, "failed after %llu inputs, seed %llu; to see it again: --replay ", shared->runs, seed);
		for (size_t i = 0; i < shared->input.size; i++)
			fprintf(stderr, "%02x", shared->input.data[i]);
		fprintf(stderr, "\n");
		return 1;
	}
	printf("{\"seed\":%llu,\"inputs\":%llu,\"edges\":%llu,\"corpus\":%llu}\n", seed, shared->runs, shared->edges,
	       shared->corpus);
	return 0;
}

static bool number(const char *text, unsigned long max, unsigned long *n)
{
	char *end;

	errno = 0;
	*n = strtoul(text, &end, 10);
	return !errno && *text >= '0' && *text <= '9' && !*end && *n <= max;
}

int main(int argc, char **argv)
{
	unsigned long seconds = 10, seed = time(NULL);

	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--replay"))
			return replay(value);
		if (!strcmp(argv[i], "--seconds") && number(value, 1000000, &seconds))
			continue;
		if (!strcmp(argv[i], "--seed") && number(value, ~0ul, &seed))
			continue;
		fprintf(stderr, "usage: phyr-fuzz [--seconds N] [--seed N] | --replay HEX\n");
		return 64;
	}
	return campaign(seconds, seed);
}
