// SPDX-License-Identifier: GPL-2.0
/* Requests that /dev/phyrN-ctl must refuse, with the expected errno, and limits that it must enforce. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "phyrio.h"

static unsigned int asked, wrong;

/* @got: return value of the call, which has set errno. */
static void expect(const char *what, int got, int want)
{
	int have = got < 0 ? errno : 0;

	asked++;
	if (have == want)
		return;
	if (!wrong++)
		printf("{\"error\":\"%s: %s, not %s\"}\n", what, have ? strerrorname_np(have) : "accepted",
		       want ? strerrorname_np(want) : "accepted");
}

static void refuse_io(const struct disk *disk, uint8_t *mem)
{
	const uint32_t block = disk->info.block_size;
	const uint64_t size = disk->info.blocks * block;
	struct phyr_nvme_io good = { .addr = (uintptr_t)mem, .len = block }, io;

	expect("a read", ioctl(disk->fd, PHYR_NVME_IOC_READ, &good), 0);
	io = good, io.flags = 1;
	expect("flags", ioctl(disk->fd, PHYR_NVME_IOC_READ, &io), EINVAL);
	io = good, io.reserved = 1;
	expect("reserved", ioctl(disk->fd, PHYR_NVME_IOC_READ, &io), EINVAL);
	expect("address odd", io_direct(disk, false, mem + 2, 0, block), EINVAL);
	expect("nothing", io_direct(disk, false, mem, 0, 0), EINVAL);
	expect("half a block", io_direct(disk, false, mem, 0, block / 2), EINVAL);
	expect("offset in a block", io_direct(disk, false, mem, block / 2, block), EINVAL);
	expect("too much", io_direct(disk, false, mem, 0, disk->info.max_len + block), EINVAL);
	expect("beyond the end", io_direct(disk, false, mem, size, block), EINVAL);
	expect("across the end", io_direct(disk, false, mem, size - block, 2 * block), EINVAL);
	expect("far beyond", io_direct(disk, false, mem, -(uint64_t)block, 2 * block), EINVAL);
	expect("the last block", io_direct(disk, false, mem, size - block, block), 0);
	expect("no memory", io_direct(disk, false, NULL, 0, block), EFAULT);
	expect("kernel memory", io_direct(disk, false, (void *)0xffff888000000000, 0, block), EFAULT);
	expect("wraps", io_direct(disk, false, (void *)-4096UL, 0, 4096 + block), EINVAL);
	expect("request structure", ioctl(disk->fd, PHYR_NVME_IOC_READ, NULL), EFAULT);
	expect("unknown request", ioctl(disk->fd, _IO('Y', 99), NULL), ENOTTY);
	expect("unknown direction", ioctl(disk->fd, _IOR('Y', 2, struct phyr_nvme_io), &good), ENOTTY);
}

static void refuse_read_only(const struct disk *disk, uint8_t *mem)
{
	struct disk ro = *disk, wo = *disk;
	uint32_t handle;

	ro.fd = open(disk->path, O_RDONLY);
	wo.fd = open(disk->path, O_WRONLY);
	expect("write, open for reading", io_direct(&ro, true, mem, 0, 4096), EBADF);
	expect("read, open for writing", io_direct(&wo, false, mem, 0, 4096), EBADF);
	expect("register to write, open for reading",
	       buffer_register(&ro, mem, 4096, PHYR_NVME_BUFFER_WRITE, &handle), EBADF);
	expect("register to read, open for writing",
	       buffer_register(&wo, mem, 4096, PHYR_NVME_BUFFER_READ, &handle), EBADF);
	close(ro.fd);
	close(wo.fd);

	mprotect(mem, 4096, PROT_READ);
	expect("read into read-only memory", io_direct(disk, false, mem, 0, 4096), EFAULT);
	expect("register read-only memory for reading",
	       buffer_register(disk, mem, 4096, PHYR_NVME_BUFFER_READ, &handle), EFAULT);
	if (!buffer_register(disk, mem, 4096, PHYR_NVME_BUFFER_WRITE, &handle))
		expect("read into a buffer for writing", io_buffer(disk, false, handle, 0, 0, 4096), EACCES);
	expect("unregister it", buffer_unregister(disk, handle), 0);
	mprotect(mem, 4096, PROT_READ | PROT_WRITE);
}

static void refuse_buffer(const struct disk *disk, uint8_t *mem)
{
	const uint32_t block = disk->info.block_size, both = PHYR_NVME_BUFFER_READ | PHYR_NVME_BUFFER_WRITE;
	struct phyr_nvme_register good = { .addr = (uintptr_t)mem, .len = 16384, .access = both }, reg;
	struct phyr_nvme_buffer_io io;
	struct phyr_nvme_unregister unreg;
	uint32_t handle, more[PHYR_NVME_MAX_BUFFERS];

	reg = good, reg.reserved = 1;
	expect("register: reserved", ioctl(disk->fd, PHYR_NVME_IOC_REGISTER, &reg), EINVAL);
	reg = good, reg.handle = 1;
	expect("register: handle", ioctl(disk->fd, PHYR_NVME_IOC_REGISTER, &reg), EINVAL);
	expect("register: no access", buffer_register(disk, mem, 4096, 0, &handle), EINVAL);
	expect("register: unknown access", buffer_register(disk, mem, 4096, 4, &handle), EINVAL);
	expect("register: address odd", buffer_register(disk, mem + 1, 4096, both, &handle), EINVAL);
	expect("register: nothing", buffer_register(disk, mem, 0, both, &handle), EINVAL);
	expect("register: too much", buffer_register(disk, mem, PHYR_NVME_MAX_BUFFER_LEN + 4UL, both, &handle), EINVAL);
	expect("register: wraps", buffer_register(disk, (void *)-4096UL, 8192, both, &handle), EINVAL);
	expect("register: no memory", buffer_register(disk, NULL, 8192, both, &handle), EFAULT);

	expect("register", buffer_register(disk, mem, 16384, both, &handle), 0);
	expect("use it", io_buffer(disk, false, handle, 0, 0, block), 0);
	io = (struct phyr_nvme_buffer_io){ .handle = handle, .len = block, .flags = 1 };
	expect("buffer: flags", ioctl(disk->fd, PHYR_NVME_IOC_BUFFER_READ, &io), EINVAL);
	io = (struct phyr_nvme_buffer_io){ .handle = handle, .len = block, .reserved = 1 };
	expect("buffer: reserved", ioctl(disk->fd, PHYR_NVME_IOC_BUFFER_READ, &io), EINVAL);
	expect("buffer: its last block", io_buffer(disk, false, handle, 16384 - block, 0, block), 0);
	expect("buffer: across its end", io_buffer(disk, false, handle, 16384 - block + 4, 0, block), EINVAL);
	expect("buffer: beyond it", io_buffer(disk, false, handle, 16384, 0, block), EINVAL);
	expect("buffer: far beyond", io_buffer(disk, false, handle, -(uint64_t)block, 0, block), EINVAL);
	expect("buffer: odd", io_buffer(disk, false, handle, 2, 0, block), EINVAL);
	expect("buffer: beyond the disk", io_buffer(disk, false, handle, 0, disk->info.blocks * block, block), EINVAL);
	expect("buffer: other handle", io_buffer(disk, false, handle + 1, 0, 0, block), ENOENT);
	expect("buffer: handle 0", io_buffer(disk, false, 0, 0, 0, block), ENOENT);
	unreg = (struct phyr_nvme_unregister){ .handle = handle, .reserved = 1 };
	expect("unregister: reserved", ioctl(disk->fd, PHYR_NVME_IOC_UNREGISTER, &unreg), EINVAL);
	expect("unregister", buffer_unregister(disk, handle), 0);
	expect("unregister again", buffer_unregister(disk, handle), ENOENT);
	expect("use it again", io_buffer(disk, false, handle, 0, 0, block), ENOENT);

	for (unsigned int i = 0; i < PHYR_NVME_MAX_BUFFERS; i++)
		expect("many buffers", buffer_register(disk, mem, 4096, both, &more[i]), 0);
	expect("too many buffers", buffer_register(disk, mem, 4096, both, &handle), ENOSPC);
	for (unsigned int i = 0; i < PHYR_NVME_MAX_BUFFERS; i += 2)	/* the rest when the file is closed */
		expect("unregister many", buffer_unregister(disk, more[i]), 0);
}

/* Requests that are refused before an exporter is called. */
static void refuse_attach(const struct disk *disk)
{
	const struct phyr_nvme_attach good = {
		.fd = disk->fd, .access = PHYR_NVME_BUFFER_READ, .way = PHYR_NVME_DMABUF_LIST,
	};
	struct phyr_nvme_attach bad[] = { good, good, good, good, good, good, good, good, good };
	static const char *const what[] = {
		"no file", "no dma-buf", "no way", "unknown way", "no access", "unknown access", "handle", "length",
		"reserved",
	};

	bad[0].fd = -1;
	bad[2].way = 0;
	bad[3].way = 3;
	bad[4].access = 0;
	bad[5].access = 4;
	bad[6].handle = 1;
	bad[7].len = 1;
	bad[8].reserved = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char name[32];

		snprintf(name, sizeof(name), "attach: %s", what[i]);
		expect(name, ioctl(disk->fd, PHYR_NVME_IOC_ATTACH, &bad[i]), i ? EINVAL : EBADF);
	}
	expect("attach: request structure", ioctl(disk->fd, PHYR_NVME_IOC_ATTACH, NULL), EFAULT);
}

/* Requests that the device file of phyr_store and its dma-bufs must refuse. */
static void refuse_store(const struct disk *disk, const char *file)
{
	struct phyr_store_range all = { .len = 8192 }, range, two[2] = { all, { .offset = 1UL << 62, .len = 4096 } };
	struct phyr_store_dmabuf good = { .ranges = (uintptr_t)&range, .nr = 1, .flags = O_RDONLY | O_CLOEXEC }, arg;
	int store = open(file, O_RDWR), ro = open(file, O_RDONLY), fd;
	struct phyr_nvme_attach att = { .access = PHYR_NVME_BUFFER_READ, .way = PHYR_NVME_DMABUF_LIST };
	const uint64_t end = disk->info.blocks * disk->info.block_size - 4096;
	volatile uint8_t *view = memory_of(file, all.len, 0);

	/* Touch the pages, so that a checker finds them in the page tables. */
	for (unsigned int at = 0; view && at < all.len; at += 4096)
		(void)view[at];
	att.view = (uintptr_t)view;
	range = all, range.offset = 512;
	expect("dma-buf: offset in a page", ioctl(store, PHYR_STORE_IOC_DMABUF, &good), EINVAL);
	range = all, range.len = 512;
	expect("dma-buf: part of a page", ioctl(store, PHYR_STORE_IOC_DMABUF, &good), EINVAL);
	range = all, range.len = 0;
	expect("dma-buf: an empty range", ioctl(store, PHYR_STORE_IOC_DMABUF, &good), EINVAL);
	range = all, range.len = 1UL << 62;
	expect("dma-buf: beyond the end", ioctl(store, PHYR_STORE_IOC_DMABUF, &good), EINVAL);
	range = all, range.offset = -4096UL;
	expect("dma-buf: wraps", ioctl(store, PHYR_STORE_IOC_DMABUF, &good), EINVAL);
	range = all;
	arg = good, arg.ranges = (uintptr_t)two, arg.nr = 2;
	expect("dma-buf: second range", ioctl(store, PHYR_STORE_IOC_DMABUF, &arg), EINVAL);
	arg = good, arg.nr = 0;
	expect("dma-buf: no ranges", ioctl(store, PHYR_STORE_IOC_DMABUF, &arg), EINVAL);
	arg = good, arg.nr = PHYR_STORE_MAX_RANGES + 1;
	expect("dma-buf: too many ranges", ioctl(store, PHYR_STORE_IOC_DMABUF, &arg), EINVAL);
	arg = good, arg.flags = O_ACCMODE;
	expect("dma-buf: unknown mode", ioctl(store, PHYR_STORE_IOC_DMABUF, &arg), EINVAL);
	arg = good, arg.flags |= O_APPEND;
	expect("dma-buf: unknown flags", ioctl(store, PHYR_STORE_IOC_DMABUF, &arg), EINVAL);
	arg = good, arg.reserved = 1;
	expect("dma-buf: reserved", ioctl(store, PHYR_STORE_IOC_DMABUF, &arg), EINVAL);
	arg = good, arg.ranges = 0;
	expect("dma-buf: ranges nowhere", ioctl(store, PHYR_STORE_IOC_DMABUF, &arg), EFAULT);
	arg = good, arg.flags = O_RDWR;
	expect("dma-buf to write, store open for reading", ioctl(ro, PHYR_STORE_IOC_DMABUF, &arg), EBADF);
	expect("unknown request of a store", ioctl(store, _IO('Y', 99), NULL), ENOTTY);

	fd = ioctl(store, PHYR_STORE_IOC_DMABUF, &good);
	expect("dma-buf", fd < 0 ? fd : 0, 0);
	att.fd = fd;
	expect("attach for reading what is read-only", ioctl(disk->fd, PHYR_NVME_IOC_ATTACH, &att), EACCES);
	att.access = PHYR_NVME_BUFFER_WRITE;
	expect("attach for writing what is read-only", ioctl(disk->fd, PHYR_NVME_IOC_ATTACH, &att), 0);
	close(fd);
	expect("use it, its file closed", io_buffer(disk, true, att.handle, 4096, end, 4096), 0);
	expect("read into it", io_buffer(disk, false, att.handle, 0, end, 4096), EACCES);
	expect("beyond it", io_buffer(disk, true, att.handle, 4096, end - 4096, 8192), EINVAL);
	expect("unregister it", buffer_unregister(disk, att.handle), 0);
	close(store);
	close(ro);
}

int refuse(const struct disk *disk, const char *store)
{
	uint8_t *mem = memory(disk->info.max_len + 65536);

	if (!mem)
		return fail_io("mmap", 0, disk->info.max_len + 65536);
	memset(mem, 0, 65536);
	refuse_io(disk, mem);
	refuse_read_only(disk, mem);
	refuse_buffer(disk, mem);
	refuse_attach(disk);
	if (store)
		refuse_store(disk, store);
	printf("{\"op\":\"refuse\",\"asked\":%u,\"wrong\":%u}\n", asked, wrong);
	return wrong ? 1 : 0;
}
