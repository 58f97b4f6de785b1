/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The PRP writer: DMA pieces in, PRP entries out.
 *
 * The room is reserved before anything is mapped, so that adding a piece cannot fail.
 */
#ifndef PNVME_PRP_H
#define PNVME_PRP_H

#include "phyr_nvme.h"

/**
 * struct pnvme_prp - a PRP list being written
 * @iod:	the request
 * @first:	PRP1
 * @list:	first entry of the list
 * @slot:	next free entry
 * @edges:	OR of all addresses at which one piece ends and the next begins; only page
 *		boundaries are allowed there, so its low bits must be 0
 * @left:	bytes still to come
 * @pieces:	pieces so far
 * @shape:	enum phyr_shape if the backend knows, else PHYR_SHAPE_NONE
 */
struct pnvme_prp {
	struct pnvme_iod *iod;
	dma_addr_t first;
	__le64 *list;
	__le64 *slot;
	dma_addr_t edges;
	u32 left;
	u32 pieces;
	u8 shape;
};

bool pnvme_prp_begin(struct pnvme_prp *prp, struct pnvme_ctrl *ctrl, struct pnvme_iod *iod,
		     unsigned int tag, u32 bytes);
bool pnvme_prp_end(struct pnvme_prp *prp);
void pnvme_prp_free(struct pnvme_ctrl *ctrl, struct pnvme_iod *iod);

/**
 * pnvme_prp_add - write the entries of one DMA piece
 * @prp:	the writer
 * @addr:	the device's address
 * @len:	bytes, not 0
 *
 * More than was announced, or a boundary inside a page, is remembered and refused by
 * pnvme_prp_end(); nothing is written beyond the reserved room.
 */
static inline void pnvme_prp_add(struct pnvme_prp *prp, dma_addr_t addr, u32 len)
{
	dma_addr_t end = addr + len;
	bool first = !prp->pieces++;

	if (!first)
		prp->edges |= addr;
	if (len < prp->left)
		prp->edges |= end;
	else if (unlikely(len > prp->left))
		prp->edges |= 1;
	if (unlikely(prp->edges & PNVME_PAGE_MASK))
		return;
	prp->left -= len;

	if (first) {
		prp->first = addr;
		addr = (addr | PNVME_PAGE_MASK) + 1;
	}
	for (; addr < end; addr += PNVME_PAGE_SIZE)
		*prp->slot++ = cpu_to_le64(addr);
}

#endif /* PNVME_PRP_H */
