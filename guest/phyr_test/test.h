/* SPDX-License-Identifier: GPL-2.0 */
/* What the test cases share. */
#ifndef PHYR_TEST_TEST_H
#define PHYR_TEST_TEST_H

#include <linux/pci.h>
#include <linux/seq_file.h>

#include "phyr.h"

#define PTEST_CHUNKS	64

/**
 * struct ptest - one run of some cases
 * @dev:	a device that nothing else uses
 * @block:	the memory: every second of its pages is a chunk
 * @list:	the chunks; the first begins, and the last ends, within its page
 * @why:	what went wrong in the present case
 * @skip:	what the machine lacks for the present case
 * @out:	where the report goes
 *
 * Each word of the memory holds its own physical address, so that content tells where it is from.
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
 * struct ptest_group - cases about one concern, a file each in debugfs
 * @name:	of the file
 * @cases:	the cases
 * @nr:		how many
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

/* a file each, but for fork.c, which has two */
extern const struct ptest_group ptest_sg, ptest_reg, ptest_reg_cost, ptest_bounce, ptest_trust,
				ptest_p2p, ptest_undo, ptest_lifetime, ptest_big, ptest_user,
				ptest_fork, ptest_forked, ptest_zone, ptest_build, ptest_lease,
				ptest_lease_bar, ptest_dmabuf, ptest_uapi;

/* steps_*.c of guest/plants: not there in the product's build */
extern const struct ptest_group ptest_walk_list __weak, ptest_walk_sg __weak, ptest_walk_map __weak;

/* main.c */
extern unsigned long ptest_pageless;

#endif /* PHYR_TEST_TEST_H */
