/* SPDX-License-Identifier: GPL-2.0 */
/* A dma-buf of ranges of an exporter's memory, and a mapping of the same ranges. */
#ifndef SHARED_H
#define SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/uapi/phyr_store.h"

/**
 * struct shared - a dma-buf and its view
 * @fd:		the dma-buf
 * @view:	CPU mapping of the same memory
 * @size:	its length in bytes
 * @list:	its exporter provides a list; otherwise a scatterlist
 * @source:	a device file of phyr_store, or "vfio:BDF"
 * @range:	ranges of the source
 * @nr:		number of ranges
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
/* Each thread has its own ranges. Returns 0, or -1 with errno set; the program must exit then. */
int shared_open(struct shared *s, const char *spec, unsigned int thread);
void shared_close(struct shared *s);
/* Another dma-buf of the same ranges, opened with mode O_RDONLY, ...; -1 with errno set. */
int shared_for(const struct shared *s, int mode);
/* Lets the exporter revoke its memory, or export it again; @knob: a file, or "vfio". Returns 0, or -1 with errno set. */
int shared_take_back(const char *knob, bool away);

/* phyrio_vfio.c: "vfio:BDF"; -1 with errno set */
bool vfio_named(const char *source);
int vfio_device(const char *source);
uint64_t vfio_bar(int device);
int vfio_memory(int device, bool on);
int vfio_dmabuf(int device, const struct phyr_store_range *range, unsigned int nr);

#endif /* SHARED_H */
