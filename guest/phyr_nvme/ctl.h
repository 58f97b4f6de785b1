/* SPDX-License-Identifier: GPL-2.0 */
/*
 * I/O through /dev/phyrN-ctl: no bio, but a passthrough request that carries a mapped list or a
 * registered buffer.
 */
#ifndef PNVME_CTL_H
#define PNVME_CTL_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/refcount.h>

#include "dptr.h"

/*
 * The PRPs of a registered buffer are written once, into a chain of pages as the device reads it:
 * the last entry of a page leads to the next page.
 */
#define PNVME_TABLE_ENTRIES	(PNVME_PAGE_SIZE / sizeof(__le64) - 1)

/**
 * struct pnvme_table - a page of PRPs
 * @entry:	the entries, and the address of the next page
 * @dma:	the device's address of the page
 */
struct pnvme_table {
	__le64 *entry;
	dma_addr_t dma;
};

/**
 * struct pnvme_buffer - a registered buffer
 * @list:	its memory, pinned
 * @map:	its mapping, while there is a device
 * @access:	PHYR_NVME_BUFFER_*
 * @dirty:	the device may have written to it
 * @lead:	offset of its first byte in the page
 * @nr:		pages that it touches
 * @nr_tables:	pages of PRPs
 * @table:	the pages of PRPs
 * @users:	I/O in flight, and one as long as it is registered
 * @idle:	no users are left
 * @node:	in the list of mapped buffers of the device
 * @mm:		whose pinned memory it counts as
 * @charged:	pages counted there
 */
struct pnvme_buffer {
	struct phyr_list list;
	struct phyr_map map;
	u32 access;
	bool dirty;
	u32 lead;
	u32 nr;
	u32 nr_tables;
	struct pnvme_table *table;
	refcount_t users;
	struct completion idle;
	struct list_head node;
	struct mm_struct *mm;
	unsigned long charged;
};

/* buffer.c */
struct pnvme_buffer *pnvme_buffer_pin(u64 addr, u64 len, u32 access);
void pnvme_buffer_unpin(struct pnvme_buffer *buf);
int pnvme_buffer_map(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf);
void pnvme_buffer_unmap(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf);
bool pnvme_buffer_dptr(const struct pnvme_buffer *buf, u64 offset, u32 len,
		       union nvme_data_ptr *dptr);
void pnvme_buffer_add(const struct pnvme_buffer *buf, u64 offset, u32 len,
		      struct pnvme_dptr *dptr);

/**
 * struct pnvme_pass - what a passthrough request does
 * @write:	to the disk
 * @slba:	first block
 * @len:	bytes, up to pnvme_ctrl.max_bytes
 * @map:	its data is a mapped list
 * @buffer:	or, if @map is NULL, in a registered buffer
 * @offset:	there
 *
 * Owned by the caller of pnvme_pass_execute(), like the mapping.
 */
struct pnvme_pass {
	bool write;
	u64 slba;
	u32 len;
	struct phyr_map *map;
	const struct pnvme_buffer *buffer;
	u64 offset;
};

#endif /* PNVME_CTL_H */
