// SPDX-License-Identifier: GPL-2.0
/*
 * kmsg: the kernel's log with the severity of each message, which the console does not show.
 *
 *   kmsg SEQ      the records after number SEQ (-1: all), as /dev/kmsg has them; what has been
 *                 overwritten shows as a gap in their numbers
 *
 * Exit: 0 done, 1 the log cannot be read, 64 usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "kmsg: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	/* More than the longest record, with each of its bytes escaped. */
	char record[16384];
	char *end = NULL;
	long long after;
	ssize_t size;
	int fd;

	after = argc == 2 ? strtoll(argv[1], &end, 10) : 0;
	if (!end || end == argv[1] || *end) {
		fputs("usage: kmsg SEQ\n", stderr);
		return 64;
	}
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail("/dev/kmsg");
	for (;;) {
		long long seq;

		size = read(fd, record, sizeof(record) - 1);
		if (size < 0 && errno == EAGAIN)
			break;
		/* Overwritten as it was to be read: the next is the oldest that is left. */
		if (size < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (size < 0)
			return fail("/dev/kmsg");
		record[size] = '\0';
		if (sscanf(record, "%*u,%lld,", &seq) != 1 || seq > after)
			fputs(record, stdout);
	}
	return fflush(stdout) ? fail("stdout") : 0;
}
