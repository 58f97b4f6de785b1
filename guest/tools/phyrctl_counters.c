// SPDX-License-Identifier: GPL-2.0
/*
 * phyrctl: counters of the kernel that return to the same value after a workload unless it leaks.
 * A counter that cannot be read is null, never 0.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "phyrctl.h"

#define SLAB	"/sys/kernel/slab"

static bool spill(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool good;

	if (!f)
		return false;
	good = fputs(text, f) >= 0;
	return !fclose(f) && good;
}

/* Prints the value of a "name value" line. */
static void print_line_value(const char *key, const char *text, const char *name)
{
	const char *at = text ? strstr(text, name) : NULL;

	if (at)
		printf("\"%s\":%lld", key, atoll(at + strlen(name)));
	else
		printf("\"%s\":null", key);
}

/* Each CPU has changes that are not in the global counter yet; collect them first. */
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

/*
 * Objects in use in the modules' slab caches.  SLUB counts objects in per-CPU caches as used, so
 * these are flushed first.
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

/*
 * vmalloc() areas whose caller is a module under test, in bytes.  kvmalloc() takes them for what is
 * large.
 */
static void print_vmalloc(void)
{
	char *text = slurp("/proc/vmallocinfo"), *save = NULL;
	unsigned long long bytes = 0;

	if (!text) {
		printf("\"vmalloc\":null");
		return;
	}
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *module = strstr(line, "[phyr");
		unsigned long long size;

		if (module && strncmp(module, "[phyr_probe]", 12) &&
		    sscanf(line, "%*s %llu", &size) == 1)
			bytes += size;
	}
	printf("\"vmalloc\":%llu", bytes);
	free(text);
}

/* debugfs shows all dma-bufs; the last line holds their number. */
static void print_dma_bufs(void)
{
	char *text = slurp("/sys/kernel/debug/dma_buf/bufinfo");

	print_line_value("dma_bufs", text, "\nTotal ");
	free(text);
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

void cmd_counters(char **args)
{
	char *taint;

	no_arguments(args);
	iommu_settle();
	printf("{\"counters\":{");
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
	print_live();
	printf(",");
	print_vmalloc();
	printf(",");
	print_dma_bufs();
	printf(",");
	print_modules();
	printf("}}\n");
}
