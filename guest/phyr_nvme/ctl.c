// SPDX-License-Identifier: GPL-2.0
/*
 * The character device /dev/phyrN-ctl.  include/uapi/phyr_nvme.h is its interface.
 *
 * The device may be removed while files are open: struct pnvme_ctl is freed when the last of them
 * is closed.  Users of the controller hold @lock for reading.  Removal takes it for writing and so
 * waits for all I/O in flight.  User memory is pinned without @lock, because a page fault may take
 * arbitrarily long.
 */
#include <linux/blkdev.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/uaccess.h>

#include "ctl.h"
#include "uapi/phyr_nvme.h"

static void pnvme_ctl_free(struct kref *ref)
{
	kfree(container_of(ref, struct pnvme_ctl, ref));
}

static int pnvme_ctl_map_io(struct pnvme_ctrl *ctrl, const struct phyr_nvme_io *io,
			    struct pnvme_memory *mem, bool write)
{
	struct pnvme_pass pass;
	struct phyr_map map;
	int err;

	err = pnvme_pass_init(&pass, ctrl, write, io->offset, io->len);
	if (err)
		return err;
	err = pnvme_memory_enter(mem);
	if (err)
		return err;
	err = phyr_dma_map(ctrl->dev, &mem->list, &map, write ? DMA_TO_DEVICE : DMA_FROM_DEVICE,
			   0, GFP_KERNEL_ACCOUNT);
	if (err)
		goto leave;
	pass.map = &map;
	pass.addr = io->addr;
	pnvme_count(ctrl, PNVME_STAT_CTL, 1);
	err = pnvme_pass_execute(ctrl, &pass);
	phyr_dma_unmap(ctrl->dev, &map);
leave:
	pnvme_memory_leave(mem);
	return err;
}

static long pnvme_ctl_io(struct file *file, const void __user *user, bool write)
{
	struct pnvme_file *pf = file->private_data;
	struct pnvme_ctrl *ctrl;
	struct phyr_nvme_io io;
	struct pnvme_memory mem;
	u64 end;
	int err;

	err = pnvme_file_check_mode(file, write);
	if (err)
		return err;
	if (copy_from_user(&io, user, sizeof(io)))
		return -EFAULT;
	if (io.flags || io.reserved || io.addr & 3 || !io.len || io.len > PNVME_MAX_KIB * 1024 ||
	    check_add_overflow(io.addr, (u64)io.len, &end))
		return -EINVAL;

	err = pnvme_memory_get(&mem, io.addr, io.len, !write, FOLL_PCI_P2PDMA, NULL);
	if (err)
		return err;
	ctrl = pnvme_ctl_begin(pf->ctl);
	if (ctrl) {
		err = pnvme_ctl_map_io(ctrl, &io, &mem, write);
		pnvme_ctl_end(pf->ctl);
	} else {
		err = -ENODEV;
	}
	/* A failed read may have written a part. */
	pnvme_memory_put(&mem, !write);
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
	case PHYR_NVME_IOC_ATTACH:
		return pnvme_ctl_attach(file, user);
	case PHYR_NVME_IOC_UNREGISTER:
		return pnvme_ctl_unregister(file, user);
	case PHYR_NVME_IOC_BUFFER_READ:
		return pnvme_ctl_buffer_io(file, user, false);
	case PHYR_NVME_IOC_BUFFER_WRITE:
		return pnvme_ctl_buffer_io(file, user, true);
	default:
		return -ENOTTY;
	}
}

/* Called with misc_mtx held, which misc_deregister() takes: the node exists. */
static int pnvme_ctl_open(struct inode *inode, struct file *file)
{
	struct pnvme_ctl *ctl = container_of(file->private_data, struct pnvme_ctl, misc);
	struct pnvme_file *pf = kzalloc_obj(*pf, GFP_KERNEL_ACCOUNT);

	if (!pf)
		return -ENOMEM;
	kref_get(&ctl->ref);
	pf->ctl = ctl;
	xa_init_flags(&pf->buffers, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	file->private_data = pf;
	return nonseekable_open(inode, file);
}

static int pnvme_ctl_close(struct inode *inode, struct file *file)
{
	struct pnvme_file *pf = file->private_data;

	pnvme_file_release(pf);
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
 * pnvme_ctl_add - create the character device of a disk
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
	ctl->shown = debugfs_create_file("buffers", 0400, ctrl->debugfs, ctl,
					 &pnvme_buffers_fops);
	ctrl->ctl = ctl;
	return 0;
}

/**
 * pnvme_ctl_remove - remove the character device
 * @ctrl:	the controller; it still completes or fails I/O
 *
 * Waits for I/O in flight and revokes all buffers.  Files may stay open, and their memory pinned,
 * until they are closed.
 *
 * Context: May sleep; ctrl->lock must not be held, as a timeout may take it.
 */
void pnvme_ctl_remove(struct pnvme_ctrl *ctrl)
{
	struct pnvme_ctl *ctl = ctrl->ctl;

	misc_deregister(&ctl->misc);
	debugfs_remove(ctl->shown);
	down_write(&ctl->lock);
	pnvme_ctl_revoke(ctl);
	ctl->ctrl = NULL;
	up_write(&ctl->lock);
	kref_put(&ctl->ref, pnvme_ctl_free);
}
