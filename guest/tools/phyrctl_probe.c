// SPDX-License-Identifier: GPL-2.0
/* phyrctl: checks of DMA addresses. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "phyrctl.h"
#include "phyrctl_options.h"

static bool translate(int fd, const struct options *o, int backend, int layout)
{
	struct phyr_probe_translate arg = { .memory = memory_of(o, backend, layout) };

	if (ioctl(fd, PHYR_PROBE_IOC_TRANSLATE, &arg))
		return failed(o, &arg.memory, "translate");
	print_memory("translate", &arg.memory);
	printf(",\"by\":\"%s\",\"shape\":\"%s\",\"checked\":%llu,\"bounced\":%llu,\"wrong\":%llu,\"missing\":%llu,"
	       "\"stale\":%llu,\"prot_checked\":%llu,\"prot_wrong\":%llu,"
	       "\"first\":{\"iova\":\"0x%llx\",\"want\":\"0x%llx\",\"got\":\"0x%llx\"},\"ok\":%s}}\n",
	       translators[arg.by % 3], shapes[arg.shape & 3],
	       (unsigned long long)arg.checked, (unsigned long long)arg.bounced,
	       (unsigned long long)arg.wrong,
	       (unsigned long long)arg.missing, (unsigned long long)arg.stale,
	       (unsigned long long)arg.prot_checked, (unsigned long long)arg.prot_wrong,
	       (unsigned long long)arg.first_iova, (unsigned long long)arg.first_want,
	       (unsigned long long)arg.first_got,
	       arg.checked && !arg.wrong && !arg.missing && !arg.stale && !arg.prot_wrong ?
	       "true" : "false");
	return true;
}

void cmd_translate(char **args)
{
	struct options o = parse(&args, 0);

	each(&o, translate);
}

static void watch_read(int fd)
{
	struct phyr_probe_watch w;

	if (ioctl(fd, PHYR_PROBE_IOC_WATCH_READ, &w))
		fail(EXIT_FAILED, "watch read: %s", strerror(errno));
	printf("{\"watch\":{\"active\":%s,\"commands\":%llu,\"bytes\":%llu,\"bounced\":%llu,\"unchecked\":%llu,\"mismatches\":%llu,"
	       "\"by\":\"%s\",\"p2p\":{\"bytes\":%llu,\"bus\":%llu,\"bounced\":%llu},"
	       "\"asked\":{\"bytes\":%llu,\"bounced\":%llu},"
	       "\"first\":{\"opcode\":%u,\"offset\":%llu,\"iova\":\"0x%llx\",\"want\":\"0x%llx\",\"got\":\"0x%llx\"}}}\n",
	       w.active ? "true" : "false", (unsigned long long)w.commands,
	       (unsigned long long)w.bytes, (unsigned long long)w.bounced,
	       (unsigned long long)w.unchecked,
	       (unsigned long long)w.mismatches, translators[w.by % 3],
	       (unsigned long long)w.p2p_bytes, (unsigned long long)w.p2p_bus,
	       (unsigned long long)w.p2p_bounced,
	       (unsigned long long)w.asked_bytes, (unsigned long long)w.asked_bounced,
	       w.opcode, (unsigned long long)w.offset,
	       (unsigned long long)w.iova, (unsigned long long)w.want, (unsigned long long)w.got);
}

/* All three print the counts: 0 after start, the final ones after stop. */
void cmd_watch(char **args)
{
	int fd;

	if (!args[0] || args[1] ||
	    (strcmp(args[0], "start") && strcmp(args[0], "stop") && strcmp(args[0], "read")))
		fail(EXIT_USAGE, "watch takes one of start, stop and read");

	fd = open_node();
	if (!strcmp(args[0], "start") && ioctl(fd, PHYR_PROBE_IOC_WATCH_START))
		fail(EXIT_FAILED, "watch start: %s%s", strerror(errno),
		     errno == ENOENT ? "; load phyr_nvme.ko first" :
		     errno == EBUSY ? "; it is watching already" : "");
	if (!strcmp(args[0], "stop") && ioctl(fd, PHYR_PROBE_IOC_WATCH_STOP))
		fail(EXIT_FAILED, "watch stop: %s%s", strerror(errno),
		     errno == ENOENT ? "; it is not watching" : "");
	watch_read(fd);
}
