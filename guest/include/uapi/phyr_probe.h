/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ioctl interface of /dev/phyr_probe, version 1.
 *
 * All reserved fields and unknown flags must be 0 and are refused otherwise.  The node is for
 * root alone.  Unknown requests give ENOTTY.  ioctl numbers: 'Y', 0x40 to 0x4f.
 */
#ifndef _UAPI_PHYR_PROBE_H
#define _UAPI_PHYR_PROBE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* How the memory gets its DMA addresses.  RAW is the floor: no caller can go below it. */
#define PHYR_PROBE_SG		0	/* dma_map_sgtable() */
#define PHYR_PROBE_PAGE		1	/* dma_map_phys() for each page */
#define PHYR_PROBE_IOVA		2	/* dma_iova_*() by hand; chunk by chunk without an IOMMU */
#define PHYR_PROBE_RAW		3	/* iommu_map() into a dma_iova range; IOMMU only */
#define PHYR_PROBE_PHYR16	4	/* phyr.ko, plain */
#define PHYR_PROBE_PHYR8	5	/* phyr.ko, packed */
#define PHYR_PROBE_ITER		6	/* the block layer's iterator, on a request of its own */
#define PHYR_PROBE_REGISTERED	7	/* phyr.ko, packed, mapped once: an I/O on all of it */
#define PHYR_PROBE_BACKENDS	8

/*
 * Physical layout of the memory: chunks of this size, and a hole of the same size after each.
 * GAPS is 4K with 512 bytes cut off both ends of every chunk: no IOMMU can make it linear, so that
 * iova and raw refuse it with EOPNOTSUPP.  LIST has chunks of the lengths that the caller names, in
 * turn, and a hole of one page after each.
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

/* More than 32 MiB, holes included, is described by going through the same memory again. */
#define PHYR_PROBE_MAX_PAGES		524288
#define PHYR_PROBE_MAX_ITERATIONS	1000

/**
 * struct phyr_probe_memory - what is to be mapped, and how
 * @backend:	PHYR_PROBE_SG ...
 * @layout:	PHYR_PROBE_4K ...
 * @npages:	pages of 4 KiB, 1 to PHYR_PROBE_MAX_PAGES; a multiple of the chunk size
 * @direction:	PHYR_PROBE_TO_DEVICE or PHYR_PROBE_FROM_DEVICE
 * @trim:	bytes left out at the very beginning and at the very end, a multiple of 4 below 1536
 * @nr_lengths:	entries of @lengths, 1 to PHYR_PROBE_MAX_LENGTHS for PHYR_PROBE_LIST, else 0
 * @lengths:	address of __u32[]: pages of a chunk, 1 to PHYR_PROBE_MAX_LENGTH each; gone through
 *		again until @npages are there, the last one cut
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
 * Instructions, if the guest runs under icount.
 */
struct phyr_probe_cost {
	__u64 min;
	__u64 median;
};

/**
 * struct phyr_probe_map_cost - what does it cost to map, use and unmap?
 * @memory:	in
 * @iterations:	in, 1 to PHYR_PROBE_MAX_ITERATIONS
 * @count:	in: 1 counts instead of measuring, which cannot be done at once: the costs are 0
 *		then, and nothing can be measured until the file is closed; else 0
 * @build:	out: making the backend's description from physical ranges
 * @map:	out
 * @consume:	out: emitting one PRP for each page; two of them for PHYR_PROBE_REGISTERED, whose
 *		device reads the rest from the registration's table
 * @unmap:	out
 * @overhead:	out: an empty measurement; already subtracted
 * @shape:	out: enum phyr_shape of the phyr backends, else 0
 * @ranges:	out: DMA ranges that the device sees
 * @chunks:	out: physical chunks described
 * @meta_bytes:	out: memory that describes them (list and result, or scatterlist)
 * @prps:	out: PRP entries
 * @counted:	out: PHYR_PROBE_COUNTED_* of the following that could be counted, from build to
 *		unmap
 * @allocs:	out: allocations of slab objects and pages
 * @alloc_bytes: out: their bytes
 * @flushes:	out: submissions to the queue of invalidations, each waited for
 * @bounces:	out: ranges that were copied to bounce buffers
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

/* How a device's addresses become physical ones. */
#define PHYR_PROBE_NO_IOMMU	0
#define PHYR_PROBE_IDENTITY	1
#define PHYR_PROBE_DMA_DOMAIN	2

/**
 * struct phyr_probe_translate - does every mapped byte translate to where it should?
 * @memory:	in
 * @by:		out: PHYR_PROBE_NO_IOMMU ...
 * @shape:	out: enum phyr_shape of the phyr backends, else 0
 * @checked:	out: pages whose first and last byte were translated while mapped
 * @bounced:	out: of these, pages in a bounce buffer, where the content is compared on the way
 *		to the device, and else only the offset in the page
 * @wrong:	out: of these, pages that did not translate to the right place
 * @missing:	out: pages that the backend gave no DMA address for, or gave too many
 * @stale:	out: pages that still translate after unmap (DMA domain only)
 * @prot_checked: out: calls that entered translations, seen on their way to the IOMMU driver;
 *		0 also where they could not be watched
 * @prot_wrong:	out: of these, calls with other permissions than the direction asks for
 * @first_iova:	out: DMA address of the first fault found, by page
 * @first_want:	out: its right physical address
 * @first_got:	out: where it led to
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
 * struct phyr_probe_watch - what the checker of phyr_nvme's commands has seen since its start
 * @active:	1 while it watches
 * @opcode:	NVMe opcode of the first mismatch
 * @commands:	data commands checked
 * @bytes:	bytes of data checked
 * @bounced:	of these, bytes in bounce buffers, compared as above
 * @unchecked:	data commands whose memory could not be found out: neither a block request's pages
 *		nor those that a process named to /dev/phyrN-ctl; or with an SGL for metadata
 * @mismatches:	commands whose addresses are not those of their request
 * @offset:	first mismatch: byte offset in the command's data
 * @iova:	first mismatch: DMA address in the command
 * @want:	first mismatch: physical address of the request's data
 * @got:	first mismatch: where the DMA address led to, 0 for nowhere
 * @by:		PHYR_PROBE_NO_IOMMU ...: how the addresses of the last command lead to memory
 * @reserved:	0
 * @p2p_bytes:	of the bytes, those in another device's memory
 * @p2p_bus:	of these, bytes that the kernel's own P2P rules say are reached by bus address,
 *		not through the host bridge
 * @p2p_bounced: of these, bytes in bounce buffers
 * @asked_bytes: of the bytes, those that a process asked /dev/phyrN-ctl for
 * @asked_bounced: of these, bytes in bounce buffers
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
 * struct phyr_probe_io_cost - what does a read or a write cost the driver of a disk?
 * @memory:	in: where the data goes or comes from; backend 0, no trim; PHYR_PROBE_FROM_DEVICE
 *		is a read, PHYR_PROBE_TO_DEVICE a write
 * @fd:		in: the disk, open; without an I/O scheduler, with nothing else to do
 * @iterations:	in, 1 to PHYR_PROBE_MAX_ITERATIONS
 * @commands:	out: what is longer than the driver takes at once is cut into so many, one after
 *		the other; the costs are those of all of them
 * @reserved:	0
 * @queue:	out: the driver's queue_rq()
 * @complete:	out: the interrupt, to the end of the bio, entry and exit included
 * @map:	out: of @queue, all that phyr_nvme does to describe and map the data and to write
 *		the data pointer; 0 for another driver, or where it cannot be measured
 * @unmap:	out: of @complete, the way back; likewise
 *
 * The disk is read or written at its beginning.  One CPU, one hardware queue.
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

/* What happened; which fields of struct phyr_probe_event it fills, besides time. */
#define PHYR_PROBE_EV_MAP	1	/* addr, phys, len, prot */
#define PHYR_PROBE_EV_UNMAP	2	/* addr, len */
#define PHYR_PROBE_EV_SUBMIT	3	/* qid, cid, opcode, len: bytes of data, 0 if not known */
#define PHYR_PROBE_EV_RANGE	4	/* phys, len, prot: of the last SUBMIT, in order; or none */
#define PHYR_PROBE_EV_COMPLETE	5	/* qid, cid */
#define PHYR_PROBE_EV_FLUSH	6	/* addr, len: their old translations end; len 0: all */

/* Bits of prot: of a translation; of memory, only MMIO. */
#define PHYR_PROBE_PROT_READ	1
#define PHYR_PROBE_PROT_WRITE	2
#define PHYR_PROBE_PROT_MMIO	4

/**
 * struct phyr_probe_event - one thing that the guest did for its device
 * @time:	ns of the guest's monotonic clock
 * @addr:	DMA address
 * @phys:	physical address
 * @len:	bytes
 * @kind:	PHYR_PROBE_EV_MAP ...
 * @prot:	PHYR_PROBE_PROT_READ | ...
 * @opcode:	of the NVMe command
 * @qid:	its queue
 * @cid:	its id
 *
 * In memory they lie in the order in which they happened, whatever the CPU.  A mapping is told
 * before it is made, a command before the device can see it, a completion before anything of its
 * command is unmapped, an unmapping before it is done, a flush before it begins.
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
 * struct phyr_probe_story_start - begin to record what the guest does for a device
 * @segment:	PCI segment of the device
 * @devfn:	bus number << 8 | device << 3 | function
 * @events:	room for so many, 1 to PHYR_PROBE_MAX_EVENTS; what comes after is counted as lost
 * @reserved:	0
 */
struct phyr_probe_story_start {
	__u32 segment;
	__u32 devfn;
	__u32 events;
	__u32 reserved;
};

/**
 * struct phyr_probe_story_read - what was recorded
 * @buffer:	in: address of struct phyr_probe_event[]
 * @from:	in: the first event wanted
 * @count:	in: room in @buffer; out: events that are there now
 * @by:		out: PHYR_PROBE_NO_IOMMU ...
 * @recorded:	out: events in all
 * @lost:	out: events that found no room
 * @pool_start:	out: where bounce buffers are, physical
 * @pool_end:	out: end of them; the same as @pool_start if there are none
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
 * struct phyr_probe_follow_domain - where do a device's addresses lead?
 * @segment:	in: PCI segment of the device
 * @devfn:	in: bus number << 8 | device << 3 | function
 * @iova:	in: its first address, at the beginning of a page
 * @buffer:	in: address of __u64[], one for each page of 4 KiB: physical addresses, or 0
 * @count:	in: pages, 1 to PHYR_PROBE_MAX_FOLLOWED
 * @by:		out: PHYR_PROBE_NO_IOMMU ...
 *
 * Asked of the IOMMU's driver, for the domain that is in force for the device, whoever owns it.
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
 * struct phyr_probe_calls - what was asked of the IOMMU API for a domain
 * @segment:	in: PCI segment of a device, for the domain that is in force for it now
 * @devfn:	in: bus number << 8 | device << 3 | function
 * @action:	in: PHYR_PROBE_CALLS_START counts from 0 (again), _READ tells, _STOP ends it
 * @reserved:	0
 * @maps:	out of a read: calls that enter a physically contiguous range
 * @map_bytes:	of it
 * @unmaps:	calls that remove one
 * @unmap_bytes: that they were asked to remove
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

#endif /* _UAPI_PHYR_PROBE_H */
