/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of churn. */
#ifndef CHURN_H
#define CHURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOST	(1 << 20)	/* bytes of the largest operation */

enum churn_kind { CHURN_READ, CHURN_WRITE, CHURN_ZERO, CHURN_SYNCED };

/* One operation; offsets and lengths in logical blocks of the worker's area. */
struct churn_op {
	enum churn_kind kind;
	uint32_t from, count;
	uint32_t skew;		/* offset of the buffer in a page, a multiple of four */
	uint32_t pieces;	/* number of buffers */
	bool fresh;		/* in newly mapped memory */
};

struct churn_op churn_draw(uint32_t seed, uint32_t worker, uint32_t number, uint32_t area_blocks, uint32_t block);

/* Effect of memory pressure since pressure_count(). */
struct pressure {
	uint64_t scanned, reclaimed, stalls;	/* pages, pages, times */
	uint64_t most_mib;			/* memory taken, at most */
};

int pressure_begin(const char *disk, uint64_t from);
/* Starts counting what the kernel reclaims. */
void pressure_count(void);
/* Has the kernel reclaimed a page since pressure_count()? */
bool pressure_felt(void);
void pressure_end(struct pressure *result);

#endif /* CHURN_H */
