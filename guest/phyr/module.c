// SPDX-License-Identifier: GPL-2.0
/* phyr.ko: lists of physical address ranges and their DMA mapping. */
#include <linux/cc_platform.h>
#include <linux/module.h>

#include "dma/dma.h"
#include "dma/live.h"
#include "lib/lib.h"

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
