// SPDX-License-Identifier: GPL-2.0
/*
 * kmsg: the kernel log with the severity of each message, which the console does not show.
 *
 *   kmsg SEQ      prints the records after number SEQ (-1: all) in the format of /dev/kmsg;
 *                 overwritten records are a gap in the numbers
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
	/* Larger than the longest record with all of its bytes escaped. */
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
		/* EPIPE: the record was overwritten; the next read returns the oldest one. */
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
