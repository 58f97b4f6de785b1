/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DMACOPY_H
#define DMACOPY_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct memory - what the data goes through
 * @addr:	where the data goes
 * @bytes:	of data
 * @area:	all that was mapped
 * @area_bytes:	of it
 * @chunk:	host memory: the size of its physically contiguous pieces, 0 for a peer's
 * @pool:	huge pages that the pool had before, -1 if it was left alone
 */
struct memory {
	unsigned char *addr;
	size_t bytes;
	unsigned char *area;
	size_t area_bytes;
	size_t chunk;
	long pool;
};

/* Each returns NULL or why it cannot, with errno set if that says more. */
const char *peer_memory(struct memory *m, const char *bdf, size_t bytes);
const char *host_memory(struct memory *m, const char *kind, size_t bytes, size_t head);

bool is_host_memory(const char *kind);

/* Is nothing but the data changed? */
bool around_intact(const struct memory *m);

void put_memory(struct memory *m);

#endif /* DMACOPY_H */
