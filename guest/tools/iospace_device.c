// SPDX-License-Identifier: GPL-2.0
/* iospace: drives the two engines; guest/phyr_engine/device.c does so in the kernel. */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "../include/qemu_engines.h"
#include "iospace.h"

#define PAGE		4096

static void write_register(const struct client *p, off_t at, uint32_t value)
{
	if (pwrite(p->device, &value, sizeof(value), at) != sizeof(value))
		errno = EIO;
}

static uint32_t read_register(const struct client *p, off_t at)
{
	uint32_t value = ~0u;

	if (pread(p->device, &value, sizeof(value), at) != sizeof(value))
		errno = EIO;
	return value;
}

static int edu_run(struct client *p, uint64_t src, uint64_t dst, uint32_t cmd)
{
	/* Registers are written 32 bits at a time; edu's DMA addresses have 28 bits. */
	if ((src | dst) >> 28)
		return ERANGE;
	errno = 0;
	write_register(p, EDU_SRC, (uint32_t)src);
	write_register(p, EDU_DST, (uint32_t)dst);
	write_register(p, EDU_COUNT, PAGE);
	write_register(p, EDU_CMD, cmd | EDU_RUN);
	for (int i = 0; i < 1000 && !errno; i++) {
		if (!(read_register(p, EDU_CMD) & EDU_RUN))
			return errno;
		usleep(5000);
	}
	return EIO;
}

static int testdev_write(struct client *p, uint64_t iova, uint64_t phys, uint32_t len)
{
	uint32_t result;

	errno = 0;
	write_register(p, ITD_ADDR_LO, (uint32_t)iova);
	write_register(p, ITD_ADDR_HI, (uint32_t)(iova >> 32));
	write_register(p, ITD_PHYS_LO, (uint32_t)phys);
	write_register(p, ITD_PHYS_HI, (uint32_t)(phys >> 32));
	write_register(p, ITD_LEN, len);
	write_register(p, ITD_ARM, 1);
	read_register(p, ITD_TRIGGER);
	result = read_register(p, ITD_RESULT);
	if (errno)
		return errno;
	return !result ? 0 : result == ITD_FAULT ? EFAULT : result == ITD_MISMATCH ? ENXIO : EIO;
}

int device_write(struct client *p, uint64_t iova, uint64_t phys, uint32_t len)
{
	return p->edu ? edu_run(p, EDU_BUFFER, iova, EDU_TO_MEMORY) : testdev_write(p, iova, phys, len);
}

int device_read(struct client *p, uint64_t iova)
{
	return p->edu ? edu_run(p, iova, EDU_BUFFER, 0) : EOPNOTSUPP;
}
