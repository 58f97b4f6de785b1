// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's story: what was mapped for a device, which commands it was given, what was unmapped,
 * in the order in which it happened.  The host has the device's story, from the emulator.
 *
 * Mappings are taken where every path of the kernel makes them, in the IOMMU API, with fprobes: a
 * kprobe that an interrupt runs into while another is at work is missed, and a story has no holes;
 * commands from phyr_nvme's tracepoints.  Nothing of phyr.ko is used.
 */
#include <linux/blk-mq.h>
#include <linux/iommu.h>
#include <linux/fprobe.h>
#include <linux/memremap.h>
#include <linux/mutex.h>
#include <linux/nvme.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/swiotlb.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>

#include "probe.h"

static DEFINE_MUTEX(story_lock);	/* start, stop, read */

static struct {
	struct pci_dev *pdev;		/* held while recording */
	struct iommu_domain *domain;	/* of the device when the recording began; NULL without */
	bool recording;
	u32 by;
	u64 pool_start, pool_end;

	raw_spinlock_t lock;		/* the rest: one order over all CPUs */
	struct phyr_probe_event *event;
	u32 room, nr;
	u64 lost;
} story = { .lock = __RAW_SPIN_LOCK_UNLOCKED(story.lock) };

static void tell(const struct phyr_probe_event *event)
{
	lockdep_assert_held(&story.lock);

	/* A story with a hole is none: nothing follows what was lost. */
	if (story.lost || story.nr == story.room) {
		story.lost++;
		return;
	}
	story.event[story.nr] = *event;
	story.event[story.nr++].time = ktime_get_mono_fast_ns();
}

static void tell_one(const struct phyr_probe_event *event)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&story.lock, flags);
	tell(event);
	raw_spin_unlock_irqrestore(&story.lock, flags);
}

static u8 prot_bits(int prot)
{
	return (prot & IOMMU_READ ? PHYR_PROBE_PROT_READ : 0) |
	       (prot & IOMMU_WRITE ? PHYR_PROBE_PROT_WRITE : 0) |
	       (prot & IOMMU_MMIO ? PHYR_PROBE_PROT_MMIO : 0);
}

/* Is this call of an IOMMU API function about our device?  The domain is its first argument. */
static bool ours(struct ftrace_regs *regs)
{
	return ftrace_regs_get_argument(regs, 0) == (unsigned long)story.domain;
}

/* int iommu_map_nosync(domain, iova, paddr, size, prot, gfp) */
static void on_map(struct ftrace_regs *regs)
{
	tell_one(&(struct phyr_probe_event){
		.kind = PHYR_PROBE_EV_MAP,
		.addr = ftrace_regs_get_argument(regs, 1),
		.phys = ftrace_regs_get_argument(regs, 2),
		.len = ftrace_regs_get_argument(regs, 3),
		.prot = prot_bits(ftrace_regs_get_argument(regs, 4)),
	});
}

/* size_t iommu_unmap(domain, iova, size), iommu_unmap_fast(domain, iova, size, gather) */
static void on_unmap(struct ftrace_regs *regs)
{
	tell_one(&(struct phyr_probe_event){
		.kind = PHYR_PROBE_EV_UNMAP,
		.addr = ftrace_regs_get_argument(regs, 1),
		.len = ftrace_regs_get_argument(regs, 2),
	});
}

/* void flush_iotlb_all(domain) */
static void on_flush_all(void)
{
	tell_one(&(struct phyr_probe_event){ .kind = PHYR_PROBE_EV_FLUSH });
}

/* void iotlb_sync(domain, gather) */
static void on_sync(struct ftrace_regs *regs)
{
	const struct iommu_iotlb_gather *gather = (void *)ftrace_regs_get_argument(regs, 1);

	if (gather->start <= gather->end)
		tell_one(&(struct phyr_probe_event){
			.kind = PHYR_PROBE_EV_FLUSH,
			.addr = gather->start,
			.len = gather->end - gather->start + 1,
		});
}

/* Is @ip at the beginning of @function?  What precedes the probe there depends on the machine. */
static bool begins(const void *function, unsigned long ip)
{
	return ip - (unsigned long)function < 32;
}

static int on_api(struct fprobe *probe, unsigned long ip, unsigned long ret,
		  struct ftrace_regs *regs, void *data)
{
	if (!ours(regs))
		return 0;
	if (begins(iommu_unmap, ip) || begins(iommu_unmap_fast, ip))
		on_unmap(regs);
	else
		on_map(regs);
	return 0;
}

static int on_operation(struct fprobe *probe, unsigned long ip, unsigned long ret,
			struct ftrace_regs *regs, void *data)
{
	if (!ours(regs))
		return 0;
	if (begins(story.domain->ops->iotlb_sync, ip))
		on_sync(regs);
	else
		on_flush_all();
	return 0;
}

static void on_submit(void *data, struct request *rq, const struct nvme_command *cmd,
		      struct device *dev, u16 qid)
{
	struct phyr_probe_event event = {
		.kind = PHYR_PROBE_EV_SUBMIT,
		.qid = qid,
		.cid = cmd->common.command_id,
		.opcode = cmd->common.opcode,
	};
	bool is_data = event.opcode == nvme_cmd_read || event.opcode == nvme_cmd_write;
	struct req_iterator iter;
	struct bio_vec bv;
	unsigned long flags;

	if (dev != &story.pdev->dev)
		return;
	is_data = is_data && rq->bio;
	if (is_data)
		event.len = blk_rq_payload_bytes(rq);

	raw_spin_lock_irqsave(&story.lock, flags);
	tell(&event);
	if (is_data) {
		event = (struct phyr_probe_event){ .kind = PHYR_PROBE_EV_RANGE };
		rq_for_each_bvec(bv, rq, iter) {
			event.phys = bvec_phys(&bv);
			event.len = bv.bv_len;
			event.prot = is_pci_p2pdma_page(bv.bv_page) ? PHYR_PROBE_PROT_MMIO : 0;
			tell(&event);
		}
	}
	raw_spin_unlock_irqrestore(&story.lock, flags);
}

static void on_complete(void *data, struct device *dev, u16 qid, u16 cid, u16 status)
{
	if (dev == &story.pdev->dev)
		tell_one(&(struct phyr_probe_event){
			.kind = PHYR_PROBE_EV_COMPLETE, .qid = qid, .cid = cid,
		});
}

/* As few as can be: each costs a kernel of its own code patched, twice. */
static struct fprobe api, operations;
static bool hooked_api, hooked_operations;

static void unhook(void)
{
	if (hooked_operations)
		unregister_fprobe(&operations);
	if (hooked_api)
		unregister_fprobe(&api);
	hooked_operations = false;
	hooked_api = false;
}

/* What becomes of translations; nothing does without an IOMMU that translates. */
static int hook_iommu(void)
{
	static const char * const names[] = {
		"iommu_map_nosync", "iommu_unmap", "iommu_unmap_fast",
	};
	const struct iommu_domain_ops *ops;
	unsigned long ips[2];
	int err, nr = 0;

	if (story.by != PHYR_PROBE_DMA_DOMAIN)
		return 0;
	api = (struct fprobe){ .entry_handler = on_api };
	err = register_fprobe_syms(&api, (const char **)names, ARRAY_SIZE(names));
	if (err)
		return err;
	hooked_api = true;

	ops = story.domain->ops;
	if (ops->flush_iotlb_all)
		ips[nr++] = (unsigned long)ops->flush_iotlb_all;
	if (ops->iotlb_sync)
		ips[nr++] = (unsigned long)ops->iotlb_sync;
	if (!nr)
		return 0;
	operations = (struct fprobe){ .entry_handler = on_operation };
	err = register_fprobe_ips(&operations, ips, nr);
	hooked_operations = !err;
	if (err)
		unhook();
	return err;
}

static const struct {
	const char *symbol;
	void *handler;
} traces[] = {
	{ "__tracepoint_phyr_nvme_submit", on_submit },
	{ "__tracepoint_phyr_nvme_complete", on_complete },
};

static struct tracepoint *traced[ARRAY_SIZE(traces)];

static void untrace(void)
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

static int trace(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(traces); i++) {
		struct tracepoint *tp = __symbol_get(traces[i].symbol);
		int err = tp ? tracepoint_probe_register(tp, traces[i].handler, NULL) : -ENOENT;

		if (err) {
			if (tp)
				__symbol_put(traces[i].symbol);
			untrace();
			return err;
		}
		traced[i] = tp;
	}
	return 0;
}

static void story_stop(void)
{
	untrace();
	unhook();
	pci_dev_put(story.pdev);
	story.pdev = NULL;
	story.recording = false;
}

/**
 * probe_story_start - begin to record, from nothing; what was recorded before is forgotten
 * @arg: from user space
 *
 * Holds the device and phyr_nvme.ko until probe_story_stop().
 *
 * Context: May sleep.
 * Return: 0; -EBUSY if it is recording; -ENODEV without such a device; -ENOENT if phyr_nvme.ko is
 * not loaded; -ENOMEM; an error of register_fprobe().
 */
int probe_story_start(const struct phyr_probe_story_start *arg)
{
	int err;

	if (arg->reserved || !arg->events || arg->events > PHYR_PROBE_MAX_EVENTS ||
	    arg->segment > U16_MAX || arg->devfn > U16_MAX)
		return -EINVAL;

	guard(mutex)(&story_lock);
	if (story.recording)
		return -EBUSY;
	vfree(story.event);
	story.nr = 0;
	story.lost = 0;
	story.room = arg->events;
	story.event = vmalloc_array(arg->events, sizeof(*story.event));
	if (!story.event)
		return -ENOMEM;

	story.pdev = pci_get_domain_bus_and_slot(arg->segment, arg->devfn >> 8, arg->devfn & 0xff);
	if (!story.pdev) {
		err = -ENODEV;
		goto forget;
	}
	story.domain = iommu_get_domain_for_dev(&story.pdev->dev);
	story.by = probe_domain_kind(story.domain);
	story.pool_start = 0;
	story.pool_end = 0;
#ifdef CONFIG_SWIOTLB
	if (story.pdev->dev.dma_io_tlb_mem) {
		story.pool_start = story.pdev->dev.dma_io_tlb_mem->defpool.start;
		story.pool_end = story.pdev->dev.dma_io_tlb_mem->defpool.end;
	}
#endif
	err = hook_iommu();
	if (err)
		goto put;
	err = trace();
	if (err)
		goto stop_hooks;
	story.recording = true;
	return 0;

stop_hooks:
	unhook();
put:
	pci_dev_put(story.pdev);
	story.pdev = NULL;
forget:
	vfree(story.event);
	story.event = NULL;
	story.room = 0;
	return err;
}

/**
 * probe_story_stop - end recording; what was recorded can still be read
 *
 * Context: May sleep.
 * Return: 0 or -ENOENT if it was not recording.
 */
int probe_story_stop(void)
{
	guard(mutex)(&story_lock);
	if (!story.recording)
		return -ENOENT;
	story_stop();
	return 0;
}

/**
 * probe_story_read - hand out what was recorded
 * @arg: from and to user space
 *
 * Context: May sleep.
 * Return: 0; -EBUSY while it records; -EFAULT.
 */
int probe_story_read(struct phyr_probe_story_read *arg)
{
	guard(mutex)(&story_lock);
	if (story.recording)
		return -EBUSY;
	arg->by = story.by;
	arg->recorded = story.nr;
	arg->lost = story.lost;
	arg->pool_start = story.pool_start;
	arg->pool_end = story.pool_end;
	if (arg->from >= story.nr) {
		arg->count = 0;
		return 0;
	}
	arg->count = min_t(u64, arg->count, story.nr - arg->from);
	if (copy_to_user(u64_to_user_ptr(arg->buffer), story.event + arg->from,
			 array_size(arg->count, sizeof(*story.event))))
		return -EFAULT;
	return 0;
}

/* The module goes. */
void probe_story_exit(void)
{
	guard(mutex)(&story_lock);
	if (story.recording)
		story_stop();
	vfree(story.event);
	story.event = NULL;
}
