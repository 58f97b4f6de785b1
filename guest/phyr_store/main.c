// SPDX-License-Identifier: GPL-2.0
/* The module, and the store in reserved RAM, set by its parameters. */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/module.h>

#include "store.h"

static unsigned long long base;
module_param(base, ullong, 0444);
MODULE_PARM_DESC(base, "Physical address of memory without struct pages: RAM reserved with mem= or memmap=, an NVDIMM without a driver");

static unsigned long long size;
module_param(size, ullong, 0444);
MODULE_PARM_DESC(size, "Its bytes; 0 for no store in RAM");

static struct phyr_store *ram;

static int __init phyr_store_ram_init(void)
{
	struct iosys_map map;
	void *mem;
	int err;

	if (!size)
		return 0;
	if (base + size < base || !IS_ALIGNED(base | size, PAGE_SIZE)) {
		pr_err("phyr_store: base and size must be multiples of the page size\n");
		return -EINVAL;
	}
	/* Reserved RAM is in the resource tree, but not busy unless another driver uses it. */
	if (!request_mem_region(base, size, "phyr_store"))
		return -EBUSY;
	mem = memremap(base, size, MEMREMAP_WB);
	if (!mem) {
		err = -ENOMEM;
		goto release;
	}
	iosys_map_set_vaddr(&map, mem);
	ram = phyr_store_create("phyr_ram", PHYR_MEM_PAGELESS, NULL, base, size, &map, NULL);
	if (!IS_ERR(ram))
		return 0;

	err = PTR_ERR(ram);
	ram = NULL;
	if (err == -EINVAL)
		pr_err("phyr_store: %#llx +%#llx has struct pages: reserve whole sections of memory (%lu MiB)\n",
		       base, size, PAGES_PER_SECTION >> (20 - PAGE_SHIFT));
	memunmap(mem);
release:
	release_mem_region(base, size);
	return err;
}

static void phyr_store_ram_exit(void)
{
	void *mem;

	if (!ram)
		return;
	mem = ram->map.vaddr;
	phyr_store_destroy(ram);
	memunmap(mem);
	release_mem_region(base, size);
}

static int __init phyr_store_init(void)
{
	int err = phyr_store_ram_init();

	if (err)
		return err;
	err = pci_register_driver(&phyr_store_bar_driver);
	if (err)
		phyr_store_ram_exit();
	return err;
}

static void __exit phyr_store_exit(void)
{
	pci_unregister_driver(&phyr_store_bar_driver);
	phyr_store_ram_exit();
}

module_init(phyr_store_init);
module_exit(phyr_store_exit);

MODULE_DESCRIPTION("Memory without struct pages, lent to user space and to devices");
MODULE_AUTHOR("phyrlab");
MODULE_LICENSE("GPL");
