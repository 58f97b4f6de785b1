// SPDX-License-Identifier: GPL-2.0
/* unanswered: an ioctl with a page fault that waits for userfaultfd. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unanswered.h"

struct asking {
	const struct node *node;
	enum place where;
	pthread_t thread;
	int uffd;
	int said;	/* errno of the ioctl */
	void *memory, *argument;
	void *page;	/* the one of these whose faults wait */
	void *content;	/* content of that page */
};

static void *pages(void)
{
	void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

static void fill(void *to, bool is_domain, const void *memory)
{
	const struct phyr_domain_map map = {
		.iova = IOVA,
		.addr = (uintptr_t)memory,
		.len = PAGE,
		.access = PHYR_DOMAIN_READ | PHYR_DOMAIN_WRITE,
	};
	const struct phyr_region_register reg = {
		.addr = (uintptr_t)memory,
		.len = PAGE,
		.access = PHYR_REGION_READ | PHYR_REGION_WRITE,
	};

	if (is_domain)
		memcpy(to, &map, sizeof(map));
	else
		memcpy(to, &reg, sizeof(reg));
}

/* The result is written to the page of the argument: there, only writes must wait. */
static void watch(struct asking *a)
{
	bool written = a->where == IN_ANSWER;
	struct uffdio_api api = { .api = UFFD_API, .features = written ? UFFD_FEATURE_PAGEFAULT_FLAG_WP : 0 };
	const struct uffdio_range range = { .start = (uintptr_t)a->page, .len = PAGE };
	struct uffdio_register reg = {
		.range = range,
		.mode = written ? UFFDIO_REGISTER_MODE_WP : UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_writeprotect protect = { .range = range, .mode = UFFDIO_WRITEPROTECT_MODE_WP };

	a->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (a->uffd < 0 || ioctl(a->uffd, UFFDIO_API, &api) || ioctl(a->uffd, UFFDIO_REGISTER, &reg) ||
	    (written && ioctl(a->uffd, UFFDIO_WRITEPROTECT, &protect)))
		die("userfaultfd");
}

static void *run(void *arg)
{
	struct asking *a = arg;
	unsigned long cmd = a->node->is_domain ? PHYR_DOMAIN_IOC_MAP : PHYR_REGION_IOC_REGISTER;

	a->said = ioctl(a->node->fd, cmd, a->argument) ? errno : 0;
	return NULL;
}

static void await_fault(int uffd)
{
	struct pollfd wait = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;

	if (poll(&wait, 1, PATIENCE_MS) != 1 || read(uffd, &msg, sizeof(msg)) != sizeof(msg) ||
	    msg.event != UFFD_EVENT_PAGEFAULT) {
		fprintf(stderr, "no page fault came\n");
		exit(1);
	}
}

struct asking *ask(const struct node *node, enum place where)
{
	struct asking *a = calloc(1, sizeof(*a));

	if (!a)
		die("calloc");
	a->node = node;
	a->where = where;
	a->memory = pages();
	a->argument = pages();
	a->content = pages();
	a->page = where == IN_MEMORY ? a->memory : a->argument;
	fill(where == IN_ARGUMENT ? a->content : a->argument, node->is_domain, a->memory);
	watch(a);
	if (pthread_create(&a->thread, NULL, run, a))
		die("pthread_create");
	await_fault(a->uffd);
	return a;
}

void answer(struct asking *a)
{
	struct uffdio_copy copy = { .dst = (uintptr_t)a->page, .src = (uintptr_t)a->content, .len = PAGE };
	struct uffdio_writeprotect allow = { .range = { .start = copy.dst, .len = PAGE } };

	if (a->where == IN_ANSWER ? ioctl(a->uffd, UFFDIO_WRITEPROTECT, &allow) : ioctl(a->uffd, UFFDIO_COPY, &copy))
		die("answer");
}

void refuse(struct asking *a)
{
	/* The waiting fault fails. */
	if (munmap(a->page, PAGE) || close(a->uffd))
		die("refuse");
}

int asked(struct asking *a)
{
	pthread_join(a->thread, NULL);
	return a->said;
}
