/* SPDX-License-Identifier: GPL-2.0 */
/*
 * I/O through /dev/phyrN-ctl: no bio, but a passthrough request that carries a mapped list or a
 * registered buffer.
 */
#ifndef PNVME_CTL_H
#define PNVME_CTL_H

#include <linux/list.h>

#include "dptr.h"


/**
 * struct pnvme_buffer - a registered buffer
 * @list:	its memory, pinned
 * @reg:	its registration, while it is in the list of buffers of the node
 * @access:	PHYR_NVME_BUFFER_*
 * @dirty:	the device may have written to it
 * @lead:	offset of its first byte in the page
 * @node:	in the list of registered buffers of the node
 * @mm:		whose pinned memory it counts as
 * @charged:	pages counted there
 */
struct pnvme_buffer {
	struct phyr_list list;
	struct phyr_reg *reg;
	u32 access;
	bool dirty;
	u32 lead;
	struct list_head node;
	struct mm_struct *mm;
	unsigned long charged;
};

/* buffer.c */
struct pnvme_buffer *pnvme_buffer_alloc(u64 addr, u64 len, u32 access);
void pnvme_buffer_free(struct pnvme_buffer *buf);
int pnvme_buffer_register(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf);
int pnvme_buffer_begin(struct pnvme_buffer *buf, struct phyr_reg_io *io, u64 offset, u32 len,
		       bool write);
bool pnvme_buffer_dptr(const struct phyr_reg_io *io, union nvme_data_ptr *dptr);

/**
 * struct pnvme_pass - what a passthrough request does
 * @write:	to the disk
 * @slba:	first block
 * @len:	bytes, up to pnvme_ctrl.max_bytes
 * @map:	its data is a mapped list
 * @io:		or, if @map is NULL, a part of a registered one
 *
 * Owned by the caller of pnvme_pass_execute(), like the mapping and the I/O on a registration.
 */
struct pnvme_pass {
	bool write;
	u64 slba;
	u32 len;
	struct phyr_map *map;
	struct phyr_reg_io io;
};

#endif /* PNVME_CTL_H */
