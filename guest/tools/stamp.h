/* SPDX-License-Identifier: GPL-2.0 */
/* The content of stamped sectors; src/oracle/stamp.ts computes the same independently. */
#ifndef STAMP_H
#define STAMP_H

#include <stdint.h>

#define SECTOR 512
#define WORDS (SECTOR / 4)
#define MAGIC 0x52594850u	/* "PHYR" */

static inline uint32_t mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x85ebca6bu;
	x ^= x >> 13;
	x *= 0xc2b2ae35u;
	return x ^ (x >> 16);
}

/* Fills a sector with the stamp of @lba and generation @gen. */
static inline void fill_sector(uint32_t *w, uint64_t lba, uint32_t seed, uint32_t gen)
{
	uint32_t base = mix(mix(seed ^ gen * 0x9e3779b1u) + (uint32_t)lba);

	w[0] = MAGIC;
	w[1] = seed;
	w[2] = gen;
	w[3] = (uint32_t)lba;
	for (unsigned int i = 4; i < WORDS; i++)
		w[i] = mix(base + i * 0x27d4eb2fu);
}

#endif /* STAMP_H */
