// SPDX-License-Identifier: GPL-2.0
/*
 * Registered buffers: user memory or dma-bufs, registered with phyr.ko, which also keeps a table of
 * their PRPs.
 *
 * An I/O on a slice maps nothing and writes no PRP list: PRP2 points into the table, at the entry
 * of the second page.
 */
#include <linux/dma-buf.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "ctl.h"
#include "uapi/phyr_nvme.h"

/* DMA direction of a buffer. */
enum dma_data_direction pnvme_buffer_dir(const struct pnvme_buffer *buf)
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

static int pnvme_buffer_charge(struct pnvme_buffer *buf, unsigned long pages)
{
	unsigned long limit = PHYS_PFN(rlimit(RLIMIT_MEMLOCK));
	u64 now = atomic64_add_return(pages, &current->mm->pinned_vm);

	if (now > limit && !capable(CAP_IPC_LOCK)) {
		atomic64_sub(pages, &current->mm->pinned_vm);
		return -ENOMEM;
	}
	buf->mm = current->mm;
	mmgrab(buf->mm);
	buf->charged = pages;
	return 0;
}

static void pnvme_buffer_uncharge(struct pnvme_buffer *buf)
{
	atomic64_sub(buf->charged, &buf->mm->pinned_vm);
	mmdrop(buf->mm);
}

/* The lease is revoked, possibly before the buffer is registered. */
static void pnvme_buffer_lease_revoke(struct phyr_lease *lease)
{
	struct phyr_reg *reg = container_of(lease, struct pnvme_buffer, mem.lease)->reg;

	if (reg)
		phyr_reg_revoke(reg);
}

/**
 * pnvme_buffer_alloc - make a buffer of user memory, not yet registered
 * @addr:	user address in the current process
 * @len:	bytes, 1 to PHYR_NVME_MAX_BUFFER_LEN
 * @access:	PHYR_NVME_BUFFER_*
 *
 * Context: May sleep.
 * Return: the buffer, for pnvme_buffer_free(); an error of pnvme_memory_get(); -ENOMEM, also beyond
 * RLIMIT_MEMLOCK.
 */
struct pnvme_buffer *pnvme_buffer_alloc(u64 addr, u64 len, u32 access)
{
	struct pnvme_buffer *buf;
	int err;

	buf = kzalloc_obj(*buf, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	buf->access = access;
	buf->lead = offset_in_page(addr);
	INIT_LIST_HEAD(&buf->node);

	err = pnvme_buffer_charge(buf, PFN_UP(buf->lead + len));
	if (err)
		goto free;
	err = pnvme_memory_get(&buf->mem, addr, len, access & PHYR_NVME_BUFFER_READ, FOLL_LONGTERM,
			       pnvme_buffer_lease_revoke);
	if (err)
		goto uncharge;
	return buf;

uncharge:
	pnvme_buffer_uncharge(buf);
free:
	kfree(buf);
	return ERR_PTR(err);
}

/**
 * pnvme_buffer_import - make a buffer of a dma-buf, not yet registered
 * @fd:		file descriptor of the dma-buf
 * @access:	PHYR_NVME_BUFFER_*
 * @way:	PHYR_NVME_DMABUF_*
 *
 * Context: May sleep.
 * Return: the buffer, for pnvme_buffer_free(); an error of phyr_import_get(); -EINVAL if it is too
 * large;
 * -ENOMEM.
 */
struct pnvme_buffer *pnvme_buffer_import(int fd, u32 access, u32 way)
{
	struct pnvme_buffer *buf = kzalloc_obj(*buf, GFP_KERNEL_ACCOUNT);
	int err;

	if (!buf)
		return ERR_PTR(-ENOMEM);
	buf->access = access;
	INIT_LIST_HEAD(&buf->node);
	err = phyr_import_get(&buf->shared, fd,
			      way == PHYR_NVME_DMABUF_LIST ? PHYR_IMPORT_LIST : PHYR_IMPORT_SG,
			      pnvme_buffer_dir(buf));
	if (err)
		goto free;
	err = -EINVAL;
	if (buf->shared.dmabuf->size > PHYR_NVME_MAX_BUFFER_LEN)
		goto put;
	return buf;

put:
	phyr_import_put(&buf->shared);
free:
	kfree(buf);
	return ERR_PTR(err);
}

/**
 * pnvme_buffer_list - the physical ranges of a buffer
 * @buf:	the buffer
 *
 * Return: the list; empty for a dma-buf that its exporter has mapped.
 */
const struct phyr_list *pnvme_buffer_list(const struct pnvme_buffer *buf)
{
	return buf->shared.dmabuf ? &buf->shared.list : &buf->mem.list;
}

/**
 * pnvme_buffer_free - release the memory and free the buffer
 * @buf:	the buffer, not registered, or its registration revoked
 *
 * Context: May sleep.
 */
void pnvme_buffer_free(struct pnvme_buffer *buf)
{
	if (buf->shared.dmabuf) {
		phyr_import_put(&buf->shared);
		kfree(buf);
		return;
	}
	pnvme_memory_put(&buf->mem, buf->dirty);
	if (buf->reg)
		phyr_reg_put(buf->reg);
	pnvme_buffer_uncharge(buf);
	kfree(buf);
}

static int pnvme_buffer_register_import(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf)
{
	int err = phyr_import_register(&buf->shared, ctrl->dev);

	if (err)
		return err;
	err = phyr_reg_tabulate(buf->shared.reg);
	if (err)
		phyr_import_revoke(&buf->shared);
	else
		buf->reg = buf->shared.reg;
	return err;
}

/**
 * pnvme_buffer_register - map a buffer for a device
 * @ctrl:	the controller
 * @buf:	the buffer
 *
 * The table of phyr_reg_tabulate() has the format of a PRP list.
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP if DMA ranges do not consist of whole pages; -ENOMEM; an error of
 * phyr_dma_map(); -ENODEV if the memory is revoked; an error of phyr_import_register().
 */
int pnvme_buffer_register(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf)
{
	struct phyr_reg *reg;
	int err;

	if (buf->shared.dmabuf)
		return pnvme_buffer_register_import(ctrl, buf);
	/* Delay a revocation until there is a registration to revoke. */
	err = pnvme_memory_enter(&buf->mem);
	if (err)
		return err;
	reg = phyr_reg_create(ctrl->dev, &buf->mem.list, pnvme_buffer_dir(buf), 0);
	err = PTR_ERR_OR_ZERO(reg);
	if (err)
		goto leave;
	err = phyr_reg_tabulate(reg);
	if (err)
		phyr_reg_put(reg);
	else
		buf->reg = reg;
leave:
	pnvme_memory_leave(&buf->mem);
	return err;
}

/**
 * pnvme_buffer_revoke - unmap a buffer after the I/O in flight on it
 * @buf:	the buffer, registered
 *
 * Context: May sleep.  Idempotent.
 */
void pnvme_buffer_revoke(struct pnvme_buffer *buf)
{
	if (buf->shared.dmabuf)
		phyr_import_revoke(&buf->shared);
	else
		phyr_reg_revoke(buf->reg);
}

/**
 * pnvme_buffer_begin - begin an I/O on a buffer
 * @buf:	the buffer, registered
 * @io:		receives what phyr_reg_end() needs
 * @offset:	start of the slice, in bytes from the start of the buffer
 * @len:	bytes
 * @write:	the I/O writes to the disk
 *
 * The buffer stays registered until phyr_reg_end().
 *
 * Context: Any.
 * Return: 0; -EINVAL for a slice outside the buffer, or if its address is not a multiple of 4;
 * -EACCES for a direction that it was not registered for; -ENODEV once it is being revoked.
 */
int pnvme_buffer_begin(struct pnvme_buffer *buf, struct phyr_reg_io *io, u64 offset, u32 len,
		       bool write)
{
	int err;

	if ((buf->lead + offset) & 3)
		return -EINVAL;
	err = phyr_reg_begin(buf->reg, io, offset, len, write ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
	if (err)
		return err == -ERANGE ? -EINVAL : err;
	if (!write)
		WRITE_ONCE(buf->dirty, true);
	return 0;
}

/**
 * pnvme_buffer_dptr - set PRP1 and PRP2 for a slice
 * @io:		an I/O on a buffer
 * @dptr:	receives them
 *
 * Context: Any.
 * Return: false if the slice needs a PRP list of its own.
 */
bool pnvme_buffer_dptr(const struct phyr_reg_io *io, union nvme_data_ptr *dptr)
{
	struct phyr_reg_pages pages;

	phyr_reg_pages(io, &pages);
	dptr->prp1 = cpu_to_le64(pages.first);
	if (!pages.more)
		dptr->prp2 = 0;
	else if (pages.more == 1)
		dptr->prp2 = cpu_to_le64(pages.second);
	else if (pages.more != pages.room + 1)
		dptr->prp2 = cpu_to_le64(pages.table);
	else
		return false;
	return true;
}
