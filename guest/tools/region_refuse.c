// SPDX-License-Identifier: GPL-2.0
/* region: requests that must be refused, and uses of a region after it was deregistered. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "region.h"

static const uint32_t both = PHYR_REGION_READ | PHYR_REGION_WRITE;

static void say(const char *what, int err)
{
	if (err)
		printf("{\"refusal\":{\"what\":\"%s\",\"errno\":\"%s\"}}\n", what, errno_name(err));
	else
		printf("{\"refusal\":{\"what\":\"%s\",\"errno\":null}}\n", what);
}

static void ask(int fd, const char *what, struct phyr_region_register in)
{
	struct phyr_region_register out;

	say(what, region_register(fd, &in, &out));
}

static void try_memory(int fd, const struct source *s)
{
	void *readonly = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const uint64_t addr = (uintptr_t)s->m.addr;
	const uint32_t how = s->how;

	ask(fd, "register nothing", (struct phyr_region_register){ .addr = addr, .access = both, .how = how });
	ask(fd, "register for nobody", (struct phyr_region_register){ .addr = addr, .len = PAGE, .how = how });
	ask(fd, "register what is not there",
	    (struct phyr_region_register){ .addr = 1UL << 46, .len = PAGE, .access = both, .how = how });
	ask(fd, "register what may not be written",
	    (struct phyr_region_register){
		    .addr = (uintptr_t)readonly, .len = PAGE, .access = both, .how = how });
	munmap(readonly, PAGE);
}

static void try_dmabuf(int fd, const struct source *s)
{
	struct phyr_region_register in = source_all(s, both), other = in;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	other.len = PAGE;
	ask(fd, "register a part", other);
	ask(fd, "register for nobody", source_all(s, 0));
	other = in;
	other.fd = null;
	ask(fd, "register what is no dma-buf", other);
	other.fd = -1;
	ask(fd, "register no file", other);
	close(null);
	if (vfio_named(s->shared.source))	/* shared_for() supports phyr_store only */
		return;
	other.fd = shared_for(&s->shared, O_RDONLY);
	ask(fd, "register what may not be written", other);
	close(other.fd);
}

/* Flags and reserved fields that are not 0. */
static void try_reserved(int fd, struct phyr_region_register reg, uint32_t key)
{
	struct phyr_region_use flags = { .key = key, .flags = 1 }, use = { .key = key, .reserved = 1 };
	struct phyr_region_deregister dereg = { .key = key, .reserved = 1 };

	reg.reserved = 1;
	ask(fd, "register with a reserved field", reg);
	say("use with flags", ioctl(fd, PHYR_REGION_IOC_USE, &flags) ? errno : 0);
	say("use with a reserved field", ioctl(fd, PHYR_REGION_IOC_USE, &use) ? errno : 0);
	say("deregister with a reserved field", ioctl(fd, PHYR_REGION_IOC_DEREGISTER, &dereg) ? errno : 0);
}

void try_refusals(const char *node, int fd, const struct source *s, uint32_t key)
{
	struct phyr_region_register in = source_all(s, PHYR_REGION_READ), other;
	int stranger = again(node);

	say("use beyond the end", region_use(fd, key, PHYR_REGION_DO_WRITE, s->m.bytes, NULL));
	say("use inside a page", region_use(fd, key, PHYR_REGION_DO_WRITE, 512, NULL));
	try_reserved(fd, in, key);
	say("use by another key", region_use(fd, key + 1, PHYR_REGION_DO_WRITE, 0, NULL));
	say("deregister another's", region_deregister(stranger, key, NULL));
	if (s->dmabuf)
		try_dmabuf(fd, s);
	else
		try_memory(fd, s);
	if (!region_register(fd, &in, &other)) {
		say("write what is to be read", region_use(fd, other.key, PHYR_REGION_DO_WRITE, 0, NULL));
		region_deregister(fd, other.key, NULL);
	}
	say("deregister", region_deregister(fd, key, NULL));
	say("use after deregistering", region_use(fd, key, PHYR_REGION_DO_WRITE, 0, NULL));
	say("deregister twice", region_deregister(fd, key, NULL));
	close(stranger);
}
