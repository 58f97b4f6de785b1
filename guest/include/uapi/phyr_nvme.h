/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ioctl interface of /dev/phyrN-ctl, version 1: I/O to the disk /dev/phyrN without the block
 * layer's data structures.  User memory is pinned and described by a list of physical ranges; a
 * registered buffer is pinned and mapped once.  A dma-buf can be such a buffer, too.
 *
 * Memory without struct pages can be used as well, if it is mapped from an exporter (phyr/lease.h,
 * e.g. /dev/phyr_ram of phyr_store.ko): it is not pinned but lent.  Its owner may take it back at
 * any time: I/O in flight then ends as it would have, and what comes later is refused with ENODEV.
 *
 * All reserved fields and unknown flags must be 0 and are refused otherwise with EINVAL.  The node
 * is for root alone; reading the disk needs a file opened for reading, writing one opened for
 * writing (EBADF).  Unknown requests give ENOTTY, a device that is gone ENODEV.  All requests may
 * sleep and return when the device is done.  ioctl numbers: 'Y', 0x00 to 0x0f.
 */
#ifndef _UAPI_PHYR_NVME_H
#define _UAPI_PHYR_NVME_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PHYR_NVME_MAX_BUFFERS		64		/* registered with one open file */
#define PHYR_NVME_MAX_BUFFER_LEN	(256U << 20)	/* bytes of one */

/**
 * struct phyr_nvme_info - what the disk is
 * @blocks:	size of the disk in blocks
 * @block_size:	bytes of a block; offset and length of I/O are multiples of it
 * @max_len:	bytes of the largest I/O
 * @reserved:	0
 */
struct phyr_nvme_info {
	__u64 blocks;
	__u32 block_size;
	__u32 max_len;
	__u64 reserved[2];
};

/**
 * struct phyr_nvme_io - one command, its data anywhere in user memory
 * @addr:	of the data, a multiple of 4
 * @offset:	on the disk in bytes
 * @len:	bytes, up to phyr_nvme_info.max_len
 * @flags:	0
 * @reserved:	0
 *
 * The memory may belong to another PCI device that offers it for peer-to-peer.
 *
 * EINVAL: alignment, length, or not within the disk; EFAULT: not the caller's memory; EREMOTEIO: a
 * peer's memory that cannot be reached from here; EXDEV: memory of more than one device, or some of
 * a device and some not; EOPNOTSUPP: other memory that the device cannot be given, e.g. mapped by
 * page frame and by no exporter; ENODEV: lent memory that was taken back; ENOMEM; EIO and others:
 * what the device said.
 */
struct phyr_nvme_io {
	__u64 addr;
	__u64 offset;
	__u32 len;
	__u32 flags;
	__u64 reserved;
};

/* What the device may do with a registered buffer. */
#define PHYR_NVME_BUFFER_READ	1	/* data read from the disk goes there */
#define PHYR_NVME_BUFFER_WRITE	2	/* data written to the disk comes from there */

/**
 * struct phyr_nvme_register - pin and map a buffer
 * @addr:	of the buffer, a multiple of 4
 * @len:	bytes, up to PHYR_NVME_MAX_BUFFER_LEN
 * @access:	PHYR_NVME_BUFFER_READ and _WRITE, one of them at least
 * @reserved:	0
 * @handle:	out: names the buffer in this open file, never 0
 *
 * A peer's memory with struct pages is refused (EREMOTEIO), since it may not be pinned for long;
 * that without is lent like other memory.  The buffer counts as pinned memory (RLIMIT_MEMLOCK,
 * ENOMEM).  ENOSPC: too many buffers; EOPNOTSUPP also: the device does not get this memory in whole
 * pages.  Closing the file unregisters all.
 */
struct phyr_nvme_register {
	__u64 addr;
	__u64 len;
	__u32 access;
	__u32 handle;
	__u64 reserved;
};

/**
 * struct phyr_nvme_unregister - unmap and unpin a buffer, after the I/O in flight on it
 * @handle:	of the buffer; ENOENT if there is none
 * @reserved:	0
 */
struct phyr_nvme_unregister {
	__u32 handle;
	__u32 reserved;
};

/**
 * struct phyr_nvme_buffer_io - one command, its data in a registered buffer
 * @handle:		of the buffer; ENOENT if there is none
 * @len:		bytes, up to phyr_nvme_info.max_len
 * @offset:		on the disk in bytes
 * @buffer_offset:	in the buffer; the address it gives is a multiple of 4
 * @flags:		0
 * @reserved:		0
 *
 * EACCES: not registered for this direction.  The rest as for struct phyr_nvme_io.
 */
struct phyr_nvme_buffer_io {
	__u32 handle;
	__u32 len;
	__u64 offset;
	__u64 buffer_offset;
	__u32 flags;
	__u32 reserved;
};

/* How the disk gets at a dma-buf. */
#define PHYR_NVME_DMABUF_LIST	1	/* its exporter hands over the list of physical ranges */
#define PHYR_NVME_DMABUF_SG	2	/* its exporter maps it, and hands over a scatterlist */

/**
 * struct phyr_nvme_attach - register a dma-buf as a buffer, all of it
 * @fd:		of the dma-buf
 * @access:	PHYR_NVME_BUFFER_READ and _WRITE, one of them at least
 * @way:	PHYR_NVME_DMABUF_LIST or _SG
 * @handle:	out: names the buffer in this open file, never 0; 0 in
 * @view:	where the caller has the same memory mapped, or 0: nothing is done with it, but a
 *		checker is told (tracepoint phyr_nvme_ctl_buffer)
 * @len:	out: bytes of the dma-buf; 0 in
 * @reserved:	0
 *
 * The file descriptor may be closed afterwards.  When the exporter takes the memory back, I/O in
 * flight ends as it would have, and what comes later is refused with ENODEV, for good.
 *
 * EBADF and EINVAL also: no dma-buf, or one larger than PHYR_NVME_MAX_BUFFER_LEN; EACCES: the
 * dma-buf's file is not open for that access; EOPNOTSUPP: the exporter hands out no lists; or does
 * not serve devices like this one; EREMOTEIO: it is a peer's memory that cannot be reached from
 * here, for which exporters of the kernel may say EINVAL; EFAULT: the exporter has not mapped all
 * of it; ENODEV: it was taken back; ENOSPC, ENOMEM; other errors of the exporter.
 */
struct phyr_nvme_attach {
	__s32 fd;
	__u32 access;
	__u32 way;
	__u32 handle;
	__u64 view;
	__u64 len;
	__u64 reserved;
};

#define PHYR_NVME_IOC_INFO		_IOR('Y', 0x01, struct phyr_nvme_info)
#define PHYR_NVME_IOC_READ		_IOW('Y', 0x02, struct phyr_nvme_io)
#define PHYR_NVME_IOC_WRITE		_IOW('Y', 0x03, struct phyr_nvme_io)
#define PHYR_NVME_IOC_REGISTER		_IOWR('Y', 0x04, struct phyr_nvme_register)
#define PHYR_NVME_IOC_UNREGISTER	_IOW('Y', 0x05, struct phyr_nvme_unregister)
#define PHYR_NVME_IOC_BUFFER_READ	_IOW('Y', 0x06, struct phyr_nvme_buffer_io)
#define PHYR_NVME_IOC_BUFFER_WRITE	_IOW('Y', 0x07, struct phyr_nvme_buffer_io)
#define PHYR_NVME_IOC_ATTACH		_IOWR('Y', 0x08, struct phyr_nvme_attach)

#endif /* _UAPI_PHYR_NVME_H */
