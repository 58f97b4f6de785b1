/* SPDX-License-Identifier: GPL-2.0 */
/* The two lists that an input is played on, each with its model. */
#ifndef FUZZ_STATE_H
#define FUZZ_STATE_H

#include "bytes.h"
#include "fail.h"
#include "model.h"
#include "slab.h"

struct pair {
	struct phyr_list list;
	struct model model;
	struct phyr_list before;	/* the head, as an operation that fails must leave it */
};

extern bool tracing;
#define TRACE(...) do { if (tracing) printf(__VA_ARGS__); } while (0)

/* check.c: everything that a list says about itself, against its model */
void check_list(struct pair *p);
/* Walk a mapping of [offset, offset + len) of the list in the three shapes, with limits that the input chooses. */
void check_ranges(struct pair *p, struct bytes *in);

#endif /* FUZZ_STATE_H */
