// SPDX-License-Identifier: GPL-2.0
/*
 * phyr_fault.ko: deliberate bugs that a debug kernel must report, to test its checks and the oracle
 * that reads the kernel log.  Built only with the planted defects.  Writing a name to the parameter
 * "make" triggers the bug; without the check it may corrupt the kernel.
 */
#include <linux/device/faux.h>
#include <linux/dma-mapping.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static struct faux_device *faux;

/* KASAN */
static void phyr_fault_make_use_after_free(void)
{
	u8 *memory = kzalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(memory);
	kfree(memory);
	if (memory)
		pr_info("phyr_fault: read %u\n", READ_ONCE(memory[32]));
}

/* Lockdep: two locks in both orders.  Lockdep reports only once. */
static void phyr_fault_make_inversion(void)
{
	static DEFINE_MUTEX(a);
	static DEFINE_MUTEX(b);

	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	mutex_lock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_unlock(&b);
}

/* DEBUG_ATOMIC_SLEEP */
static void phyr_fault_make_atomic_sleep(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

/* kmemleak, at its next scan.  Many, because a stale address on a stack hides one. */
static void phyr_fault_make_leak(void)
{
	int i;

	for (i = 0; i < 32; i++) {
		void *memory = kmalloc(96, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(memory);
	}
}

/* DMA_API_DEBUG: less is unmapped than was mapped. */
static void phyr_fault_make_short_unmap(void)
{
	struct device *dev = &faux->dev;
	void *memory = kmalloc(2048, GFP_KERNEL);
	dma_addr_t dma;

	if (!memory)
		return;
	dma = dma_map_single(dev, memory, 2048, DMA_TO_DEVICE);
	if (!dma_mapping_error(dev, dma))
		dma_unmap_single(dev, dma, 1024, DMA_TO_DEVICE);
	kfree(memory);
}

static const struct {
	const char *name;
	void (*make)(void);
} faults[] = {
	{ "use-after-free",	phyr_fault_make_use_after_free },
	{ "inversion",		phyr_fault_make_inversion },
	{ "atomic-sleep",	phyr_fault_make_atomic_sleep },
	{ "leak",		phyr_fault_make_leak },
	{ "short-unmap",	phyr_fault_make_short_unmap },
};

static int phyr_fault_set(const char *val, const struct kernel_param *kp)
{
	unsigned int i;

	/* When insmod sets the parameter, there is no device yet. */
	if (!faux)
		return -EBUSY;
	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (sysfs_streq(val, faults[i].name)) {
			faults[i].make();
			return 0;
		}
	}
	return -EINVAL;
}

static const struct kernel_param_ops make_ops = {
	.set = phyr_fault_set,
};
module_param_cb(make, &make_ops, NULL, 0200);
MODULE_PARM_DESC(make, "use-after-free, inversion, atomic-sleep, leak, short-unmap: do it now");

static int __init phyr_fault_init(void)
{
	struct faux_device *made = faux_device_create("phyr_fault", NULL, NULL);
	int err;

	if (!made)
		return -ENODEV;
	made->dev.dma_mask = &made->dev.coherent_dma_mask;
	err = dma_set_mask_and_coherent(&made->dev, DMA_BIT_MASK(64));
	if (err) {
		faux_device_destroy(made);
		return err;
	}
	faux = made;
	return 0;
}

static void __exit phyr_fault_exit(void)
{
	faux_device_destroy(faux);
}

module_init(phyr_fault_init);
module_exit(phyr_fault_exit);

MODULE_DESCRIPTION("What a debug kernel must object to");
MODULE_LICENSE("GPL");
