/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/phyr_domain-BDF: a PCI function for user space, in an IOMMU domain of its own.  One file at
 * a time; reads and writes of 4 bytes at a multiple of 4 are those of the function's BAR 0.  The
 * kernel's VFIO offers the same (linux/vfio.h), and refuses the same with the same errno.  Flags
 * and reserved fields that are not 0 are refused with EINVAL.  ioctl numbers: 'Y', 0x20 to 0x2f.
 */
#ifndef _UAPI_PHYR_DOMAIN_H
#define _UAPI_PHYR_DOMAIN_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* What the device may do. */
#define PHYR_DOMAIN_READ	1
#define PHYR_DOMAIN_WRITE	2

/* How the list is kept. */
#define PHYR_DOMAIN_PHYR8	0
#define PHYR_DOMAIN_PHYR16	1

/**
 * struct phyr_domain_map - let the device at memory of the calling process
 * @iova:	in: where it is to see it, in whole pages
 * @addr:	in: address in the process, in whole pages
 * @len:	in: bytes, in whole pages
 * @access:	in: PHYR_DOMAIN_READ | PHYR_DOMAIN_WRITE
 * @format:	in: PHYR_DOMAIN_PHYR8 or PHYR_DOMAIN_PHYR16
 * @flags:	0
 * @reserved:	0
 * @chunks:	out: physically contiguous pieces; also told of what fails afterwards
 * @meta_bytes:	out: bytes kept for it besides the IOMMU's tables; likewise
 *
 * The memory is pinned until it is unmapped, whatever the process does with it, or until the file
 * is closed for good.  EINVAL for no bytes, no access, what is not in whole pages, and for
 * addresses that this IOMMU or this device does not have; EOVERFLOW; EEXIST where something is
 * mapped already; EFAULT where the process has no such memory, or may not write to it itself;
 * ENOMEM, also beyond RLIMIT_MEMLOCK; ENODEV when the function is gone.
 */
struct phyr_domain_map {
	__u64 iova;
	__u64 addr;
	__u64 len;
	__u32 access;
	__u32 format;
	__u32 flags;
	__u32 reserved;
	__u64 chunks;
	__u64 meta_bytes;
};

/**
 * struct phyr_domain_unmap - the reverse
 * @iova:	in: whole mappings
 * @len:	in: alone, from here
 * @flags:	0
 * @reserved:	0
 * @unmapped:	out: bytes that were mapped there
 *
 * EINVAL for no bytes, what is not in whole pages, and where a mapping would be cut; EOVERFLOW;
 * ENODEV.  Nothing to unmap is no error.
 */
struct phyr_domain_unmap {
	__u64 iova;
	__u64 len;
	__u32 flags;
	__u32 reserved;
	__u64 unmapped;
};

#define PHYR_DOMAIN_IOC_MAP	_IOWR('Y', 0x20, struct phyr_domain_map)
#define PHYR_DOMAIN_IOC_UNMAP	_IOWR('Y', 0x21, struct phyr_domain_unmap)

#endif /* _UAPI_PHYR_DOMAIN_H */
