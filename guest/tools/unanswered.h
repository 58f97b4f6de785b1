/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of unanswered. */
#ifndef UNANSWERED_H
#define UNANSWERED_H

#include <stdbool.h>
#include <stdint.h>

#include "../include/uapi/phyr_domain.h"
#include "../include/uapi/phyr_region.h"

#define PAGE		4096UL
#define PATIENCE_MS	5000
#define IOVA		(64UL << 20)

/* A device file, of phyr_domain or of phyr_engine. */
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

/* The page fault: in the memory to pin, in copy_from_user(), or in copy_to_user(). */
enum place { IN_MEMORY, IN_ARGUMENT, IN_ANSWER };

struct asking;

/* Starts the ioctl; returns when its page fault waits. */
struct asking *ask(const struct node *node, enum place where);
/* Resolves the fault. */
void answer(struct asking *asking);
/* Unmaps the page instead, so that the fault fails. */
void refuse(struct asking *asking);
/* Waits for the ioctl; returns its errno, or 0. */
int asked(struct asking *asking);

/* unanswered_others.c */
void others(const struct node *node);

#endif /* UNANSWERED_H */
