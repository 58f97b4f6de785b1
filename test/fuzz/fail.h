/* SPDX-License-Identifier: GPL-2.0 */
/* How a broken promise is reported: one line, then the process is over. */
#ifndef FUZZ_FAIL_H
#define FUZZ_FAIL_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(holds, ...) do {						\
	if (!(holds)) {							\
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);		\
		fprintf(stderr, __VA_ARGS__);				\
		fprintf(stderr, " (%s)\n", #holds);			\
		_Exit(1);						\
	}								\
} while (0)

#endif /* FUZZ_FAIL_H */
