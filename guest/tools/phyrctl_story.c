// SPDX-License-Identifier: GPL-2.0
/*
 * phyrctl: records mappings and commands of a device in the guest.  The host compares them with the
 * device's own trace.  The events are printed in binary, as base64, since there are many thousands.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "phyrctl.h"
#include "phyrctl_options.h"

/* 10 MiB: enough for about a hundred thousand maps and unmaps. */
#define ROOM	(1U << 18)

/* Events a line: a multiple of 3 bytes, so that only the last line is padded. */
#define BATCH	1200

static void print_base64(const unsigned char *data, size_t size)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static char out[BATCH * sizeof(struct phyr_probe_event) / 3 * 4 + 4];
	char *to = out;

	for (size_t i = 0; i < size; i += 3) {
		uint32_t word = data[i] << 16;

		if (i + 1 < size)
			word |= data[i + 1] << 8;
		if (i + 2 < size)
			word |= data[i + 2];
		*to++ = digit[word >> 18];
		*to++ = digit[word >> 12 & 63];
		*to++ = i + 1 < size ? digit[word >> 6 & 63] : '=';
		*to++ = i + 2 < size ? digit[word & 63] : '=';
	}
	printf("{\"events\":\"%.*s\"}\n", (int)(to - out), out);
}

static void print_story(int fd)
{
	static struct phyr_probe_event events[BATCH];
	struct phyr_probe_story_read read = { .buffer = (uintptr_t)events };

	do {
		read.count = BATCH;
		if (ioctl(fd, PHYR_PROBE_IOC_STORY_READ, &read))
			fail(EXIT_FAILED, "story read: %s", strerror(errno));
		if (!read.from)
			printf("{\"story\":{\"by\":\"%s\",\"recorded\":%llu,\"lost\":%llu,"
			       "\"pool\":[%llu,%llu]}}\n",
			       translators[read.by % 3], (unsigned long long)read.recorded,
			       (unsigned long long)read.lost, (unsigned long long)read.pool_start,
			       (unsigned long long)read.pool_end);
		if (read.count)
			print_base64((const unsigned char *)events, read.count * sizeof(*events));
		read.from += read.count;
	} while (read.from < read.recorded);
}

/* start BDF; stop, which prints the events */
void cmd_story(char **args)
{
	struct phyr_probe_story_start start = { .events = ROOM };
	int stop = args[0] && !strcmp(args[0], "stop") && !args[1];
	int fd;

	if (!stop) {
		if (!args[0] || strcmp(args[0], "start") || !args[1] || args[2])
			fail(EXIT_USAGE, "story takes start BDF or stop");
		parse_device(args[1], &start.segment, &start.devfn);
	}
	fd = open_node();
	if (stop) {
		if (ioctl(fd, PHYR_PROBE_IOC_STORY_STOP))
			fail(EXIT_FAILED, "story stop: %s", strerror(errno));
		print_story(fd);
		return;
	}
	if (ioctl(fd, PHYR_PROBE_IOC_STORY_START, &start))
		fail(EXIT_FAILED, "story start: %s%s", strerror(errno),
		     errno == ENOENT ? "; load phyr_nvme.ko first" :
		     errno == EBUSY ? "; it is recording already" : "");
	puts("{\"recording\":true}");
}
