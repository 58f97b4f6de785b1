// SPDX-License-Identifier: GPL-2.0
/*
 * phyrctl: the IOMMU's balance, counted by the kernel.  Histogram triggers on the iommu:map and
 * iommu:unmap events, keyed by nothing, add up the bytes; those on fprobes at the IOVA allocator's
 * two ends count what was taken there and given back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "phyrctl.h"

#define TRACING	"/sys/kernel/tracing"

enum { IOMMU_MAP, IOMMU_UNMAP, IOVA_ALLOC, IOVA_FREE, TRIGGERS };

/* what was entered and removed; which of it counts; the fields of the events that hold the bytes, if any do */
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
 * unsigned long alloc_iova_fast(...), 0 if there is none; void free_iova_fast(...).  Fprobes, since a
 * kprobe that an interrupt runs into while another is at work is missed, and then it counts wrong.
 */
static const char *const probes[] = {
	"f:phyrlab/iova_alloc alloc_iova_fast%return pfn=$retval\n",
	"f:phyrlab/iova_free free_iova_fast\n",
};

/* Without removing what is there; stdio would look for the end, and such files have none. */
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
 * The fprobes' events stay once they are there: without a trigger they cost nothing.  A kernel
 * without such events shows no IOVAs, and the counter is null.
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
	/* Truncating it would remove what is there. */
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
 * Counting goes on where it stood: the difference of two readings is what counts.  Of IOVAs it begins at
 * zero, for whoever waits until all are back; that empties a histogram, which waits for a grace period.
 * To remove it and have it anew would patch the kernel's code twice: half a second of an emulated machine.
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
	puts("{\"armed\":true}");
}

void cmd_disarm(char **args)
{
	no_arguments(args);
	for (size_t i = 0; i < TRIGGERS; i++)
		if (is_armed(i) && !set_trigger(i, "!", ""))
			fail(EXIT_FAILED, "cannot stop counting %s:%s: %s", triggers[i].group, triggers[i].event,
			     strerror(errno));
	puts("{\"armed\":false}");
}

/* What a trigger has counted: how often, and the bytes. */
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
 * back, or until none has come back for ten times as long.
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
