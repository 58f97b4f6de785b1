/* SPDX-License-Identifier: GPL-2.0 */
/* What a list should be: an array of struct phys_vec, written so plainly that it can be believed. */
#ifndef FUZZ_MODEL_H
#define FUZZ_MODEL_H

#include "phyr.h"

#define MODEL_MAX	1400

struct model {
	struct phys_vec vec[MODEL_MAX];
	size_t nr;
	u64 len;
	int mem;
	void *provider;
	size_t at;		/* where model_at() was last, and where in the list that begins */
	u64 at_start;
};

void model_clear(struct model *m);
/* What phyr_list_append() should return; on 0 the model has the range. */
int model_append(struct model *m, int mem, void *provider, u64 addr, u64 len);
/*
 * The physical address of byte @offset; *@run receives how many follow it in its chunk, itself
 * included.  Quick when asked from the front to the back.
 */
u64 model_at(struct model *m, u64 offset, u64 *run);

#endif /* FUZZ_MODEL_H */
