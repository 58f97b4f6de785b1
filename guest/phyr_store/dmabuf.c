// SPDX-License-Identifier: GPL-2.0
/* ioctl of a store's device file: dma-bufs of parts of the store. */
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "phyr/dmabuf.h"
#include "store.h"
#include "uapi/phyr_store.h"

/* The array from user space is passed to phyr_dmabuf_export() as it is. */
static_assert(sizeof(struct phyr_store_range) == sizeof(struct phyr_part) &&
	      offsetof(struct phyr_store_range, len) == offsetof(struct phyr_part, len));

/* Is the store's file open for the access mode of the dma-buf? */
static bool phyr_store_file_allows(const struct file *file, u32 flags)
{
	fmode_t wanted = OPEN_FMODE(flags);

	return (file->f_mode & wanted) == wanted;
}

static int phyr_store_make_dmabuf(struct file *file, const struct phyr_store_dmabuf __user *user)
{
	struct phyr_store_file *sf = file->private_data;
	struct phyr_store_dmabuf arg;
	struct phyr_part *part;
	struct dma_buf *dmabuf;
	int fd;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.reserved || arg.flags & ~(O_ACCMODE | O_CLOEXEC) ||
	    (arg.flags & O_ACCMODE) == O_ACCMODE || !arg.nr || arg.nr > PHYR_STORE_MAX_RANGES)
		return -EINVAL;
	if (!phyr_store_file_allows(file, arg.flags))
		return -EBADF;
	part = memdup_array_user(u64_to_user_ptr(arg.ranges), arg.nr, sizeof(*part));
	if (IS_ERR(part))
		return PTR_ERR(part);
	dmabuf = phyr_dmabuf_export(&sf->store->export, file, part, arg.nr, arg.flags);
	kfree(part);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	fd = dma_buf_fd(dmabuf, arg.flags);
	if (fd < 0)
		dma_buf_put(dmabuf);
	return fd;
}

long phyr_store_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return cmd == PHYR_STORE_IOC_DMABUF ? phyr_store_make_dmabuf(file,
								     (void __user *)arg) : -ENOTTY;
}

MODULE_IMPORT_NS("DMA_BUF");
