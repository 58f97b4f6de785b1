// SPDX-License-Identifier: GPL-2.0
/* phyrio: dma-bufs as registered buffers. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "phyrio.h"

int buffer_attach(const struct disk *disk, const struct shared *s, uint32_t access, uint32_t *handle)
{
	struct phyr_nvme_attach att = {
		.fd = s->fd, .access = access, .view = (uintptr_t)s->view,
		.way = s->list ? PHYR_NVME_DMABUF_LIST : PHYR_NVME_DMABUF_SG,
	};
	int err = ioctl(disk->fd, PHYR_NVME_IOC_ATTACH, &att);

	if (!err && att.len != s->size) {
		errno = EPROTO;
		err = -1;
	}
	*handle = att.handle;
	return err;
}

int place(const struct disk *disk, uint64_t offset, const char *spec)
{
	struct shared s;
	uint32_t handle;

	if (shared_open(&s, spec, 0))
		return fail_io("dma-buf", 0, 0);
	/* Touch the pages, so that a checker finds them in the page tables. */
	memset(s.view, 0x5a, s.size);
	if (buffer_attach(disk, &s, PHYR_NVME_BUFFER_READ, &handle))
		return fail_io("register", 0, s.size);
	for (uint64_t at = 0, n; at < s.size; at += n) {
		n = s.size - at < disk->info.max_len ? s.size - at : disk->info.max_len;
		if (io_buffer(disk, false, handle, at, offset + at, n))
			return fail_io("read", offset + at, n);
	}
	if (buffer_unregister(disk, handle))
		return fail_io("unregister", 0, s.size);
	printf("{\"op\":\"place\",\"bytes\":%zu}\n", s.size);
	shared_close(&s);
	return 0;
}
