/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of unanswered share with each other. */
#ifndef UNANSWERED_H
#define UNANSWERED_H

#include <stdbool.h>
#include <stdint.h>

#include "../include/uapi/phyr_domain.h"
#include "../include/uapi/phyr_region.h"

#define PAGE		4096UL
#define PATIENCE_MS	5000
#define IOVA		(64UL << 20)

/* The node, and whose it is: phyr_domain's or phyr_engine's. */
struct node {
	bool is_domain;
	const char *bdf;
	char path[64];
	int fd;
};

/* unanswered.c */
void die(const char *what);
int node_open(const struct node *node);
const char *name_of(int err);

/* unanswered_ask.c: an ioctl that registers or maps a page, in a thread of its own. */

/* Where it meets a page fault: in what is to be pinned, when its argument is read, when its answer is written. */
enum place { IN_MEMORY, IN_ARGUMENT, IN_ANSWER };

struct asking;

/* Returns when the fault waits. */
struct asking *ask(const struct node *node, enum place where);
/* Let it have the page. */
void answer(struct asking *asking);
/* Take the page away instead. */
void refuse(struct asking *asking);
/* Wait for it; its errno, or 0. */
int asked(struct asking *asking);

/* unanswered_others.c */
void others(const struct node *node);

#endif /* UNANSWERED_H */
