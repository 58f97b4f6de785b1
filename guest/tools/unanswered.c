// SPDX-License-Identifier: GPL-2.0
/*
 * unanswered region|domain BDF memory|argument: unbind a device while a page fault under one of its ioctls waits for an
 * answer that does not come (userfaultfd), in the memory that is to be pinned or in the ioctl's argument.
 *
 * Prints {"unanswered":{"unbind_ms":M,"errno":E}}: how long unbinding took, and what the ioctl says then. After PATIENCE_MS the fault is
 * answered, so that nothing hangs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../include/uapi/phyr_domain.h"
#include "../include/uapi/phyr_region.h"

#define PAGE		4096UL
#define PATIENCE_MS	5000

static int node;
static bool is_domain;
static void *argument;
static int said;	/* errno of the ioctl */
static char unbind_path[96];
static const char *bdf;
static struct timespec begun, unbound;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *ask(void *unused)
{
	unsigned long cmd = is_domain ? PHYR_DOMAIN_IOC_MAP : PHYR_REGION_IOC_REGISTER;

	(void)unused;
	said = ioctl(node, cmd, argument) ? errno : 0;
	return NULL;
}

static void *unbind(void *unused)
{
	int fd = open(unbind_path, O_WRONLY | O_CLOEXEC);

	(void)unused;
	if (fd < 0 || write(fd, bdf, strlen(bdf)) < 0)
		die(unbind_path);
	clock_gettime(CLOCK_MONOTONIC, &unbound);
	return NULL;
}

static void fill(void *to, void *memory)
{
	struct phyr_domain_map map = {
		.iova = 64UL << 20,
		.addr = (uintptr_t)memory,
		.len = PAGE,
		.access = PHYR_DOMAIN_READ | PHYR_DOMAIN_WRITE,
	};
	struct phyr_region_register reg = {
		.addr = (uintptr_t)memory,
		.len = PAGE,
		.access = PHYR_REGION_READ | PHYR_REGION_WRITE,
	};

	if (is_domain)
		memcpy(to, &map, sizeof(map));
	else
		memcpy(to, &reg, sizeof(reg));
}

/* A page whose faults come to the descriptor that this returns. */
static int watch(void *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)page, .len = PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		die("userfaultfd");
	return fd;
}

static void await_fault(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct uffd_msg msg;

	if (poll(&wait, 1, PATIENCE_MS) != 1 || read(fd, &msg, sizeof(msg)) != sizeof(msg) ||
	    msg.event != UFFD_EVENT_PAGEFAULT) {
		fprintf(stderr, "no page fault came\n");
		exit(1);
	}
}

/* With what the page is to hold. */
static void answer(int fd, void *page, void *from)
{
	struct uffdio_copy copy = { .dst = (uintptr_t)page, .src = (uintptr_t)from, .len = PAGE };

	if (ioctl(fd, UFFDIO_COPY, &copy))
		die("UFFDIO_COPY");
}

static void *pages(size_t n)
{
	void *at = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

int main(int argc, char **argv)
{
	pthread_t asking, unbinding;
	struct timespec until;
	char path[64];
	void *memory, *page, *content;
	bool in_argument;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: unanswered region|domain BDF memory|argument\n");
		return 2;
	}
	is_domain = !strcmp(argv[1], "domain");
	bdf = argv[2];
	in_argument = !strcmp(argv[3], "argument");
	snprintf(path, sizeof(path), "/dev/phyr_%s-%s", is_domain ? "domain" : "region", bdf);
	snprintf(unbind_path, sizeof(unbind_path), "/sys/bus/pci/devices/%s/driver/unbind", bdf);
	node = open(path, O_RDWR | O_CLOEXEC);
	if (node < 0)
		die(path);

	memory = pages(1);
	argument = pages(1);
	content = pages(1);
	page = in_argument ? argument : memory;
	fill(in_argument ? content : argument, memory);
	fd = watch(page);
	if (pthread_create(&asking, NULL, ask, NULL))
		die("pthread_create");
	await_fault(fd);

	clock_gettime(CLOCK_MONOTONIC, &begun);
	if (pthread_create(&unbinding, NULL, unbind, NULL))
		die("pthread_create");
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_MS / 1000;
	if (pthread_timedjoin_np(unbinding, NULL, &until)) {
		answer(fd, page, content);
		pthread_join(unbinding, NULL);
	} else {
		answer(fd, page, content);
	}
	pthread_join(asking, NULL);
	printf("{\"unanswered\":{\"unbind_ms\":%ld,\"errno\":\"%s\"}}\n",
	       (unbound.tv_sec - begun.tv_sec) * 1000 + (unbound.tv_nsec - begun.tv_nsec) / 1000000,
	       said ? strerrorname_np(said) : "0");
	return 0;
}
