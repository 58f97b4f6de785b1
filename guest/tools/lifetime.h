/* SPDX-License-Identifier: GPL-2.0 */
/* What may happen to memory while a device uses it. */
#ifndef LIFETIME_H
#define LIFETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE	4096UL
#define HUGE	(2UL << 20)

/**
 * struct life - the memory of one case
 * @mem:	where it is now
 * @was:	where it was before it was moved, or NULL
 * @bytes:	of it, at most HUGE
 * @area:	a stretch of HUGE bytes and alignment in which it began
 * @file:	that it is mapped from, or -1
 * @child:	a process that was forked, and has the memory as it was then; 0: none
 * @go:		an end of a pipe by which the child is told to go on
 * @dump:	an end of a pipe from which the child's bytes come
 */
struct life {
	unsigned char *mem, *was;
	size_t bytes;
	unsigned char *area;
	int file;
	int child, go, dump;
};

/**
 * struct event - a thing that may happen
 * @name:	of the case
 * @huge:	the memory begins as one huge page
 * @shared:	it is mapped from a file of its own, which tmpfs keeps in RAM
 * @happen:	has it happen; returns what to say if it cannot be brought about, with errno set
 * @again:	tries the same once more, while I/O is under way; returns whether it happened. NULL: it cannot be repeated
 * @after:	makes the memory accessible again, or NULL
 */
struct event {
	const char *name;
	bool huge, shared;
	const char *(*happen)(struct life *life);
	bool (*again)(struct life *life);
	const char *(*after)(struct life *life);
};

extern const struct event events[];
extern const size_t event_count;

/* lifetime_pages.c: of the memory's pages */
struct pages {
	size_t all, present, huge, swapped;
};

bool look_at(const unsigned char *mem, size_t bytes, struct pages *pages);

#endif /* LIFETIME_H */
