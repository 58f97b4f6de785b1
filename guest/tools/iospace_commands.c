// SPDX-License-Identifier: GPL-2.0
/* iospace: the commands; each prints one line of JSON. */
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

#include "answer.h"
#include "counter.h"
#include "iospace.h"
#include "number.h"

#define PAGE		4096UL
#define MAX_WORDS	8
#define MAX_TIMES	64

static const struct iommu_api *const apis[] = {
	&api_type1, &api_compat, &api_iommufd, &api_phyr8, &api_phyr16
};

#define APIS (sizeof(apis) / sizeof(*apis))

static void say_errno(const char *what, int err)
{
	printf("{\"%s\":{\"errno\":\"%s\"}}\n", what, errno_name(err));
}

void complain(const char *what)
{
	printf("{\"error\":\"%s\"}\n", what);
}

static struct client *client_of(struct lab *lab, const char *name)
{
	for (size_t i = 0; i < APIS; i++)
		if (!strcmp(apis[i]->name, name))
			return lab->client[i];
	return NULL;
}

static void client_free(struct client *p)
{
	/* In this order the kernel unmaps all remaining memory. */
	if (p->device >= 0)
		close(p->device);
	if (p->group >= 0)
		close(p->group);
	if (p->container >= 0)
		close(p->container);
	free(p);
}

static void do_open(struct lab *lab, char **w)
{
	unsigned int segment, bus, device, function;
	struct client *p;
	char id[80], text[16] = "";
	size_t i;
	int err;
	FILE *f;

	for (i = 0; i < APIS && strcmp(apis[i]->name, w[1]); i++)
		;
	if (i == APIS || lab->client[i] || strlen(w[2]) != 12 ||
	    sscanf(w[2], "%x:%x:%x.%x", &segment, &bus, &device, &function) != 4) {
		complain("open API BDF, once each");
		return;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	p->api = apis[i];
	p->device = p->container = p->group = -1;
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
	err = p->api->open(p);
	if (err) {
		client_free(p);
		say_errno("open", err);
		return;
	}
	lab->client[i] = p;
	printf("{\"open\":{\"errno\":null}}\n");
}

/* An address in the memory, or one that is not mapped or is read-only. */
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
	if (!number(text, UINT64_MAX, addr))
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
	struct client *p = client_of(lab, w[1]);
	uint64_t iova, addr, bytes;
	int err;

	if (!p || !number(w[2], UINT64_MAX, &iova) || !address_of(lab, w[3], &addr) || !number(w[4], UINT64_MAX, &bytes)) {
		complain("map API IOVA OFFSET BYTES ACCESS");
		return;
	}
	p->chunks = 0;
	p->meta_bytes = 0;
	err = p->api->map(p, iova, addr, bytes, access_of(w[5]));
	if (err)
		say_errno("map", err);
	else
		printf("{\"map\":{\"errno\":null,\"chunks\":%" PRIu64 ",\"metadata\":%" PRIu64 "}}\n", p->chunks,
		       p->meta_bytes);
}

static void do_unmap(struct lab *lab, char **w)
{
	struct client *p = client_of(lab, w[1]);
	uint64_t iova, bytes, unmapped = 0;
	int err;

	if (!p || !number(w[2], UINT64_MAX, &iova) || !number(w[3], UINT64_MAX, &bytes)) {
		complain("unmap API IOVA BYTES");
		return;
	}
	err = p->api->unmap(p, iova, bytes, &unmapped);
	if (err)
		say_errno("unmap", err);
	else
		printf("{\"unmap\":{\"errno\":null,\"bytes\":%" PRIu64 "}}\n", unmapped);
}

static void do_reserved(struct lab *lab, char **w)
{
	struct client *p = client_of(lab, w[1]);
	uint64_t iova;
	int err;

	if (!p || !p->api->reserved || !lab->has_mem || !number(w[3], UINT64_MAX, &iova)) {
		complain("reserved API FIELD IOVA, API one of phyr_domain");
		return;
	}
	err = p->api->reserved(p, w[2], iova, (uintptr_t)lab->mem.addr, PAGE);
	if (err)
		say_errno("reserved", err);
	else
		printf("{\"reserved\":{\"errno\":null}}\n");
}

/* Counting patches kernel code, which is slow on an emulated machine, so it is a command of its own. */
static void do_count(struct lab *lab, char **w)
{
	struct client *p = client_of(lab, w[1]);
	int err = p ? probe_calls_start(p) : 0;

	lab->tables = table_pages();
	if (!p)
		complain("count API");
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
	struct client *p = client_of(lab, w[1]);
	uint32_t right = 0, nowhere = 0, wrong = 0;
	uint64_t iova, *phys = calloc(lab->pages + 1, sizeof(*phys)), first = 0;
	int err;

	if (!p || !phys || !lab->pages || !number(w[2], UINT64_MAX, &iova)) {
		free(phys);
		complain("follow API IOVA");
		return;
	}
	/* One page more than is mapped, which must not translate. */
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
	struct client *p = client_of(lab, w[1]);
	uint64_t iova, page = 0;
	int err;

	if (!p || !number(w[2], UINT64_MAX, &iova) || (write && (!number(w[3], UINT64_MAX, &page) || page >= lab->pages))) {
		complain("write API IOVA PAGE, or read API IOVA");
		return;
	}
	err = write ? device_write(p, iova, lab->frame[page], PAGE) : device_read(p, iova);
	if (err)
		say_errno("device", err);
	else
		printf("{\"device\":{\"errno\":null}}\n");
}

static void do_sweep(struct lab *lab, char **w)
{
	struct client *p = client_of(lab, w[1]);
	uint64_t iova, first, pages;

	if (!p || p->edu || !lab->has_mem || !number(w[2], UINT64_MAX, &iova) || !number(w[3], lab->pages, &first) ||
	    !number(w[4], lab->pages - first, &pages) || !pages) {
		complain("sweep API IOVA PAGE PAGES TRIED, of an iommu-testdev");
		return;
	}
	sweep(p, iova, (uintptr_t)lab->mem.addr + first * PAGE, lab->frame + first, pages, w[5]);
}

static void print_times(const char *name, const uint64_t *times, uint64_t n)
{
	printf("\"%s\":[", name);
	for (uint64_t i = 0; i < n; i++)
		printf("%s%" PRIu64, i ? "," : "", times[i]);
	printf("]");
}

/* The first round fills the allocators' caches and is not reported. */
static void do_cost(struct lab *lab, char **w)
{
	static uint64_t map[MAX_TIMES], unmap[MAX_TIMES];
	struct client *p = client_of(lab, w[1]);
	uint64_t iova, times, unmapped, t[4];
	int err = 0;

	if (!p || !lab->has_mem || !number(w[2], UINT64_MAX, &iova) || !number(w[3], UINT64_MAX, &times) || !times || times > MAX_TIMES) {
		complain("cost API IOVA TIMES");
		return;
	}
	/* Counting would be measured too. */
	probe_calls_stop();
	for (uint64_t i = 0; i <= times && !err; i++) {
		t[0] = counter();
		err = p->api->map(p, iova, (uintptr_t)lab->mem.addr, lab->mem.bytes, MAY_READ | MAY_WRITE);
		t[1] = counter();
		if (err)
			break;
		t[2] = counter();
		err = p->api->unmap(p, iova, lab->mem.bytes, &unmapped);
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
	struct client *p = client_of(lab, w[1]);

	if (!p) {
		complain("close API");
		return;
	}
	for (size_t i = 0; i < APIS; i++)
		if (lab->client[i] == p)
			lab->client[i] = NULL;
	client_free(p);
	printf("{\"closed\":true}\n");
}

void command(struct lab *lab, char *line)
{
	static const struct { const char *name; int words; } known[] = {
		{ "memory", 4 }, { "open", 3 }, { "map", 6 }, { "unmap", 4 }, { "follow", 3 }, { "write", 4 },
		{ "read", 3 }, { "digest", 1 }, { "cost", 4 }, { "fork", 1 }, { "munmap", 1 }, { "die", 1 },
		{ "close", 2 }, { "count", 2 }, { "counted", 1 }, { "kept", 1 },
		{ "reserved", 4 }, { "sweep", 6 },
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
	case 16: do_reserved(lab, word); break;
	case 17: do_sweep(lab, word); break;
	}
}
