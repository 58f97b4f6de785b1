// SPDX-License-Identifier: GPL-2.0
/*
 * Case: cost of an I/O on a registration, in instructions under icount; it must not invalidate the
 * IOTLB.
 *
 * The list is maximally fragmented: no two pages are contiguous.  Long lists use the same memory
 * repeatedly.
 */
#include <linux/kprobes.h>
#include <linux/prandom.h>
#include <linux/sort.h>
#include <linux/timex.h>

#include "test.h"

#define SAMPLES	32

/* All invalidations of VT-d go through qi_submit_sync(); there is none with other IOMMUs. */
static atomic_t flushes;

static int ptest_reg_cost_on_flush(struct kprobe *kp, struct pt_regs *regs)
{
	atomic_inc(&flushes);
	return 0;
}

static struct kprobe flush_probe;

static bool ptest_reg_cost_watch_flushes(void)
{
	memset(&flush_probe, 0, sizeof(flush_probe));
	flush_probe.symbol_name = "qi_submit_sync";
	flush_probe.pre_handler = ptest_reg_cost_on_flush;
	atomic_set(&flushes, 0);
	return !register_kprobe(&flush_probe);
}

static int ptest_reg_cost_fragmented(struct ptest *t, struct phyr_list *list, u64 len)
{
	u64 base = page_to_phys(t->block), at;

	phyr_list_init(list, PHYR_PACKED);
	for (at = 0; at < len; at += PAGE_SIZE) {
		u64 page = at / PAGE_SIZE % PTEST_CHUNKS * 2;
		int err = phyr_list_append(list, PHYR_MEM_RAM, NULL, base + page * PAGE_SIZE,
					   PAGE_SIZE, GFP_KERNEL);

		if (err) {
			phyr_list_destroy(list);
			return err;
		}
	}
	return 0;
}

/* How an I/O gets its addresses: by iteration, or from the table. */
enum ptest_reg_cost_how { WALK, LOOKUP };

static noinline int ptest_reg_cost_do_io(struct phyr_reg *reg, u64 offset, u64 len,
					 enum ptest_reg_cost_how how)
{
	struct phyr_reg_pages pages;
	struct phyr_dma_iter it;
	struct phyr_reg_io io;
	int err;

	err = phyr_reg_begin(reg, &io, offset, len, DMA_TO_DEVICE);
	if (err)
		return err;
	if (how == WALK) {
		phyr_reg_iter_init(&it, &io);
		while (phyr_dma_iter_next(&it))
			barrier();
	} else {
		phyr_reg_pages(&io, &pages);
		barrier_data(&pages);
	}
	phyr_reg_end(&io);
	return 0;
}

static int ptest_reg_cost_cmp_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Offsets are pseudo-random, the same in every run. */
static void ptest_reg_cost_measure(struct ptest *t, struct phyr_reg *reg, u64 total, u64 len,
				   enum ptest_reg_cost_how how)
{
	struct rnd_state random;
	u64 cost[SAMPLES];
	int i, j, err = 0;

	prandom_seed_state(&random, 3);
	for (i = 0; i < SAMPLES; i++) {
		u64 offset = ((u64)prandom_u32_state(&random) << 2) % (total - len + 1) & ~3ull;

		cost[i] = U64_MAX;
		for (j = 0; j < 3 && !err; j++) {
			unsigned long flags;
			u64 t0, t1, t2;

			local_irq_save(flags);
			t0 = get_cycles();
			t1 = get_cycles();
			err = ptest_reg_cost_do_io(reg, offset, len, how);
			t2 = get_cycles();
			local_irq_restore(flags);
			cost[i] = min(cost[i], t2 - t1 - (t1 - t0));
		}
	}
	EXPECT(t, !err, "begin: %d", err);
	sort(cost, SAMPLES, sizeof(*cost), ptest_reg_cost_cmp_u64, NULL);
	seq_printf(t->out, "# registered: %s list_kib=%llu len=%llu median=%llu max=%llu\n",
		   how == WALK ? "walk" : "look", total >> 10, len, cost[SAMPLES / 2],
		   cost[SAMPLES - 1]);
undo:
	return;
}

static void ptest_reg_cost_measure_list(struct ptest *t, u64 total)
{
	static const u64 lengths[] = { 4096, 131072 };
	struct phyr_reg *reg = NULL;
	struct phyr_list list;
	int before, during, err, i;
	bool watched = false;

	err = ptest_reg_cost_fragmented(t, &list, total);
	EXPECT(t, !err, "list: %d", err);
	watched = ptest_reg_cost_watch_flushes();
	reg = phyr_reg_create(t->dev, &list, DMA_TO_DEVICE, 0);
	err = PTR_ERR_OR_ZERO(reg) ?: phyr_reg_tabulate(reg);
	EXPECT(t, !err, "create: %d", err);

	before = atomic_read(&flushes);
	for (i = 0; i < ARRAY_SIZE(lengths) && !t->why[0]; i++) {
		ptest_reg_cost_measure(t, reg, total, lengths[i], WALK);
		ptest_reg_cost_measure(t, reg, total, lengths[i], LOOKUP);
	}
	during = atomic_read(&flushes) - before;
	phyr_reg_put(reg);
	reg = NULL;
	/* The invalidations of the unmapping prove that the probe works. */
	if (watched)
		seq_printf(t->out, "# registered: flushes list_kib=%llu during=%d after=%d\n",
			   total >> 10, during, atomic_read(&flushes) - before - during);
	EXPECT(t, !during, "%d invalidations by I/O on a registration", during);
undo:
	if (!IS_ERR_OR_NULL(reg))
		phyr_reg_put(reg);
	if (watched)
		unregister_kprobe(&flush_probe);
	phyr_list_destroy(&list);
}

static void ptest_reg_cost_all(struct ptest *t)
{
	static const u64 totals[] = { SZ_1M, SZ_8M, SZ_64M };
	int i;

	NEEDS(t, !ptest_is_bounced(t), "as much as there are bounce buffers");
	for (i = 0; i < ARRAY_SIZE(totals) && !t->why[0]; i++)
		ptest_reg_cost_measure_list(t, totals[i]);
}

static const struct ptest_case cases[] = {
	{ "reg: cost of an I/O", ptest_reg_cost_all },
};

PTEST_GROUP(reg_cost, cases);
