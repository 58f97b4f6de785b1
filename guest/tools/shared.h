/* SPDX-License-Identifier: GPL-2.0 */
/* A dma-buf of ranges of somebody's memory, and the same ranges mapped one after the other. */
#ifndef SHARED_H
#define SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/uapi/phyr_store.h"

/**
 * struct shared - a dma-buf and its view
 * @fd:		of the dma-buf
 * @view:	the same memory, for the CPU
 * @size:	bytes
 * @list:	its exporter is to hand over the list of ranges; else a scatterlist
 * @source:	the store's device file, or "vfio:BDF"
 * @range:	of the source
 * @nr:		how many
 */
struct shared {
	int fd;
	uint8_t *view;
	size_t size;
	bool list;
	char *source;
	struct phyr_store_range *range;
	unsigned int nr;
};

/* phyrio_dmabuf.c. Is it "dmabuf:list|sg:SOURCE:OFFSET+LENGTH,..."? */
bool shared_named(const char *spec);
/* For each thread ranges of its own. 0, or -1 with errno set; the program is to end then. */
int shared_open(struct shared *s, const char *spec, unsigned int thread);
void shared_close(struct shared *s);
/* Another dma-buf of the same ranges of a store, open for O_RDONLY, ...; -1 with errno set. */
int shared_for(const struct shared *s, int mode);
/* Have the exporter take its memory back, or offer it again; @knob: a file, or "vfio". 0, or -1 with errno set. */
int shared_take_back(const char *knob, bool away);

/* phyrio_vfio.c: "vfio:BDF"; -1 with errno set */
bool vfio_named(const char *source);
int vfio_device(const char *source);
uint64_t vfio_bar(int device);
int vfio_memory(int device, bool on);
int vfio_dmabuf(int device, const struct phyr_store_range *range, unsigned int nr);

#endif /* SHARED_H */
