// SPDX-License-Identifier: GPL-2.0
/*
 * Fault injection (phyr_fail.h): an operation is repeated, each time with its next step failing.
 * After each failure no resource may be left: no memory of phyr.ko, nothing in the I/O page tables,
 * no bounce buffer, no pin.
 */
#include <linux/sched.h>
#include <linux/tracepoint.h>

#include "phyr_fail.h"
#include "test.h"

/*
 * Bytes that this task has mapped and not unmapped in I/O page tables, from the kernel's
 * tracepoints.
 */
static struct {
	struct tracepoint *map;
	struct tracepoint *unmap;
	struct task_struct *whose;
	s64 bytes;
} tables;

static void ptest_walk_on_map(void *unused, unsigned long iova, phys_addr_t paddr, size_t size)
{
	if (tables.whose == current)
		tables.bytes += size;
}

static void ptest_walk_on_unmap(void *unused, unsigned long iova, size_t size, size_t unmapped)
{
	if (tables.whose == current)
		tables.bytes -= unmapped;
}

static void ptest_walk_find_tracepoint(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "map"))
		tables.map = tp;
	else if (!strcmp(tp->name, "unmap"))
		tables.unmap = tp;
}

static int ptest_walk_watch(void)
{
	int err;

	memset(&tables, 0, sizeof(tables));
	tables.whose = current;
	for_each_kernel_tracepoint(ptest_walk_find_tracepoint, NULL);
	if (!tables.map || !tables.unmap)
		return -ENOENT;
	err = tracepoint_probe_register(tables.map, ptest_walk_on_map, NULL);
	if (err)
		return err;
	err = tracepoint_probe_register(tables.unmap, ptest_walk_on_unmap, NULL);
	if (err) {
		tracepoint_probe_unregister(tables.map, ptest_walk_on_map, NULL);
		tracepoint_synchronize_unregister();
	}
	return err;
}

static void ptest_walk_unwatch(void)
{
	tracepoint_probe_unregister(tables.map, ptest_walk_on_map, NULL);
	tracepoint_probe_unregister(tables.unmap, ptest_walk_on_unmap, NULL);
	tracepoint_synchronize_unregister();
}

/**
 * ptest_every_failure - make each step of an operation fail
 * @t:		the test
 * @operation:	must release all resources, whether it succeeds or fails; it may succeed although a
 *		step failed
 */
void ptest_every_failure(struct ptest *t, int (*operation)(struct ptest *t))
{
	int err, nr, failures = 0;

	err = ptest_walk_watch();
	if (err) {
		FAIL(t, "no tracepoints of the IOMMU: %d", err);
		return;
	}
	for (nr = 1; nr < 10000; nr++) {
		long pool = ptest_pool_used(t), pinned = ptest_count_pins(), held;
		bool failed;

		tables.bytes = 0;
		phyr_fail_begin(nr);
		err = operation(t);
		failed = phyr_fail_end(&held);
		if (t->why[0])
			goto undo;
		EXPECT(t, !held, "step %d failed, and %ld things are not given back", nr, held);
		EXPECT(t, !tables.bytes, "step %d failed, and %lld bytes are still mapped", nr,
		       tables.bytes);
		EXPECT(t, ptest_pool_used(t) == pool, "step %d failed, and %ld slots are left", nr,
		       ptest_pool_used(t) - pool);
		EXPECT(t, ptest_count_pins() == pinned, "step %d failed, and %ld pins are left", nr,
		       ptest_count_pins() - pinned);
		if (!failed)
			break;
		failures += !!err;
	}
	EXPECT(t, !err, "without a failure: %d", err);
	if (nr == 1)
		snprintf(t->skip, sizeof(t->skip), "nothing in it can fail on this machine");
	seq_printf(t->out, "# %d steps, %d of which failed all of it\n", nr - 1, failures);
undo:
	ptest_walk_unwatch();
}
