/* SPDX-License-Identifier: GPL-2.0 */
/* What the test cases share. */
#ifndef PHYR_TEST_H
#define PHYR_TEST_H

#include <linux/seq_file.h>

#include "phyr.h"

#define TEST_CHUNKS	64

/**
 * struct test - one run of all cases
 * @dev:	a device that nothing else uses
 * @block:	the memory: every second of its pages is a chunk
 * @list:	the chunks; the first begins, and the last ends, within its page
 * @why:	what went wrong in the present case
 * @out:	where the report goes
 *
 * Each word of the memory holds its own physical address, so that content tells where it is from.
 */
struct test {
	struct device *dev;
	struct page *block;
	struct phyr_list list;
	char why[160];
	struct seq_file *out;
};

/* In a case: say why it fails, and leave. The label undo must be there. */
#define EXPECT(t, holds, ...) do {						\
	if (!(holds)) {								\
		snprintf((t)->why, sizeof((t)->why), __VA_ARGS__);		\
		goto undo;							\
	}									\
} while (0)

/* memory.c */
int test_memory_alloc(struct test *t);
void test_memory_free(struct test *t);
void test_memory_fill(struct test *t);
u64 test_phys(const struct test *t, u64 offset);
phys_addr_t test_translate(struct test *t, dma_addr_t addr);
bool test_bounced(struct test *t);

/* sg.c */
void test_sg_round_trip(struct test *t);
void test_sg_split(struct test *t);
void test_sg_no_pages(struct test *t);
void test_sg_take_over(struct test *t);
void test_sg_hand_on(struct test *t);

/* reg.c */
void test_reg_slices(struct test *t);
void test_reg_from_device(struct test *t);
void test_reg_refused(struct test *t);
void test_reg_revoke(struct test *t);
void test_reg_last_put(struct test *t);
void test_reg_cost(struct test *t);

#endif /* PHYR_TEST_H */
