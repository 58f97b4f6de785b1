// SPDX-License-Identifier: GPL-2.0
/* /dev/phyr_domain-BDF: what a process can do with a function. */
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "domain.h"

void function_free(struct kref *ref)
{
	struct function *fn = container_of(ref, struct function, ref);

	pci_dev_put(fn->pdev);
	kfree(fn);
}

static int function_open(struct inode *inode, struct file *file)
{
	/* misc_open() has put the miscdevice there, and keeps it from going meanwhile. */
	struct function *fn = container_of(file->private_data, struct function, misc);
	int err;

	/*
	 * All misc devices wait for this open(): whoever has it open may hold the lock for long,
	 * and a reset may take long.  It was reset before.
	 */
	if (!mutex_trylock(&fn->lock))
		return -EBUSY;
	err = fn->gone ? -ENODEV : fn->open ? -EBUSY : space_open(&fn->space, &fn->pdev->dev);
	if (!err) {
		fn->open = true;
		pci_set_master(fn->pdev);
		kref_get(&fn->ref);
		file->private_data = fn;
	}
	mutex_unlock(&fn->lock);
	return err;
}

/**
 * function_end - take a function from the process that has it, for the next
 * @fn:	the function, open; its lock held, and its device's
 *
 * Context: May sleep.
 */
void function_end(struct function *fn)
{
	function_reset(fn);
	space_close(&fn->space);
	fn->open = false;
}

static int function_release(struct inode *inode, struct file *file)
{
	struct function *fn = file->private_data;

	scoped_guard(device, &fn->pdev->dev) {
		guard(mutex)(&fn->lock);
		if (!fn->gone)
			function_end(fn);
	}
	kref_put(&fn->ref, function_free);
	return 0;
}

/*
 * Memory is pinned, and its owner told how, between two looks at the space: page faults last as
 * long as somebody likes.  The device gets it last, so that nothing is ever undone: by then others
 * may have unmapped it and mapped something else there.
 */
static int function_enter(struct function *fn, struct phyr_domain_map *arg, void __user *user)
{
	struct mapping *m;
	int err;

	scoped_guard(mutex, &fn->lock)
		err = fn->gone ? -ENODEV : space_check(&fn->space, arg);
	if (err)
		return err;
	m = mapping_pin(arg);
	if (IS_ERR(m))
		return PTR_ERR(m);
	err = copy_to_user(user, arg, sizeof(*arg)) ? -EFAULT : 0;
	if (!err) {
		guard(mutex)(&fn->lock);
		err = fn->gone ? -ENODEV : space_enter(&fn->space, m, arg);
	}
	if (err)
		mapping_drop(m);
	return err;
}

static int function_leave(struct function *fn, struct phyr_domain_unmap *arg)
{
	guard(mutex)(&fn->lock);
	return fn->gone ? -ENODEV : space_unmap(&fn->space, arg);
}

static long function_map(struct function *fn, void __user *user)
{
	struct phyr_domain_map arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	return function_enter(fn, &arg, user);
}

static long function_unmap(struct function *fn, void __user *user)
{
	struct phyr_domain_unmap arg;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.unmapped)
		return -EINVAL;
	err = function_leave(fn, &arg);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long function_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct function *fn = file->private_data;

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

	if (!is_register(fn, count, *at))
		return -EINVAL;
	scoped_guard(mutex, &fn->lock) {
		if (fn->gone)
			return -ENODEV;
		value = ioread32(fn->bar + *at);
	}
	return copy_to_user(user, &value, sizeof(value)) ? -EFAULT : sizeof(value);
}

static ssize_t function_write(struct file *file, const char __user *user, size_t count, loff_t *at)
{
	struct function *fn = file->private_data;
	u32 value;

	if (!is_register(fn, count, *at))
		return -EINVAL;
	if (copy_from_user(&value, user, sizeof(value)))
		return -EFAULT;
	guard(mutex)(&fn->lock);
	if (fn->gone)
		return -ENODEV;
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
