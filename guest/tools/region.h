/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of region. */
#ifndef REGION_H
#define REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "../include/uapi/phyr_region.h"
#include "answer.h"
#include "dmacopy.h"
#include "shared.h"

#define PAGE		4096UL
#define MAX_TIMES	64
#define MAX_PROCESSES	16

enum { EXIT_USAGE = 64 };

/**
 * struct source - memory to register: of the process, or a dma-buf
 * @m:		the memory; for a dma-buf, its view
 * @how:	PHYR_REGION_PHYR, _SG or _PAGES; for a dma-buf, as its name says
 * @dmabuf:	it is a dma-buf
 * @shared:	the dma-buf
 */
struct source {
	struct memory m;
	uint32_t how;
	bool dmabuf;
	struct shared shared;
};

/* region.c; each returns 0 or an errno */
int region_register(int fd, const struct phyr_region_register *in, struct phyr_region_register *out);
int region_use(int fd, uint32_t key, uint32_t op, uint64_t offset, uint64_t *ended);
int region_deregister(int fd, uint32_t key, uint64_t *ended);
/* Opens the device file once more, as another user. */
int again(const char *node);

/* region_source.c */
/* The kind of memory; a prefix sg: or pages: of the name says how to register it. */
const char *source_kind(const char *name, uint32_t *how);
/* Returns NULL, or what failed, with errno set. */
const char *source_open(struct source *s, const char *name, size_t bytes);
void source_close(struct source *s);
/* The argument to register all of it. */
struct phyr_region_register source_all(const struct source *s, uint32_t access);
/* Returns false if the kernel does not show page frames. */
bool print_registered(const struct source *s, const struct phyr_region_register *reg);
void print_digest(const struct source *s);

/* Each returns the exit code. */
int cost(int fd, const struct source *s, unsigned int times);
int run(const char *node, int fd, struct source *s, uint64_t seed, unsigned int processes, char *list);
/* @knob: how the exporter revokes the memory before it is deregistered; NULL: it does not */
int load(const char *node, int fd, struct source *s, unsigned int processes, unsigned int ms, const char *knob);

/* region_refuse.c */
void try_refusals(const char *node, int fd, const struct source *s, uint32_t key);

#endif /* REGION_H */
