/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/phyr_region-BDF: memory regions of a DMA engine, as in RDMA: memory is registered once and
 * used by key and offset, by any process that has the node open.  Closing the file that registered
 * a region deregisters it.  Flags and reserved fields that are not 0 are refused with EINVAL. ioctl
 * numbers: 'Y', 0x10 to 0x1f.
 */
#ifndef _UAPI_PHYR_REGION_H
#define _UAPI_PHYR_REGION_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Access of the engine. */
#define PHYR_REGION_READ	1
#define PHYR_REGION_WRITE	2

/*
 * Memory of a region and its representation in the driver.  User memory: PHYR is a list and blocks;
 * SG (a scatterlist) and PAGES (an array of pages) are for comparison.  A dma-buf: DMABUF is the
 * exporter's list of ranges, DMABUF_SG a scatterlist that the exporter has mapped.
 */
#define PHYR_REGION_PHYR	0
#define PHYR_REGION_SG		1
#define PHYR_REGION_PAGES	2
#define PHYR_REGION_DMABUF	3
#define PHYR_REGION_DMABUF_SG	4

/*
 * What limits the block size: the engine, the length of the region, or two ranges that meet at @at.
 */
#define PHYR_REGION_LARGEST	0
#define PHYR_REGION_ENOUGH	1
#define PHYR_REGION_BOUNDARY	2

/**
 * struct phyr_region_register - register memory of the calling process, or a dma-buf
 * @addr:	in: user address, a multiple of the page size; 0 for a dma-buf
 * @len:	in: bytes, a multiple of the page size up to PHYR_REGION_MAX_LEN; 0 for a dma-buf;
 *		out: bytes of the region
 * @access:	in: PHYR_REGION_READ | PHYR_REGION_WRITE
 * @how:	in: PHYR_REGION_PHYR, ...
 * @key:	out: key of the region, not 0
 * @why:	out: PHYR_REGION_LARGEST, ...
 * @block:	out: size of a block: 4 KiB, 2 MiB or 1 GiB
 * @blocks:	out: number of blocks
 * @at:		out: PHYR_REGION_BOUNDARY: the offset, else 0
 * @first:	out: bus address of the first byte
 * @bytes:	out: kernel memory used for the region, without I/O page tables
 * @fd:		in: the dma-buf, registered as a whole, else 0; may be closed afterwards
 * @reserved:	0
 *
 * Errors: EINVAL; EFAULT; ENOMEM, also beyond RLIMIT_MEMLOCK (user memory only); ENOSPC if there
 * are too many regions; ENODEV if the engine is gone; an error of the DMA mapping.  For dma-bufs
 * also: EBADF and EINVAL if @fd is not a dma-buf; EACCES if it is not open for @access; EOPNOTSUPP
 * if the exporter provides no lists or rejects the device; EREMOTEIO for a peer's memory out of
 * reach (the kernel's own exporters may return EINVAL); ENODEV if it is revoked; other errors of
 * the exporter.
 */
struct phyr_region_register {
	__u64 addr;
	__u64 len;
	__u32 access;
	__u32 how;
	__u32 key;
	__u32 why;
	__u64 block;
	__u64 blocks;
	__u64 at;
	__u64 first;
	__u64 bytes;
	__s32 fd;
	__u32 reserved;
};

#define PHYR_REGION_MAX_LEN	(4ULL << 30)

/* Operations on a page of a region: look its address up; have the engine read or write it. */
#define PHYR_REGION_FIND	0
#define PHYR_REGION_DO_READ	1
#define PHYR_REGION_DO_WRITE	2

/**
 * struct phyr_region_use - use a page of a region
 * @key:	in: key of a region, of any file
 * @op:		in: PHYR_REGION_FIND, ...
 * @flags:	0
 * @reserved:	0
 * @offset:	in: offset of the page in the region, a multiple of the page size
 * @addr:	in: 0; out: bus address
 * @ended:	in: 0; out: when the engine finished, in ns of CLOCK_MONOTONIC
 *
 * Errors: ENOENT if there is no such region; ENODEV while it is being deregistered, once its
 * exporter has revoked it, or when the engine is gone; ERANGE beyond its end; EACCES for an access
 * that it was not registered for; EINVAL; EFAULT if the engine reports a fault; ENXIO if it finds
 * other data; EOPNOTSUPP if it cannot read.
 */
struct phyr_region_use {
	__u32 key;
	__u32 op;
	__u32 flags;
	__u32 reserved;
	__u64 offset;
	__u64 addr;
	__u64 ended;
};

/**
 * struct phyr_region_deregister - deregister a region
 * @key:	in: key of a region of this file
 * @reserved:	0
 * @ended:	in: 0; out: when the engine lost access, in ns of CLOCK_MONOTONIC
 *
 * Waits for uses in flight.  A region that its exporter has revoked must be deregistered as well.
 * Errors: ENOENT; EINVAL.
 */
struct phyr_region_deregister {
	__u32 key;
	__u32 reserved;
	__u64 ended;
};

#define PHYR_REGION_IOC_REGISTER	_IOWR('Y', 0x10, struct phyr_region_register)
#define PHYR_REGION_IOC_USE		_IOWR('Y', 0x11, struct phyr_region_use)
#define PHYR_REGION_IOC_DEREGISTER	_IOWR('Y', 0x12, struct phyr_region_deregister)

#endif /* _UAPI_PHYR_REGION_H */
