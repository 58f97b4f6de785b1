// SPDX-License-Identifier: GPL-2.0
/*
 * iospace: a process with memory and with devices in user space, through VFIO, iommufd and phyr_domain.
 *
 *   iospace serve		start the process; it runs until "quit" or until it is killed
 *   iospace ask COMMAND...	send it commands; it prints a line of JSON for each
 *
 * Commands (see iospace_commands.c for their output):
 *
 *   memory KIND BYTES SEED	4k, 64k, 2m or hugetlb, filled with stamps
 *   open API BDF		API is type1, compat (type1 as emulated by iommufd), iommufd, phyr8 or phyr16
 *   map API IOVA OFFSET BYTES ACCESS	ACCESS is r, w, rw or -; OFFSET is in the memory, or @none or @readonly
 *   unmap API IOVA BYTES
 *   reserved API FIELD IOVA	map or unmap a page of the memory with a FIELD that is not 0 (phyr_domain)
 *   count API			begin to count calls of the IOMMU API for its device, and pages of tables
 *   counted			print the counts
 *   follow API IOVA		translate the addresses of the whole memory
 *   write API IOVA PAGE	the device writes a page
 *   read API IOVA		the device reads a page (edu)
 *   sweep API IOVA PAGE PAGES TRIED	map PAGES of the memory from PAGE on, let the device write to each, unmap, and let it try the
 *				pages TRIED (N,N,...) again; prints those that it still reaches
 *   digest			SHA-256 of the memory
 *   cost API IOVA TIMES	map and unmap the whole memory
 *   fork			fork a child that overwrites its copy
 *   munmap			unmap the memory, even if a device has it mapped
 *   die			kill the process by SIGKILL
 *   close API | quit
 *
 * Exit: 0 all commands were answered, 1 the process does not run, 64 usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "answer.h"
#include "iospace.h"

enum { EXIT_USAGE = 64 };

/* An abstract name, which ends with the process. */
static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0phyrlab-iospace" };

static bool serve_one(struct lab *lab, int client)
{
	FILE *in = fdopen(client, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	bool quit = false;

	/* stdout, so that children print to the client as well. */
	dup2(client, STDOUT_FILENO);
	while (!quit && (len = getline(&line, &room, in)) > 0) {
		line[strcspn(line, "\n")] = 0;
		quit = !strcmp(line, "quit");
		if (quit)
			printf("{\"quit\":true}\n");
		else
			command(lab, line);
		fflush(stdout);
	}
	free(line);
	fclose(in);
	freopen("/dev/null", "w", stdout);
	return !quit;
}

static int serve(void)
{
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), client;
	static struct lab lab;

	if (sock < 0 || bind(sock, (const struct sockaddr *)&address, sizeof(address)) || listen(sock, 1))
		return fail(EXIT_FAILURE, "serve");
	switch (fork()) {
	case -1:
		return fail(EXIT_FAILURE, "fork");
	case 0:
		break;
	default:
		printf("{\"serving\":true}\n");
		return 0;
	}
	setsid();
	freopen("/dev/null", "r", stdin);
	freopen("/dev/null", "w", stdout);
	freopen("/dev/null", "w", stderr);
	signal(SIGPIPE, SIG_IGN);
	do {
		client = accept4(sock, NULL, NULL, SOCK_CLOEXEC);
	} while (client >= 0 && serve_one(&lab, client));
	probe_calls_stop();
	/* No cleanup: the kernel must cope with a process that just exits. */
	return 0;
}

static int ask(char **argv, int nr)
{
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), answers = 0;
	char buf[4096];
	ssize_t got;

	if (sock < 0 || connect(sock, (const struct sockaddr *)&address, sizeof(address)))
		return fail(EXIT_FAILURE, "iospace does not run");
	for (int i = 0; i < nr; i++)
		if (dprintf(sock, "%s\n", argv[i]) < 0)
			return fail(EXIT_FAILURE, "ask");
	shutdown(sock, SHUT_WR);
	while ((got = read(sock, buf, sizeof(buf))) > 0) {
		fwrite(buf, 1, (size_t)got, stdout);
		for (ssize_t i = 0; i < got; i++)
			answers += buf[i] == '\n';
	}
	return answers == nr ? 0 : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "serve"))
		return serve();
	if (argc > 2 && !strcmp(argv[1], "ask"))
		return ask(argv + 2, argc - 2);
	fputs("usage: iospace serve | ask COMMAND...\n", stderr);
	return EXIT_USAGE;
}
