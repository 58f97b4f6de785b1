/* SPDX-License-Identifier: GPL-2.0 */
/* What the test cases share. */
#ifndef PHYR_TEST_TEST_H
#define PHYR_TEST_TEST_H

#include <linux/pci.h>
#include <linux/seq_file.h>

#include "phyr.h"

#define TEST_CHUNKS	64

/**
 * struct test - one run of some cases
 * @dev:	a device that nothing else uses
 * @block:	the memory: every second of its pages is a chunk
 * @list:	the chunks; the first begins, and the last ends, within its page
 * @why:	what went wrong in the present case
 * @skip:	what the machine lacks for the present case
 * @out:	where the report goes
 *
 * Each word of the memory holds its own physical address, so that content tells where it is from.
 */
struct test {
	struct device *dev;
	struct page *block;
	struct phyr_list list;
	char why[160];
	char skip[120];
	struct seq_file *out;
};

/**
 * struct test_group - cases about one concern, a file each in debugfs
 * @name:	of the file
 * @cases:	the cases
 * @nr:		how many
 */
struct test_group {
	const char *name;
	const struct test_case {
		const char *name;
		void (*run)(struct test *t);
	} *cases;
	unsigned int nr;
};

#define TEST_GROUP(group, of_group)							\
	const struct test_group test_##group = {					\
		.name = #group, .cases = (of_group), .nr = ARRAY_SIZE(of_group),	\
	}

/* In a case: say why it fails, and leave. The label undo must be there. */
#define EXPECT(t, holds, ...) do {						\
	if (!(holds)) {								\
		snprintf((t)->why, sizeof((t)->why), __VA_ARGS__);		\
		goto undo;							\
	}									\
} while (0)

/* Not with goto: what follows the label may be more than nothing. */
#define FAIL(t, ...)	snprintf((t)->why, sizeof((t)->why), __VA_ARGS__)

/* First thing in a case: what the machine must have, as a fact about it; else it is skipped. */
#define NEEDS(t, has, ...) do {							\
	if (!(has)) {								\
		snprintf((t)->skip, sizeof((t)->skip), __VA_ARGS__);		\
		return;								\
	}									\
} while (0)

#define NEEDS_IOMMU(t)								\
	NEEDS(t, dev_dma_iommu((t)->dev), "no IOMMU translates this device")
#define NEEDS_BOUNCE(t)								\
	NEEDS(t, test_bounced(t), "nothing is bounced here: boot with swiotlb=force")

/* memory.c */
int test_memory_alloc(struct test *t);
void test_memory_free(struct test *t);
void test_memory_fill(struct test *t);
void test_fill(struct page *block, size_t len);
u64 test_phys(const struct test *t, u64 offset);
void test_chunks(const struct test *t, struct phys_vec *chunks);

/* reach.c */
struct test_reach {
	u64 direct;
	u64 bounced;
	u32 ranges;
};

phys_addr_t test_translate(struct test *t, dma_addr_t addr);
bool test_bounced(struct test *t);
bool test_in_pool(struct test *t, phys_addr_t phys);
long test_pool_used(struct test *t);
bool test_reach(struct test *t, const struct phyr_map *map, const struct phys_vec *chunks,
		unsigned int nr, struct test_reach *reach);
void test_device_writes(struct test *t, const struct phyr_map *map, u8 byte);
bool test_nothing_mapped(struct test *t, dma_addr_t addr, u64 len);

/* peer.c */
enum test_route {
	TEST_ROUTE_NONE,
	TEST_ROUTE_BUS,
	TEST_ROUTE_HOST,
};

struct test_peer {
	struct pci_dev *pdev;
	void *mem;
	size_t len;
	phys_addr_t phys;
	u64 bus;
	void *provider;
};

bool test_peer_get(struct test *t, struct test_peer *peer, int route, struct pci_dev *other_than);
void test_peer_put(struct test_peer *peer);
int test_peer_list(struct phyr_list *list, const struct test_peer *peer, u64 from, u64 len);

/* engine.c */
struct test_engine;

struct test_engine *test_engine_start(struct test *t);
void test_engine_stop(struct test_engine *engine);
int test_engine_write(struct test_engine *engine, dma_addr_t addr);
const void *test_engine_data(struct test_engine *engine);

/* process.c */
bool test_readable(unsigned long addr);
phys_addr_t test_page_tables_say(unsigned long addr);
long test_pins(void);
unsigned long test_user_memory(struct file *file, unsigned long len);
int test_stamp(unsigned long addr, unsigned long len, unsigned long value);
bool test_stamped(struct test *t, const struct phyr_list *list, u64 len, unsigned long value);

/* walk.c of guest/plants */
void test_every_failure(struct test *t, int (*operation)(struct test *t));

/* fork.c */
void test_fork_forget(void);

/* reg.c */
bool test_reg_reaches(struct test *t, const struct phyr_reg_io *io);

/* a file each, but for fork.c, which has two */
extern const struct test_group test_sg, test_reg, test_reg_cost, test_bounce, test_trust,
			       test_p2p, test_undo, test_lifetime, test_big, test_user, test_fork,
			       test_forked, test_zone, test_build, test_lease, test_lease_bar,
			       test_dmabuf;

/* steps_*.c of guest/plants: not there in the product's build */
extern const struct test_group test_walk_list __weak, test_walk_sg __weak, test_walk_map __weak;

/* main.c */
extern unsigned long test_pageless;

#endif /* PHYR_TEST_TEST_H */
