// SPDX-License-Identifier: GPL-2.0
/*
 * Event log of a device ("story"): mappings, commands and unmappings in chronological order.  The
 * host compares it with the emulator's log of the same device.
 *
 * events.c stores the events.  story_iommu.c records mappings.  Commands are recorded with
 * phyr_nvme's tracepoints.  The memory of requests without a bio comes from asked.c, which knows it
 * only while watch.c is active; else no range is recorded.  Nothing of phyr.ko is used.
 */
#include <linux/blk-mq.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/nvme.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/swiotlb.h>
#include <linux/tracepoint.h>

#include "probe.h"

static DEFINE_MUTEX(story_lock);	/* serialises start, stop and read */

static struct {
	struct pci_dev *pdev;		/* with a reference while recording */
	bool recording;
	u32 by;
	u64 pool_start, pool_end;
} story;

/* PHYR_PROBE_PROT_* of memory: whether it is MMIO. */
static u8 pprobe_story_prot(phys_addr_t phys)
{
	return pprobe_in_bar(phys) ? PHYR_PROBE_PROT_MMIO : 0;
}

static void pprobe_story_add_bios(struct request *rq)
{
	struct phyr_probe_event event = { .kind = PHYR_PROBE_EV_RANGE };
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_bvec(bv, rq, iter) {
		event.phys = bvec_phys(&bv);
		event.len = bv.bv_len;
		event.prot = pprobe_story_prot(event.phys);
		__pprobe_events_add(&event);
	}
}

/* Contiguous pages are recorded as one range, to save space in the log. */
static void pprobe_story_add_asked(const struct pprobe_asked *asked)
{
	struct phyr_probe_event event = { .kind = PHYR_PROBE_EV_RANGE };
	u32 lead = asked->lead, left = asked->len, i, part;

	for (i = 0; left; i++, left -= part, lead = 0) {
		phys_addr_t phys = asked->page[i] + lead;
		u8 prot = pprobe_story_prot(phys);

		part = min(left, PAGE_SIZE - lead);
		if (event.len && phys == event.phys + event.len && prot == event.prot) {
			event.len += part;
			continue;
		}
		if (event.len)
			__pprobe_events_add(&event);
		event.phys = phys;
		event.len = part;
		event.prot = prot;
	}
	__pprobe_events_add(&event);
}

static void pprobe_story_on_submit(void *data, struct request *rq, const struct nvme_command *cmd,
				   struct device *dev, u16 qid)
{
	struct phyr_probe_event event = {
		.kind = PHYR_PROBE_EV_SUBMIT,
		.qid = qid,
		.cid = cmd->common.command_id,
		.opcode = cmd->common.opcode,
	};
	bool is_data = event.opcode == nvme_cmd_read || event.opcode == nvme_cmd_write;
	const struct pprobe_asked *asked = NULL;
	unsigned long flags;

	if (dev != &story.pdev->dev)
		return;
	if (is_data && !rq->bio)
		asked = pprobe_asked(rq);
	if (asked)
		event.len = asked->len;
	else if (is_data && rq->bio)
		event.len = blk_rq_payload_bytes(rq);

	raw_spin_lock_irqsave(&pprobe_events_lock, flags);
	__pprobe_events_add(&event);
	if (asked)
		pprobe_story_add_asked(asked);
	else if (is_data && rq->bio)
		pprobe_story_add_bios(rq);
	raw_spin_unlock_irqrestore(&pprobe_events_lock, flags);
}

static void pprobe_story_on_complete(void *data, struct device *dev, u16 qid, u16 cid, u16 status)
{
	if (dev == &story.pdev->dev)
		pprobe_events_add(&(struct phyr_probe_event){
			.kind = PHYR_PROBE_EV_COMPLETE, .qid = qid, .cid = cid,
		});
}

static const struct {
	const char *symbol;
	void *handler;
} traces[] = {
	{ "__tracepoint_phyr_nvme_submit", pprobe_story_on_submit },
	{ "__tracepoint_phyr_nvme_complete", pprobe_story_on_complete },
};

static struct tracepoint *traced[ARRAY_SIZE(traces)];

static void pprobe_story_untrace(void)
{
	unsigned int i;

	for (i = ARRAY_SIZE(traces); i--;) {
		if (!traced[i])
			continue;
		tracepoint_probe_unregister(traced[i], traces[i].handler, NULL);
		__symbol_put(traces[i].symbol);
		traced[i] = NULL;
	}
	tracepoint_synchronize_unregister();
}

static int pprobe_story_trace(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(traces); i++) {
		struct tracepoint *tp = __symbol_get(traces[i].symbol);
		int err = tp ? tracepoint_probe_register(tp, traces[i].handler, NULL) : -ENOENT;

		if (err) {
			if (tp)
				__symbol_put(traces[i].symbol);
			pprobe_story_untrace();
			return err;
		}
		traced[i] = tp;
	}
	return 0;
}

static void __pprobe_story_stop(void)
{
	pprobe_story_untrace();
	pprobe_story_unhook();
	pci_dev_put(story.pdev);
	story.pdev = NULL;
	story.recording = false;
}

/**
 * pprobe_story_start - begin to record; frees the previous log
 * @arg: the request, from user space
 *
 * Takes references to the device and to phyr_nvme.ko until pprobe_story_stop().
 *
 * Context: May sleep.
 * Return: 0; -EINVAL; -EBUSY if it is recording; -ENODEV if there is no such device; -ENOENT if
 * phyr_nvme.ko is not loaded; -ENOMEM; -E2BIG for too many BARs; an error of register_fprobe().
 */
int pprobe_story_start(const struct phyr_probe_story_start *arg)
{
	struct iommu_domain *domain;
	int err;

	if (arg->reserved || !arg->events || arg->events > PHYR_PROBE_MAX_EVENTS ||
	    arg->segment > U16_MAX || arg->devfn > U16_MAX)
		return -EINVAL;

	guard(mutex)(&story_lock);
	if (story.recording)
		return -EBUSY;
	err = pprobe_events_alloc(arg->events);
	if (err)
		return err;

	story.pdev = pci_get_domain_bus_and_slot(arg->segment, arg->devfn >> 8, arg->devfn & 0xff);
	if (!story.pdev) {
		err = -ENODEV;
		goto forget;
	}
	domain = iommu_get_domain_for_dev(&story.pdev->dev);
	story.by = pprobe_domain_kind(domain);
	story.pool_start = 0;
	story.pool_end = 0;
#ifdef CONFIG_SWIOTLB
	if (story.pdev->dev.dma_io_tlb_mem) {
		story.pool_start = story.pdev->dev.dma_io_tlb_mem->defpool.start;
		story.pool_end = story.pdev->dev.dma_io_tlb_mem->defpool.end;
	}
#endif
	err = pprobe_bars_find();
	if (err)
		goto put;
	if (story.by == PHYR_PROBE_DMA_DOMAIN)
		err = pprobe_story_hook(domain);
	if (err)
		goto put;
	err = pprobe_story_trace();
	if (err)
		goto stop_hooks;
	story.recording = true;
	return 0;

stop_hooks:
	pprobe_story_unhook();
put:
	pci_dev_put(story.pdev);
	story.pdev = NULL;
forget:
	pprobe_events_free();
	return err;
}

/**
 * pprobe_story_stop - end recording; the log can be read afterwards
 *
 * Context: May sleep.
 * Return: 0 or -ENOENT if it was not recording.
 */
int pprobe_story_stop(void)
{
	guard(mutex)(&story_lock);
	if (!story.recording)
		return -ENOENT;
	__pprobe_story_stop();
	return 0;
}

/**
 * pprobe_story_read - read the log
 * @arg: the request, from and to user space
 *
 * Context: May sleep.
 * Return: 0; -EBUSY while it records; -EFAULT.
 */
int pprobe_story_read(struct phyr_probe_story_read *arg)
{
	guard(mutex)(&story_lock);
	if (story.recording)
		return -EBUSY;
	arg->by = story.by;
	arg->pool_start = story.pool_start;
	arg->pool_end = story.pool_end;
	return pprobe_events_read(arg);
}

/* Module exit. */
void pprobe_story_exit(void)
{
	guard(mutex)(&story_lock);
	if (story.recording)
		__pprobe_story_stop();
	pprobe_events_free();
}
