/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ioctl interface of /dev/phyrN-ctl: I/O to the disk /dev/phyrN without bios.  User memory is
 * pinned and described by a list of physical ranges.  A registered buffer is pinned and mapped
 * once.  A dma-buf can be registered as a buffer.
 *
 * Memory without struct pages that an exporter (phyr/lease.h, e.g. /dev/phyr_ram of phyr_store.ko)
 * has mapped is leased instead of pinned.  The exporter can revoke it at any time: I/O in flight
 * completes normally, later requests fail with ENODEV.
 *
 * Reserved fields and unknown flags must be 0, else the request fails with EINVAL.  The node is for
 * root alone.  Reading the disk requires a file that is open for reading, writing one that is open
 * for writing (EBADF).  Unknown requests fail with ENOTTY, all requests with ENODEV when the device
 * is gone.  Requests may sleep and return when the device has finished.  ioctl numbers: 'Y', 0x00
 * to 0x0f.
 */
#ifndef _UAPI_PHYR_NVME_H
#define _UAPI_PHYR_NVME_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PHYR_NVME_MAX_BUFFERS		64		/* registered with one open file */
#define PHYR_NVME_MAX_BUFFER_LEN	(256U << 20)	/* bytes of one */

/**
 * struct phyr_nvme_info - properties of the disk
 * @blocks:	size of the disk in blocks
 * @block_size:	bytes of a block; offset and length of an I/O must be multiples of it
 * @max_len:	most bytes of an I/O
 * @reserved:	0
 */
struct phyr_nvme_info {
	__u64 blocks;
	__u32 block_size;
	__u32 max_len;
	__u64 reserved[2];
};

/**
 * struct phyr_nvme_io - one command with its data in user memory
 * @addr:	user address of the data, a multiple of 4
 * @offset:	bytes from the start of the disk
 * @len:	bytes, up to phyr_nvme_info.max_len
 * @flags:	0
 * @reserved:	0
 *
 * P2P memory of another PCI device is supported.
 *
 * Errors: EINVAL for a wrong alignment or length, or a range outside the disk; EFAULT if the
 * process has no such memory; EREMOTEIO for a peer's memory out of reach; EXDEV for memory of more
 * than one device, or of a device and RAM; EOPNOTSUPP for other memory that cannot be used, e.g.
 * mapped by page frame by another driver; ENODEV for memory that is revoked; ENOMEM; EIO and others
 * for the status of the command.
 */
struct phyr_nvme_io {
	__u64 addr;
	__u64 offset;
	__u32 len;
	__u32 flags;
	__u64 reserved;
};

/* Direction of I/O on a registered buffer. */
#define PHYR_NVME_BUFFER_READ	1	/* reads from the disk */
#define PHYR_NVME_BUFFER_WRITE	2	/* writes to the disk */

/**
 * struct phyr_nvme_register - pin and map a buffer
 * @addr:	user address, a multiple of 4
 * @len:	bytes, up to PHYR_NVME_MAX_BUFFER_LEN
 * @access:	PHYR_NVME_BUFFER_READ, PHYR_NVME_BUFFER_WRITE or both
 * @handle:	in: 0; out: handle of the buffer in this open file, not 0
 * @reserved:	0
 *
 * P2P memory with struct pages is refused with EREMOTEIO, because it must not be pinned long-term;
 * P2P memory without is leased.  The buffer is accounted as pinned memory (RLIMIT_MEMLOCK).
 * Closing the file unregisters all buffers.
 *
 * Errors as for struct phyr_nvme_io; also ENOMEM beyond RLIMIT_MEMLOCK; ENOSPC for too many
 * buffers; EOPNOTSUPP if DMA ranges do not consist of whole pages.
 */
struct phyr_nvme_register {
	__u64 addr;
	__u64 len;
	__u32 access;
	__u32 handle;
	__u64 reserved;
};

/**
 * struct phyr_nvme_unregister - unmap and unpin a buffer; waits for I/O in flight on it
 * @handle:	handle of the buffer; ENOENT if there is none
 * @reserved:	0
 */
struct phyr_nvme_unregister {
	__u32 handle;
	__u32 reserved;
};

/**
 * struct phyr_nvme_buffer_io - one command with its data in a registered buffer
 * @handle:		handle of the buffer; ENOENT if there is none
 * @len:		bytes, up to phyr_nvme_info.max_len
 * @offset:		bytes from the start of the disk
 * @buffer_offset:	bytes from the start of the buffer; the address must be a multiple of 4
 * @flags:		0
 * @reserved:		0
 *
 * Errors as for struct phyr_nvme_io; also EACCES if the buffer is not registered for this
 * direction.
 */
struct phyr_nvme_buffer_io {
	__u32 handle;
	__u32 len;
	__u64 offset;
	__u64 buffer_offset;
	__u32 flags;
	__u32 reserved;
};

/* How a dma-buf is mapped. */
#define PHYR_NVME_DMABUF_LIST	1	/* by phyr_nvme, as the exporter's list of ranges */
#define PHYR_NVME_DMABUF_SG	2	/* by the exporter, as a scatterlist */

/**
 * struct phyr_nvme_attach - register a whole dma-buf as a buffer
 * @fd:		file descriptor of the dma-buf; may be closed afterwards
 * @access:	PHYR_NVME_BUFFER_READ, PHYR_NVME_BUFFER_WRITE or both
 * @way:	PHYR_NVME_DMABUF_LIST or PHYR_NVME_DMABUF_SG
 * @handle:	in: 0; out: handle of the buffer in this open file, not 0
 * @view:	user address where the caller has mapped the same memory, or 0; only reported by
 *		tracepoint phyr_nvme_ctl_buffer, for a checker
 * @len:	in: 0; out: bytes of the dma-buf
 * @reserved:	0
 *
 * When the exporter revokes the dma-buf, I/O in flight completes normally and later requests fail
 * with ENODEV.  The revocation is permanent.
 *
 * Errors: EBADF and EINVAL if @fd is not a dma-buf, or is larger than PHYR_NVME_MAX_BUFFER_LEN;
 * EACCES if it is not open for that access; EOPNOTSUPP if the exporter provides no lists or rejects
 * the device; EREMOTEIO for a peer's memory out of reach (the kernel's own exporters may return
 * EINVAL); EFAULT if the exporter has not mapped all of it; ENODEV if it is revoked; ENOSPC;
 * ENOMEM; other errors of the exporter.
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
