/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of iospace. */
#ifndef IOSPACE_H
#define IOSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "dmacopy.h"

/* Access rights of a device. */
#define MAY_READ	1
#define MAY_WRITE	2

struct client;

/**
 * struct iommu_api - an interface to map memory for a device in user space
 * @name:	name of the interface
 * @open:	open the function @p->bdf; 0 or an errno. Closing the files of @p undoes it and all mappings
 * @map:	0 or an errno; sets @p->chunks and @p->meta_bytes if the kernel reports them
 * @unmap:	0 or an errno; *@unmapped: number of bytes that were unmapped
 * @reserved:	errno, or 0, of a request in which a field that must be 0 is not: map.flags, map.reserved,
 *		unmap.flags, unmap.reserved or unmap.unmapped; NULL for interfaces of the kernel itself
 */
struct iommu_api {
	const char *name;
	int (*open)(struct client *p);
	int (*map)(struct client *p, uint64_t iova, uint64_t addr, uint64_t len, unsigned int access);
	int (*unmap)(struct client *p, uint64_t iova, uint64_t len, uint64_t *unmapped);
	int (*reserved)(struct client *p, const char *field, uint64_t iova, uint64_t addr, uint64_t len);
};

/**
 * struct client - a device opened by one interface
 * @api:	the interface
 * @device:	its file, or -1; registers of BAR 0 are at offset 0
 * @container:	type1: the container; iommufd: its file; else -1
 * @group:	type1: the group; else -1
 * @ioas:	iommufd: the address space
 * @edu:	true: edu, false: iommu-testdev
 * @bdf:	its PCI address
 * @segment:	its PCI segment
 * @devfn:	as in struct phyr_probe_story_start
 * @chunks:	chunks of the last mapping, 0 if the kernel does not report them
 * @meta_bytes:	bytes that the kernel stores for the last mapping, likewise
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

/* iospace_device.c: @len: bytes, of edu always a page; 0, or EFAULT if the device reported an error, ENXIO if it read other data, EIO if it did not answer */
int device_write(struct client *p, uint64_t iova, uint64_t phys, uint32_t len);
int device_read(struct client *p, uint64_t iova);

/* iospace_probe.c: queries of phyr_probe.ko and of the kernel's counters */
int probe_follow(const struct client *p, uint64_t iova, uint64_t *phys, uint32_t pages);
int probe_calls_start(const struct client *p);
int probe_calls_read(uint64_t *maps, uint64_t *unmaps);
void probe_calls_stop(void);
long table_pages(void);

/**
 * struct lab - the state of the process
 * @mem:	the memory
 * @has_mem:	@mem is allocated
 * @frame:	physical address of each of its pages when it was allocated
 * @pages:	number of its pages
 * @client:	open devices
 * @tables:	pages of I/O page tables when counting started
 */
struct lab {
	struct memory mem;
	bool has_mem;
	uint64_t *frame;
	uint32_t pages;
	struct client *client[5];
	long tables;
};

/* iospace_memory.c: commands; each prints its answer to stdout; @w: words of the command */
void memory_make(struct lab *lab, char **w);
void memory_drop(struct lab *lab);
void memory_digest(struct lab *lab);
void memory_fork(struct lab *lab);
void memory_kept(const struct lab *lab);

/* iospace_sweep.c: prints its answer to stdout */
void sweep(struct client *p, uint64_t iova, uint64_t addr, const uint64_t *frame, uint64_t pages, const char *tried);

/* iospace_commands.c: executes one line and prints one line to stdout */
void command(struct lab *lab, char *line);
void complain(const char *what);

#endif /* IOSPACE_H */
