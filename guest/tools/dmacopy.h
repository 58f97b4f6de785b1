/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DMACOPY_H
#define DMACOPY_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct memory - memory for DMA
 * @addr:	start of the data
 * @bytes:	length of the data
 * @area:	start of the mapping that contains it
 * @area_bytes:	length of the mapping
 * @chunk:	RAM: size of its physically contiguous pieces; 0 for a peer's memory
 * @pool:	previous size of the hugetlb pool in pages; -1 if it was not changed
 */
struct memory {
	unsigned char *addr;
	size_t bytes;
	unsigned char *area;
	size_t area_bytes;
	size_t chunk;
	long pool;
};

/* Each returns NULL, or what failed, with errno set or 0. */
const char *peer_memory(struct memory *m, const char *bdf, size_t bytes);
const char *host_memory(struct memory *m, const char *kind, size_t bytes, size_t head);

bool is_host_memory(const char *kind);

/* Are the bytes around the data unchanged? */
bool around_intact(const struct memory *m);

void put_memory(struct memory *m);

#endif /* DMACOPY_H */
