/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of phyrio. */
#ifndef PHYRIO_H
#define PHYRIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../include/uapi/phyr_nvme.h"
#include "shared.h"

struct disk {
	const char *path;
	int fd;
	struct phyr_nvme_info info;
};

/* The ioctls; 0, or -1 with errno set. */
int io_direct(const struct disk *disk, bool write, void *addr, uint64_t offset, size_t len);
int io_buffer(const struct disk *disk, bool write, uint32_t handle, uint64_t at, uint64_t offset, size_t len);
int buffer_register(const struct disk *disk, void *addr, size_t len, uint32_t access, uint32_t *handle);
int buffer_unregister(const struct disk *disk, uint32_t handle);

/* New anonymous memory, or a mapping of a file at an offset; NULL on error. */
void *memory(size_t size);
void *memory_of(const char *file, size_t size, uint64_t offset);

extern FILE *answers;	/* stdout; for cat, whose stdout is data, stderr */

/* Print {"error":...}; returns the exit code. */
int fail_io(const char *op, uint64_t offset, size_t size);

#define MAX_THREADS	64
#define FILE_SIZE	(256 << 10)	/* size of a thread's mapping of a file; a peer may have little memory */

/* phyrio_shared.c */
int buffer_attach(const struct disk *disk, const struct shared *s, uint32_t access, uint32_t *handle);
/* Returns the exit code. */
int place(const struct disk *disk, uint64_t offset, const char *spec);

/* phyrio_run.c */
struct job {
	enum { WRITE, CHECK, CAT } op;
	bool buffer;		/* on a registered buffer */
	bool processes;		/* I/O by processes that did not register the buffer */
	const char *file;	/* file to map; NULL: anonymous memory */
	const char *shared;	/* or a dma-buf, as in MEMORY */
	unsigned int threads;
	uint64_t offset, length, seed, gen;
};

int run(const struct disk *disk, const struct job *job);

/* phyrio_refuse.c, phyrio_stress.c, phyrio_revoke.c: all return the exit code */
int take_back(const struct disk *disk, const char *memory, const char *off, unsigned int threads, unsigned int ms);
int refuse(const struct disk *disk, const char *store);
int stress(const struct disk *disk, unsigned int threads, unsigned int seconds, uint32_t seed);

#endif /* PHYRIO_H */
