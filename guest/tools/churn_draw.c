// SPDX-License-Identifier: GPL-2.0
/* The next operation: a function of seed, worker and number. src/oracle/churn.ts has the same function. */
#include "churn.h"
#include "stamp.h"

/* Sizes are distributed evenly over the powers of two. */
struct churn_op churn_draw(uint32_t seed, uint32_t worker, uint32_t number, uint32_t area_blocks, uint32_t block)
{
	static const enum churn_kind kinds[16] = {
		[7] = CHURN_WRITE, CHURN_WRITE, CHURN_WRITE, CHURN_WRITE, CHURN_WRITE, CHURN_WRITE, CHURN_WRITE,
		CHURN_ZERO, CHURN_SYNCED,
	};
	uint32_t base = mix(mix(seed + worker * 0x9e3779b1u) + number);
	uint32_t random[6], sizes = 0;
	struct churn_op op;

	for (unsigned int i = 0; i < 6; i++)
		random[i] = mix(base + i * 0x27d4eb2fu);
	while (MOST / block >> sizes)
		sizes++;
	op.kind = kinds[random[0] % 16];
	op.count = random[2] % (1u << random[1] % sizes) + 1;
	op.from = random[3] % (area_blocks - op.count + 1);
	op.skew = random[4] % 1024 * 4;
	op.pieces = random[5] % 4 ? 1 : random[5] / 4 % 3 + 2;
	op.fresh = random[5] / 64 % 8 == 0;
	return op;
}
