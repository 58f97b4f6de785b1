/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ioctl interface of /dev/phyr_probe.
 *
 * Reserved fields and unknown flags must be 0, else the request fails with EINVAL.  The node is for
 * root alone.  Unknown requests fail with ENOTTY.  ioctl numbers: 'Y', 0x40 to 0x4f.
 */
#ifndef _UAPI_PHYR_PROBE_H
#define _UAPI_PHYR_PROBE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* How the memory is mapped.  RAW is the lower bound of the cost. */
#define PHYR_PROBE_SG		0	/* dma_map_sgtable() */
#define PHYR_PROBE_PAGE		1	/* dma_map_phys() for each page */
#define PHYR_PROBE_IOVA		2	/* dma_iova_*() by hand; chunk by chunk without an IOMMU */
#define PHYR_PROBE_RAW		3	/* iommu_map() into a dma_iova range; IOMMU only */
#define PHYR_PROBE_PHYR16	4	/* phyr.ko, plain */
#define PHYR_PROBE_PHYR8	5	/* phyr.ko, packed */
#define PHYR_PROBE_ITER		6	/* the block layer's iterator, on a request of its own */
#define PHYR_PROBE_REGISTERED	7	/* phyr.ko: an I/O on a registered list, all of it */
#define PHYR_PROBE_BACKENDS	8

/*
 * Physical layout of the memory: chunks of this size, each followed by a hole of the same size.
 * GAPS is 4K without the first and the last 512 bytes of every chunk: no IOMMU can make it
 * contiguous, so IOVA and RAW fail with EOPNOTSUPP.  LIST has chunks of given lengths, used
 * cyclically, each followed by a hole of one page.
 */
#define PHYR_PROBE_4K		0
#define PHYR_PROBE_64K		1
#define PHYR_PROBE_2M		2
#define PHYR_PROBE_GAPS		3
#define PHYR_PROBE_LIST		4
#define PHYR_PROBE_LAYOUTS	5

#define PHYR_PROBE_MAX_LENGTHS	1024
#define PHYR_PROBE_MAX_LENGTH	512

#define PHYR_PROBE_TO_DEVICE	1
#define PHYR_PROBE_FROM_DEVICE	2

/* Beyond 32 MiB, holes included, the same memory is used repeatedly. */
#define PHYR_PROBE_MAX_PAGES		524288
#define PHYR_PROBE_MAX_ITERATIONS	1000

/**
 * struct phyr_probe_memory - memory to map, and how
 * @backend:	PHYR_PROBE_SG ...
 * @layout:	PHYR_PROBE_4K ...
 * @npages:	pages of 4 KiB, 1 to PHYR_PROBE_MAX_PAGES; a multiple of the chunk size
 * @direction:	PHYR_PROBE_TO_DEVICE or PHYR_PROBE_FROM_DEVICE
 * @trim:	bytes left out at the start and at the end of all, a multiple of 4 below 1536
 * @nr_lengths:	entries of @lengths, 1 to PHYR_PROBE_MAX_LENGTHS for PHYR_PROBE_LIST, else 0
 * @lengths:	address of __u32[]: pages of each chunk, 1 to PHYR_PROBE_MAX_LENGTH; used cyclically
 *		up to
 *		@npages
 */
struct phyr_probe_memory {
	__u32 backend;
	__u32 layout;
	__u32 npages;
	__u32 direction;
	__u32 trim;
	__u32 nr_lengths;
	__u64 lengths;
};

/**
 * struct phyr_probe_cost - smallest and median cost of a phase, in get_cycles()
 * @min:	smallest
 * @median:	median
 *
 * Under QEMU's icount these are instructions.
 */
struct phyr_probe_cost {
	__u64 min;
	__u64 median;
};

/**
 * struct phyr_probe_map_cost - measure building, mapping, using and unmapping
 * @memory:	in
 * @iterations:	in, 1 to PHYR_PROBE_MAX_ITERATIONS
 * @count:	in: 0 to measure, 1 to count instead: costs are 0 then, and measuring fails with
 *		EBUSY until the file is closed
 * @build:	out: cost to describe the physical ranges
 * @map:	out: cost to map them
 * @consume:	out: cost to emit a PRP for each page; two for PHYR_PROBE_REGISTERED, where the
 *		device reads the others from the registration's table
 * @unmap:	out: cost to unmap
 * @overhead:	out: cost of an empty measurement, already subtracted
 * @shape:	out: enum phyr_shape of the phyr backends, else 0
 * @ranges:	out: DMA ranges that the device sees
 * @chunks:	out: physical chunks described
 * @meta_bytes:	out: memory of the list and the mapping, or of the scatterlist
 * @prps:	out: PRP entries
 * @counted:	out: PHYR_PROBE_COUNTED_*: which of the following could be counted
 * @allocs:	out: allocations of slab objects and pages
 * @alloc_bytes: out: their bytes
 * @flushes:	out: IOTLB invalidation requests that were waited for
 * @bounces:	out: ranges that were bounced
 */
struct phyr_probe_map_cost {
	struct phyr_probe_memory memory;
	__u32 iterations;
	__u32 count;
	struct phyr_probe_cost build;
	struct phyr_probe_cost map;
	struct phyr_probe_cost consume;
	struct phyr_probe_cost unmap;
	__u64 overhead;
	__u32 shape;
	__u32 ranges;
	__u64 chunks;
	__u64 meta_bytes;
	__u32 prps;
	__u32 counted;
	__u64 allocs;
	__u64 alloc_bytes;
	__u64 flushes;
	__u64 bounces;
};

#define PHYR_PROBE_COUNTED_ALLOCS	1
#define PHYR_PROBE_COUNTED_FLUSHES	2
#define PHYR_PROBE_COUNTED_BOUNCES	4

/* Translation of a device's DMA addresses. */
#define PHYR_PROBE_NO_IOMMU	0
#define PHYR_PROBE_IDENTITY	1
#define PHYR_PROBE_DMA_DOMAIN	2

/**
 * struct phyr_probe_translate - check the translation of every mapped page
 * @memory:	in
 * @by:		out: PHYR_PROBE_NO_IOMMU ...
 * @shape:	out: enum phyr_shape of the phyr backends, else 0
 * @checked:	out: pages whose first and last byte were translated while mapped
 * @bounced:	out: checked pages in a bounce buffer.  The content is compared for DMA to the
 *		device; for DMA from it, only the offset in the page is
 * @wrong:	out: checked pages that translated to another address than expected
 * @missing:	out: pages without a DMA address, or with more than one
 * @stale:	out: pages that still translate after unmap (DMA domain only)
 * @prot_checked: out: calls of the IOMMU driver that mapped memory and were observed; 0 if they
 *		cannot be observed
 * @prot_wrong:	out: of these, calls with other permissions than the direction requires
 * @first_iova:	out: first wrong page: its DMA address
 * @first_want:	out: first wrong page: the expected physical address
 * @first_got:	out: first wrong page: the physical address that it translated to
 */
struct phyr_probe_translate {
	struct phyr_probe_memory memory;
	__u32 by;
	__u32 shape;
	__u64 checked;
	__u64 bounced;
	__u64 wrong;
	__u64 missing;
	__u64 stale;
	__u64 prot_checked;
	__u64 prot_wrong;
	__u64 first_iova;
	__u64 first_want;
	__u64 first_got;
};

/**
 * struct phyr_probe_watch - result of checking phyr_nvme's commands, since the check was started
 * @active:	1 while commands are checked
 * @opcode:	NVMe opcode of the first mismatch
 * @commands:	data commands checked
 * @bytes:	bytes of data checked
 * @bounced:	of these, bytes in bounce buffers, checked as for phyr_probe_translate.bounced
 * @unchecked:	data commands that could not be checked: the memory is neither that of a block
 *		request nor that of an observed request to /dev/phyrN-ctl, or the metadata has an
 *		SGL
 * @mismatches:	commands with other addresses than the memory of their request
 * @offset:	first mismatch: byte offset in the command's data
 * @iova:	first mismatch: DMA address in the command
 * @want:	first mismatch: physical address of the request's data
 * @got:	first mismatch: physical address that @iova translates to, 0 if it does not
 * @by:		PHYR_PROBE_NO_IOMMU ...: how the addresses of the last command were translated
 * @reserved:	0
 * @p2p_bytes:	checked bytes in the memory of another device
 * @p2p_bus:	of @p2p_bytes, those for which the kernel's P2P code requires a bus address, as
 *		the route does not pass the host bridge
 * @p2p_bounced: of @p2p_bytes, those in bounce buffers
 * @asked_bytes: checked bytes of requests to /dev/phyrN-ctl
 * @asked_bounced: of @asked_bytes, those in bounce buffers
 */
struct phyr_probe_watch {
	__u32 active;
	__u32 opcode;
	__u64 commands;
	__u64 bytes;
	__u64 bounced;
	__u64 unchecked;
	__u64 mismatches;
	__u64 offset;
	__u64 iova;
	__u64 want;
	__u64 got;
	__u32 by;
	__u32 reserved;
	__u64 p2p_bytes;
	__u64 p2p_bus;
	__u64 p2p_bounced;
	__u64 asked_bytes;
	__u64 asked_bounced;
};

/**
 * struct phyr_probe_io_cost - measure what a read or write costs the driver of a disk
 * @memory:	in: the memory of the data; backend 0, no trim.  PHYR_PROBE_FROM_DEVICE is a read,
 *		PHYR_PROBE_TO_DEVICE a write
 * @fd:		in: open file of the disk, which must be idle and have no I/O scheduler
 * @iterations:	in, 1 to PHYR_PROBE_MAX_ITERATIONS
 * @commands:	out: number of requests, one after the other, if the data exceeds the driver's
 *		limit for one.  The costs are those of all of them
 * @reserved:	0
 * @queue:	out: the driver's queue_rq()
 * @complete:	out: the interrupt from entry to exit, with the completion of the bio
 * @map:	out: part of @queue in which phyr_nvme describes and maps the data and writes the
 *		data pointer; 0 for another driver, or if it cannot be measured
 * @unmap:	out: part of @complete in which phyr_nvme unmaps the data; 0 as for @map
 *
 * The I/O starts at sector 0.  A write overwrites the data on the disk.  The kernel must run on one
 * CPU, and the disk must have one hardware queue.
 */
struct phyr_probe_io_cost {
	struct phyr_probe_memory memory;
	__s32 fd;
	__u32 iterations;
	__u32 commands;
	__u32 reserved;
	struct phyr_probe_cost queue;
	struct phyr_probe_cost complete;
	struct phyr_probe_cost map;
	struct phyr_probe_cost unmap;
};

/* Kinds of events, with the fields of struct phyr_probe_event that are valid besides time. */
#define PHYR_PROBE_EV_MAP	1	/* addr, phys, len, prot */
#define PHYR_PROBE_EV_UNMAP	2	/* addr, len */
#define PHYR_PROBE_EV_SUBMIT	3	/* qid, cid, opcode, len (0 if not known) */
#define PHYR_PROBE_EV_RANGE	4	/* phys, len, prot: memory of the last SUBMIT */
#define PHYR_PROBE_EV_COMPLETE	5	/* qid, cid */
#define PHYR_PROBE_EV_FLUSH	6	/* addr, len: IOTLB flush; len 0: everything */

/* Bits of prot.  A RANGE has no other bit than MMIO. */
#define PHYR_PROBE_PROT_READ	1
#define PHYR_PROBE_PROT_WRITE	2
#define PHYR_PROBE_PROT_MMIO	4

/**
 * struct phyr_probe_event - one step of the guest's use of a device
 * @time:	ns of the guest's monotonic clock
 * @addr:	DMA address
 * @phys:	physical address
 * @len:	bytes
 * @kind:	PHYR_PROBE_EV_MAP ...
 * @prot:	PHYR_PROBE_PROT_READ | ...
 * @opcode:	opcode of the NVMe command
 * @qid:	submission queue of the command
 * @cid:	command identifier
 *
 * Events of all CPUs are recorded in one order, that of their occurrence.  An event is recorded
 * before the step takes effect: MAP before the memory is mapped, SUBMIT before the device can see
 * the command, COMPLETE before the memory of the command is unmapped, UNMAP before the memory is
 * unmapped, FLUSH before the flush begins.
 */
struct phyr_probe_event {
	__u64 time;
	__u64 addr;
	__u64 phys;
	__u64 len;
	__u8 kind;
	__u8 prot;
	__u16 opcode;
	__u16 qid;
	__u16 cid;
};

#define PHYR_PROBE_MAX_EVENTS	(1U << 20)

/**
 * struct phyr_probe_story_start - start to record events of a device
 * @segment:	PCI segment of the device
 * @devfn:	bus number << 8 | device << 3 | function
 * @events:	size of the log in events, 1 to PHYR_PROBE_MAX_EVENTS.  Further events are lost
 *		and counted
 * @reserved:	0
 */
struct phyr_probe_story_start {
	__u32 segment;
	__u32 devfn;
	__u32 events;
	__u32 reserved;
};

/**
 * struct phyr_probe_story_read - read recorded events
 * @buffer:	in: address of struct phyr_probe_event[]
 * @from:	in: index of the first event to read
 * @count:	in: size of @buffer in events; out: number of events copied
 * @by:		out: PHYR_PROBE_NO_IOMMU ...
 * @recorded:	out: number of events in the log
 * @lost:	out: number of events that did not fit in the log
 * @pool_start:	out: physical address of the swiotlb pool
 * @pool_end:	out: its end, exclusive; equal to @pool_start if there is no pool
 */
struct phyr_probe_story_read {
	__u64 buffer;
	__u64 from;
	__u32 count;
	__u32 by;
	__u64 recorded;
	__u64 lost;
	__u64 pool_start;
	__u64 pool_end;
};

/**
 * struct phyr_probe_follow_domain - translate DMA addresses of a device
 * @segment:	in: PCI segment of the device
 * @devfn:	in: bus number << 8 | device << 3 | function
 * @iova:	in: first DMA address, a multiple of 4 KiB
 * @buffer:	in: address of __u64[@count].  It gets the physical address of each page of 4 KiB,
 *		0 if the page is not mapped
 * @count:	in: number of pages, 1 to PHYR_PROBE_MAX_FOLLOWED
 * @by:		out: PHYR_PROBE_NO_IOMMU ...
 *
 * The IOMMU driver is asked about the domain that is attached to the device, whoever owns it.
 */
struct phyr_probe_follow_domain {
	__u32 segment;
	__u32 devfn;
	__u64 iova;
	__u64 buffer;
	__u32 count;
	__u32 by;
};

#define PHYR_PROBE_MAX_FOLLOWED		(1U << 20)

/**
 * struct phyr_probe_calls - count calls of the IOMMU API for a domain
 * @segment:	in: PCI segment of a device.  Calls for the domain that is attached to it when
 *		counting starts are counted
 * @devfn:	in: bus number << 8 | device << 3 | function
 * @action:	in: PHYR_PROBE_CALLS_START counts from 0, _READ reads the counts, _STOP ends
 *		counting
 * @reserved:	0
 * @maps:	out, for _READ: calls that map a physically contiguous range
 * @map_bytes:	out, for _READ: bytes that these were asked to map
 * @unmaps:	out, for _READ: calls that unmap a range
 * @unmap_bytes: out, for _READ: bytes that these were asked to unmap
 */
struct phyr_probe_calls {
	__u32 segment;
	__u32 devfn;
	__u32 action;
	__u32 reserved;
	__u64 maps;
	__u64 map_bytes;
	__u64 unmaps;
	__u64 unmap_bytes;
};

#define PHYR_PROBE_CALLS_START	1
#define PHYR_PROBE_CALLS_READ	2
#define PHYR_PROBE_CALLS_STOP	3

/**
 * struct phyr_probe_soil - leave a pattern in all free bounce buffers, if the device uses any
 * @segment:	PCI segment of the device
 * @devfn:	bus number << 8 | device << 3 | function
 * @bytes:	in: 0; out: size of these buffers
 */
struct phyr_probe_soil {
	__u32 segment;
	__u32 devfn;
	__u64 bytes;
};

/**
 * struct phyr_probe_live_site - memory that was allocated at one place and is not freed
 * @site:	address of the call
 * @objects:	allocations
 * @bytes:	their bytes
 * @name:	function, offset and module
 */
struct phyr_probe_live_site {
	__u64 site;
	__u64 objects;
	__u64 bytes;
	char name[104];
};

#define PHYR_PROBE_MAX_SITES	64

/**
 * struct phyr_probe_live - follow the kmalloc() memory of the modules under test
 * @action:	in: PHYR_PROBE_LIVE_START follows allocations from now on and forgets older ones,
 *		_READ reads what is left of them, _STOP ends it
 * @reserved:	0
 * @sites:	in, for _READ: address of struct phyr_probe_live_site[@count]
 * @count:	in, for _READ: size of @sites in entries; out: number of entries copied
 * @padding:	0
 * @objects:	out, for _READ: allocations that are not freed
 * @bytes:	out, for _READ: their bytes
 * @lost:	out, for _READ: allocations that there was no room to follow
 *
 * phyr_probe.ko itself is not followed.
 */
struct phyr_probe_live {
	__u32 action;
	__u32 reserved;
	__u64 sites;
	__u32 count;
	__u32 padding;
	__u64 objects;
	__u64 bytes;
	__u64 lost;
};

#define PHYR_PROBE_LIVE_START	1
#define PHYR_PROBE_LIVE_READ	2
#define PHYR_PROBE_LIVE_STOP	3

#define PHYR_PROBE_IOC_MAP_COST		_IOWR('Y', 0x41, struct phyr_probe_map_cost)
#define PHYR_PROBE_IOC_TRANSLATE	_IOWR('Y', 0x42, struct phyr_probe_translate)
#define PHYR_PROBE_IOC_WATCH_START	_IO('Y', 0x43)
#define PHYR_PROBE_IOC_WATCH_STOP	_IO('Y', 0x44)
#define PHYR_PROBE_IOC_WATCH_READ	_IOR('Y', 0x45, struct phyr_probe_watch)
#define PHYR_PROBE_IOC_STORY_START	_IOW('Y', 0x46, struct phyr_probe_story_start)
#define PHYR_PROBE_IOC_STORY_STOP	_IO('Y', 0x47)
#define PHYR_PROBE_IOC_STORY_READ	_IOWR('Y', 0x48, struct phyr_probe_story_read)
#define PHYR_PROBE_IOC_IO_COST		_IOWR('Y', 0x49, struct phyr_probe_io_cost)
#define PHYR_PROBE_IOC_FOLLOW_DOMAIN	_IOWR('Y', 0x4a, struct phyr_probe_follow_domain)
#define PHYR_PROBE_IOC_CALLS		_IOWR('Y', 0x4b, struct phyr_probe_calls)
#define PHYR_PROBE_IOC_SOIL		_IOWR('Y', 0x4c, struct phyr_probe_soil)
#define PHYR_PROBE_IOC_LIVE		_IOWR('Y', 0x4d, struct phyr_probe_live)

#endif /* _UAPI_PHYR_PROBE_H */
