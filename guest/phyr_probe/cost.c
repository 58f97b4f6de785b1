// SPDX-License-Identifier: GPL-2.0
/* What a mapping costs, phase by phase, with interrupts off. */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/timex.h>

#include "probe.h"

enum { BUILD, MAP, CONSUME, UNMAP, PHASES };

/* The cost of measuring nothing: the smallest of a few tries. */
u64 probe_empty_cost(void)
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

static int measure_once(struct probe_mapping *m, u64 *cost)
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

static int cmp_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Sorts the samples. */
void probe_summarise(u64 *sample, u32 n, u64 overhead, struct phyr_probe_cost *out)
{
	sort(sample, n, sizeof(*sample), cmp_u64, NULL);
	out->min = sample[0] - min(sample[0], overhead);
	out->median = sample[n / 2] - min(sample[n / 2], overhead);
}

/**
 * probe_map_cost - measure one backend on one layout
 * @dev:	the device
 * @arg:	from and to user space, already checked
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM, or the error of the mapping.
 */
int probe_map_cost(struct device *dev, struct phyr_probe_map_cost *arg)
{
	struct phyr_probe_cost *out[PHASES] = {
		&arg->build, &arg->map, &arg->consume, &arg->unmap,
	};
	struct probe_memory mem;
	struct probe_mapping m;
	u64 *sample, cost[PHASES];
	u32 i;
	int err, phase;

	sample = kvcalloc(arg->iterations, PHASES * sizeof(*sample), GFP_KERNEL);
	if (!sample)
		return -ENOMEM;
	err = probe_memory_alloc(&mem, &arg->memory);
	if (err)
		goto out_sample;
	err = probe_mapping_init(&m, dev, &mem, arg->memory.backend, arg->memory.direction);
	if (err)
		goto out_memory;

	/* The first round warms caches of the allocators and is not counted. */
	err = measure_once(&m, cost);
	for (i = 0; i < arg->iterations && !err; i++) {
		err = measure_once(&m, cost);
		for (phase = 0; phase < PHASES; phase++)
			sample[phase * arg->iterations + i] = cost[phase];
		cond_resched();
	}
	if (err)
		goto out_mapping;

	arg->overhead = probe_empty_cost();
	for (phase = 0; phase < PHASES; phase++)
		probe_summarise(sample + phase * arg->iterations, arg->iterations, arg->overhead,
				out[phase]);
	arg->shape = m.shape;
	arg->ranges = m.ranges;
	arg->chunks = mem.nr_chunks;
	arg->meta_bytes = m.meta_bytes;

out_mapping:
	probe_mapping_exit(&m);
out_memory:
	probe_memory_free(&mem);
out_sample:
	kvfree(sample);
	return err;
}
