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
#include <sys/wait.h>
#include <unistd.h>

#include "iospace.h"
#include "stamp.h"

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

static void complain(const char *what)
{
	printf("{\"error\":\"%s\"}\n", what);
}

static bool number(const char *text, uint64_t *out)
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

/* Where the memory is; a page that is not there has frame 0. */
static bool read_frames(struct lab *lab)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t bytes = lab->pages * sizeof(*lab->frame);
	bool good;

	good = fd >= 0 && pread(fd, lab->frame, bytes, (off_t)((uintptr_t)lab->mem.addr / PAGE * 8)) == (ssize_t)bytes;
	if (fd >= 0)
		close(fd);
	for (uint32_t i = 0; i < lab->pages && good; i++)
		lab->frame[i] = (lab->frame[i] & ((1ULL << 55) - 1)) * PAGE;
	return good;
}

static void drop_memory(struct lab *lab)
{
	if (!lab->has_mem)
		return;
	put_memory(&lab->mem);
	lab->mem.area = MAP_FAILED;
	lab->has_mem = false;
}

/* Physically contiguous runs, which is what there can be of calls at least. */
static uint32_t runs(const struct lab *lab)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < lab->pages; i++)
		n += !i || lab->frame[i] != lab->frame[i - 1] + PAGE;
	return n;
}

static void do_memory(struct lab *lab, char **w)
{
	uint64_t bytes, seed;
	const char *why;

	if (!is_host_memory(w[1]) || !number(w[2], &bytes) || !bytes || bytes % PAGE || bytes > 4ULL << 30 ||
	    !number(w[3], &seed) || seed > UINT32_MAX) {
		complain("memory KIND BYTES SEED");
		return;
	}
	drop_memory(lab);
	why = host_memory(&lab->mem, w[1], bytes, 0);
	lab->has_mem = true;
	free(lab->frame);
	lab->pages = (uint32_t)(bytes / PAGE);
	lab->frame = calloc(lab->pages, sizeof(*lab->frame));
	if (why || !lab->frame || !read_frames(lab)) {
		drop_memory(lab);
		complain(why ? why : "no room, or no pagemap");
		return;
	}
	for (uint64_t at = 0; at < bytes && seed; at += SECTOR)
		fill_sector((uint32_t *)(lab->mem.addr + at), at / SECTOR, (uint32_t)seed, 1);
	printf("{\"memory\":{\"chunk\":%zu,\"pages\":%u,\"runs\":%u,\"frames\":\"", lab->mem.chunk, lab->pages, runs(lab));
	/* Of small memory all, for the host to compare: as runs, first frame and pages. */
	for (uint32_t i = 0, from = 0; i < lab->pages && lab->pages <= 4096; i++) {
		if (i + 1 < lab->pages && lab->frame[i + 1] == lab->frame[i] + PAGE)
			continue;
		printf("%s%" PRIx64 "+%u", from ? " " : "", lab->frame[from] / PAGE, i - from + 1);
		from = i + 1;
	}
	printf("\"}}\n");
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

static void do_digest(struct lab *lab)
{
	char sum[65] = "";
	int to[2], from[2];
	pid_t child;
	ssize_t got;

	if (!lab->has_mem || pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) {
		complain("digest: no memory");
		return;
	}
	/* Not fork(), which would copy what is pinned. */
	child = vfork();
	if (!child) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		execlp("sha256sum", "sha256sum", NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	for (size_t at = 0; child > 0 && at < lab->mem.bytes; at += (size_t)got) {
		got = write(to[1], lab->mem.addr + at, lab->mem.bytes - at);
		if (got <= 0)
			break;
	}
	close(to[1]);
	got = child > 0 ? read(from[0], sum, 64) : 0;
	close(from[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	if (got == 64)
		printf("{\"sha256\":\"%s\"}\n", sum);
	else
		complain("digest");
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

/* Pinned memory stays the parent's: the child gets copies at once, and what it writes is its own. */
static void do_fork(struct lab *lab)
{
	int status = -1;
	pid_t child = lab->has_mem ? fork() : -1;

	if (!child) {
		memset(lab->mem.addr, 0xc3, lab->mem.bytes);
		for (size_t i = 0; i < lab->mem.bytes; i += PAGE)
			if (lab->mem.addr[i] != 0xc3)
				_exit(1);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		complain("fork");
	else
		printf("{\"forked\":true}\n");
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
		{ "close", 2 }, { "count", 2 }, { "counted", 1 },
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
	case 0: do_memory(lab, word); break;
	case 1: do_open(lab, word); break;
	case 2: do_map(lab, word); break;
	case 3: do_unmap(lab, word); break;
	case 4: do_follow(lab, word); break;
	case 5: do_device(lab, word, true); break;
	case 6: do_device(lab, word, false); break;
	case 7: do_digest(lab); break;
	case 8: do_cost(lab, word); break;
	case 9: do_fork(lab); break;
	case 10:
		drop_memory(lab);
		printf("{\"munmapped\":true}\n");
		break;
	case 11:
		raise(SIGKILL);
		break;
	case 12: do_close(lab, word); break;
	case 13: do_count(lab, word); break;
	case 14: do_counted(lab); break;
	}
}
