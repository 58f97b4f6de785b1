// SPDX-License-Identifier: GPL-2.0
/*
 * Count events of a mapping: allocations, IOTLB invalidations, bounces.  Counting runs with
 * interrupts off on one CPU, so that events of others are not counted.
 *
 * The probes cost instructions, so nothing is measured while they are attached.
 */
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "probe.h"

static struct pprobe_counts counts;
static bool counting;

static void pprobe_on_slab_alloc(void *data, unsigned long site, const void *ptr,
				 struct kmem_cache *s, gfp_t gfp, int node)
{
	if (!READ_ONCE(counting) || !ptr)
		return;
	counts.allocs++;
	counts.alloc_bytes += kmem_cache_size(s);
}

static void pprobe_on_kmalloc(void *data, unsigned long site, const void *ptr, size_t asked,
			      size_t got, gfp_t gfp, int node)
{
	if (!READ_ONCE(counting) || !ptr)
		return;
	counts.allocs++;
	counts.alloc_bytes += got;
}

static void pprobe_on_page_alloc(void *data, struct page *page, unsigned int order, gfp_t gfp,
				 int type)
{
	if (!READ_ONCE(counting) || !page)
		return;
	counts.allocs++;
	counts.alloc_bytes += PAGE_SIZE << order;
}

static void pprobe_on_bounce(void *data, struct device *dev, dma_addr_t addr, size_t size)
{
	if (READ_ONCE(counting))
		counts.bounces++;
}

static int pprobe_on_flush(struct kprobe *kp, struct pt_regs *regs)
{
	if (READ_ONCE(counting))
		counts.flushes++;
	return 0;
}

static struct {
	const char *name;
	void *call;
	u32 of;
	struct tracepoint *tp;
} points[] = {
	{ "kmem_cache_alloc", pprobe_on_slab_alloc, PHYR_PROBE_COUNTED_ALLOCS },
	{ "kmalloc", pprobe_on_kmalloc, PHYR_PROBE_COUNTED_ALLOCS },
	{ "mm_page_alloc", pprobe_on_page_alloc, PHYR_PROBE_COUNTED_ALLOCS },
	{ "swiotlb_bounced", pprobe_on_bounce, PHYR_PROBE_COUNTED_BOUNCES },
};

/* All invalidations of VT-d go through qi_submit_sync(); there is none with other IOMMUs. */
static struct kprobe flush_probe;

static u32 armed;	/* PHYR_PROBE_COUNTED_* */
static bool on;

/**
 * pprobe_count_arm - attach the probes
 *
 * Context: May sleep.  The caller holds target_lock.
 */
void pprobe_count_arm(void)
{
	u32 missing = 0;
	int i;

	if (on)
		return;
	armed = 0;
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		points[i].tp = pprobe_kernel_point(points[i].name);
		if (points[i].tp &&
		    tracepoint_probe_register(points[i].tp, points[i].call, NULL))
			points[i].tp = NULL;
		if (points[i].tp)
			armed |= points[i].of;
		else
			missing |= points[i].of;
	}
	armed &= ~missing;
	memset(&flush_probe, 0, sizeof(flush_probe));
	flush_probe.symbol_name = "qi_submit_sync";
	flush_probe.pre_handler = pprobe_on_flush;
	if (!register_kprobe(&flush_probe))
		armed |= PHYR_PROBE_COUNTED_FLUSHES;
	on = true;
}

/**
 * pprobe_count_disarm - detach the probes
 *
 * Context: May sleep.  The caller holds target_lock.
 */
void pprobe_count_disarm(void)
{
	int i;

	if (!on)
		return;
	if (armed & PHYR_PROBE_COUNTED_FLUSHES)
		unregister_kprobe(&flush_probe);
	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].tp)
			tracepoint_probe_unregister(points[i].tp, points[i].call, NULL);
	tracepoint_synchronize_unregister();
	on = false;
}

/**
 * pprobe_count_armed - are the probes attached?
 *
 * Context: The caller holds target_lock.
 * Return: true if they are; nothing can be measured then.
 */
bool pprobe_count_armed(void)
{
	return on;
}

/**
 * pprobe_count_begin - begin to count
 *
 * Context: Interrupts off until pprobe_count_end().
 */
void pprobe_count_begin(void)
{
	memset(&counts, 0, sizeof(counts));
	WRITE_ONCE(counting, true);
}

/**
 * pprobe_count_end - end counting
 * @out: receives the counts
 *
 * Context: Interrupts off.
 * Return: PHYR_PROBE_COUNTED_*: the events that could be counted.
 */
u32 pprobe_count_end(struct pprobe_counts *out)
{
	WRITE_ONCE(counting, false);
	*out = counts;
	return armed;
}
