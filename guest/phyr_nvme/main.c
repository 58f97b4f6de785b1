// SPDX-License-Identifier: GPL-2.0
/* The module. */
#include <linux/module.h>

#include "phyr_nvme.h"

static int __init pnvme_init(void)
{
	int err;

	pnvme_stats_init();
	err = pci_register_driver(&pnvme_pci_driver);
	if (err)
		pnvme_stats_exit();
	return err;
}

static void __exit pnvme_exit(void)
{
	pci_unregister_driver(&pnvme_pci_driver);
	pnvme_stats_exit();
}

module_init(pnvme_init);
module_exit(pnvme_exit);

MODULE_DESCRIPTION("NVMe driver with exchangeable DMA mapping");
MODULE_LICENSE("GPL");
