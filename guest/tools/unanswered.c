// SPDX-License-Identifier: GPL-2.0
/*
 * unanswered region|domain BDF memory|argument|answer: unbinds a device while one of its ioctls waits for a page fault that is not
 * resolved (userfaultfd): in the memory to be pinned, when the ioctl's argument is copied in, or when its result is copied out.
 *
 * Prints {"unanswered":{"unbind_ms":M,"errno":E}}: how long unbinding took, and the errno of the ioctl. After PATIENCE_MS the fault is
 * resolved, so that nothing hangs.
 *
 * unanswered region|domain BDF others: what others can do while the result of an ioctl waits to be copied out, and after that failed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unanswered.h"

void die(const char *what)
{
	perror(what);
	exit(1);
}

const char *name_of(int err)
{
	return err ? strerrorname_np(err) : "0";
}

int node_open(const struct node *node)
{
	int fd = open(node->path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die(node->path);
	return fd;
}

static struct timespec unbound;

static void *unbind(void *arg)
{
	const struct node *node = arg;
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver/unbind", node->bdf);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, node->bdf, strlen(node->bdf)) < 0)
		die(path);
	clock_gettime(CLOCK_MONOTONIC, &unbound);
	close(fd);
	return NULL;
}

static void unbind_meanwhile(struct node *node, enum place where)
{
	struct asking *asking = ask(node, where);
	struct timespec begun, until;
	pthread_t unbinding;
	bool late;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	if (pthread_create(&unbinding, NULL, unbind, node))
		die("pthread_create");
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_MS / 1000;
	late = pthread_timedjoin_np(unbinding, NULL, &until);
	answer(asking);
	if (late)
		pthread_join(unbinding, NULL);
	printf("{\"unanswered\":{\"unbind_ms\":%ld,\"errno\":\"%s\"}}\n",
	       (unbound.tv_sec - begun.tv_sec) * 1000 + (unbound.tv_nsec - begun.tv_nsec) / 1000000,
	       name_of(asked(asking)));
}

int main(int argc, char **argv)
{
	static const char *const places[] = { "memory", "argument", "answer" };
	struct node node;
	int where;

	if (argc != 4) {
		fprintf(stderr, "usage: unanswered region|domain BDF memory|argument|answer|others\n");
		return 2;
	}
	node.is_domain = !strcmp(argv[1], "domain");
	node.bdf = argv[2];
	snprintf(node.path, sizeof(node.path), "/dev/phyr_%s-%s", argv[1], node.bdf);
	node.fd = node_open(&node);
	for (where = IN_MEMORY; where <= IN_ANSWER; where++)
		if (!strcmp(argv[3], places[where]))
			unbind_meanwhile(&node, (enum place)where);
	if (!strcmp(argv[3], "others"))
		others(&node);
	return 0;
}
