/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ioctl interface of the device files of phyr_store.ko: dma-bufs of parts of the store.
 * Unknown flags and reserved fields that are not 0 are refused with EINVAL.  ioctl numbers: 'Y',
 * 0x30 to 0x3f.
 */
#ifndef _UAPI_PHYR_STORE_H
#define _UAPI_PHYR_STORE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PHYR_STORE_MAX_RANGES	4096	/* of one dma-buf */

/**
 * struct phyr_store_range - a part of the store
 * @offset:	bytes from its beginning, a multiple of the page size
 * @len:	bytes, a multiple of the page size, not 0
 */
struct phyr_store_range {
	__u64 offset;
	__u64 len;
};

/**
 * struct phyr_store_dmabuf - make a dma-buf of ranges of the store
 * @ranges:	address of @nr struct phyr_store_range, in the order of the dma-buf
 * @nr:		number of ranges, 1 to PHYR_STORE_MAX_RANGES
 * @flags:	of the new file: O_RDONLY, O_WRONLY or O_RDWR, and O_CLOEXEC
 * @reserved:	0
 *
 * The ioctl returns the file descriptor.  Revoking the store, or removing its device, revokes the
 * dma-buf permanently.
 *
 * Errors: EINVAL for a range outside the store or not in whole pages, no ranges or too many,
 * unknown flags; EBADF if the store's file is not open for that access; ENODEV if the store is
 * revoked; EFAULT; ENOMEM; EMFILE.
 */
struct phyr_store_dmabuf {
	__u64 ranges;
	__u32 nr;
	__u32 flags;
	__u64 reserved;
};

#define PHYR_STORE_IOC_DMABUF	_IOW('Y', 0x30, struct phyr_store_dmabuf)

#endif /* _UAPI_PHYR_STORE_H */
