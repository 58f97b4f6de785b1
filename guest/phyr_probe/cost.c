// SPDX-License-Identifier: GPL-2.0
/* Measure a mapping, phase by phase, with interrupts off. */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/timex.h>

#include "probe.h"

enum { BUILD, MAP, CONSUME, UNMAP, PHASES };

/* Cost of an empty measurement: the smallest of a few. */
u64 pprobe_empty_cost(void)
{
	u64 best = U64_MAX;
	unsigned long flags;
	int i;

	local_irq_save(flags);
	for (i = 0; i < 16; i++) {
		cycles_t start = get_cycles();

		barrier();
		best = min_t(u64, best, get_cycles() - start);
	}
	local_irq_restore(flags);
	return best;
}

static int pprobe_cost_measure_once(struct pprobe_mapping *m, u64 *cost)
{
	cycles_t t[2 * PHASES];
	unsigned long flags;
	int err, i;

	m->nr_prp = 0;
	m->ranges = 0;

	local_irq_save(flags);
	t[0] = get_cycles();
	err = m->ops->build(m);
	t[1] = get_cycles();
	if (err)
		goto out;

	t[2] = get_cycles();
	err = m->ops->map(m);
	t[3] = get_cycles();
	if (err)
		goto out;

	t[4] = get_cycles();
	m->ops->consume(m);
	t[5] = get_cycles();
	m->shape = m->map.shape;
	m->meta_bytes = m->ops->meta_bytes(m);

	t[6] = get_cycles();
	m->ops->unmap(m);
	t[7] = get_cycles();
out:
	local_irq_restore(flags);
	if (err)
		return err;
	for (i = 0; i < PHASES; i++)
		cost[i] = t[2 * i + 1] - t[2 * i];
	return 0;
}

static int pprobe_cmp_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static int pprobe_cost_count_once(struct pprobe_mapping *m, struct phyr_probe_map_cost *arg)
{
	struct pprobe_counts counts;
	unsigned long flags;
	u64 unused[PHASES];
	int err;

	/* Warm the allocators' caches first, as for a measurement. */
	err = pprobe_cost_measure_once(m, unused);
	if (err)
		return err;
	local_irq_save(flags);
	pprobe_count_begin();
	err = pprobe_cost_measure_once(m, unused);
	arg->counted = pprobe_count_end(&counts);
	local_irq_restore(flags);
	arg->allocs = counts.allocs;
	arg->alloc_bytes = counts.alloc_bytes;
	arg->flushes = counts.flushes;
	arg->bounces = counts.bounces;
	return err;
}

/* Compute minimum and median; sorts the samples. */
void pprobe_summarise(u64 *sample, u32 n, u64 overhead, struct phyr_probe_cost *out)
{
	sort(sample, n, sizeof(*sample), pprobe_cmp_u64, NULL);
	out->min = sample[0] - min(sample[0], overhead);
	out->median = sample[n / 2] - min(sample[n / 2], overhead);
}

static int pprobe_cost_measure(struct pprobe_mapping *m, struct phyr_probe_map_cost *arg)
{
	struct phyr_probe_cost *out[PHASES] = {
		&arg->build, &arg->map, &arg->consume, &arg->unmap,
	};
	u64 *sample, cost[PHASES];
	int err, phase;
	u32 i;

	sample = kvcalloc(arg->iterations, PHASES * sizeof(*sample), GFP_KERNEL_ACCOUNT);
	if (!sample)
		return -ENOMEM;

	/* The first round warms the allocators' caches and is not counted. */
	err = pprobe_cost_measure_once(m, cost);
	for (i = 0; i < arg->iterations && !err; i++) {
		err = pprobe_cost_measure_once(m, cost);
		for (phase = 0; phase < PHASES; phase++)
			sample[phase * arg->iterations + i] = cost[phase];
		cond_resched();
	}
	if (err)
		goto out;

	arg->overhead = pprobe_empty_cost();
	for (phase = 0; phase < PHASES; phase++)
		pprobe_summarise(sample + phase * arg->iterations, arg->iterations, arg->overhead,
				 out[phase]);
out:
	kvfree(sample);
	return err;
}

/**
 * pprobe_map_cost - measure a backend on a layout, or count its events
 * @dev:	the device
 * @arg:	the request, from and to user space, checked
 *
 * Context: May sleep.  The caller holds target_lock.
 * Return: 0; -ENOMEM; -EBUSY to measure while counting is enabled; an error of the mapping.
 */
int pprobe_map_cost(struct device *dev, struct phyr_probe_map_cost *arg)
{
	struct pprobe_memory mem;
	struct pprobe_mapping m;
	int err;

	if (arg->count)
		pprobe_count_arm();
	else if (pprobe_count_armed())
		return -EBUSY;
	err = pprobe_memory_alloc(&mem, &arg->memory, false);
	if (err)
		return err;
	err = pprobe_mapping_init(&m, dev, &mem, arg->memory.backend, arg->memory.direction);
	if (err)
		goto out_memory;

	err = arg->count ? pprobe_cost_count_once(&m, arg) : pprobe_cost_measure(&m, arg);
	arg->shape = m.shape;
	arg->ranges = m.ranges;
	arg->prps = m.nr_prp;
	arg->chunks = mem.nr_chunks;
	arg->meta_bytes = m.meta_bytes;

	pprobe_mapping_exit(&m);
out_memory:
	pprobe_memory_free(&mem);
	return err;
}
