// SPDX-License-Identifier: GPL-2.0
/* /dev/phyr_domain-BDF: what a process can do with a function. */
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "domain.h"

void function_free(struct kref *ref)
{
	kfree(container_of(ref, struct function, ref));
}

static int function_open(struct inode *inode, struct file *file)
{
	/* misc_open() has put the miscdevice there, and keeps it from going meanwhile. */
	struct function *fn = container_of(file->private_data, struct function, misc);
	int err;

	/* All misc devices wait for this open(): whoever has it open may hold the lock for long. */
	if (!mutex_trylock(&fn->lock))
		return -EBUSY;
	err = fn->gone ? -ENODEV : fn->open ? -EBUSY : space_open(&fn->space, &fn->pdev->dev);
	if (!err) {
		pci_set_master(fn->pdev);
		fn->open = true;
		kref_get(&fn->ref);
		file->private_data = fn;
	}
	mutex_unlock(&fn->lock);
	return err;
}

static int function_release(struct inode *inode, struct file *file)
{
	struct function *fn = file->private_data;

	scoped_guard(mutex, &fn->lock) {
		if (!fn->gone) {
			/* What is under way must not come through the default domain. */
			pci_clear_master(fn->pdev);
			space_close(&fn->space);
		}
		fn->open = false;
	}
	kref_put(&fn->ref, function_free);
	return 0;
}

static long function_map(struct function *fn, void __user *user)
{
	struct phyr_domain_map arg;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.chunks || arg.meta_bytes)
		return -EINVAL;
	err = space_map(&fn->space, &arg);
	if (err)
		return err;
	if (copy_to_user(user, &arg, sizeof(arg))) {
		struct phyr_domain_unmap undo = { .iova = arg.iova, .len = arg.len };

		space_unmap(&fn->space, &undo);
		return -EFAULT;
	}
	return 0;
}

static long function_unmap(struct function *fn, void __user *user)
{
	struct phyr_domain_unmap arg;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.unmapped)
		return -EINVAL;
	err = space_unmap(&fn->space, &arg);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long function_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct function *fn = file->private_data;

	guard(mutex)(&fn->lock);
	if (fn->gone)
		return -ENODEV;
	switch (cmd) {
	case PHYR_DOMAIN_IOC_MAP:
		return function_map(fn, (void __user *)arg);
	case PHYR_DOMAIN_IOC_UNMAP:
		return function_unmap(fn, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

/* Is this one register? */
static bool is_register(const struct function *fn, size_t count, loff_t at)
{
	return count == sizeof(u32) && IS_ALIGNED(at, sizeof(u32)) && at >= 0 &&
	       at < fn->size && fn->size - at >= sizeof(u32);
}

static ssize_t function_read(struct file *file, char __user *user, size_t count, loff_t *at)
{
	struct function *fn = file->private_data;
	u32 value;

	guard(mutex)(&fn->lock);
	if (fn->gone)
		return -ENODEV;
	if (!is_register(fn, count, *at))
		return -EINVAL;
	value = ioread32(fn->bar + *at);
	return copy_to_user(user, &value, sizeof(value)) ? -EFAULT : sizeof(value);
}

static ssize_t function_write(struct file *file, const char __user *user, size_t count, loff_t *at)
{
	struct function *fn = file->private_data;
	u32 value;

	guard(mutex)(&fn->lock);
	if (fn->gone)
		return -ENODEV;
	if (!is_register(fn, count, *at))
		return -EINVAL;
	if (copy_from_user(&value, user, sizeof(value)))
		return -EFAULT;
	iowrite32(value, fn->bar + *at);
	return sizeof(value);
}

const struct file_operations function_fops = {
	.owner = THIS_MODULE,
	.open = function_open,
	.release = function_release,
	.unlocked_ioctl = function_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.read = function_read,
	.write = function_write,
};
