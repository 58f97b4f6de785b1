// SPDX-License-Identifier: GPL-2.0
/* phyrctl: reading files, and the device file of phyr_probe.ko. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phyrctl.h"

#define NODE "/dev/phyr_probe"

static int node = -1;

int try_node(void)
{
	node = open(NODE, O_RDWR | O_CLOEXEC);
	return node;
}

int open_node(void)
{
	if (try_node() < 0)
		fail(EXIT_FAILED, "cannot open %s: %s; load phyr_probe.ko", NODE, strerror(errno));
	return node;
}

void close_node(void)
{
	if (node >= 0)
		close(node);
	node = -1;
}

char *slurp(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0, len = 0, got;

	if (!f)
		return NULL;
	do {
		char *more;

		room += 16384;
		more = realloc(text, room);
		if (!more)
			fail(EXIT_FAILED, "no memory");
		text = more;
		got = fread(text + len, 1, room - len - 1, f);
		len += got;
	} while (got && len == room - 1);
	if (ferror(f)) {
		free(text);
		text = NULL;
	} else {
		text[len] = 0;
	}
	fclose(f);
	return text;
}
