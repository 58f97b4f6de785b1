// SPDX-License-Identifier: GPL-2.0
/* phyrctl: whole files at once. */
#include <stdio.h>
#include <stdlib.h>

#include "phyrctl.h"

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
