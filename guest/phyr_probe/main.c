// SPDX-License-Identifier: GPL-2.0
/*
 * phyr_probe.ko: measures and checks DMA mapping on a PCI function that does nothing else, and
 * watches the commands of phyr_nvme.ko.  /dev/phyr_probe takes the ioctls of uapi/phyr_probe.h.
 *
 * The function is bound with driver_override alone, and one at a time.  Its registers are not
 * touched: no command ever uses what is mapped here.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/uaccess.h>

#include "probe.h"

static DEFINE_MUTEX(target_lock);
static struct pci_dev *target;	/* under target_lock, which is held over its use */

static int probe_bind(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int err;

	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	dma_set_seg_boundary(&pdev->dev, ULONG_MAX);
	dma_set_min_align_mask(&pdev->dev, SZ_4K - 1);	/* as NVMe */

	guard(mutex)(&target_lock);
	if (target) {
		dev_err(&pdev->dev, "%s is bound already, one function at a time\n",
			pci_name(target));
		return -EBUSY;
	}
	target = pdev;
	return 0;
}

static void probe_unbind(struct pci_dev *pdev)
{
	guard(mutex)(&target_lock);
	target = NULL;
}

static const struct pci_device_id probe_ids[] = {
	{ }	/* driver_override only */
};

static struct pci_driver probe_driver = {
	.name = "phyr_probe",
	.id_table = probe_ids,
	.probe = probe_bind,
	.remove = probe_unbind,
};

static long ioctl_map_cost(void __user *user)
{
	struct phyr_probe_map_cost arg, in;
	int err;

	if (copy_from_user(&in, user, sizeof(in)))
		return -EFAULT;
	if (in.count > 1 || !in.iterations || in.iterations > PHYR_PROBE_MAX_ITERATIONS)
		return -EINVAL;
	err = probe_memory_check(&in.memory);
	if (err)
		return err;
	memset(&arg, 0, sizeof(arg));
	arg.memory = in.memory;
	arg.iterations = in.iterations;
	arg.count = in.count;

	mutex_lock(&target_lock);
	err = target ? probe_map_cost(&target->dev, &arg) : -ENODEV;
	mutex_unlock(&target_lock);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long ioctl_translate(void __user *user)
{
	struct phyr_probe_translate arg = {};
	int err;

	if (copy_from_user(&arg.memory, user, sizeof(arg.memory)))
		return -EFAULT;
	err = probe_memory_check(&arg.memory);
	if (err)
		return err;

	mutex_lock(&target_lock);
	err = target ? probe_translate(&target->dev, &arg) : -ENODEV;
	mutex_unlock(&target_lock);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long ioctl_io_cost(void __user *user)
{
	struct phyr_probe_io_cost arg, in;
	int err;

	if (copy_from_user(&in, user, sizeof(in)))
		return -EFAULT;
	if (in.reserved || !in.iterations || in.iterations > PHYR_PROBE_MAX_ITERATIONS ||
	    in.memory.backend || in.memory.trim)
		return -EINVAL;
	err = probe_memory_check(&in.memory);
	if (err)
		return err;
	memset(&arg, 0, sizeof(arg));
	arg.memory = in.memory;
	arg.fd = in.fd;
	arg.iterations = in.iterations;
	err = probe_io_cost(&arg);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long ioctl_watch_read(void __user *user)
{
	struct phyr_probe_watch arg;

	probe_watch_read(&arg);
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long ioctl_story_start(void __user *user)
{
	struct phyr_probe_story_start arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	return probe_story_start(&arg);
}

static long ioctl_story_read(void __user *user)
{
	struct phyr_probe_story_read arg;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	err = probe_story_read(&arg);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long ioctl_follow_domain(void __user *user)
{
	struct phyr_probe_follow_domain arg;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	err = probe_follow_domain(&arg);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long ioctl_calls(void __user *user)
{
	struct phyr_probe_calls arg;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	err = probe_calls(&arg);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long probe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case PHYR_PROBE_IOC_MAP_COST:
		return ioctl_map_cost(user);
	case PHYR_PROBE_IOC_TRANSLATE:
		return ioctl_translate(user);
	case PHYR_PROBE_IOC_IO_COST:
		return ioctl_io_cost(user);
	case PHYR_PROBE_IOC_WATCH_START:
		return probe_watch_start();
	case PHYR_PROBE_IOC_WATCH_STOP:
		return probe_watch_stop();
	case PHYR_PROBE_IOC_WATCH_READ:
		return ioctl_watch_read(user);
	case PHYR_PROBE_IOC_STORY_START:
		return ioctl_story_start(user);
	case PHYR_PROBE_IOC_STORY_STOP:
		return probe_story_stop();
	case PHYR_PROBE_IOC_STORY_READ:
		return ioctl_story_read(user);
	case PHYR_PROBE_IOC_FOLLOW_DOMAIN:
		return ioctl_follow_domain(user);
	case PHYR_PROBE_IOC_CALLS:
		return ioctl_calls(user);
	default:
		return -ENOTTY;
	}
}

static int probe_release(struct inode *inode, struct file *file)
{
	guard(mutex)(&target_lock);
	probe_count_disarm();
	return 0;
}

static const struct file_operations probe_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.release = probe_release,
	.unlocked_ioctl = probe_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice probe_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "phyr_probe",
	.fops = &probe_fops,
	.mode = 0600,
};

static int __init probe_init(void)
{
	int err;

	err = pci_register_driver(&probe_driver);
	if (err)
		return err;
	err = misc_register(&probe_misc);
	if (err)
		pci_unregister_driver(&probe_driver);
	return err;
}

static void __exit probe_exit(void)
{
	misc_deregister(&probe_misc);
	probe_watch_stop();
	probe_story_exit();
	probe_calls_exit();
	pci_unregister_driver(&probe_driver);
}

module_init(probe_init);
module_exit(probe_exit);

MODULE_DESCRIPTION("Measures and checks DMA mapping for phyrlab");
MODULE_AUTHOR("phyrlab");
MODULE_LICENSE("GPL");
