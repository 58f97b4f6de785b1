/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The writer of a command's data pointer: DMA pieces in, PRP entries or SGL descriptors out.
 *
 * Which of the two is settled, and the room reserved, before anything is mapped, so that adding a
 * piece cannot fail.
 */
#ifndef PNVME_DPTR_H
#define PNVME_DPTR_H

#include "phyr_nvme.h"

/**
 * struct pnvme_dptr - a data pointer being written
 * @iod:	the request
 * @sgl:	SGL descriptors, not PRPs
 * @shape:	enum phyr_shape if the backend knows, else PHYR_SHAPE_NONE
 * @left:	bytes still to come
 * @pieces:	pieces so far
 * @room:	SGL: descriptors that fit
 * @first:	PRP1
 * @edges:	PRP: OR of all addresses at which one piece ends and the next begins; only page
 *		boundaries are allowed there, so its low bits must be 0.  SGL: OR of all ends.
 * @list:	first entry of the PRP list
 * @slot:	next free one
 * @desc:	first SGL descriptor
 */
struct pnvme_dptr {
	struct pnvme_iod *iod;
	bool sgl;
	u8 shape;
	u32 left;
	u32 pieces;
	u32 room;
	dma_addr_t first;
	dma_addr_t edges;
	union {
		__le64 *list;
		struct nvme_sgl_desc *desc;
	};
	__le64 *slot;
};

bool pnvme_dptr_begin(struct pnvme_dptr *dptr, struct pnvme_ctrl *ctrl, struct pnvme_iod *iod,
		      unsigned int tag, u32 bytes, u32 segs);
bool pnvme_dptr_end(struct pnvme_dptr *dptr);
void pnvme_dptr_free(struct pnvme_ctrl *ctrl, struct pnvme_iod *iod);

/* private: */
void __pnvme_dptr_add_sgl(struct pnvme_dptr *dptr, dma_addr_t addr, u32 len);

static inline void __pnvme_dptr_add_prp(struct pnvme_dptr *dptr, dma_addr_t addr, u32 len)
{
	dma_addr_t end = addr + len;
	bool first = !dptr->pieces++;

	if (!first)
		dptr->edges |= addr;
	if (len < dptr->left)
		dptr->edges |= end;
	else if (unlikely(len > dptr->left))
		dptr->edges |= 1;
	if (unlikely(dptr->edges & PNVME_PAGE_MASK))
		return;
	dptr->left -= len;

	if (first) {
		dptr->first = addr;
		addr = (addr | PNVME_PAGE_MASK) + 1;
	}
	for (; addr < end; addr += PNVME_PAGE_SIZE)
		*dptr->slot++ = cpu_to_le64(addr);
}

/* public: */

/**
 * pnvme_dptr_add - write the entries of one DMA piece
 * @dptr:	the writer
 * @addr:	the device's address
 * @len:	bytes, not 0
 *
 * More than was announced, or what cannot be expressed, is remembered and refused by
 * pnvme_dptr_end(); nothing is written beyond the reserved room.
 */
static inline void pnvme_dptr_add(struct pnvme_dptr *dptr, dma_addr_t addr, u32 len)
{
	if (unlikely(dptr->sgl))
		__pnvme_dptr_add_sgl(dptr, addr, len);
	else
		__pnvme_dptr_add_prp(dptr, addr, len);
}

#endif /* PNVME_DPTR_H */
