/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of region share with each other. */
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
 * struct source - what is registered: memory of the process, or a dma-buf
 * @m:		the memory; of a dma-buf its view
 * @how:	PHYR_REGION_PHYR, _SG or _PAGES; of a dma-buf its own say
 * @dmabuf:	is it one?
 * @shared:	the dma-buf
 */
struct source {
	struct memory m;
	uint32_t how;
	bool dmabuf;
	struct shared shared;
};

/* region.c; each 0 or an errno */
int region_register(int fd, const struct phyr_region_register *in, struct phyr_region_register *out);
int region_use(int fd, uint32_t key, uint32_t op, uint64_t offset, uint64_t *ended);
int region_deregister(int fd, uint32_t key, uint64_t *ended);
/* The node by another file, as a stranger has it. */
int again(const char *node);

/* region_source.c */
/* What kind of memory it is; before that the name may have sg: or pages:, in which way it is to be registered. */
const char *source_kind(const char *name, uint32_t *how);
/* NULL, or what failed, with errno set */
const char *source_open(struct source *s, const char *name, size_t bytes);
void source_close(struct source *s);
/* What registers all of it. */
struct phyr_region_register source_all(const struct source *s, uint32_t access);
/* false: the kernel does not show where the memory is. */
bool print_registered(const struct source *s, const struct phyr_region_register *reg);
void print_digest(const struct source *s);

/* Each returns the exit code. */
int cost(int fd, const struct source *s, unsigned int times);
int run(const char *node, int fd, struct source *s, uint64_t seed, unsigned int processes, char *list);
/* @knob: the exporter takes the memory back before it is deregistered; NULL: it does not */
int load(const char *node, int fd, struct source *s, unsigned int processes, unsigned int ms, const char *knob);

/* region_refuse.c */
void try_refusals(const char *node, int fd, const struct source *s, uint32_t key);

#endif /* REGION_H */
