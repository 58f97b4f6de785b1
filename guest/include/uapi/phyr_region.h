/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/phyr_region-BDF: memory regions of a DMA engine, as RDMA has them: memory is registered once
 * and used by key and offset, by any process that has the node open.  A region goes with the file
 * that it was registered by.  Flags and reserved fields that are not 0 are refused with EINVAL.
 * ioctl numbers: 'Y', 0x10 to 0x1f.
 */
#ifndef _UAPI_PHYR_REGION_H
#define _UAPI_PHYR_REGION_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* What the engine may do. */
#define PHYR_REGION_READ	1
#define PHYR_REGION_WRITE	2

/*
 * What a region is made of, and how it is kept: user memory, as a list and blocks, or for
 * comparison as drivers do it without lists; or a dma-buf, whose exporter hands over the list of
 * its ranges, or maps it and hands over a scatterlist.
 */
#define PHYR_REGION_PHYR	0
#define PHYR_REGION_SG		1
#define PHYR_REGION_PAGES	2
#define PHYR_REGION_DMABUF	3
#define PHYR_REGION_DMABUF_SG	4

/* Why blocks are not larger: there are none, one holds all, or ranges meet at @at. */
#define PHYR_REGION_LARGEST	0
#define PHYR_REGION_ENOUGH	1
#define PHYR_REGION_BOUNDARY	2

/**
 * struct phyr_region_register - register memory of the calling process, or a dma-buf
 * @addr:	in: of user memory, in whole pages; else 0
 * @len:	in: bytes of user memory, else 0; out: bytes of the region: whole pages, up to
 *		PHYR_REGION_MAX_LEN
 * @access:	in: PHYR_REGION_READ | PHYR_REGION_WRITE
 * @how:	in: PHYR_REGION_PHYR, ...
 * @key:	out: not 0
 * @why:	out: PHYR_REGION_LARGEST, ...
 * @block:	out: size of the blocks that the engine is told of: 4 KiB, 2 MiB or 1 GiB
 * @blocks:	out: how many
 * @at:		out: for PHYR_REGION_BOUNDARY the offset, else 0
 * @first:	out: bus address of the first byte
 * @bytes:	out: memory that is kept for it, without what the IOMMU takes
 * @fd:		in: of a dma-buf, all of which is registered; else 0.  May be closed afterwards
 * @reserved:	0
 *
 * EINVAL; EFAULT; ENOMEM, also beyond RLIMIT_MEMLOCK, which does not count dma-bufs; ENOSPC with
 * too many of them; what mapping says.  Of dma-bufs also: EBADF and EINVAL for what is none; EACCES
 * if its file is not open for @access; EOPNOTSUPP if the exporter hands out no lists, or does not
 * serve such devices; EREMOTEIO for a peer's memory that is out of reach, for which exporters of
 * the kernel may say EINVAL; ENODEV if it was taken back; other errors of the exporter.
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

/* What to do with a page of a region: nothing but find it; have the engine read or write it. */
#define PHYR_REGION_FIND	0
#define PHYR_REGION_DO_READ	1
#define PHYR_REGION_DO_WRITE	2

/**
 * struct phyr_region_use - use a page of a region
 * @key:	in: of any file
 * @op:		in: PHYR_REGION_FIND, ...
 * @flags:	0
 * @reserved:	0
 * @offset:	in: of the page
 * @addr:	out: bus address
 * @ended:	out: when the engine was done, on the kernel's monotonic clock, in ns
 *
 * ENOENT without such a region; ENODEV while it goes, and once its exporter has taken it back;
 * ERANGE beyond its end; EACCES for what it was not registered for; EINVAL; EFAULT and ENXIO where
 * the engine says that it was not to be had; EOPNOTSUPP for an engine that cannot read; ENODEV when
 * the engine is gone.
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
 * struct phyr_region_deregister - take a region back
 * @key:	in: of this file
 * @reserved:	0
 * @ended:	out: when the engine could not reach it any more
 *
 * Waits for uses under way.  Also due for a region that its exporter has taken back.  ENOENT;
 * EINVAL.
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
