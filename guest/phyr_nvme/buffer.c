// SPDX-License-Identifier: GPL-2.0
/*
 * Registered buffers: pinned and mapped once, and their PRPs written once.
 *
 * I/O on a slice of one touches neither the IOMMU nor any entry: PRP2 points into the table, at the
 * entry after that of the first page.
 */
#include <linux/dmapool.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "ctl.h"
#include "uapi/phyr_nvme.h"

/* The array of pages of PRPs is never longer than a page itself. */
static_assert(DIV_ROUND_UP(PHYR_NVME_MAX_BUFFER_LEN / PNVME_PAGE_SIZE + 1, PNVME_TABLE_ENTRIES) *
	      sizeof(struct pnvme_table) <= PAGE_SIZE);

static enum dma_data_direction pnvme_buffer_dir(const struct pnvme_buffer *buf)
{
	switch (buf->access) {
	case PHYR_NVME_BUFFER_READ:
		return DMA_FROM_DEVICE;
	case PHYR_NVME_BUFFER_WRITE:
		return DMA_TO_DEVICE;
	default:
		return DMA_BIDIRECTIONAL;
	}
}

static int pnvme_charge(struct pnvme_buffer *buf)
{
	unsigned long limit = PHYS_PFN(rlimit(RLIMIT_MEMLOCK));
	u64 now = atomic64_add_return(buf->nr, &current->mm->pinned_vm);

	if (now > limit && !capable(CAP_IPC_LOCK)) {
		atomic64_sub(buf->nr, &current->mm->pinned_vm);
		return -ENOMEM;
	}
	buf->mm = current->mm;
	mmgrab(buf->mm);
	buf->charged = buf->nr;
	return 0;
}

static void pnvme_uncharge(struct pnvme_buffer *buf)
{
	atomic64_sub(buf->charged, &buf->mm->pinned_vm);
	mmdrop(buf->mm);
}

/**
 * pnvme_buffer_pin - make a buffer of user memory, not yet mapped
 * @addr:	of the memory, in the current process
 * @len:	bytes, 1 to PHYR_NVME_MAX_BUFFER_LEN
 * @access:	PHYR_NVME_BUFFER_*
 *
 * Context: May sleep.
 * Return: the buffer with one user, for pnvme_buffer_unpin(); or an error of phyr_list_pin_user(),
 * or -ENOMEM also when the process may not pin so much.
 */
struct pnvme_buffer *pnvme_buffer_pin(u64 addr, u64 len, u32 access)
{
	unsigned int gup_flags = FOLL_LONGTERM;
	struct pnvme_buffer *buf;
	int err;

	buf = kzalloc(sizeof(*buf), GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	phyr_list_init(&buf->list, PHYR_PACKED);
	buf->access = access;
	buf->lead = offset_in_page(addr);
	buf->nr = PFN_UP(buf->lead + len);
	refcount_set(&buf->users, 1);
	init_completion(&buf->idle);
	INIT_LIST_HEAD(&buf->node);

	err = pnvme_charge(buf);
	if (err)
		goto free;
	if (access & PHYR_NVME_BUFFER_READ)
		gup_flags |= FOLL_WRITE;
	err = phyr_list_pin_user(&buf->list, addr, len, gup_flags);
	if (err)
		goto uncharge;
	return buf;

uncharge:
	pnvme_uncharge(buf);
free:
	kfree(buf);
	return ERR_PTR(err);
}

/**
 * pnvme_buffer_unpin - let go of the memory and free the buffer
 * @buf:	the buffer, not mapped, without users
 *
 * Context: May sleep.
 */
void pnvme_buffer_unpin(struct pnvme_buffer *buf)
{
	phyr_list_unpin_user(&buf->list, buf->dirty);
	pnvme_uncharge(buf);
	kfree(buf);
}

static void pnvme_free_tables(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf)
{
	while (buf->nr_tables) {
		struct pnvme_table *table = &buf->table[--buf->nr_tables];

		dma_pool_free(ctrl->list_pool, table->entry, table->dma);
	}
	kfree(buf->table);
	buf->table = NULL;
}

static int pnvme_alloc_tables(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf)
{
	u32 want = DIV_ROUND_UP(buf->nr, PNVME_TABLE_ENTRIES);

	buf->table = kcalloc(want, sizeof(*buf->table), GFP_KERNEL);
	if (!buf->table)
		return -ENOMEM;
	while (buf->nr_tables < want) {
		struct pnvme_table *table = &buf->table[buf->nr_tables];

		table->entry = dma_pool_zalloc(ctrl->list_pool, GFP_KERNEL, &table->dma);
		if (!table->entry) {
			pnvme_free_tables(ctrl, buf);
			return -ENOMEM;
		}
		if (buf->nr_tables)
			table[-1].entry[PNVME_TABLE_ENTRIES] = cpu_to_le64(table->dma);
		buf->nr_tables++;
	}
	return 0;
}

static __le64 *pnvme_buffer_entry(const struct pnvme_buffer *buf, u32 page)
{
	return &buf->table[page / PNVME_TABLE_ENTRIES].entry[page % PNVME_TABLE_ENTRIES];
}

/* Write all entries; each is the address of a whole page, the first too. */
static int pnvme_fill_tables(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf)
{
	struct phyr_dma_iter it;
	u64 left = buf->map.len;
	u32 offset = buf->lead;
	u32 page = 0;

	phyr_for_each_dma_range(it, &buf->map) {
		dma_addr_t addr = it.range.addr - offset;
		dma_addr_t end = it.range.addr + it.range.len;

		/*
		 * I/O does not sync, so a bounce buffer will not do; and pages must have stayed
		 * pages, up to the end.
		 */
		left -= it.range.len;
		if (dma_need_sync(ctrl->dev, it.range.addr) || addr & PNVME_PAGE_MASK ||
		    (left && end & PNVME_PAGE_MASK))
			return -EOPNOTSUPP;
		for (; addr < end; addr += PNVME_PAGE_SIZE)
			*pnvme_buffer_entry(buf, page++) = cpu_to_le64(addr);
		offset = 0;
	}
	return 0;
}

/**
 * pnvme_buffer_map - map a buffer for a device
 * @ctrl:	the controller
 * @buf:	the buffer, not mapped
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP if I/O would need more than addresses; -ENOMEM; an error of
 * phyr_dma_map().
 */
int pnvme_buffer_map(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf)
{
	int err;

	err = phyr_dma_map(ctrl->dev, &buf->list, &buf->map, pnvme_buffer_dir(buf), 0,
			   GFP_KERNEL);
	if (err)
		return err;
	err = pnvme_alloc_tables(ctrl, buf);
	if (err)
		goto unmap;
	err = pnvme_fill_tables(ctrl, buf);
	if (err)
		goto free_tables;
	return 0;

free_tables:
	pnvme_free_tables(ctrl, buf);
unmap:
	phyr_dma_unmap(ctrl->dev, &buf->map);
	return err;
}

/**
 * pnvme_buffer_unmap - undo pnvme_buffer_map()
 * @ctrl:	the controller
 * @buf:	the buffer; no I/O is in flight on it
 *
 * Context: May sleep.
 */
void pnvme_buffer_unmap(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf)
{
	pnvme_free_tables(ctrl, buf);
	phyr_dma_unmap(ctrl->dev, &buf->map);
}

/**
 * pnvme_buffer_dptr - PRP1 and PRP2 of a slice
 * @buf:	the buffer, mapped
 * @offset:	of the slice
 * @len:	bytes, within the buffer, not 0
 * @dptr:	where to
 *
 * The device takes the last entry of a page for the way to the next page only if more than one
 * entry is to come.  A slice whose own last entry would come to stand there cannot use the table.
 *
 * Context: Any.
 * Return: true, or false if the slice needs a list of its own.
 */
bool pnvme_buffer_dptr(const struct pnvme_buffer *buf, u64 offset, u32 len,
		       union nvme_data_ptr *dptr)
{
	u64 start = buf->lead + offset;
	u32 page = start >> PNVME_PAGE_SHIFT;
	u32 inside = start & PNVME_PAGE_MASK;
	u32 more = (inside + len - 1) >> PNVME_PAGE_SHIFT;	/* entries after the first */
	u32 slot;

	dptr->prp1 = cpu_to_le64(le64_to_cpu(*pnvme_buffer_entry(buf, page)) + inside);
	if (!more) {
		dptr->prp2 = 0;
		return true;
	}
	if (more == 1) {
		dptr->prp2 = *pnvme_buffer_entry(buf, page + 1);
		return true;
	}
	page++;
	slot = page % PNVME_TABLE_ENTRIES;
	dptr->prp2 = cpu_to_le64(buf->table[page / PNVME_TABLE_ENTRIES].dma +
				 slot * sizeof(__le64));
	return slot + more != PNVME_TABLE_ENTRIES + 1;
}

/**
 * pnvme_buffer_add - add a slice to a data pointer, page by page
 * @buf:	the buffer, mapped
 * @offset:	of the slice
 * @len:	bytes, within the buffer
 * @dptr:	the writer
 *
 * Context: Any.
 */
void pnvme_buffer_add(const struct pnvme_buffer *buf, u64 offset, u32 len,
		      struct pnvme_dptr *dptr)
{
	u64 start = buf->lead + offset;

	while (len) {
		u32 inside = start & PNVME_PAGE_MASK;
		u32 part = min(len, PNVME_PAGE_SIZE - inside);
		const __le64 *entry = pnvme_buffer_entry(buf, start >> PNVME_PAGE_SHIFT);

		pnvme_dptr_add(dptr, le64_to_cpu(*entry) + inside, part);
		start += part;
		len -= part;
	}
}
