/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the test cases. */
#ifndef PHYR_TEST_TEST_H
#define PHYR_TEST_TEST_H

#include <linux/pci.h>
#include <linux/seq_file.h>

#include "phyr.h"

#define PTEST_CHUNKS	64

/**
 * struct ptest - a run of test cases
 * @dev:	a device that nothing else uses
 * @block:	the memory: every second page is a chunk of @list
 * @list:	the chunks; the first begins, and the last ends, inside a page
 * @why:	failure message of the current case
 * @skip:	reason to skip the current case
 * @out:	the report
 *
 * Each word of the memory contains its own physical address, so that content identifies its origin.
 */
struct ptest {
	struct device *dev;
	struct page *block;
	struct phyr_list list;
	char why[160];
	char skip[120];
	struct seq_file *out;
};

/**
 * struct ptest_group - test cases on one subject, with a debugfs file
 * @name:	name of the file
 * @cases:	the cases
 * @nr:		number of cases
 */
struct ptest_group {
	const char *name;
	const struct ptest_case {
		const char *name;
		void (*run)(struct ptest *t);
	} *cases;
	unsigned int nr;
};

#define PTEST_GROUP(group, of_group)							\
	const struct ptest_group ptest_##group = {					\
		.name = #group, .cases = (of_group), .nr = ARRAY_SIZE(of_group),	\
	}

/* Unless @holds, set the failure message and goto undo. */
#define EXPECT(t, holds, ...) do {						\
	if (!(holds)) {								\
		snprintf((t)->why, sizeof((t)->why), __VA_ARGS__);		\
		goto undo;							\
	}									\
} while (0)

/* Set the failure message. */
#define FAIL(t, ...)	snprintf((t)->why, sizeof((t)->why), __VA_ARGS__)

/* At the start of a case: skip it unless @has; the message tells what the machine lacks. */
#define NEEDS(t, has, ...) do {							\
	if (!(has)) {								\
		snprintf((t)->skip, sizeof((t)->skip), __VA_ARGS__);		\
		return;								\
	}									\
} while (0)

#define NEEDS_IOMMU(t)								\
	NEEDS(t, dev_dma_iommu((t)->dev), "no IOMMU translates this device")
#define NEEDS_BOUNCE(t)								\
	NEEDS(t, ptest_is_bounced(t), "nothing is bounced here: boot with swiotlb=force")

/* memory.c */
int ptest_memory_alloc(struct ptest *t);
void ptest_memory_free(struct ptest *t);
void ptest_memory_fill(struct ptest *t);
void ptest_fill_block(struct page *block, size_t len);
u64 ptest_phys(const struct ptest *t, u64 offset);
void ptest_chunks(const struct ptest *t, struct phys_vec *chunks);

/* reach.c */
struct ptest_reach {
	u64 direct;
	u64 bounced;
	u32 ranges;
};

phys_addr_t ptest_translate(struct ptest *t, dma_addr_t addr);
bool ptest_is_bounced(struct ptest *t);
bool ptest_in_pool(struct ptest *t, phys_addr_t phys);
long ptest_pool_used(struct ptest *t);
bool ptest_check_reach(struct ptest *t, const struct phyr_map *map, const struct phys_vec *chunks,
		       unsigned int nr, struct ptest_reach *reach);
void ptest_write_ranges(struct ptest *t, const struct phyr_map *map, u8 byte);
bool ptest_check_unmapped(struct ptest *t, dma_addr_t addr, u64 len);

/* peer.c */
enum ptest_route {
	PTEST_ROUTE_NONE,
	PTEST_ROUTE_BUS,
	PTEST_ROUTE_HOST,
};

struct ptest_peer {
	struct pci_dev *pdev;
	void *mem;
	size_t len;
	phys_addr_t phys;
	u64 bus;
	void *provider;
};

bool ptest_peer_get(struct ptest *t, struct ptest_peer *peer, int route,
		    struct pci_dev *other_than);
void ptest_peer_put(struct ptest_peer *peer);
int ptest_peer_list(struct phyr_list *list, const struct ptest_peer *peer, u64 from, u64 len);

/* engine.c */
struct ptest_engine;

struct ptest_engine *ptest_engine_start(struct ptest *t);
void ptest_engine_stop(struct ptest_engine *engine);
int ptest_engine_write(struct ptest_engine *engine, dma_addr_t addr);
const void *ptest_engine_data(struct ptest_engine *engine);

/* process.c */
bool ptest_user_is_readable(unsigned long addr);
phys_addr_t ptest_user_phys(unsigned long addr);
long ptest_count_pins(void);
unsigned long ptest_user_memory(struct file *file, unsigned long len);
int ptest_stamp(unsigned long addr, unsigned long len, unsigned long value);
bool ptest_check_stamps(struct ptest *t, const struct phyr_list *list, u64 len,
			unsigned long value);

/* walk.c of guest/plants */
void ptest_every_failure(struct ptest *t, int (*operation)(struct ptest *t));

/* fork.c */
void ptest_fork_forget(void);

/* reg.c */
bool ptest_reg_reaches(struct ptest *t, const struct phyr_reg_io *io);

/* one for each file; fork.c has two */
extern const struct ptest_group ptest_sg, ptest_reg, ptest_reg_cost, ptest_bounce, ptest_trust,
				ptest_p2p, ptest_undo, ptest_lifetime, ptest_big, ptest_user,
				ptest_fork, ptest_forked, ptest_zone, ptest_build, ptest_lease,
				ptest_lease_bar, ptest_dmabuf, ptest_uapi;

/* steps_*.c of guest/plants: only in the build with planted defects */
extern const struct ptest_group ptest_walk_list __weak, ptest_walk_sg __weak, ptest_walk_map __weak;

/* main.c */
extern unsigned long ptest_pageless;

#endif /* PHYR_TEST_TEST_H */
