/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers of a command line. */
#ifndef NUMBER_H
#define NUMBER_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* A number up to @max, decimal or hexadecimal, with nothing before or behind it. */
static inline bool number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !errno && !*end && *out <= max;
}

/* An offset or a size in whole units. */
static inline bool multiple(const char *text, uint64_t unit, uint64_t *out)
{
	return number(text, INT64_MAX, out) && !(*out % unit);
}

#endif /* NUMBER_H */
