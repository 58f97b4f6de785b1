// SPDX-License-Identifier: GPL-2.0
/*
 * The character device /dev/phyrN-ctl.  include/uapi/phyr_nvme.h is its interface.
 *
 * A device may go while files on it are open: the node's own data stays until the last of them is
 * closed.  Whoever uses the controller holds @lock for reading, so that removal, which takes it for
 * writing, waits for all I/O in flight; user memory is pinned outside of it, since page faults may
 * take as long as they like.
 */
#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/rwsem.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "ctl.h"
#include "uapi/phyr_nvme.h"

/**
 * struct pnvme_ctl - a node
 * @ref:	one for the device, one for each open file
 * @misc:	the node
 * @name:	its name
 * @lock:	held for reading while @ctrl is used
 * @ctrl:	the controller, NULL once it is gone
 * @list_lock:	guards @buffers
 * @buffers:	buffers that are mapped
 */
struct pnvme_ctl {
	struct kref ref;
	struct miscdevice misc;
	char name[DISK_NAME_LEN + sizeof("-ctl")];
	struct rw_semaphore lock;
	struct pnvme_ctrl *ctrl;
	struct mutex list_lock;	/* guards what follows */
	struct list_head buffers;
};

/**
 * struct pnvme_file - an open file
 * @ctl:	the node
 * @buffers:	registered buffers by handle; its lock also guards the taking of users
 */
struct pnvme_file {
	struct pnvme_ctl *ctl;
	struct xarray buffers;
};

static void pnvme_ctl_free(struct kref *ref)
{
	kfree(container_of(ref, struct pnvme_ctl, ref));
}

/* The controller for use until pnvme_ctl_end(), or NULL if it is gone. */
static struct pnvme_ctrl *pnvme_ctl_begin(struct pnvme_ctl *ctl)
{
	down_read(&ctl->lock);
	if (!ctl->ctrl)
		up_read(&ctl->lock);
	return ctl->ctrl;
}

static void pnvme_ctl_end(struct pnvme_ctl *ctl)
{
	up_read(&ctl->lock);
}

/* Check where on the disk; fills in what does not depend on the data. */
static int pnvme_pass_init(struct pnvme_pass *pass, const struct pnvme_ctrl *ctrl, bool write,
			   u64 offset, u32 len)
{
	u64 size = ctrl->nr_lba << ctrl->lba_shift;
	u32 block_mask = (1U << ctrl->lba_shift) - 1;

	if (!len || len > ctrl->max_bytes || (offset | len) & block_mask || offset > size ||
	    len > size - offset)
		return -EINVAL;
	*pass = (struct pnvme_pass){
		.write = write,
		.slba = offset >> ctrl->lba_shift,
		.len = len,
	};
	return 0;
}

static int pnvme_file_may(const struct file *file, bool write)
{
	return file->f_mode & (write ? FMODE_WRITE : FMODE_READ) ? 0 : -EBADF;
}

static int pnvme_ctl_map_io(struct pnvme_ctrl *ctrl, const struct phyr_nvme_io *io,
			    struct phyr_list *list, bool write)
{
	struct pnvme_pass pass;
	struct phyr_map map;
	int err;

	err = pnvme_pass_init(&pass, ctrl, write, io->offset, io->len);
	if (err)
		return err;
	err = phyr_dma_map(ctrl->dev, list, &map, write ? DMA_TO_DEVICE : DMA_FROM_DEVICE, 0,
			   GFP_KERNEL);
	if (err)
		return err;
	pass.map = &map;
	pnvme_count(ctrl, PNVME_STAT_CTL, 1);
	err = pnvme_pass_execute(ctrl, &pass);
	phyr_dma_unmap(ctrl->dev, &map);
	return err;
}

static long pnvme_ctl_io(struct file *file, const void __user *user, bool write)
{
	struct pnvme_file *pf = file->private_data;
	struct pnvme_ctrl *ctrl;
	struct phyr_nvme_io io;
	struct phyr_list list;
	u64 end;
	int err;

	err = pnvme_file_may(file, write);
	if (err)
		return err;
	if (copy_from_user(&io, user, sizeof(io)))
		return -EFAULT;
	if (io.flags || io.reserved || io.addr & 3 || !io.len || io.len > PNVME_MAX_KIB * 1024 ||
	    check_add_overflow(io.addr, (u64)io.len, &end))
		return -EINVAL;

	phyr_list_init(&list, PHYR_PACKED);
	err = phyr_list_pin_user(&list, io.addr, io.len,
				 FOLL_PCI_P2PDMA | (write ? 0 : FOLL_WRITE));
	if (err)
		return err;
	ctrl = pnvme_ctl_begin(pf->ctl);
	if (ctrl) {
		err = pnvme_ctl_map_io(ctrl, &io, &list, write);
		pnvme_ctl_end(pf->ctl);
	} else {
		err = -ENODEV;
	}
	/* A read that failed may have written some of it. */
	phyr_list_unpin_user(&list, !write);
	return err;
}

static void pnvme_buffer_put(struct pnvme_buffer *buf)
{
	if (refcount_dec_and_test(&buf->users))
		complete(&buf->idle);
}

static struct pnvme_buffer *pnvme_buffer_get(struct pnvme_file *pf, u32 handle)
{
	struct pnvme_buffer *buf;

	xa_lock(&pf->buffers);
	buf = xa_load(&pf->buffers, handle);
	if (buf)
		refcount_inc(&buf->users);
	xa_unlock(&pf->buffers);
	return buf;
}

static void pnvme_ctl_unmap_buffer(struct pnvme_ctl *ctl, struct pnvme_buffer *buf)
{
	pnvme_buffer_unmap(ctl->ctrl, buf);
	list_del_init(&buf->node);
}

/* Undo everything for a buffer that has no handle any more, when its last I/O is done. */
static void pnvme_ctl_release_buffer(struct pnvme_ctl *ctl, struct pnvme_buffer *buf)
{
	pnvme_buffer_put(buf);
	wait_for_completion(&buf->idle);

	if (pnvme_ctl_begin(ctl)) {
		mutex_lock(&ctl->list_lock);
		pnvme_ctl_unmap_buffer(ctl, buf);
		mutex_unlock(&ctl->list_lock);
		pnvme_ctl_end(ctl);
	}
	/* Else removal has unmapped it. */
	pnvme_buffer_unpin(buf);
}

static int pnvme_ctl_map_buffer(struct pnvme_ctl *ctl, struct pnvme_buffer *buf)
{
	struct pnvme_ctrl *ctrl = pnvme_ctl_begin(ctl);
	int err;

	if (!ctrl)
		return -ENODEV;
	err = pnvme_buffer_map(ctrl, buf);
	if (!err) {
		mutex_lock(&ctl->list_lock);
		list_add(&buf->node, &ctl->buffers);
		mutex_unlock(&ctl->list_lock);
	}
	pnvme_ctl_end(ctl);
	return err;
}

static long pnvme_ctl_register(struct file *file, void __user *user)
{
	const u32 both = PHYR_NVME_BUFFER_READ | PHYR_NVME_BUFFER_WRITE;
	struct pnvme_file *pf = file->private_data;
	struct phyr_nvme_register reg;
	struct pnvme_buffer *buf;
	u64 end;
	int err;

	if (copy_from_user(&reg, user, sizeof(reg)))
		return -EFAULT;
	if (reg.reserved || reg.handle || !reg.access || reg.access & ~both || reg.addr & 3 ||
	    !reg.len || reg.len > PHYR_NVME_MAX_BUFFER_LEN ||
	    check_add_overflow(reg.addr, reg.len, &end))
		return -EINVAL;
	err = reg.access & PHYR_NVME_BUFFER_READ ? pnvme_file_may(file, false) : 0;
	if (!err && reg.access & PHYR_NVME_BUFFER_WRITE)
		err = pnvme_file_may(file, true);
	if (err)
		return err;

	buf = pnvme_buffer_pin(reg.addr, reg.len, reg.access);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	err = pnvme_ctl_map_buffer(pf->ctl, buf);
	if (err)
		goto unpin;

	/* A handle is known before it can be used: the entry comes last. */
	err = xa_alloc(&pf->buffers, &reg.handle, NULL, XA_LIMIT(1, PHYR_NVME_MAX_BUFFERS),
		       GFP_KERNEL);
	if (err) {
		err = err == -EBUSY ? -ENOSPC : err;
		goto release;
	}
	err = -EFAULT;
	if (copy_to_user(user, &reg, sizeof(reg)))
		goto erase;
	xa_store(&pf->buffers, reg.handle, buf, GFP_KERNEL);	/* reserved: cannot fail */
	return 0;

erase:
	xa_erase(&pf->buffers, reg.handle);
release:
	pnvme_ctl_release_buffer(pf->ctl, buf);
	return err;
unpin:
	pnvme_buffer_unpin(buf);
	return err;
}

static long pnvme_ctl_unregister(struct pnvme_file *pf, const void __user *user)
{
	struct phyr_nvme_unregister unreg;
	struct pnvme_buffer *buf;

	if (copy_from_user(&unreg, user, sizeof(unreg)))
		return -EFAULT;
	if (unreg.reserved)
		return -EINVAL;
	xa_lock(&pf->buffers);
	buf = xa_load(&pf->buffers, unreg.handle);
	if (buf)	/* not a handle that is about to be given out */
		__xa_erase(&pf->buffers, unreg.handle);
	xa_unlock(&pf->buffers);
	if (!buf)
		return -ENOENT;
	pnvme_ctl_release_buffer(pf->ctl, buf);
	return 0;
}

static int pnvme_ctl_use_buffer(struct pnvme_ctrl *ctrl, struct pnvme_buffer *buf,
				const struct phyr_nvme_buffer_io *io, bool write)
{
	struct pnvme_pass pass;
	int err;

	if (!(buf->access & (write ? PHYR_NVME_BUFFER_WRITE : PHYR_NVME_BUFFER_READ)))
		return -EACCES;
	if (io->buffer_offset > buf->list.len || io->len > buf->list.len - io->buffer_offset ||
	    (buf->lead + io->buffer_offset) & 3)
		return -EINVAL;
	err = pnvme_pass_init(&pass, ctrl, write, io->offset, io->len);
	if (err)
		return err;
	pass.buffer = buf;
	pass.offset = io->buffer_offset;
	if (!write)
		WRITE_ONCE(buf->dirty, true);
	pnvme_count(ctrl, PNVME_STAT_CTL_BUFFER, 1);
	return pnvme_pass_execute(ctrl, &pass);
}

static long pnvme_ctl_buffer_io(struct file *file, const void __user *user, bool write)
{
	struct pnvme_file *pf = file->private_data;
	struct phyr_nvme_buffer_io io;
	struct pnvme_buffer *buf;
	struct pnvme_ctrl *ctrl;
	int err;

	err = pnvme_file_may(file, write);
	if (err)
		return err;
	if (copy_from_user(&io, user, sizeof(io)))
		return -EFAULT;
	if (io.flags || io.reserved)
		return -EINVAL;
	buf = pnvme_buffer_get(pf, io.handle);
	if (!buf)
		return -ENOENT;
	ctrl = pnvme_ctl_begin(pf->ctl);
	if (ctrl) {
		err = pnvme_ctl_use_buffer(ctrl, buf, &io, write);
		pnvme_ctl_end(pf->ctl);
	} else {
		err = -ENODEV;
	}
	pnvme_buffer_put(buf);
	return err;
}

static long pnvme_ctl_info(struct pnvme_file *pf, void __user *user)
{
	struct pnvme_ctrl *ctrl = pnvme_ctl_begin(pf->ctl);
	struct phyr_nvme_info info = {};

	if (!ctrl)
		return -ENODEV;
	info.blocks = ctrl->nr_lba;
	info.block_size = 1U << ctrl->lba_shift;
	info.max_len = ctrl->max_bytes;
	pnvme_ctl_end(pf->ctl);
	return copy_to_user(user, &info, sizeof(info)) ? -EFAULT : 0;
}

static long pnvme_ctl_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case PHYR_NVME_IOC_INFO:
		return pnvme_ctl_info(file->private_data, user);
	case PHYR_NVME_IOC_READ:
		return pnvme_ctl_io(file, user, false);
	case PHYR_NVME_IOC_WRITE:
		return pnvme_ctl_io(file, user, true);
	case PHYR_NVME_IOC_REGISTER:
		return pnvme_ctl_register(file, user);
	case PHYR_NVME_IOC_UNREGISTER:
		return pnvme_ctl_unregister(file->private_data, user);
	case PHYR_NVME_IOC_BUFFER_READ:
		return pnvme_ctl_buffer_io(file, user, false);
	case PHYR_NVME_IOC_BUFFER_WRITE:
		return pnvme_ctl_buffer_io(file, user, true);
	default:
		return -ENOTTY;
	}
}

/* Called with the lock of misc_deregister() held, so the node is there. */
static int pnvme_ctl_open(struct inode *inode, struct file *file)
{
	struct pnvme_ctl *ctl = container_of(file->private_data, struct pnvme_ctl, misc);
	struct pnvme_file *pf = kzalloc(sizeof(*pf), GFP_KERNEL);

	if (!pf)
		return -ENOMEM;
	kref_get(&ctl->ref);
	pf->ctl = ctl;
	xa_init_flags(&pf->buffers, XA_FLAGS_ALLOC1);
	file->private_data = pf;
	return nonseekable_open(inode, file);
}

static int pnvme_ctl_close(struct inode *inode, struct file *file)
{
	struct pnvme_file *pf = file->private_data;
	struct pnvme_buffer *buf;
	unsigned long handle;

	xa_for_each(&pf->buffers, handle, buf)
		pnvme_ctl_release_buffer(pf->ctl, buf);
	xa_destroy(&pf->buffers);
	kref_put(&pf->ctl->ref, pnvme_ctl_free);
	kfree(pf);
	return 0;
}

static const struct file_operations pnvme_ctl_fops = {
	.owner = THIS_MODULE,
	.open = pnvme_ctl_open,
	.release = pnvme_ctl_close,
	.unlocked_ioctl = pnvme_ctl_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * pnvme_ctl_add - make the node of a disk
 * @ctrl:	the controller, with a disk
 *
 * Context: May sleep.
 * Return: 0 or a negative errno.
 */
int pnvme_ctl_add(struct pnvme_ctrl *ctrl)
{
	struct pnvme_ctl *ctl = kzalloc(sizeof(*ctl), GFP_KERNEL);
	int err;

	if (!ctl)
		return -ENOMEM;
	kref_init(&ctl->ref);
	init_rwsem(&ctl->lock);
	mutex_init(&ctl->list_lock);
	INIT_LIST_HEAD(&ctl->buffers);
	ctl->ctrl = ctrl;
	snprintf(ctl->name, sizeof(ctl->name), "%s-ctl", ctrl->disk->disk_name);
	ctl->misc.minor = MISC_DYNAMIC_MINOR;
	ctl->misc.name = ctl->name;
	ctl->misc.parent = ctrl->dev;
	ctl->misc.fops = &pnvme_ctl_fops;
	ctl->misc.mode = 0600;
	err = misc_register(&ctl->misc);
	if (err) {
		kfree(ctl);
		return err;
	}
	ctrl->ctl = ctl;
	return 0;
}

/**
 * pnvme_ctl_remove - take the node away
 * @ctrl:	the controller; I/O on it still ends, in one way or another
 *
 * What is in flight is waited for, every buffer is unmapped.  Files may stay open; their memory
 * stays pinned until they are closed.
 *
 * Context: May sleep; ctrl->lock is not held, a timeout may want it.
 */
void pnvme_ctl_remove(struct pnvme_ctrl *ctrl)
{
	struct pnvme_ctl *ctl = ctrl->ctl;
	struct pnvme_buffer *buf, *next;

	misc_deregister(&ctl->misc);
	down_write(&ctl->lock);
	list_for_each_entry_safe(buf, next, &ctl->buffers, node)
		pnvme_ctl_unmap_buffer(ctl, buf);
	ctl->ctrl = NULL;
	up_write(&ctl->lock);
	kref_put(&ctl->ref, pnvme_ctl_free);
}
