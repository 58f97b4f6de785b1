/* SPDX-License-Identifier: GPL-2.0 */
/*
 * I/O through /dev/phyrN-ctl: passthrough requests without a bio, with a mapped list or a slice of
 * a registered buffer.
 */
#ifndef PHYR_NVME_CTL_H
#define PHYR_NVME_CTL_H

#include <linux/dma-direction.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/xarray.h>

#include "dptr.h"
#include "phyr/import.h"
#include "phyr/lease.h"

/**
 * struct pnvme_memory - user memory for DMA
 * @list:	its physical ranges
 * @lease:	of memory without struct pages
 * @pinned:	its pages are pinned; else it is leased
 */
struct pnvme_memory {
	struct phyr_list list;
	struct phyr_lease lease;
	bool pinned;
};

/* memory.c */
int pnvme_memory_get(struct pnvme_memory *mem, u64 addr, u64 len, bool write,
		     unsigned int gup_flags, void (*revoke)(struct phyr_lease *lease));
void pnvme_memory_put(struct pnvme_memory *mem, bool dirty);

/**
 * pnvme_memory_enter - begin to use memory that may be revoked
 * @mem:	the memory
 *
 * Context: Any.
 * Return: 0; -ENODEV if it is revoked.
 */
static inline int pnvme_memory_enter(struct pnvme_memory *mem)
{
	return mem->pinned ? 0 : phyr_lease_enter(&mem->lease);
}

/**
 * pnvme_memory_leave - end the use that pnvme_memory_enter() began
 * @mem:	the memory
 */
static inline void pnvme_memory_leave(struct pnvme_memory *mem)
{
	if (!mem->pinned)
		phyr_lease_leave(&mem->lease);
}

/**
 * struct pnvme_buffer - a registered buffer
 * @mem:	user memory; unused for a dma-buf
 * @shared:	the dma-buf; shared.dmabuf is NULL for user memory
 * @reg:	the registration, while @node is in the list
 * @access:	PHYR_NVME_BUFFER_*
 * @dirty:	the device may have written to it
 * @lead:	offset of its first byte in the page
 * @node:	in the list of registered buffers of the node
 * @mm:		process that the pinned pages are accounted to
 * @charged:	number of these pages
 */
struct pnvme_buffer {
	struct pnvme_memory mem;
	struct phyr_import shared;
	struct phyr_reg *reg;
	u32 access;
	bool dirty;
	u32 lead;
	struct list_head node;
	struct mm_struct *mm;
	unsigned long charged;
};

/**
 * struct pnvme_ctl - a character device
 * @ref:	one for the device, one for each open file
 * @misc:	the node
 * @name:	its name
 * @lock:	held for reading while @ctrl is used
 * @ctrl:	the controller, NULL once it is gone
 * @list_lock:	guards @buffers
 * @buffers:	registered buffers of all files
 * @shown:	debugfs: the buffers
 */
struct pnvme_ctl {
	struct kref ref;
	struct miscdevice misc;
	char name[DISK_NAME_LEN + sizeof("-ctl")];
	struct rw_semaphore lock;
	struct pnvme_ctrl *ctrl;
	struct mutex list_lock;	/* guards what follows */
	struct list_head buffers;
	struct dentry *shown;
};

/**
 * struct pnvme_file - an open file
 * @ctl:	the node
 * @buffers:	registered buffers by handle; an I/O begins under the xarray's lock
 */
struct pnvme_file {
	struct pnvme_ctl *ctl;
	struct xarray buffers;
};

/* buffer.c */
enum dma_data_direction pnvme_buffer_dir(const struct pnvme_buffer *buf);
struct pnvme_buffer *pnvme_buffer_alloc(u64 addr, u64 len, u32 access);
struct pnvme_buffer *pnvme_buffer_import(int fd, u32 access, u32 way);
const struct phyr_list *pnvme_buffer_list(const struct pnvme_buffer *buf);
void pnvme_buffer_free(struct pnvme_buffer *buf);
int pnvme_buffer_register(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf);
void pnvme_buffer_revoke(struct pnvme_buffer *buf);
int pnvme_buffer_begin(struct pnvme_buffer *buf, struct phyr_reg_io *io, u64 offset, u32 len,
		       bool write);
bool pnvme_buffer_dptr(const struct phyr_reg_io *io, union nvme_data_ptr *dptr);

/**
 * struct pnvme_pass - a passthrough request
 * @write:	it writes to the disk
 * @slba:	first block
 * @len:	bytes, up to pnvme_ctrl.max_bytes
 * @map:	mapping of its data; NULL if the data is in a registered buffer
 * @io:		the I/O on the registered buffer
 * @file:	for tracepoint phyr_nvme_ctl_io: the open file
 * @handle:	likewise: handle of the buffer, 0 for user memory
 * @addr:	likewise: offset in the buffer, or user address
 *
 * It belongs to the caller of pnvme_pass_execute(), like @map and @io.
 */
struct pnvme_pass {
	bool write;
	u64 slba;
	u32 len;
	struct phyr_map *map;
	struct phyr_reg_io io;
	const void *file;
	u32 handle;
	u64 addr;
};

/* Get the controller, for use until pnvme_ctl_end(); NULL if it is gone. */
static inline struct pnvme_ctrl *pnvme_ctl_begin(struct pnvme_ctl *ctl)
{
	down_read(&ctl->lock);
	if (!ctl->ctrl)
		up_read(&ctl->lock);
	return ctl->ctrl;
}

static inline void pnvme_ctl_end(struct pnvme_ctl *ctl)
{
	up_read(&ctl->lock);
}

/* Is the file open for this direction? */
static inline int pnvme_file_check_mode(const struct file *file, bool write)
{
	return file->f_mode & (write ? FMODE_WRITE : FMODE_READ) ? 0 : -EBADF;
}

/* pass.c */
int pnvme_pass_init(struct pnvme_pass *pass, const struct pnvme_ctrl *ctrl, bool write,
		    u64 offset, u32 len);

/* ctl_buffer.c */
long pnvme_ctl_register(struct file *file, void __user *user);
long pnvme_ctl_attach(struct file *file, void __user *user);
long pnvme_ctl_unregister(struct file *file, const void __user *user);
long pnvme_ctl_buffer_io(struct file *file, const void __user *user, bool write);
void pnvme_file_release(struct pnvme_file *pf);
void pnvme_ctl_revoke(struct pnvme_ctl *ctl);
extern const struct file_operations pnvme_buffers_fops;

#endif /* PHYR_NVME_CTL_H */
