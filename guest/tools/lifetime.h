/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of lifetime: changes of memory while a device uses it. */
#ifndef LIFETIME_H
#define LIFETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE	4096UL
#define HUGE	(2UL << 20)

/**
 * struct life - the memory of one case
 * @mem:	its address
 * @was:	its address before it was moved, or NULL
 * @bytes:	its length, at most HUGE
 * @area:	an area of HUGE bytes, aligned to HUGE, in which it was allocated
 * @file:	the file that it maps, or -1
 * @child:	a forked process with a copy of the memory; 0: none
 * @go:		write end of a pipe; a byte lets the child continue
 * @dump:	read end of a pipe with the content of the child's memory
 */
struct life {
	unsigned char *mem, *was;
	size_t bytes;
	unsigned char *area;
	int file;
	int child, go, dump;
};

/**
 * struct event - a change of memory
 * @name:	name of the case
 * @huge:	the memory is one huge page at first
 * @shared:	the memory maps a file in tmpfs
 * @happen:	causes the event; returns NULL, or what failed, with errno set
 * @again:	tries to cause it again during I/O; returns whether it happened. NULL: it cannot be repeated
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

/* lifetime_pages.c: number of pages of the memory, by state */
struct pages {
	size_t all, present, huge, swapped;
};

bool look_at(const unsigned char *mem, size_t bytes, struct pages *pages);

#endif /* LIFETIME_H */
