// SPDX-License-Identifier: GPL-2.0
/* Follow the data pointer of a command as the device does: PRPs by pages, SGLs by data blocks. */
#include <linux/iommu.h>
#include <linux/mm.h>

#include "probe.h"

#define CTRL_ENTRIES	(PPROBE_CTRL_PAGE / sizeof(__le64))

/* Limit for segments of an SGL, in case they form a loop. */
#define MAX_SEGMENTS	64

/* Begin with the PRP entries at DMA address @addr; false if the device could not read them. */
static bool pprobe_prp_open(struct pprobe_prp_walk *w, u64 addr)
{
	phys_addr_t phys = pprobe_to_phys(w->domain, addr);

	if (!phys || !pfn_valid(PHYS_PFN(phys)))
		return false;
	w->list = phys_to_virt(phys & ~(phys_addr_t)(PPROBE_CTRL_PAGE - 1));
	w->at = (phys & (PPROBE_CTRL_PAGE - 1)) / sizeof(__le64);
	return true;
}

/* Get the next PRP, with @left bytes left. */
static bool pprobe_prp_next(struct pprobe_prp_walk *w, u64 left, u64 *addr)
{
	if (!w->list) {
		if (left <= PPROBE_CTRL_PAGE) {
			*addr = w->prp2;
			return true;
		}
		if (!pprobe_prp_open(w, w->prp2))
			return false;
	}
	/* The last entry of a list page is a link if more than one page is left. */
	if (w->at == CTRL_ENTRIES - 1 && left > PPROBE_CTRL_PAGE &&
	    !pprobe_prp_open(w, le64_to_cpu(w->list[w->at])))
		return false;
	*addr = le64_to_cpu(w->list[w->at++]);
	return true;
}

/* Read the descriptor at w->at; false if it crosses a page and so is not aligned. */
static bool pprobe_sgl_read(struct pprobe_sgl_walk *w, struct nvme_sgl_desc *desc)
{
	phys_addr_t phys = pprobe_to_phys(w->domain, w->at);

	if (w->left < sizeof(*desc) || !phys || !pfn_valid(PHYS_PFN(phys)) ||
	    offset_in_page(phys) > PAGE_SIZE - sizeof(*desc))
		return false;
	memcpy(desc, phys_to_virt(phys), sizeof(*desc));
	w->at += sizeof(*desc);
	w->left -= sizeof(*desc);
	return true;
}

/* Get the next data block.  Returns false if the SGL is invalid or at its end. */
static bool pprobe_sgl_next(struct pprobe_sgl_walk *w, u64 *addr, u32 *len)
{
	struct nvme_sgl_desc desc = w->next;
	bool own = !w->segments && desc.length;

	for (;;) {
		u8 type;

		if (!own && !pprobe_sgl_read(w, &desc))
			return false;
		type = desc.type >> 4;
		if (desc.type & 0xf)	/* subtype: must be an address */
			return false;
		if (type == NVME_SGL_FMT_DATA_DESC) {
			if (own)
				w->next.length = 0;
			*addr = le64_to_cpu(desc.addr);
			*len = le32_to_cpu(desc.length);
			return *len;
		}
		/* A segment descriptor: only at the end of a segment that is not the last. */
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
 * pprobe_follow_begin - begin to follow the data pointer of a command
 * @f:		receives the position
 * @domain:	IOMMU domain of the device
 * @cmd:	the command
 *
 * Context: Any.
 */
void pprobe_follow_begin(struct pprobe_follow *f, struct iommu_domain *domain,
			 const struct nvme_command *cmd)
{
	*f = (struct pprobe_follow){ };
	if (cmd->common.flags & NVME_CMD_SGL_METABUF) {
		f->is_sgl = true;
		f->sgl.domain = domain;
		f->sgl.next = cmd->common.dptr.sgl;
		return;
	}
	f->prp.domain = domain;
	f->prp.prp2 = le64_to_cpu(cmd->common.dptr.prp2);
	f->addr = le64_to_cpu(cmd->common.dptr.prp1);
	f->room = PPROBE_CTRL_PAGE - (f->addr & (PPROBE_CTRL_PAGE - 1));
}

/**
 * pprobe_follow_next - get the next page or data block
 * @f:		the position; receives @addr and @room
 * @left:	bytes of the command that are left
 * @iova:	receives the invalid address after an error, 0 if there is none
 *
 * Context: Any.
 * Return: false if the data pointer is invalid or at its end.
 */
bool pprobe_follow_next(struct pprobe_follow *f, u64 left, u64 *iova)
{
	*iova = 0;
	if (f->is_sgl)
		return pprobe_sgl_next(&f->sgl, &f->addr, &f->room);
	if (!pprobe_prp_next(&f->prp, left, &f->addr))
		return false;
	f->room = PPROBE_CTRL_PAGE - (f->addr & (PPROBE_CTRL_PAGE - 1));
	if (f->room != PPROBE_CTRL_PAGE) {	/* only PRP1 may have an offset */
		*iova = f->addr;
		return false;
	}
	return true;
}
