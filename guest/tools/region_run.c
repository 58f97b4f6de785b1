// SPDX-License-Identifier: GPL-2.0
/* region: use pages by key, in turn. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "number.h"
#include "region.h"
#include "stamp.h"

/* Every process uses its share of the pages; its exit code is the first errno. */
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
			       WEXITSTATUS(status) ? errno_name(WEXITSTATUS(status)) : "null",
			       WEXITSTATUS(status) ? "\"" : "");
	}
	return good;
}

int run(const char *node, int fd, struct source *s, uint64_t seed, unsigned int processes, char *list)
{
	struct phyr_region_register in = source_all(s, PHYR_REGION_READ | PHYR_REGION_WRITE), reg;
	uint64_t page[64], last = s->m.bytes / PAGE - 1;
	unsigned int nr = 0;
	char *save = NULL;
	int err;

	for (char *word = strtok_r(list, ",", &save); word && nr < 64; word = strtok_r(NULL, ",", &save))
		if (!number(word, last, &page[nr++]))
			return fail(EXIT_USAGE, "pages");
	for (size_t at = 0; at < s->m.bytes; at += SECTOR)
		fill_sector((uint32_t *)(s->m.addr + at), at / SECTOR, (uint32_t)seed, 1);
	err = region_register(fd, &in, &reg);
	if (err) {
		printf("{\"refused\":{\"errno\":\"%s\"}}\n", errno_name(err));
		return EXIT_FAILURE;
	}
	errno = EPROTO;
	if (reg.len != s->m.bytes)
		return fail(EXIT_FAILURE, "bytes of the region");
	if (!print_registered(s, &reg))
		return fail(EXIT_FAILURE, "pagemap");
	err = region_use(fd, reg.key, PHYR_REGION_DO_READ, (last < 7 ? last : 7) * PAGE, NULL);
	if (err && err != EOPNOTSUPP) {
		errno = err;
		return fail(EXIT_FAILURE, "read");
	}
	if (!use_pages(node, reg.key, processes, page, nr))
		return fail(EXIT_FAILURE, "processes");
	try_refusals(node, fd, s, reg.key);
	/* Deregistering has made the device's writes visible to the CPU. */
	print_digest(s);
	return 0;
}
