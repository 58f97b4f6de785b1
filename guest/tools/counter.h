/* SPDX-License-Identifier: GPL-2.0 */
/* The clock for measurements of cost. */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdint.h>
#include <time.h>

/* Number of instructions, on a machine whose clock counts them. */
static inline uint64_t counter(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
#endif
}

#endif /* COUNTER_H */
