// SPDX-License-Identifier: GPL-2.0
/*
 * Checker of phyr_nvme's commands.  It follows the PRPs or the SGL of every read and write as the
 * device does and compares the physical addresses with the pages of the request, or, without a bio,
 * with the memory that the process passed to the ioctl (asked.c).  Nothing of phyr.ko is used.
 *
 * Of data in a bounce buffer, the offset in the page is compared, and for a write also the content.
 */
#include <linux/blk-mq.h>
#include <linux/iommu.h>
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/tracepoint.h>

#include "probe.h"

static DEFINE_MUTEX(watch_lock);	/* serialises start and stop */
static bool watching;			/* probes are attached; phyr_nvme.ko has a reference */

static DEFINE_SPINLOCK(stats_lock);
static struct phyr_probe_watch stats;

/**
 * struct pprobe_check - check of a command
 * @domain:	IOMMU domain of the device
 * @at:		position in its data
 * @dev:	the device
 * @opcode:	NVMe opcode
 * @bounced:	bytes found in bounce buffers
 * @offset:	bytes checked
 * @total:	bytes of the command
 */
struct pprobe_check {
	struct iommu_domain *domain;
	struct pprobe_follow at;
	struct device *dev;
	u8 opcode;
	u32 bounced;
	u32 offset;
	u32 total;
};

/*
 * Compare @len bytes of the request at @want.  Returns false at a mismatch, with *iova and *got
 * set.
 */
static bool pprobe_watch_check_range(struct pprobe_check *c, phys_addr_t want, u32 len, u64 *iova,
				     u64 *got)
{
	while (len) {
		u32 step;

		if (!c->at.room && !pprobe_follow_next(&c->at, c->total - c->offset, iova)) {
			*got = 0;
			return false;
		}
		/* A data block of an SGL may span pages; check each page. */
		step = min3(len, c->at.room,
			    PPROBE_CTRL_PAGE - (u32)(c->at.addr & (PPROBE_CTRL_PAGE - 1)));
		*iova = c->at.addr;
		*got = pprobe_to_phys(c->domain, c->at.addr);
		if (*got != want) {
			if (!pprobe_bounced_right(c->dev, *got, want, step,
						  c->opcode == nvme_cmd_write))
				return false;
			c->bounced += step;
			goto next;
		}
		/* Within a page, the first and the last byte are enough. */
		if (pprobe_to_phys(c->domain, c->at.addr + step - 1) != want + step - 1)
			return false;
next:
		c->at.addr += step;
		c->at.room -= step;
		c->offset += step;
		want += step;
		len -= step;
	}
	return true;
}

/* Compare with the bios.  Returns false at a mismatch, with *iova, *got and *want set. */
static bool pprobe_watch_check_bios(struct pprobe_check *c, struct request *rq, u64 *iova, u64 *got,
				    u64 *want)
{
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_bvec(bv, rq, iter) {
		*want = bvec_phys(&bv);
		if (!pprobe_watch_check_range(c, *want, bv.bv_len, iova, got))
			return false;
	}
	return true;
}

/* Compare with the memory that the process passed to the ioctl. */
static bool pprobe_watch_check_asked(struct pprobe_check *c, const struct pprobe_asked *asked,
				     u64 *iova, u64 *got, u64 *want)
{
	u32 offset = asked->lead, left = asked->len, i, part;

	for (i = 0; left; i++, left -= part, offset = 0) {
		part = min(left, PAGE_SIZE - offset);
		*want = asked->page[i] + offset;
		if (!pprobe_watch_check_range(c, *want, part, iova, got))
			return false;
	}
	return true;
}

static struct page *pprobe_asked_first_page(const struct pprobe_asked *asked)
{
	unsigned long pfn = PHYS_PFN(asked->page[0]);

	return pfn_valid(pfn) ? pfn_to_page(pfn) : NULL;
}

static void pprobe_watch_on_submit(void *data, struct request *rq, const struct nvme_command *cmd,
				   struct device *dev, u16 qid)
{
	const struct pprobe_asked *asked = NULL;
	u8 opcode = cmd->common.opcode;
	u64 iova = 0, got = 0, want = 0;
	struct pprobe_check c = {};
	unsigned long flags;
	bool good, p2p, bus;
	struct page *page;

	if (opcode != nvme_cmd_read && opcode != nvme_cmd_write)
		return;
	if (!rq->bio)
		asked = pprobe_asked(rq);
	if ((!rq->bio && !asked) || cmd->common.flags & NVME_CMD_SGL_METASEG) {
		spin_lock_irqsave(&stats_lock, flags);
		stats.unchecked++;
		spin_unlock_irqrestore(&stats_lock, flags);
		return;
	}

	c.dev = dev;
	c.opcode = opcode;
	c.domain = iommu_get_domain_for_dev(dev);
	c.total = asked ? asked->len : blk_rq_payload_bytes(rq);
	pprobe_follow_begin(&c.at, c.domain, cmd);

	if (asked)
		good = pprobe_watch_check_asked(&c, asked, &iova, &got, &want);
	else
		good = pprobe_watch_check_bios(&c, rq, &iova, &got, &want);
	if (good && c.at.is_sgl && c.at.room) {	/* the SGL is longer than the data */
		iova = c.at.addr;
		want = 0;
		good = false;
	}

	/* All memory of a request has one provider. */
	page = asked ? pprobe_asked_first_page(asked) : bio_page(rq->bio);
	p2p = page && is_pci_p2pdma_page(page);
	bus = p2p && pprobe_p2p_is_bus(dev, page);

	spin_lock_irqsave(&stats_lock, flags);
	stats.commands++;
	stats.bytes += c.offset;
	stats.bounced += c.bounced;
	stats.by = pprobe_domain_kind(c.domain);
	if (p2p) {
		stats.p2p_bytes += c.offset;
		stats.p2p_bus += bus ? c.offset : 0;
		stats.p2p_bounced += c.bounced;
	}
	if (asked) {
		stats.asked_bytes += c.offset;
		stats.asked_bounced += c.bounced;
	}
	if (!good && !stats.mismatches++) {
		stats.opcode = opcode;
		stats.offset = c.offset;
		stats.iova = iova;
		stats.got = got;
		stats.want = want;
	}
	spin_unlock_irqrestore(&stats_lock, flags);
}

/* In this order, so that asked.c is attached first and detached last. */
static struct {
	const char *symbol;
	void *probe;
	struct tracepoint *tp;
} points[] = {
	{ "__tracepoint_phyr_nvme_ctl_buffer", pprobe_on_ctl_buffer },
	{ "__tracepoint_phyr_nvme_ctl_io", pprobe_on_ctl_io },
	{ "__tracepoint_phyr_nvme_submit", pprobe_watch_on_submit },
};

static void pprobe_watch_detach(int nr)
{
	int i;

	for (i = nr; i--;)
		tracepoint_probe_unregister(points[i].tp, points[i].probe, NULL);
	tracepoint_synchronize_unregister();
	for (i = nr; i--;)
		__symbol_put(points[i].symbol);
	pprobe_asked_forget();
}

static int pprobe_watch_attach(void)
{
	int i, err;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		points[i].tp = __symbol_get(points[i].symbol);
		err = -ENOENT;
		if (!points[i].tp)
			goto detach;
		err = tracepoint_probe_register(points[i].tp, points[i].probe, NULL);
		if (err) {
			__symbol_put(points[i].symbol);
			goto detach;
		}
	}
	return 0;

detach:
	pprobe_watch_detach(i);
	return err;
}

/**
 * pprobe_watch_start - begin to check commands; resets the statistics
 *
 * Takes a reference to phyr_nvme.ko until pprobe_watch_stop().
 *
 * Context: May sleep.
 * Return: 0; -EBUSY if it is active; -ENOENT if phyr_nvme.ko is not loaded.
 */
int pprobe_watch_start(void)
{
	int err;

	guard(mutex)(&watch_lock);
	if (watching)
		return -EBUSY;

	spin_lock_irq(&stats_lock);
	memset(&stats, 0, sizeof(stats));
	stats.active = 1;
	spin_unlock_irq(&stats_lock);
	pprobe_p2p_forget();

	err = pprobe_watch_attach();
	if (err)
		stats.active = 0;
	else
		watching = true;
	return err;
}

/**
 * pprobe_watch_stop - end checking; the statistics can be read afterwards
 *
 * Context: May sleep.
 * Return: 0; -ENOENT if it was not active.
 */
int pprobe_watch_stop(void)
{
	guard(mutex)(&watch_lock);
	if (!watching)
		return -ENOENT;
	pprobe_watch_detach(ARRAY_SIZE(points));
	watching = false;

	spin_lock_irq(&stats_lock);
	stats.active = 0;
	spin_unlock_irq(&stats_lock);
	return 0;
}

/**
 * pprobe_watch_read - get the statistics since the last start
 * @arg: receives them
 *
 * Context: May sleep.
 */
void pprobe_watch_read(struct phyr_probe_watch *arg)
{
	spin_lock_irq(&stats_lock);
	*arg = stats;
	spin_unlock_irq(&stats_lock);
}
