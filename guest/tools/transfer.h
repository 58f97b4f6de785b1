/* SPDX-License-Identifier: GPL-2.0 */
/* I/O with memory of the process, through the block layer or through /dev/phyrN-ctl. */
#ifndef TRANSFER_H
#define TRANSFER_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../include/uapi/phyr_nvme.h"

enum via { ODIRECT, DIRECT, REGISTERED };

static const char *const vias[] = { "odirect", "direct", "registered" };

/**
 * struct transfer - a disk and memory for I/O with it
 * @fd:		the disk, or its control node
 * @via:	which of the two, and how
 * @max_len:	maximum length of a request to the control node, in bytes
 * @handle:	handle of the registered buffer
 * @mem:	the memory; may be moved between requests unless it is registered
 * @bytes:	its length
 */
struct transfer {
	int fd;
	enum via via;
	uint32_t max_len;
	uint32_t handle;
	unsigned char *mem;
	size_t bytes;
};

/* Parses VIA; -1 if it is invalid. */
static inline int via_named(const char *name)
{
	for (int via = ODIRECT; via <= REGISTERED; via++)
		if (!strcmp(name, vias[via]))
			return via;
	return -1;
}

/* Returns false, with errno set, if the disk cannot be opened in this way. */
static inline bool transfer_open(struct transfer *t, const char *disk)
{
	struct phyr_nvme_info info;

	t->fd = open(disk, O_RDWR | O_CLOEXEC | (t->via == ODIRECT ? O_DIRECT : 0));
	if (t->fd < 0)
		return false;
	if (t->via == ODIRECT)
		return true;
	if (ioctl(t->fd, PHYR_NVME_IOC_INFO, &info))
		return false;
	t->max_len = info.max_len;
	return true;
}

/* Registers the memory if @via is REGISTERED; returns false, with errno set, on error. */
static inline bool transfer_register(struct transfer *t)
{
	struct phyr_nvme_register reg = {
		.addr = (uintptr_t)t->mem, .len = t->bytes,
		.access = PHYR_NVME_BUFFER_READ | PHYR_NVME_BUFFER_WRITE,
	};

	if (t->via != REGISTERED)
		return true;
	if (ioctl(t->fd, PHYR_NVME_IOC_REGISTER, &reg))
		return false;
	t->handle = reg.handle;
	return true;
}

static inline bool transfer_unregister(const struct transfer *t)
{
	struct phyr_nvme_unregister unreg = { .handle = t->handle };

	return t->via != REGISTERED || !ioctl(t->fd, PHYR_NVME_IOC_UNREGISTER, &unreg);
}

/* One request; returns the number of bytes, or -1 with errno set. */
static inline ssize_t transfer_part(const struct transfer *t, bool write, size_t done, size_t len, uint64_t at)
{
	struct phyr_nvme_buffer_io buffer = {
		.handle = t->handle, .buffer_offset = done, .offset = at, .len = len,
	};
	struct phyr_nvme_io io = { .addr = (uintptr_t)t->mem + done, .offset = at, .len = len };

	switch (t->via) {
	case ODIRECT:
		return write ? pwrite(t->fd, t->mem + done, len, at) : pread(t->fd, t->mem + done, len, at);
	case DIRECT:
		return ioctl(t->fd, write ? PHYR_NVME_IOC_WRITE : PHYR_NVME_IOC_READ, &io) ? -1 : (ssize_t)len;
	case REGISTERED:
		return ioctl(t->fd, write ? PHYR_NVME_IOC_BUFFER_WRITE : PHYR_NVME_IOC_BUFFER_READ, &buffer) ?
		       -1 : (ssize_t)len;
	}
	return -1;
}

/* All of the memory, to or from the disk at @at; returns the number of bytes, or -1 with errno set. */
static inline ssize_t transfer_all(const struct transfer *t, bool write, uint64_t at)
{
	size_t done = 0;

	while (done < t->bytes) {
		size_t len = t->bytes - done;
		ssize_t n;

		if (t->via != ODIRECT && len > t->max_len)
			len = t->max_len;
		n = transfer_part(t, write, done, len, at + done);
		if (n < 0)
			return -1;
		if (!n)
			break;
		done += n;
	}
	return done;
}

/* Prints "NAME":{"bytes":N} or "NAME":{"errno":"EFAULT"}. */
static inline void transfer_print(FILE *out, const char *name, ssize_t bytes)
{
	const char *err = bytes < 0 ? strerrorname_np(errno) : NULL;

	if (bytes < 0)
		fprintf(out, "\"%s\":{\"errno\":\"%s\"}", name, err ? err : "unknown");
	else
		fprintf(out, "\"%s\":{\"bytes\":%zd}", name, bytes);
}

#endif /* TRANSFER_H */
