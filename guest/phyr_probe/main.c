// SPDX-License-Identifier: GPL-2.0
/*
 * phyr_probe.ko: measures and checks DMA mappings on a dedicated PCI function, and checks the
 * commands of phyr_nvme.ko.  /dev/phyr_probe supports the ioctls of uapi/phyr_probe.h.
 *
 * The function is bound with driver_override only, one at a time.  It does no DMA: its registers
 * are not accessed.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/uaccess.h>

#include "probe.h"

static DEFINE_MUTEX(target_lock);
static struct pci_dev *target;	/* protected by target_lock */

static int pprobe_bind(struct pci_dev *pdev, const struct pci_device_id *id)
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

static void pprobe_unbind(struct pci_dev *pdev)
{
	guard(mutex)(&target_lock);
	target = NULL;
}

static const struct pci_device_id pprobe_ids[] = {
	{ }	/* driver_override only */
};

static struct pci_driver pprobe_driver = {
	.name = "phyr_probe",
	.id_table = pprobe_ids,
	.probe = pprobe_bind,
	.remove = pprobe_unbind,
};

union pprobe_arg {
	struct phyr_probe_map_cost map_cost;
	struct phyr_probe_translate translate;
	struct phyr_probe_io_cost io_cost;
	struct phyr_probe_watch watch;
	struct phyr_probe_story_start story_start;
	struct phyr_probe_story_read story_read;
	struct phyr_probe_follow_domain follow_domain;
	struct phyr_probe_calls calls;
	struct phyr_probe_soil soil;
	struct phyr_probe_live live;
};

static int pprobe_ioctl_map_cost(union pprobe_arg *arg)
{
	struct phyr_probe_map_cost in = arg->map_cost;
	int err;

	if (in.count > 1 || !in.iterations || in.iterations > PHYR_PROBE_MAX_ITERATIONS)
		return -EINVAL;
	err = pprobe_memory_check(&in.memory);
	if (err)
		return err;
	memset(arg, 0, sizeof(*arg));
	arg->map_cost.memory = in.memory;
	arg->map_cost.iterations = in.iterations;
	arg->map_cost.count = in.count;

	guard(mutex)(&target_lock);
	return target ? pprobe_map_cost(&target->dev, &arg->map_cost) : -ENODEV;
}

static int pprobe_ioctl_translate(union pprobe_arg *arg)
{
	struct phyr_probe_memory memory = arg->translate.memory;
	int err;

	err = pprobe_memory_check(&memory);
	if (err)
		return err;
	memset(arg, 0, sizeof(*arg));
	arg->translate.memory = memory;

	guard(mutex)(&target_lock);
	return target ? pprobe_translate(&target->dev, &arg->translate) : -ENODEV;
}

static int pprobe_ioctl_io_cost(union pprobe_arg *arg)
{
	struct phyr_probe_io_cost in = arg->io_cost;
	int err;

	if (in.reserved || !in.iterations || in.iterations > PHYR_PROBE_MAX_ITERATIONS ||
	    in.memory.backend || in.memory.trim)
		return -EINVAL;
	err = pprobe_memory_check(&in.memory);
	if (err)
		return err;
	memset(arg, 0, sizeof(*arg));
	arg->io_cost.memory = in.memory;
	arg->io_cost.fd = in.fd;
	arg->io_cost.iterations = in.iterations;
	return pprobe_io_cost(&arg->io_cost);
}

static int pprobe_ioctl_watch_start(union pprobe_arg *arg)
{
	return pprobe_watch_start();
}

static int pprobe_ioctl_watch_stop(union pprobe_arg *arg)
{
	return pprobe_watch_stop();
}

static int pprobe_ioctl_watch_read(union pprobe_arg *arg)
{
	pprobe_watch_read(&arg->watch);
	return 0;
}

static int pprobe_ioctl_story_start(union pprobe_arg *arg)
{
	return pprobe_story_start(&arg->story_start);
}

static int pprobe_ioctl_story_stop(union pprobe_arg *arg)
{
	return pprobe_story_stop();
}

static int pprobe_ioctl_story_read(union pprobe_arg *arg)
{
	return pprobe_story_read(&arg->story_read);
}

static int pprobe_ioctl_follow_domain(union pprobe_arg *arg)
{
	return pprobe_follow_domain(&arg->follow_domain);
}

static int pprobe_ioctl_calls(union pprobe_arg *arg)
{
	return pprobe_calls(&arg->calls);
}

static int pprobe_ioctl_soil(union pprobe_arg *arg)
{
	return pprobe_pool_soil(&arg->soil);
}

static int pprobe_ioctl_live(union pprobe_arg *arg)
{
	return pprobe_live(&arg->live);
}

static const struct pprobe_op {
	unsigned int cmd;
	int (*run)(union pprobe_arg *arg);
} pprobe_ops[] = {
	{ PHYR_PROBE_IOC_MAP_COST, pprobe_ioctl_map_cost },
	{ PHYR_PROBE_IOC_TRANSLATE, pprobe_ioctl_translate },
	{ PHYR_PROBE_IOC_IO_COST, pprobe_ioctl_io_cost },
	{ PHYR_PROBE_IOC_WATCH_START, pprobe_ioctl_watch_start },
	{ PHYR_PROBE_IOC_WATCH_STOP, pprobe_ioctl_watch_stop },
	{ PHYR_PROBE_IOC_WATCH_READ, pprobe_ioctl_watch_read },
	{ PHYR_PROBE_IOC_STORY_START, pprobe_ioctl_story_start },
	{ PHYR_PROBE_IOC_STORY_STOP, pprobe_ioctl_story_stop },
	{ PHYR_PROBE_IOC_STORY_READ, pprobe_ioctl_story_read },
	{ PHYR_PROBE_IOC_FOLLOW_DOMAIN, pprobe_ioctl_follow_domain },
	{ PHYR_PROBE_IOC_CALLS, pprobe_ioctl_calls },
	{ PHYR_PROBE_IOC_SOIL, pprobe_ioctl_soil },
	{ PHYR_PROBE_IOC_LIVE, pprobe_ioctl_live },
};

static long pprobe_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	const struct pprobe_op *op = pprobe_ops;
	union pprobe_arg arg = {};
	int err;

	while (op < pprobe_ops + ARRAY_SIZE(pprobe_ops) && op->cmd != cmd)
		op++;
	if (op == pprobe_ops + ARRAY_SIZE(pprobe_ops))
		return -ENOTTY;
	if (_IOC_DIR(cmd) & _IOC_WRITE &&
	    copy_from_user(&arg, (void __user *)user, _IOC_SIZE(cmd)))
		return -EFAULT;
	err = op->run(&arg);
	if (!err && _IOC_DIR(cmd) & _IOC_READ &&
	    copy_to_user((void __user *)user, &arg, _IOC_SIZE(cmd)))
		return -EFAULT;
	return err;
}

static int pprobe_release(struct inode *inode, struct file *file)
{
	guard(mutex)(&target_lock);
	pprobe_count_disarm();
	return 0;
}

static const struct file_operations pprobe_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.release = pprobe_release,
	.unlocked_ioctl = pprobe_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice pprobe_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "phyr_probe",
	.fops = &pprobe_fops,
	.mode = 0600,
};

static int __init pprobe_init(void)
{
	int err;

	err = pci_register_driver(&pprobe_driver);
	if (err)
		return err;
	err = misc_register(&pprobe_misc);
	if (err)
		pci_unregister_driver(&pprobe_driver);
	return err;
}

static void __exit pprobe_exit(void)
{
	misc_deregister(&pprobe_misc);
	pprobe_watch_stop();
	pprobe_story_exit();
	pprobe_calls_exit();
	pprobe_live_exit();
	pci_unregister_driver(&pprobe_driver);
}

module_init(pprobe_init);
module_exit(pprobe_exit);

MODULE_DESCRIPTION("Measures and checks DMA mapping for phyrlab");
MODULE_AUTHOR("phyrlab");
MODULE_LICENSE("GPL");
