// SPDX-License-Identifier: GPL-2.0
/*
 * phyrctl: starts and stops counting, and prints bytes mapped and unmapped by the IOMMU.  Histogram triggers on the
 * iommu:map and iommu:unmap events, with one bucket, add up the bytes; those on fprobes of the IOVA
 * allocator count allocated and freed IOVAs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "../include/uapi/phyr_probe.h"
#include "phyrctl.h"

#define TRACING	"/sys/kernel/tracing"

enum { IOMMU_MAP, IOMMU_UNMAP, IOVA_ALLOC, IOVA_FREE, TRIGGERS };

/* events of mapping and unmapping; filter; fields of the events with the number of bytes, if any */
static const struct {
	const char *group;
	const char *event;
	const char *trigger;
	const char *filter;
	const char *field;
} triggers[TRIGGERS] = {
	[IOMMU_MAP]	= { "iommu", "map", "hist:keys=common_type:vals=size", "", "size:" },
	[IOMMU_UNMAP]	= { "iommu", "unmap", "hist:keys=common_type:vals=unmapped_size", "",
			    "unmapped_size:" },
	[IOVA_ALLOC]	= { "phyrlab", "iova_alloc", "hist:keys=common_type", " if pfn != 0", NULL },
	[IOVA_FREE]	= { "phyrlab", "iova_free", "hist:keys=common_type", "", NULL },
};

/*
 * unsigned long alloc_iova_fast(...), 0 on failure; void free_iova_fast(...).  Not kprobes: a kprobe
 * hit in an interrupt while another one is handled is missed, and the counts would be wrong.
 */
static const char *const probes[] = {
	"f:phyrlab/iova_alloc alloc_iova_fast%return pfn=$retval\n",
	"f:phyrlab/iova_free free_iova_fast\n",
};

/* O_APPEND keeps the existing events. Not stdio, which would seek to the end: tracefs has none. */
static bool append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	return !close(fd) && good;
}

static void event_path(char *path, size_t size, size_t trigger, const char *file)
{
	snprintf(path, size, TRACING "/events/%s/%s/%s", triggers[trigger].group,
		 triggers[trigger].event, file);
}

/*
 * The fprobe events are never removed: without a trigger they cost nothing.  If the kernel does not
 * support them, the counter of IOVAs is null.
 */
static void make_probes(void)
{
	if (!access(TRACING "/events/phyrlab/iova_free", F_OK))
		return;
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		append(TRACING "/dynamic_events", probes[i]);
}

static bool set_trigger(size_t i, const char *prefix, const char *suffix)
{
	char path[256], line[256];

	event_path(path, sizeof(path), i, "trigger");
	snprintf(line, sizeof(line), "%s%s%s%s", prefix, triggers[i].trigger, suffix, triggers[i].filter);
	/* Opening with O_TRUNC would remove the existing triggers. */
	return append(path, line);
}

static bool is_armed(size_t i)
{
	char path[256], *text;
	bool armed;

	event_path(path, sizeof(path), i, "trigger");
	text = slurp(path);
	armed = text && strstr(text, "hist:");
	free(text);
	return armed;
}

/*
 * Bytes are counted on from the previous value: a user takes the difference of two readings.  IOVAs are
 * counted from zero, for iommu_settle(), so that histogram is cleared, which waits for a grace period.
 * Removing and adding the trigger would patch kernel code twice, half a second on an emulated machine.
 */
void cmd_arm(char **args)
{
	no_arguments(args);
	if (access(TRACING "/events", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	make_probes();
	for (size_t i = 0; i < TRIGGERS; i++) {
		bool armed = is_armed(i);

		if (armed && triggers[i].field)
			continue;
		if (!set_trigger(i, "", armed ? ":clear" : "") && triggers[i].field)
			fail(EXIT_FAILED, "cannot count %s:%s: %s", triggers[i].group, triggers[i].event,
			     strerror(errno));
	}
	/* While the guest boots the module is not there yet.  The counter is null if this fails. */
	live_do(PHYR_PROBE_LIVE_START);
	puts("{\"armed\":true}");
}

void cmd_disarm(char **args)
{
	no_arguments(args);
	for (size_t i = 0; i < TRIGGERS; i++)
		if (is_armed(i) && !set_trigger(i, "!", ""))
			fail(EXIT_FAILED, "cannot stop counting %s:%s: %s", triggers[i].group, triggers[i].event,
			     strerror(errno));
	live_do(PHYR_PROBE_LIVE_STOP);
	puts("{\"armed\":false}");
}

/* Sums of a trigger: hits and bytes. */
struct count {
	bool armed;
	unsigned long long events;
	unsigned long long bytes;
};

/* Sum of hitcount and of the bytes over the lines of a histogram. */
static struct count read_count(size_t i)
{
	const char *field = triggers[i].field ?: "hitcount:";
	struct count count = {};
	char path[256], *text, *line, *save = NULL;

	event_path(path, sizeof(path), i, "hist");
	text = slurp(path);
	for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *hits = strstr(line, "hitcount:");
		const char *sum = strstr(line, field);

		if (strstr(line, "# trigger info: hist:"))
			count.armed = true;
		if (line[0] != '{' || !hits || !sum)
			continue;
		count.events += strtoull(hits + strlen("hitcount:"), NULL, 10);
		count.bytes += strtoull(sum + strlen(field), NULL, 10);
	}
	free(text);
	return count;
}

/*
 * In lazy mode the kernel frees an IOVA some 10 ms after its unmap, by a timer: wait until all are
 * freed, or until none was freed for ten times as long.
 */
void iommu_settle(void)
{
	unsigned long long freed = 0;
	int still = 0;

	for (int tries = 0; still < 5 && tries < 100; tries++) {
		struct count taken, given;

		usleep(20000);
		given = read_count(IOVA_FREE);
		taken = read_count(IOVA_ALLOC);
		if (!given.armed || given.events >= taken.events)
			return;
		still = tries && given.events == freed ? still + 1 : 0;
		freed = given.events;
	}
}

void print_iommu(void)
{
	printf("\"iommu\":{");
	for (size_t i = 0; i < TRIGGERS; i++) {
		struct count count = read_count(i);
		const char *event = triggers[i].event;

		printf(count.armed ? "%s\"%s_events\":%llu" : "%s\"%s_events\":null", i ? "," : "", event,
		       count.events);
		if (triggers[i].field)
			printf(count.armed ? ",\"%s_bytes\":%llu" : ",\"%s_bytes\":null", event,
			       count.bytes);
	}
	printf("}");
}
