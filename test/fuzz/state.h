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

/* slices.c: seeking, slicing, splitting; the list stays as it is */
void check_seek(struct pair *p, struct bytes *in);
void check_slice(struct pair *p, struct bytes *in);
void check_print(struct pair *p, struct bytes *in);
/* Some part of a list, chosen by the input: now and then one that is not there. */
void any_part(const struct pair *p, struct bytes *in, u64 *offset, u64 *len);
/* As long as the run and both limits allow, found one limit at a time. */
u64 longest(u64 addr, u64 run, u64 max_seg, u64 boundary);

#endif /* FUZZ_STATE_H */
