/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/phyr_domain-BDF: a PCI function for user space, in an IOMMU domain of its own.  It can be
 * open once at a time.  read() and write() of 4 bytes at an offset that is a multiple of 4 access
 * BAR 0. Requests fail for the same reasons and with the same errno as VFIO type 1 (linux/vfio.h).
 * Flags and reserved fields that are not 0 are refused with EINVAL.  ioctl numbers: 'Y', 0x20 to
 * 0x2f.
 */
#ifndef _UAPI_PHYR_DOMAIN_H
#define _UAPI_PHYR_DOMAIN_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Access of the device. */
#define PHYR_DOMAIN_READ	1
#define PHYR_DOMAIN_WRITE	2

/* Format of the list that describes the memory. */
#define PHYR_DOMAIN_PHYR8	0
#define PHYR_DOMAIN_PHYR16	1

/**
 * struct phyr_domain_map - map memory of the calling process for the device
 * @iova:	in: I/O virtual address, a multiple of the page size
 * @addr:	in: user address, a multiple of the page size
 * @len:	in: bytes, a multiple of the page size
 * @access:	in: PHYR_DOMAIN_READ | PHYR_DOMAIN_WRITE
 * @format:	in: PHYR_DOMAIN_PHYR8 or PHYR_DOMAIN_PHYR16
 * @flags:	0
 * @reserved:	0
 * @chunks:	out: physically contiguous pieces of the memory; may be set although the request
 *		fails
 * @meta_bytes:	out: kernel memory used for the mapping, without I/O page tables; likewise
 *
 * The memory stays pinned until it is unmapped or the last reference to the file is closed.
 * Errors: EINVAL for a length of 0, no access, an address or length that is not a multiple of the
 * page size, and an IOVA outside the aperture or in a reserved region; EOVERFLOW; EEXIST if a part
 * of the range is mapped; EFAULT if the process has no such memory or may not write to it; ENOMEM,
 * also beyond RLIMIT_MEMLOCK; ENODEV when the function is gone.
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
 * struct phyr_domain_unmap - unmap all mappings in a range
 * @iova:	in: start of the range, a multiple of the page size
 * @len:	in: its bytes, a multiple of the page size
 * @flags:	0
 * @reserved:	0
 * @unmapped:	in: 0; out: bytes that were mapped in the range
 *
 * A range without mappings is no error.  Errors: EINVAL for a length of 0, an address or length
 * that is not a multiple of the page size, and a range that contains a mapping only partly;
 * EOVERFLOW; ENODEV.
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
