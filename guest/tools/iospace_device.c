// SPDX-License-Identifier: GPL-2.0
/* iospace: the two engines, driven from here; guest/phyr_engine/device.c does the same in the kernel. */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "iospace.h"

#define PAGE		4096

/* QEMU's edu: moves up to a page between memory and a buffer of its own, in about 100 ms. */
#define EDU_SRC		0x80
#define EDU_DST		0x88
#define EDU_COUNT	0x90
#define EDU_CMD		0x98
#define EDU_RUN		1u
#define EDU_TO_MEMORY	2u
#define EDU_BUFFER	0x40000u

/* QEMU's iommu-testdev: writes a known word at once, and reads it at the physical address. */
#define ITD_TRIGGER	0x00
#define ITD_ADDR_LO	0x04
#define ITD_ADDR_HI	0x08
#define ITD_LEN		0x0c
#define ITD_RESULT	0x10
#define ITD_ARM		0x14
#define ITD_PHYS_LO	0x1c
#define ITD_PHYS_HI	0x20
#define ITD_FAULT	0xdead0002u
#define ITD_MISMATCH	0xdead0004u

static void put(const struct client *p, off_t at, uint32_t value)
{
	if (pwrite(p->device, &value, sizeof(value), at) != sizeof(value))
		errno = EIO;
}

static uint32_t get(const struct client *p, off_t at)
{
	uint32_t value = ~0u;

	if (pread(p->device, &value, sizeof(value), at) != sizeof(value))
		errno = EIO;
	return value;
}

static int edu_run(struct client *p, uint64_t src, uint64_t dst, uint32_t cmd)
{
	/* Its registers take 32 bits at a time, and it sends 28 of them. */
	if ((src | dst) >> 28)
		return ERANGE;
	errno = 0;
	put(p, EDU_SRC, (uint32_t)src);
	put(p, EDU_DST, (uint32_t)dst);
	put(p, EDU_COUNT, PAGE);
	put(p, EDU_CMD, cmd | EDU_RUN);
	for (int i = 0; i < 1000 && !errno; i++) {
		if (!(get(p, EDU_CMD) & EDU_RUN))
			return errno;
		usleep(5000);
	}
	return EIO;
}

static int testdev_write(struct client *p, uint64_t iova, uint64_t phys)
{
	uint32_t result;

	errno = 0;
	put(p, ITD_ADDR_LO, (uint32_t)iova);
	put(p, ITD_ADDR_HI, (uint32_t)(iova >> 32));
	put(p, ITD_PHYS_LO, (uint32_t)phys);
	put(p, ITD_PHYS_HI, (uint32_t)(phys >> 32));
	put(p, ITD_LEN, PAGE);
	put(p, ITD_ARM, 1);
	get(p, ITD_TRIGGER);
	result = get(p, ITD_RESULT);
	if (errno)
		return errno;
	return !result ? 0 : result == ITD_FAULT ? EFAULT : result == ITD_MISMATCH ? ENXIO : EIO;
}

int device_write(struct client *p, uint64_t iova, uint64_t phys)
{
	return p->edu ? edu_run(p, EDU_BUFFER, iova, EDU_TO_MEMORY) : testdev_write(p, iova, phys);
}

int device_read(struct client *p, uint64_t iova)
{
	return p->edu ? edu_run(p, iova, EDU_BUFFER, 0) : EOPNOTSUPP;
}
