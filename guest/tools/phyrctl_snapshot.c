// SPDX-License-Identifier: GPL-2.0
/*
 * phyrctl: what the kernel says about itself.  Two snapshots around a workload show a leak:
 * counters that should come back to where they were.
 *
 * The IOMMU's balance is counted by the kernel: histogram triggers on the iommu:map and iommu:unmap
 * events, keyed by nothing, add up the bytes.  What cannot be read is null, never 0.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "phyrctl.h"

#define TRACING	"/sys/kernel/tracing"
#define SLAB	"/sys/kernel/slab"

/* bytes that were entered and removed; the fields of the events that hold them */
static const struct {
	const char *event;
	const char *trigger;
	const char *field;
} triggers[] = {
	{ "map",   "hist:keys=common_type:vals=size",		"size:" },
	{ "unmap", "hist:keys=common_type:vals=unmapped_size",	"unmapped_size:" },
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

static void event_path(char *path, size_t size, const char *event, const char *file)
{
	snprintf(path, size, TRACING "/events/iommu/%s/%s", event, file);
}

static void set_triggers(const char *prefix)
{
	char path[256], line[256];

	if (access(TRACING "/events", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	for (size_t i = 0; i < 2; i++) {
		event_path(path, sizeof(path), triggers[i].event, "trigger");
		snprintf(line, sizeof(line), "%s%s", prefix, triggers[i].trigger);
		if (!spill(path, line))
			fail(EXIT_FAILED, "cannot set '%s' on %s: %s", line, path, strerror(errno));
	}
}

static void no_arguments(char **args)
{
	if (args[0])
		fail(EXIT_USAGE, "'%s': no argument is taken", args[0]);
}

/* The old histogram goes first, so that counting begins at zero. */
void cmd_arm(char **args)
{
	char path[256];

	no_arguments(args);
	for (size_t i = 0; i < 2; i++) {
		char *text;

		event_path(path, sizeof(path), triggers[i].event, "trigger");
		text = slurp(path);
		if (text && strstr(text, "hist:"))
			set_triggers("!");
		free(text);
	}
	set_triggers("");
	puts("{\"armed\":true}");
}

void cmd_disarm(char **args)
{
	no_arguments(args);
	set_triggers("!");
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
	for (size_t i = 0; i < 2; i++) {
		unsigned long long events = 0, bytes = 0;
		const char *event = triggers[i].event;
		bool armed = false;
		char path[256], *text, *line, *save = NULL;

		event_path(path, sizeof(path), event, "hist");
		text = slurp(path);
		for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
		     line = strtok_r(NULL, "\n", &save)) {
			const char *hits = strstr(line, "hitcount:");
			const char *sum = strstr(line, triggers[i].field);

			if (strstr(line, "# trigger info: hist:"))
				armed = true;
			if (line[0] != '{' || !hits || !sum)
				continue;
			events += strtoull(hits + strlen("hitcount:"), NULL, 10);
			bytes += strtoull(sum + strlen(triggers[i].field), NULL, 10);
		}
		free(text);
		if (armed)
			printf("%s\"%s_events\":%llu,\"%s_bytes\":%llu", i ? "," : "", event, events,
			       event, bytes);
		else
			printf("%s\"%s_events\":null,\"%s_bytes\":null", i ? "," : "", event, event);
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
