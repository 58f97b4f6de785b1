// SPDX-License-Identifier: GPL-2.0
/* phyr.ko: lists of physical address ranges and their DMA mapping. */
#include <linux/cc_platform.h>
#include <linux/module.h>

#include "dma/dma.h"
#include "dma/live.h"
#include "lib/lib.h"

#ifdef PHYR_PLANTS
static const char * const plant_names[] = {
	[PHYR_PLANT_NONE]		= "none",
	[PHYR_PLANT_SHORT_MAP]		= "short-map",
	[PHYR_PLANT_SKIP_UNMAP]		= "skip-unmap",
	[PHYR_PLANT_SWAP_DIRECTION]	= "swap-direction",
	[PHYR_PLANT_BOTH_DIRECTIONS]	= "both-directions",
	[PHYR_PLANT_EARLY_UNMAP]	= "early-unmap",
	[PHYR_PLANT_WRONG_LENGTH]	= "wrong-length",
	[PHYR_PLANT_WRONG_BIAS]		= "wrong-bias",
	[PHYR_PLANT_LEAK_ON_ERROR]	= "leak-on-error",
	[PHYR_PLANT_WRONG_BUS_OFFSET]	= "wrong-bus-offset",
	[PHYR_PLANT_NO_MMIO]		= "no-mmio",
	[PHYR_PLANT_SKIP_SYNC]		= "skip-sync",
	[PHYR_PLANT_WRONG_SLICE]	= "wrong-slice",
	[PHYR_PLANT_PIN_LEAK]		= "pin-leak",
	[PHYR_PLANT_NO_PIN]		= "no-pin",
	[PHYR_PLANT_WRONG_ORDER]	= "wrong-order",
	[PHYR_PLANT_WRONG_IOVA]		= "wrong-iova",
	[PHYR_PLANT_SWAP_RANGES]	= "swap-ranges",
	[PHYR_PLANT_SKIP_DRAIN]		= "skip-drain",
	[PHYR_PLANT_KEEP_IMPORT]	= "keep-import",
	[PHYR_PLANT_POST_TWICE]		= "post-twice",
};

int phyr_plant_now;
EXPORT_SYMBOL_GPL(phyr_plant_now);

static int plant_set(const char *val, const struct kernel_param *kp)
{
	int plant = sysfs_match_string(plant_names, val);

	if (plant < 0)
		return plant;
	WRITE_ONCE(phyr_plant_now, plant);
	if (plant)
		pr_notice("phyr: planted defect: %s\n", plant_names[plant]);
	return 0;
}

static int plant_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", plant_names[READ_ONCE(phyr_plant_now)]);
}

static const struct kernel_param_ops plant_ops = {
	.set = plant_set,
	.get = plant_get,
};

module_param_cb(plant, &plant_ops, NULL, 0600);
MODULE_PARM_DESC(plant, "Defect to plant, by the names of phyr_plant.h; none for none");
#endif /* PHYR_PLANTS */

static int __init phyr_init(void)
{
	int err;

	phyr_mem_encrypted = cc_platform_has(CC_ATTR_MEM_ENCRYPT);
	err = phyr_node_init();
	if (err)
		return err;
	err = phyr_route_init();
	if (err) {
		phyr_node_exit();
		return err;
	}
	phyr_debugfs_init();
	return 0;
}

static void __exit phyr_exit(void)
{
	phyr_debugfs_exit();
	phyr_route_exit();
	phyr_node_exit();
}

module_init(phyr_init);
module_exit(phyr_exit);

MODULE_DESCRIPTION("Physical address ranges: lists and DMA mapping");
MODULE_AUTHOR("phyrlab");
MODULE_LICENSE("GPL");
