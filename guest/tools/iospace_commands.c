// SPDX-License-Identifier: GPL-2.0
/* iospace: the commands, each with one line of JSON as its answer. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iospace.h"

#define PAGE		4096UL
#define MAX_WORDS	8
#define MAX_TIMES	64

static const struct path_ops *const ways[] = {
	&path_type1, &path_compat, &path_iommufd, &path_phyr8, &path_phyr16
};

#define WAYS (sizeof(ways) / sizeof(*ways))

static void say_errno(const char *what, int err)
{
	const char *name = strerrorname_np(err);

	printf("{\"%s\":{\"errno\":\"%s\"}}\n", what, name ? name : "unknown");
}

void complain(const char *what)
{
	printf("{\"error\":\"%s\"}\n", what);
}

bool number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return !errno && *text && *text != '-' && !*end;
}

static struct path *path_of(struct lab *lab, const char *name)
{
	for (size_t i = 0; i < WAYS; i++)
		if (!strcmp(ways[i]->name, name))
			return lab->path[i];
	return NULL;
}

static void do_open(struct lab *lab, char **w)
{
	unsigned int segment, bus, device, function;
	struct path *p;
	char id[80], text[16] = "";
	size_t i;
	int err;
	FILE *f;

	for (i = 0; i < WAYS && strcmp(ways[i]->name, w[1]); i++)
		;
	if (i == WAYS || lab->path[i] || strlen(w[2]) != 12 ||
	    sscanf(w[2], "%x:%x:%x.%x", &segment, &bus, &device, &function) != 4) {
		complain("open PATH BDF, once each");
		return;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	p->ops = ways[i];
	strcpy(p->bdf, w[2]);
	p->segment = segment;
	p->devfn = bus << 8 | device << 3 | function;
	snprintf(id, sizeof(id), "/sys/bus/pci/devices/%s/device", p->bdf);
	f = fopen(id, "re");
	if (f && !fgets(text, sizeof(text), f))
		text[0] = 0;
	if (f)
		fclose(f);
	p->edu = !strncmp(text, "0x11e8", 6);
	err = p->ops->open(p);
	if (err) {
		free(p);
		say_errno("open", err);
		return;
	}
	lab->path[i] = p;
	printf("{\"open\":{\"errno\":null}}\n");
}

/* In the memory; or where there is nothing, or nothing may be written. */
static bool address_of(const struct lab *lab, const char *text, uint64_t *addr)
{
	static void *readonly;

	if (!strcmp(text, "@none")) {
		*addr = 1ULL << 46;
		return true;
	}
	if (!strcmp(text, "@readonly")) {
		if (!readonly)
			readonly = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		*addr = (uintptr_t)readonly;
		return readonly != MAP_FAILED;
	}
	if (!number(text, addr))
		return false;
	*addr += (uintptr_t)lab->mem.addr;
	return true;
}

static unsigned int access_of(const char *text)
{
	return (strchr(text, 'r') ? MAY_READ : 0) | (strchr(text, 'w') ? MAY_WRITE : 0);
}

static void do_map(struct lab *lab, char **w)
{
	struct path *p = path_of(lab, w[1]);
	uint64_t iova, addr, bytes;
	int err;

	if (!p || !number(w[2], &iova) || !address_of(lab, w[3], &addr) || !number(w[4], &bytes)) {
		complain("map PATH IOVA OFFSET BYTES ACCESS");
		return;
	}
	p->chunks = 0;
	p->meta_bytes = 0;
	err = p->ops->map(p, iova, addr, bytes, access_of(w[5]));
	if (err)
		say_errno("map", err);
	else
		printf("{\"map\":{\"errno\":null,\"chunks\":%" PRIu64 ",\"metadata\":%" PRIu64 "}}\n", p->chunks,
		       p->meta_bytes);
}

static void do_unmap(struct lab *lab, char **w)
{
	struct path *p = path_of(lab, w[1]);
	uint64_t iova, bytes, unmapped = 0;
	int err;

	if (!p || !number(w[2], &iova) || !number(w[3], &bytes)) {
		complain("unmap PATH IOVA BYTES");
		return;
	}
	err = p->ops->unmap(p, iova, bytes, &unmapped);
	if (err)
		say_errno("unmap", err);
	else
		printf("{\"unmap\":{\"errno\":null,\"bytes\":%" PRIu64 "}}\n", unmapped);
}

/* Counting patches the kernel, which takes an emulated one long: only where it is asked for. */
static void do_count(struct lab *lab, char **w)
{
	struct path *p = path_of(lab, w[1]);
	int err = p ? probe_calls_start(p) : 0;

	lab->tables = table_pages();
	if (!p)
		complain("count PATH");
	else if (err)
		say_errno("count", err);
	else
		printf("{\"count\":{\"errno\":null}}\n");
}

static void do_counted(struct lab *lab)
{
	uint64_t maps, unmaps;
	long now = table_pages();
	int err = probe_calls_read(&maps, &unmaps);

	if (err) {
		say_errno("counted", err);
		return;
	}
	printf("{\"counted\":{\"errno\":null,\"maps\":%" PRIu64 ",\"unmaps\":%" PRIu64 ",\"tables\":", maps, unmaps);
	printf(now < 0 || lab->tables < 0 ? "null}}\n" : "%ld}}\n", now - lab->tables);
}

static void do_follow(struct lab *lab, char **w)
{
	struct path *p = path_of(lab, w[1]);
	uint32_t right = 0, nowhere = 0, wrong = 0;
	uint64_t iova, *phys = calloc(lab->pages + 1, sizeof(*phys)), first = 0;
	int err;

	if (!p || !phys || !lab->pages || !number(w[2], &iova)) {
		free(phys);
		complain("follow PATH IOVA");
		return;
	}
	/* One page more than there is, where nothing may be. */
	err = probe_follow(p, iova, phys, lab->pages + 1);
	for (uint32_t i = 0; i < lab->pages && !err; i++) {
		if (phys[i] == lab->frame[i])
			right++;
		else if (!phys[i])
			nowhere++;
		else
			wrong++;
		if (phys[i] != lab->frame[i] && !first)
			first = iova + i * PAGE;
	}
	if (err)
		say_errno("follow", err);
	else
		printf("{\"follow\":{\"errno\":null,\"right\":%u,\"nowhere\":%u,\"wrong\":%u,\"beyond\":%s,\"first\":\"0x%" PRIx64
		       "\"}}\n", right, nowhere, wrong, phys[lab->pages] ? "true" : "false", first);
	free(phys);
}

static void do_device(struct lab *lab, char **w, bool write)
{
	struct path *p = path_of(lab, w[1]);
	uint64_t iova, page = 0;
	int err;

	if (!p || !number(w[2], &iova) || (write && (!number(w[3], &page) || page >= lab->pages))) {
		complain("write PATH IOVA PAGE, or read PATH IOVA");
		return;
	}
	err = write ? device_write(p, iova, lab->frame[page]) : device_read(p, iova);
	if (err)
		say_errno("device", err);
	else
		printf("{\"device\":{\"errno\":null}}\n");
}

static void print_times(const char *name, const uint64_t *times, uint64_t n)
{
	printf("\"%s\":[", name);
	for (uint64_t i = 0; i < n; i++)
		printf("%s%" PRIu64, i ? "," : "", times[i]);
	printf("]");
}

/* The first round fills allocators' stocks and is not told. */
static void do_cost(struct lab *lab, char **w)
{
	static uint64_t map[MAX_TIMES], unmap[MAX_TIMES];
	struct path *p = path_of(lab, w[1]);
	uint64_t iova, times, unmapped, t[4];
	int err = 0;

	if (!p || !lab->has_mem || !number(w[2], &iova) || !number(w[3], &times) || !times || times > MAX_TIMES) {
		complain("cost PATH IOVA TIMES");
		return;
	}
	/* Counting costs. */
	probe_calls_stop();
	for (uint64_t i = 0; i <= times && !err; i++) {
		t[0] = counter();
		err = p->ops->map(p, iova, (uintptr_t)lab->mem.addr, lab->mem.bytes, MAY_READ | MAY_WRITE);
		t[1] = counter();
		if (err)
			break;
		t[2] = counter();
		err = p->ops->unmap(p, iova, lab->mem.bytes, &unmapped);
		t[3] = counter();
		if (i) {
			map[i - 1] = t[1] - t[0];
			unmap[i - 1] = t[3] - t[2];
		}
	}
	if (err) {
		say_errno("cost", err);
		return;
	}
	printf("{\"cost\":{\"errno\":null,");
	print_times("map", map, times);
	printf(",");
	print_times("unmap", unmap, times);
	printf("}}\n");
}

static void do_close(struct lab *lab, char **w)
{
	struct path *p = path_of(lab, w[1]);

	if (!p) {
		complain("close PATH");
		return;
	}
	p->ops->close(p);
	for (size_t i = 0; i < WAYS; i++)
		if (lab->path[i] == p)
			lab->path[i] = NULL;
	free(p);
	printf("{\"closed\":true}\n");
}

void command(struct lab *lab, char *line)
{
	static const struct { const char *name; int words; } known[] = {
		{ "memory", 4 }, { "open", 3 }, { "map", 6 }, { "unmap", 4 }, { "follow", 3 }, { "write", 4 },
		{ "read", 3 }, { "digest", 1 }, { "cost", 4 }, { "fork", 1 }, { "munmap", 1 }, { "die", 1 },
		{ "close", 2 }, { "count", 2 }, { "counted", 1 }, { "kept", 1 },
	};
	char *word[MAX_WORDS] = { 0 }, *save = NULL;
	size_t i;
	int n = 0;

	for (char *at = strtok_r(line, " ", &save); at && n < MAX_WORDS; at = strtok_r(NULL, " ", &save))
		word[n++] = at;
	for (i = 0; n && i < sizeof(known) / sizeof(*known) && strcmp(known[i].name, word[0]); i++)
		;
	if (!n || i == sizeof(known) / sizeof(*known) || n != known[i].words) {
		complain("unknown command, or not its words");
		return;
	}
	switch (i) {
	case 0: memory_make(lab, word); break;
	case 1: do_open(lab, word); break;
	case 2: do_map(lab, word); break;
	case 3: do_unmap(lab, word); break;
	case 4: do_follow(lab, word); break;
	case 5: do_device(lab, word, true); break;
	case 6: do_device(lab, word, false); break;
	case 7: memory_digest(lab); break;
	case 8: do_cost(lab, word); break;
	case 9: memory_fork(lab); break;
	case 10:
		memory_drop(lab);
		printf("{\"munmapped\":true}\n");
		break;
	case 11:
		raise(SIGKILL);
		break;
	case 12: do_close(lab, word); break;
	case 13: do_count(lab, word); break;
	case 14: do_counted(lab); break;
	case 15: memory_kept(lab); break;
	}
}
