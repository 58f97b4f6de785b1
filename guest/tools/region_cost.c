// SPDX-License-Identifier: GPL-2.0
/* region: cost, in instructions on a machine whose clock counts them. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"
#include "region.h"

static void print(const char *name, const uint64_t *value, unsigned int n)
{
	printf(",\"%s\":[", name);
	for (unsigned int i = 0; i < n; i++)
		printf("%s%" PRIu64, i ? "," : "", value[i]);
	printf("]");
}

/* Looks up the last page, which takes longest; does not use it, since the engine's work is not to be measured. */
static int one(int fd, const struct phyr_region_register *in, uint64_t *reg, uint64_t *use, uint64_t *dereg,
	       struct phyr_region_register *out)
{
	uint64_t t[6];
	int err;

	t[0] = counter();
	err = region_register(fd, in, out);
	t[1] = counter();
	if (err)
		return err;
	t[2] = counter();
	err = region_use(fd, out->key, PHYR_REGION_FIND, out->len - PAGE, NULL);
	t[3] = counter();
	if (err)
		return err;
	t[4] = counter();
	err = region_deregister(fd, out->key, NULL);
	t[5] = counter();
	*reg = t[1] - t[0];
	*use = t[3] - t[2];
	*dereg = t[5] - t[4];
	return err;
}

static bool cost_of(int fd, const struct phyr_region_register *in, const char *how, unsigned int times)
{
	uint64_t reg[MAX_TIMES + 1], use[MAX_TIMES + 1], dereg[MAX_TIMES + 1];
	struct phyr_region_register out;

	/* The first round fills the allocators' caches and is not reported. */
	for (unsigned int i = 0; i <= times; i++) {
		int err = one(fd, in, &reg[i], &use[i], &dereg[i], &out);

		if (err) {
			printf("{\"error\":\"%s: %s\"}\n", how, strerror(err));
			return false;
		}
	}
	printf("{\"cost\":{\"how\":\"%s\",\"bytes\":%llu,\"blocks\":%llu", how, (unsigned long long)out.bytes,
	       (unsigned long long)out.blocks);
	print("register", reg + 1, times);
	print("use", use + 1, times);
	print("deregister", dereg + 1, times);
	printf("}}\n");
	return true;
}

int cost(int fd, const struct source *s, unsigned int times)
{
	static const char *const hows[] = { "phyr", "sg", "pages" };
	struct phyr_region_register in = source_all(s, PHYR_REGION_READ | PHYR_REGION_WRITE);

	if (s->dmabuf)
		return cost_of(fd, &in, s->shared.list ? "phyr" : "sg", times) ? EXIT_SUCCESS : EXIT_FAILURE;
	for (in.how = 0; in.how < 3; in.how++)
		if (!cost_of(fd, &in, hows[in.how], times))
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
