/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writer of a command's data pointer: converts DMA ranges to PRP entries or SGL descriptors.
 *
 * Memory is reserved before anything is mapped, so adding a range cannot fail.
 */
#ifndef PHYR_NVME_DPTR_H
#define PHYR_NVME_DPTR_H

#include "phyr_nvme.h"

/**
 * struct pnvme_dptr - a data pointer that is being written
 * @iod:	the request
 * @sgl:	it is an SGL, not PRPs
 * @shape:	enum phyr_shape if the backend knows, else PHYR_SHAPE_NONE
 * @left:	bytes that are missing
 * @pieces:	number of ranges so far
 * @first:	PRP1
 * @edges:	OR of all addresses where one range ends and the next begins; PRPs require page
 *		boundaries there, so the low bits must be 0
 * @list:	first entry of the PRP list
 * @slot:	next free entry
 * @desc:	SGL: first descriptor
 * @room:	SGL: number of descriptors that fit
 * @odd:	SGL: OR of all addresses and lengths, and 1 for too much
 */
struct pnvme_dptr {
	struct pnvme_iod *iod;
	bool sgl;
	u8 shape;
	u32 left;
	u32 pieces;
	dma_addr_t first;
	dma_addr_t edges;
	union {
		__le64 *list;
		struct nvme_sgl_desc *desc;
	};
	union {
		__le64 *slot;
		struct {
			u32 room;
			u32 odd;
		};
	};
};

bool pnvme_dptr_begin(struct pnvme_dptr *dptr, struct pnvme_ctrl *ctrl, struct pnvme_iod *iod,
		      unsigned int tag, u32 bytes, u32 segs);
bool pnvme_dptr_end(struct pnvme_dptr *dptr);
void pnvme_dptr_free(struct pnvme_ctrl *ctrl, struct pnvme_iod *iod);

/* private: */
void __pnvme_dptr_add_sgl(struct pnvme_dptr *dptr, dma_addr_t addr, u32 len);

/* public: */

/**
 * pnvme_dptr_add - add a DMA range
 * @dptr:	the writer
 * @addr:	bus address
 * @len:	bytes, not 0
 *
 * Too many bytes, or ranges that cannot be expressed, make pnvme_dptr_end() fail.  Nothing is
 * written beyond the reserved memory.
 */
static inline void pnvme_dptr_add(struct pnvme_dptr *dptr, dma_addr_t addr, u32 len)
{
	dma_addr_t end = addr + len;
	bool first = !dptr->pieces++;

	if (!first)
		dptr->edges |= addr;
	if (len < dptr->left)
		dptr->edges |= end;
	else if (unlikely(len > dptr->left))
		dptr->edges |= 1;
	/* An SGL has a bit set from the beginning, so that PRPs need not look for it. */
	if (unlikely(dptr->edges & PNVME_PAGE_MASK)) {
		if (dptr->sgl)
			__pnvme_dptr_add_sgl(dptr, addr, len);
		return;
	}
	dptr->left -= len;

	if (first) {
		dptr->first = addr;
		addr = (addr | PNVME_PAGE_MASK) + 1;
	}
	for (; addr < end; addr += PNVME_PAGE_SIZE)
		*dptr->slot++ = cpu_to_le64(addr);
}

#endif /* PHYR_NVME_DPTR_H */
