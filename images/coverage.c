// SPDX-License-Identifier: MIT
/*
 * A plugin of QEMU's emulator (TCG) that writes down which code of the guest's has run. It sees the guest from outside: no kernel and no
 * module is built for it.
 *
 *   -plugin coverage.so,map=FILE
 *
 * FILE is shared with src/coverage/map-file.ts, which has the same layout: it makes the file, says which addresses are of interest, and
 * raises `epoch` when something new is to be seen. A block is a run of instructions that QEMU translates as one: it is entered at its first
 * and goes on to its last, unless an instruction faults. It says in which epoch it last ran, and, if it ends in a conditional branch, in
 * which epochs that was last taken and not taken.
 *
 * QEMU's packages have no header for plugins, so what is used of their interface is declared here. Its version is checked by QEMU, which
 * refuses a plugin made for another.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t at);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t bytes);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*call)(struct qemu_plugin_tb *tb, void *data),
					   void *data);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, void (*call)(unsigned int vcpu, void *data),
					  int flags, void *data);

EXPORT int qemu_plugin_version = 7;

#define MAGIC 0x31766f63u /* cov1 */
#define RANGES 1000
#define CODE 48

struct range {
	uint64_t from, to;
};

struct map {
	uint32_t magic;
	/* A block that has run in no epoch has 0. */
	uint32_t epoch;
	uint32_t blocks;
	/* There was no room for another one. */
	uint32_t full;
	uint32_t ranges;
	uint32_t unused;
	struct range range[RANGES];
};

struct block {
	uint64_t at;
	/* Where its conditional branch goes if taken, else 0. */
	uint64_t target;
	uint32_t bytes;
	uint32_t ran, taken, not_taken;
	/* Of the guest's memory, as much as there is room for. */
	uint8_t code[CODE];
};

static struct map *map;
static struct block *blocks;
static uint32_t room;

/* The block that a virtual processor ran last, of those of interest. */
#define VCPUS 256
static struct block *last[VCPUS];

/* Blocks by their address and code: what is translated again is the same one. Chained by number, 0 is none. */
#define BUCKETS (1 << 16)
static uint32_t first[BUCKETS];
static uint32_t *next;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void ran(unsigned int vcpu, void *data)
{
	struct block *block = data, *before;
	uint32_t epoch = map->epoch;

	block->ran = epoch;
	if (vcpu >= VCPUS)
		return;
	before = last[vcpu];
	last[vcpu] = block;
	if (!before || !before->target)
		return;
	if (block->at == before->at + before->bytes)
		before->not_taken = epoch;
	else if (block->at == before->target)
		before->taken = epoch;
}

static uint64_t x86_target(uint64_t at, const uint8_t *code, size_t size)
{
	/* Prefixes, hints to a processor among them, come before. */
	while (size > 2 && (*code == 0x2e || *code == 0x3e || *code == 0xf2)) {
		code++;
		size--;
		at++;
	}
	if (size == 2 && (code[0] >> 4 == 7 || code[0] >> 2 == 0xe0 >> 2))
		return at + size + (int8_t)code[1];
	if (size == 6 && code[0] == 0x0f && code[1] >> 4 == 8) {
		int32_t far;

		memcpy(&far, code + 2, sizeof(far));
		return at + size + far;
	}
	return 0;
}

static uint64_t arm64_target(uint64_t at, const uint8_t *code, size_t size)
{
	uint32_t word;

	if (size != 4)
		return 0;
	memcpy(&word, code, sizeof(word));
	/* b.cond; cbz and cbnz; tbz and tbnz */
	if (word >> 24 == 0x54 || (word & 0x7e000000) == 0x34000000)
		return at + ((int64_t)((uint64_t)(word >> 5 & 0x7ffff) << 45) >> 43);
	if ((word & 0x7e000000) == 0x36000000)
		return at + ((int64_t)((uint64_t)(word >> 5 & 0x3fff) << 50) >> 48);
	return 0;
}

static uint64_t (*target_of)(uint64_t at, const uint8_t *code, size_t size);

static int of_interest(uint64_t at)
{
	uint32_t low = 0, high = map->ranges < RANGES ? map->ranges : RANGES;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (at < map->range[middle].from)
			high = middle;
		else if (at >= map->range[middle].to)
			low = middle + 1;
		else
			return 1;
	}
	return 0;
}

static uint32_t bucket_of(const struct block *block)
{
	uint64_t hash = block->at * 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < CODE; i += 8) {
		uint64_t word;

		memcpy(&word, block->code + i, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	}
	return hash >> 48;
}

static int is_same(const struct block *one, const struct block *other)
{
	return one->at == other->at && one->bytes == other->bytes && !memcmp(one->code, other->code, CODE);
}

static struct block *keep(const struct block *block)
{
	uint32_t bucket = bucket_of(block), at;

	for (at = first[bucket]; at; at = next[at - 1])
		if (is_same(&blocks[at - 1], block))
			return &blocks[at - 1];
	if (map->blocks >= room) {
		map->full = 1;
		return NULL;
	}
	at = map->blocks;
	blocks[at] = *block;
	next[at] = first[bucket];
	first[bucket] = at + 1;
	/* Whoever reads the file counts on what it has. */
	__atomic_store_n(&map->blocks, at + 1, __ATOMIC_RELEASE);
	return &blocks[at];
}

static void translated(struct qemu_plugin_tb *tb, void *data)
{
	struct block block = { .at = qemu_plugin_tb_vaddr(tb) }, *kept;
	size_t count = qemu_plugin_tb_n_insns(tb), size = 0;
	struct qemu_plugin_insn *insn = NULL;
	uint8_t code[16];

	if (!of_interest(block.at))
		return;
	for (size_t i = 0; i < count; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		size = qemu_plugin_insn_size(insn);
		if (block.bytes < CODE)
			qemu_plugin_insn_data(insn, block.code + block.bytes,
					      size < CODE - block.bytes ? size : CODE - block.bytes);
		block.bytes += size;
	}
	if (insn && size <= sizeof(code) && qemu_plugin_insn_data(insn, code, size) == size)
		block.target = target_of(qemu_plugin_insn_vaddr(insn), code, size);
	pthread_mutex_lock(&lock);
	kept = keep(&block);
	pthread_mutex_unlock(&lock);
	if (kept)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, ran, 0, kept);
}

/* What QEMU says of itself begins with the name of what it emulates. */
EXPORT int qemu_plugin_install(uint64_t id, const char *const *info, int argc, char **argv)
{
	struct stat stat;
	int file;

	if (argc != 1 || strncmp(argv[0], "map=", 4)) {
		fprintf(stderr, "coverage plugin: map=FILE is missing\n");
		return -1;
	}
	if (!strcmp(*info, "x86_64"))
		target_of = x86_target;
	else if (!strcmp(*info, "aarch64"))
		target_of = arm64_target;
	else
		return -1;
	file = open(argv[0] + 4, O_RDWR);
	if (file < 0 || fstat(file, &stat) || (size_t)stat.st_size < sizeof(*map)) {
		fprintf(stderr, "coverage plugin: cannot open %s\n", argv[0] + 4);
		return -1;
	}
	map = mmap(NULL, stat.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (map == MAP_FAILED || map->magic != MAGIC) {
		fprintf(stderr, "coverage plugin: %s is no map of this version\n", argv[0] + 4);
		return -1;
	}
	blocks = (struct block *)(map + 1);
	room = (stat.st_size - sizeof(*map)) / sizeof(*blocks);
	next = calloc(room, sizeof(*next));
	if (!next)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated, NULL);
	return 0;
}
