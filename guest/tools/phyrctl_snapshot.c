// SPDX-License-Identifier: GPL-2.0
/*
 * phyrctl: what the kernel says about itself.  Two snapshots around a workload show a leak:
 * counters that should come back to where they were.
 *
 * The IOMMU's balance is counted by the kernel: histogram triggers on the iommu:map and iommu:unmap
 * events, keyed by nothing, add up the bytes; those on kprobes at the IOVA allocator's two ends
 * count what was taken there and given back.  What cannot be read is null, never 0.
 */
#include <dirent.h>
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
#define SLAB	"/sys/kernel/slab"

/* what was entered and removed; which of it counts; the fields of the events that hold the bytes, if any do */
static const struct {
	const char *group;
	const char *event;
	const char *trigger;
	const char *filter;
	const char *field;
} triggers[] = {
	{ "iommu",   "map",	   "hist:keys=common_type:vals=size",		"",	       "size:" },
	{ "iommu",   "unmap",	   "hist:keys=common_type:vals=unmapped_size",	"",	       "unmapped_size:" },
	{ "phyrlab", "iova_alloc", "hist:keys=common_type",			" if pfn != 0", NULL },
	{ "phyrlab", "iova_free",  "hist:keys=common_type",			"",	       NULL },
};

#define TRIGGERS	(sizeof(triggers) / sizeof(triggers[0]))

/*
 * unsigned long alloc_iova_fast(...), 0 if there is none; void free_iova_fast(...).  Fprobes, since a
 * kprobe that an interrupt runs into while another is at work is missed, and then it counts wrong.
 */
static const char *const probes[] = {
	"f:phyrlab/iova_alloc alloc_iova_fast%return pfn=$retval\n",
	"f:phyrlab/iova_free free_iova_fast\n",
};

/* A file as a string, NULL if it cannot be read.  The caller frees it. */
static char *slurp(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0, len = 0, got;

	if (!f)
		return NULL;
	do {
		char *more;

		room += 16384;
		more = realloc(text, room);
		if (!more)
			fail(EXIT_FAILED, "no memory");
		text = more;
		got = fread(text + len, 1, room - len - 1, f);
		len += got;
	} while (got && len == room - 1);
	if (ferror(f)) {
		free(text);
		text = NULL;
	} else {
		text[len] = 0;
	}
	fclose(f);
	return text;
}

static bool spill(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool good;

	if (!f)
		return false;
	good = fputs(text, f) >= 0;
	return !fclose(f) && good;
}

/* The same without removing what is there: stdio would look for the end, and such files have none. */
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
 * without such events shows no IOVAs, and the snapshot says null.
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

static void no_arguments(char **args)
{
	if (args[0])
		fail(EXIT_USAGE, "'%s': no argument is taken", args[0]);
}

/*
 * Counting begins at zero.  A histogram that is there is emptied: to remove it and have it anew would
 * patch the kernel's code twice, which takes an emulated machine half a second.
 */
void cmd_arm(char **args)
{
	no_arguments(args);
	if (access(TRACING "/events", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	make_probes();
	for (size_t i = 0; i < TRIGGERS; i++)
		if (!set_trigger(i, "", is_armed(i) ? ":clear" : "") && triggers[i].field)
			fail(EXIT_FAILED, "cannot count %s:%s: %s", triggers[i].group, triggers[i].event,
			     strerror(errno));
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

/* A "name value" line of a file. */
static void print_line_value(const char *key, const char *text, const char *name)
{
	const char *at = text ? strstr(text, name) : NULL;

	if (at)
		printf("\"%s\":%lld", key, atoll(at + strlen(name)));
	else
		printf("\"%s\":null", key);
}

/* Each CPU keeps its last changes to itself for a while: they are called in first. */
static void print_pins(void)
{
	char *text;

	spill("/proc/sys/vm/stat_refresh", "1");
	text = slurp("/proc/vmstat");
	printf("\"pins\":{");
	print_line_value("acquired", text, "nr_foll_pin_acquired ");
	printf(",");
	print_line_value("released", text, "nr_foll_pin_released ");
	printf("}");
	free(text);
}

static void print_swiotlb(void)
{
	char *text;

	if (access("/sys/kernel/debug/swiotlb", F_OK))
		mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	text = slurp("/sys/kernel/debug/swiotlb/io_tlb_used");
	print_line_value("swiotlb_used", text, "");
	free(text);
}

/* Sum of hitcount and of the bytes over the lines of both histograms. */
static void print_iommu(void)
{
	printf("\"iommu\":{");
	for (size_t i = 0; i < TRIGGERS; i++) {
		unsigned long long events = 0, bytes = 0;
		const char *event = triggers[i].event;
		bool armed = false;
		char path[256], *text, *line, *save = NULL;

		event_path(path, sizeof(path), i, "hist");
		text = slurp(path);
		for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
		     line = strtok_r(NULL, "\n", &save)) {
			const char *hits = strstr(line, "hitcount:");
			const char *field = triggers[i].field ?: "hitcount:";
			const char *sum = strstr(line, field);

			if (strstr(line, "# trigger info: hist:"))
				armed = true;
			if (line[0] != '{' || !hits || !sum)
				continue;
			events += strtoull(hits + strlen("hitcount:"), NULL, 10);
			bytes += strtoull(sum + strlen(field), NULL, 10);
		}
		free(text);
		printf(armed ? "%s\"%s_events\":%llu" : "%s\"%s_events\":null", i ? "," : "", event,
		       events);
		if (triggers[i].field)
			printf(armed ? ",\"%s_bytes\":%llu" : ",\"%s_bytes\":null", event, bytes);
	}
	printf("}");
}

/*
 * Objects in use of our caches.  SLUB counts what lies in its per-CPU stocks as used: it is told to
 * return them first.
 */
static void print_slab(void)
{
	DIR *dir = opendir(SLAB);
	struct dirent *entry;
	bool first = true;

	if (!dir) {
		printf("\"slab\":null");
		return;
	}
	printf("\"slab\":{");
	while ((entry = readdir(dir))) {
		char path[sizeof(SLAB) + sizeof(entry->d_name) + 16], *text;

		if (strncmp(entry->d_name, "phyr", 4))
			continue;
		snprintf(path, sizeof(path), SLAB "/%s/shrink", entry->d_name);
		spill(path, "1");
		snprintf(path, sizeof(path), SLAB "/%s/objects", entry->d_name);
		text = slurp(path);
		if (!first)
			printf(",");
		first = false;
		print_line_value(entry->d_name, text, "");
		free(text);
	}
	closedir(dir);
	printf("}");
}

static void print_modules(void)
{
	char *text = slurp("/proc/modules"), *save = NULL;
	bool first = true;

	if (!text) {
		printf("\"modules\":null");
		return;
	}
	printf("\"modules\":{");
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char name[64];
		long size, users;

		if (sscanf(line, "%63s %ld %ld", name, &size, &users) != 3 ||
		    strncmp(name, "phyr", 4))
			continue;
		printf("%s\"%s\":%ld", first ? "" : ",", name, users);
		first = false;
	}
	printf("}");
	free(text);
}

void cmd_snapshot(char **args)
{
	char *taint;

	no_arguments(args);
	printf("{\"snapshot\":{");
	print_pins();
	printf(",");
	print_swiotlb();
	printf(",");
	print_iommu();
	printf(",");
	taint = slurp("/proc/sys/kernel/tainted");
	print_line_value("tainted", taint, "");
	free(taint);
	printf(",");
	print_slab();
	printf(",");
	print_modules();
	printf("}}\n");
}
