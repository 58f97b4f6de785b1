// SPDX-License-Identifier: GPL-2.0
/*
 * The checker of phyr_nvme's commands.  For every read and write it follows the PRPs or the SGL of
 * the command as the device would, and compares where they lead with the pages of the request; one
 * without a bio, with the memory that its process asked for (asked.c).  It uses nothing of phyr.ko.
 *
 * Data in a bounce buffer lies elsewhere by design: there its content is compared when it goes to
 * the device, and its offset in the page when it will come from there.
 */
#include <linux/blk-mq.h>
#include <linux/iommu.h>
#include <linux/memremap.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nvme.h>
#include <linux/spinlock.h>
#include <linux/tracepoint.h>

#include "probe.h"

#define CTRL_PAGE	4096U	/* CC.MPS = 0, the only page size phyr_nvme sets */
#define CTRL_ENTRIES	(CTRL_PAGE / sizeof(__le64))

/* Segments of an SGL that are followed; more can only be a ring. */
#define MAX_SEGMENTS	64

static DEFINE_MUTEX(watch_lock);	/* start and stop */
static bool watching;			/* the tracepoints, and so their module, are held */

static DEFINE_SPINLOCK(stats_lock);
static struct phyr_probe_watch stats;

/**
 * struct prp_walk - the data pointer of a command, as a device reads it
 * @domain:	of the device
 * @prp2:	second PRP: data if no more than a page is left then, else a list
 * @list:	entries of the list not yet read in this page
 * @at:		index of the next one
 */
struct prp_walk {
	struct iommu_domain *domain;
	u64 prp2;
	const __le64 *list;
	unsigned int at;
};

/* Open the page of PRP entries at @addr; false if the device could not read it either. */
static bool walk_open(struct prp_walk *w, u64 addr)
{
	phys_addr_t phys = probe_to_phys(w->domain, addr);

	if (!phys || !pfn_valid(PHYS_PFN(phys)))
		return false;
	w->list = phys_to_virt(phys & ~(phys_addr_t)(CTRL_PAGE - 1));
	w->at = (phys & (CTRL_PAGE - 1)) / sizeof(__le64);
	return true;
}

/* The PRP for the next page, with @left bytes still to come. */
static bool walk_next(struct prp_walk *w, u64 left, u64 *addr)
{
	if (!w->list) {
		if (left <= CTRL_PAGE) {
			*addr = w->prp2;
			return true;
		}
		if (!walk_open(w, w->prp2))
			return false;
	}
	/* The last entry of a page leads to the next page if more than one page is left. */
	if (w->at == CTRL_ENTRIES - 1 && left > CTRL_PAGE &&
	    !walk_open(w, le64_to_cpu(w->list[w->at])))
		return false;
	*addr = le64_to_cpu(w->list[w->at++]);
	return true;
}

/**
 * struct sgl_walk - the SGL of a command, as a device reads it
 * @domain:	of the device
 * @next:	the command's own descriptor, its length 0 once it has been used
 * @at:		DMA address of the next descriptor of the present segment
 * @left:	bytes of descriptors left there
 * @segments:	segments entered
 * @last:	no segment may follow the present one
 */
struct sgl_walk {
	struct iommu_domain *domain;
	struct nvme_sgl_desc next;
	u64 at;
	u32 left;
	u32 segments;
	bool last;
};

/* Read the descriptor at w->at; one that lies across pages is not aligned as it should be. */
static bool sgl_read(struct sgl_walk *w, struct nvme_sgl_desc *desc)
{
	phys_addr_t phys = probe_to_phys(w->domain, w->at);

	if (w->left < sizeof(*desc) || !phys || !pfn_valid(PHYS_PFN(phys)) ||
	    offset_in_page(phys) > PAGE_SIZE - sizeof(*desc))
		return false;
	memcpy(desc, phys_to_virt(phys), sizeof(*desc));
	w->at += sizeof(*desc);
	w->left -= sizeof(*desc);
	return true;
}

/* The next data block: its address and length.  False where the SGL is wrong or at its end. */
static bool sgl_next(struct sgl_walk *w, u64 *addr, u32 *len)
{
	struct nvme_sgl_desc desc = w->next;
	bool own = !w->segments && desc.length;

	for (;;) {
		u8 type;

		if (!own && !sgl_read(w, &desc))
			return false;
		type = desc.type >> 4;
		if (desc.type & 0xf)	/* an address, and nothing else */
			return false;
		if (type == NVME_SGL_FMT_DATA_DESC) {
			if (own)
				w->next.length = 0;
			*addr = le64_to_cpu(desc.addr);
			*len = le32_to_cpu(desc.length);
			return *len;
		}
		/* On to another segment: only from the end of one that is not the last. */
		if ((type != NVME_SGL_FMT_SEG_DESC && type != NVME_SGL_FMT_LAST_SEG_DESC) ||
		    w->left || w->last || w->segments++ == MAX_SEGMENTS)
			return false;
		w->last = type == NVME_SGL_FMT_LAST_SEG_DESC;
		w->at = le64_to_cpu(desc.addr);
		w->left = le32_to_cpu(desc.length);
		if (!w->left || w->left % sizeof(desc))
			return false;
		own = false;
	}
}

/**
 * struct check - one command being checked
 * @domain:	of the device
 * @walk:	where its PRPs lead
 * @sgl:	where its SGL leads
 * @is_sgl:	which of the two it has
 * @dev:	the device
 * @opcode:	NVMe opcode
 * @bounced:	bytes found in bounce buffers
 * @addr:	DMA address of the next byte
 * @room:	bytes left in the page, or in the block of the SGL, at @addr
 * @offset:	bytes checked
 * @total:	bytes of the command
 */
struct check {
	struct iommu_domain *domain;
	struct prp_walk walk;
	struct sgl_walk sgl;
	bool is_sgl;
	struct device *dev;
	u8 opcode;
	u32 bounced;
	u64 addr;
	u32 room;
	u32 offset;
	u32 total;
};

/* Find the memory that the device goes on with; false with *iova set if it could not. */
static bool check_refill(struct check *c, u64 *iova)
{
	*iova = 0;
	if (c->is_sgl)
		return sgl_next(&c->sgl, &c->addr, &c->room);
	if (!walk_next(&c->walk, c->total - c->offset, &c->addr))
		return false;
	c->room = CTRL_PAGE - (c->addr & (CTRL_PAGE - 1));
	if (c->room != CTRL_PAGE) {	/* only the first PRP may have an offset */
		*iova = c->addr;
		return false;
	}
	return true;
}

/* Compare @len bytes of the request at @want; false with *iova and *got set at a mismatch. */
static bool check_range(struct check *c, phys_addr_t want, u32 len, u64 *iova, u64 *got)
{
	while (len) {
		u32 step;

		if (!c->room && !check_refill(c, iova)) {
			*got = 0;
			return false;
		}
		/* A translation holds for its page, in which a block of an SGL need not end. */
		step = min3(len, c->room, CTRL_PAGE - (u32)(c->addr & (CTRL_PAGE - 1)));
		*iova = c->addr;
		*got = probe_to_phys(c->domain, c->addr);
		if (*got != want) {
			if (!probe_bounced_right(c->dev, *got, want, step,
						 c->opcode == nvme_cmd_write))
				return false;
			c->bounced += step;
			goto next;
		}
		/* The last byte settles all between. */
		if (probe_to_phys(c->domain, c->addr + step - 1) != want + step - 1)
			return false;
next:
		c->addr += step;
		c->room -= step;
		c->offset += step;
		want += step;
		len -= step;
	}
	return true;
}

static void check_begin_prp(struct check *c, const struct nvme_command *cmd)
{
	c->walk.domain = c->domain;
	c->walk.prp2 = le64_to_cpu(cmd->common.dptr.prp2);
	c->addr = le64_to_cpu(cmd->common.dptr.prp1);
	c->room = CTRL_PAGE - (c->addr & (CTRL_PAGE - 1));
}

static void check_begin_sgl(struct check *c, const struct nvme_command *cmd)
{
	c->is_sgl = true;
	c->sgl.domain = c->domain;
	c->sgl.next = cmd->common.dptr.sgl;
}

/* Compare with the pages of the bios; false with *want, and the rest, set at a mismatch. */
static bool check_bios(struct check *c, struct request *rq, u64 *iova, u64 *got, u64 *want)
{
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_bvec(bv, rq, iter) {
		*want = bvec_phys(&bv);
		if (!check_range(c, *want, bv.bv_len, iova, got))
			return false;
	}
	return true;
}

/* The same with what a process asked for. */
static bool check_asked(struct check *c, const struct probe_asked *asked, u64 *iova, u64 *got,
			u64 *want)
{
	u32 offset = asked->lead, left = asked->len, i, part;

	for (i = 0; left; i++, left -= part, offset = 0) {
		part = min(left, PAGE_SIZE - offset);
		*want = asked->page[i] + offset;
		if (!check_range(c, *want, part, iova, got))
			return false;
	}
	return true;
}

static struct page *first_page(const struct probe_asked *asked)
{
	unsigned long pfn = PHYS_PFN(asked->page[0]);

	return pfn_valid(pfn) ? pfn_to_page(pfn) : NULL;
}

static void on_submit(void *data, struct request *rq, const struct nvme_command *cmd,
		      struct device *dev, u16 qid)
{
	const struct probe_asked *asked = NULL;
	u8 opcode = cmd->common.opcode;
	u64 iova = 0, got = 0, want = 0;
	struct check c = {};
	unsigned long flags;
	bool good, p2p, bus;
	struct page *page;

	if (opcode != nvme_cmd_read && opcode != nvme_cmd_write)
		return;
	if (!rq->bio)
		asked = probe_asked(rq);
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
	if (cmd->common.flags & NVME_CMD_SGL_METABUF)
		check_begin_sgl(&c, cmd);
	else
		check_begin_prp(&c, cmd);

	if (asked)
		good = check_asked(&c, asked, &iova, &got, &want);
	else
		good = check_bios(&c, rq, &iova, &got, &want);
	if (good && c.is_sgl && c.room) {	/* more than the data */
		iova = c.addr;
		want = 0;
		good = false;
	}

	/* All memory of a request has one provider. */
	page = asked ? first_page(asked) : bio_page(rq->bio);
	p2p = page && is_pci_p2pdma_page(page);
	bus = p2p && probe_p2p_is_bus(dev, page);

	spin_lock_irqsave(&stats_lock, flags);
	stats.commands++;
	stats.bytes += c.offset;
	stats.bounced += c.bounced;
	stats.by = probe_domain_kind(c.domain);
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

/* What is asked is probed first, and to the last. */
static struct {
	const char *symbol;
	void *probe;
	struct tracepoint *tp;
} points[] = {
	{ "__tracepoint_phyr_nvme_ctl_buffer", probe_on_ctl_buffer },
	{ "__tracepoint_phyr_nvme_ctl_io", probe_on_ctl_io },
	{ "__tracepoint_phyr_nvme_submit", on_submit },
};

static void detach(int nr)
{
	int i;

	for (i = nr; i--;)
		tracepoint_probe_unregister(points[i].tp, points[i].probe, NULL);
	tracepoint_synchronize_unregister();
	for (i = nr; i--;)
		__symbol_put(points[i].symbol);
	probe_asked_forget();
}

static int attach(void)
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
	detach(i);
	return err;
}

/**
 * probe_watch_start - begin to watch, from zero
 *
 * Holds phyr_nvme.ko until probe_watch_stop().
 *
 * Context: May sleep.
 * Return: 0; -EBUSY if it is watching; -ENOENT if phyr_nvme.ko is not loaded.
 */
int probe_watch_start(void)
{
	int err;

	guard(mutex)(&watch_lock);
	if (watching)
		return -EBUSY;

	spin_lock_irq(&stats_lock);
	memset(&stats, 0, sizeof(stats));
	stats.active = 1;
	spin_unlock_irq(&stats_lock);
	probe_p2p_forget();

	err = attach();
	if (err)
		stats.active = 0;
	else
		watching = true;
	return err;
}

/**
 * probe_watch_stop - end watching; what was seen can still be read
 *
 * Context: May sleep.
 * Return: 0 or -ENOENT if it was not watching.
 */
int probe_watch_stop(void)
{
	guard(mutex)(&watch_lock);
	if (!watching)
		return -ENOENT;
	detach(ARRAY_SIZE(points));
	watching = false;

	spin_lock_irq(&stats_lock);
	stats.active = 0;
	spin_unlock_irq(&stats_lock);
	return 0;
}

/**
 * probe_watch_read - what was seen since the last start
 * @arg: to user space
 *
 * Context: May sleep.
 */
void probe_watch_read(struct phyr_probe_watch *arg)
{
	spin_lock_irq(&stats_lock);
	*arg = stats;
	spin_unlock_irq(&stats_lock);
}
