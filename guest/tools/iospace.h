/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of iospace share with each other. */
#ifndef IOSPACE_H
#define IOSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "dmacopy.h"

/* What a device may do. */
#define MAY_READ	1
#define MAY_WRITE	2

struct client;

/**
 * struct iommu_api - an interface by which a device gets an address space and memory in it
 * @name:	of the interface
 * @open:	take the function @p->bdf; 0 or an errno. Closing the files of @p is the reverse, whatever is mapped
 * @map:	0 or an errno; what is kept for it, if the kernel tells, in @p->chunks, @p->meta_bytes
 * @unmap:	0 or an errno; bytes that were there in *@unmapped
 * @reserved:	0 or an errno of a request with a field that must be 0 and is not: map.flags, map.reserved,
 *		unmap.flags, unmap.reserved or unmap.unmapped; NULL where the kernel's own tests ask that
 */
struct iommu_api {
	const char *name;
	int (*open)(struct client *p);
	int (*map)(struct client *p, uint64_t iova, uint64_t addr, uint64_t len, unsigned int access);
	int (*unmap)(struct client *p, uint64_t iova, uint64_t len, uint64_t *unmapped);
	int (*reserved)(struct client *p, const char *field, uint64_t iova, uint64_t addr, uint64_t len);
};

/**
 * struct client - a device that is open by one interface
 * @api:	the interface
 * @device:	its file, or -1; registers of BAR 0 are at offset 0
 * @container:	type1: the container; iommufd: its file; else -1
 * @group:	type1: the group; else -1
 * @ioas:	iommufd: the address space
 * @edu:	the device is an edu, and no iommu-testdev
 * @bdf:	its address
 * @segment:	its PCI segment
 * @devfn:	as struct phyr_probe_story_start has it
 * @chunks:	of the last mapping, 0 if the kernel does not tell
 * @meta_bytes:	likewise
 */
struct client {
	const struct iommu_api *api;
	int device, container, group;
	uint32_t ioas;
	bool edu;
	char bdf[16];
	uint32_t segment, devfn;
	uint64_t chunks, meta_bytes;
};

/* iospace_vfio.c, iospace_iommufd.c, iospace_phyr.c */
extern const struct iommu_api api_type1, api_compat, api_iommufd, api_phyr8, api_phyr16;
int vfio_start_device(int device);

/* iospace_device.c: each 0, or an errno where the device was told that it failed (EFAULT), found other data (ENXIO) or did not answer (EIO) */
int device_write(struct client *p, uint64_t iova, uint64_t phys);
int device_read(struct client *p, uint64_t iova);

/* iospace_probe.c: what phyr_probe.ko says, and the kernel's own figures */
int probe_follow(const struct client *p, uint64_t iova, uint64_t *phys, uint32_t pages);
int probe_calls_start(const struct client *p);
int probe_calls_read(uint64_t *maps, uint64_t *unmaps);
void probe_calls_stop(void);
long table_pages(void);

/**
 * struct lab - all that the commands work on
 * @mem:	memory
 * @has_mem:	it is there
 * @frame:	physical address of each of its pages when it was made
 * @pages:	how many
 * @client:	open ones
 * @tables:	pages of I/O page tables when counting began
 */
struct lab {
	struct memory mem;
	bool has_mem;
	uint64_t *frame;
	uint32_t pages;
	struct client *client[5];
	long tables;
};

/* iospace_memory.c: commands, each with its answer on stdout; @w: its words */
void memory_make(struct lab *lab, char **w);
void memory_drop(struct lab *lab);
void memory_digest(struct lab *lab);
void memory_fork(struct lab *lab);
void memory_kept(const struct lab *lab);

/* iospace_commands.c: do one line, and answer in one line on stdout */
void command(struct lab *lab, char *line);
void complain(const char *what);

#endif /* IOSPACE_H */
