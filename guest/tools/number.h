/* SPDX-License-Identifier: GPL-2.0 */
/* Parse numbers of a command line. */
#ifndef NUMBER_H
#define NUMBER_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Parses a decimal or hexadecimal number up to @max; no other characters are allowed. */
static inline bool number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !errno && !*end && *out <= max;
}

/* Parses an offset or a size, a multiple of @unit. */
static inline bool multiple(const char *text, uint64_t unit, uint64_t *out)
{
	return number(text, INT64_MAX, out) && !(*out % unit);
}

#endif /* NUMBER_H */
