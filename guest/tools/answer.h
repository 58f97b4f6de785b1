/* SPDX-License-Identifier: GPL-2.0 */
/* Errors of the programs: one line of JSON on stdout. */
#ifndef ANSWER_H
#define ANSWER_H

#ifndef _GNU_SOURCE
#error "define _GNU_SOURCE: strerrorname_np() is GNU's"
#endif

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "EINVAL", ...; "unknown" if the C library has no name for it. */
static inline const char *errno_name(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : "unknown";
}

/* Reports that @what failed because of @why; returns @code. */
static inline int fail_because(int code, const char *what, const char *why)
{
	printf("{\"error\":\"%s: %s\"}\n", what, why);
	return code;
}

/* Reports that @what failed with errno; returns @code. */
static inline int fail(int code, const char *what)
{
	int err = errno;

	printf("{\"error\":\"%s: %s\",\"errno\":\"%s\"}\n", what, strerror(err), errno_name(err));
	return code;
}

#endif /* ANSWER_H */
