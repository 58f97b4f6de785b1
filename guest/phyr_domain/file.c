// SPDX-License-Identifier: GPL-2.0
/* File operations of /dev/phyr_domain-BDF. */
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "domain.h"

void pdomain_function_free(struct kref *ref)
{
	struct pdomain_function *fn = container_of(ref, struct pdomain_function, ref);

	pci_dev_put(fn->pdev);
	kfree(fn);
}

static int pdomain_function_open(struct inode *inode, struct file *file)
{
	/* Set by misc_open(), which holds misc_mtx and so keeps the miscdevice registered. */
	struct pdomain_function *fn = container_of(file->private_data, struct pdomain_function,
						   misc);
	int err;

	/*
	 * misc_mtx is held, so opens of all misc devices wait for this one.  Do not wait for the
	 * lock, which may be held for long, and do not reset the function: it was reset before.
	 */
	if (!mutex_trylock(&fn->lock))
		return -EBUSY;
	err = fn->gone ? -ENODEV : fn->open ? -EBUSY : pdomain_space_open(&fn->space,
									  &fn->pdev->dev);
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
 * pdomain_function_end - reset a function and close its address space
 * @fn:	the function, open; @fn->lock and the device lock are held
 *
 * Context: May sleep.
 */
void pdomain_function_end(struct pdomain_function *fn)
{
	pdomain_function_reset(fn);
	pdomain_space_close(&fn->space);
	fn->open = false;
}

static int pdomain_function_release(struct inode *inode, struct file *file)
{
	struct pdomain_function *fn = file->private_data;

	scoped_guard(device, &fn->pdev->dev) {
		guard(mutex)(&fn->lock);
		if (!fn->gone)
			pdomain_function_end(fn);
	}
	kref_put(&fn->ref, pdomain_function_free);
	return 0;
}

/*
 * The memory is pinned, and the result copied to user space, without the lock, because both may
 * fault for arbitrarily long.  So the space is checked before and again when the memory is mapped.
 * Mapping is the last step and never undone: another thread could already have unmapped the range
 * and reused it.
 */
static int pdomain_function_map(struct pdomain_function *fn, struct phyr_domain_map *arg,
				void __user *user)
{
	struct pdomain_mapping *m;
	int err;

	scoped_guard(mutex, &fn->lock)
		err = fn->gone ? -ENODEV : pdomain_space_check(&fn->space, arg);
	if (err)
		return err;
	m = pdomain_mapping_pin(arg);
	if (IS_ERR(m))
		return PTR_ERR(m);
	err = copy_to_user(user, arg, sizeof(*arg)) ? -EFAULT : 0;
	if (!err) {
		guard(mutex)(&fn->lock);
		err = fn->gone ? -ENODEV : pdomain_space_map(&fn->space, m, arg);
	}
	if (err)
		pdomain_mapping_drop(m);
	return err;
}

static int pdomain_function_unmap(struct pdomain_function *fn, struct phyr_domain_unmap *arg)
{
	guard(mutex)(&fn->lock);
	return fn->gone ? -ENODEV : pdomain_space_unmap(&fn->space, arg);
}

static long pdomain_ioctl_map(struct pdomain_function *fn, void __user *user)
{
	struct phyr_domain_map arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.flags || arg.reserved)
		return -EINVAL;
	return pdomain_function_map(fn, &arg, user);
}

static long pdomain_ioctl_unmap(struct pdomain_function *fn, void __user *user)
{
	struct phyr_domain_unmap arg;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.flags || arg.reserved || arg.unmapped)
		return -EINVAL;
	err = pdomain_function_unmap(fn, &arg);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long pdomain_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pdomain_function *fn = file->private_data;

	switch (cmd) {
	case PHYR_DOMAIN_IOC_MAP:
		return pdomain_ioctl_map(fn, (void __user *)arg);
	case PHYR_DOMAIN_IOC_UNMAP:
		return pdomain_ioctl_unmap(fn, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

/* Is this an access of 4 bytes inside the BAR? */
static bool pdomain_is_register_access(const struct pdomain_function *fn, size_t count, loff_t at)
{
	return count == sizeof(u32) && IS_ALIGNED(at, sizeof(u32)) && at >= 0 &&
	       at < fn->size && fn->size - at >= sizeof(u32);
}

static ssize_t pdomain_function_read(struct file *file, char __user *user, size_t count, loff_t *at)
{
	struct pdomain_function *fn = file->private_data;
	u32 value;

	if (!pdomain_is_register_access(fn, count, *at))
		return -EINVAL;
	scoped_guard(mutex, &fn->lock) {
		if (fn->gone)
			return -ENODEV;
		value = ioread32(fn->bar + *at);
	}
	return copy_to_user(user, &value, sizeof(value)) ? -EFAULT : sizeof(value);
}

static ssize_t pdomain_function_write(struct file *file, const char __user *user, size_t count,
				      loff_t *at)
{
	struct pdomain_function *fn = file->private_data;
	u32 value;

	if (!pdomain_is_register_access(fn, count, *at))
		return -EINVAL;
	if (copy_from_user(&value, user, sizeof(value)))
		return -EFAULT;
	guard(mutex)(&fn->lock);
	if (fn->gone)
		return -ENODEV;
	iowrite32(value, fn->bar + *at);
	return sizeof(value);
}

const struct file_operations pdomain_function_fops = {
	.owner = THIS_MODULE,
	.open = pdomain_function_open,
	.release = pdomain_function_release,
	.unlocked_ioctl = pdomain_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.read = pdomain_function_read,
	.write = pdomain_function_write,
};
