// SPDX-License-Identifier: GPL-2.0
/*
 * phyr_engine.ko: driver for QEMU's DMA engines edu (1234:11e8) and iommu-testdev (1b36:0005).
 * Bound with driver_override only.  /sys/kernel/debug/phyr_engine/BDF has a file for each test case
 * and path; /dev/phyr_region-BDF registers memory (uapi/phyr_region.h).
 */
#include <linux/debugfs.h>
#include <linux/module.h>

#include "engine.h"

static struct dentry *root;

static const struct pengine_ops *pengine_find_ops(const struct pci_dev *pdev)
{
	if (pdev->vendor == 0x1234 && pdev->device == 0x11e8)
		return &pengine_edu;
	if (pdev->vendor == PCI_VENDOR_ID_REDHAT && pdev->device == 0x0005)
		return &pengine_testdev;
	return NULL;
}

static int pengine_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct pengine *e;
	int err;

	e = devm_kzalloc(&pdev->dev, sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	e->pdev = pdev;
	e->ops = pengine_find_ops(pdev);
	if (!e->ops || *e->ops->mask_bits < 12 || *e->ops->mask_bits > 64)
		return -ENODEV;
	e->expect = devm_kmalloc(&pdev->dev, PAGE_SIZE, GFP_KERNEL);
	if (!e->expect)
		return -ENOMEM;
	err = devm_mutex_init(&pdev->dev, &e->mask) ?: devm_mutex_init(&pdev->dev, &e->lock);
	if (err)
		return err;
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	e->bar = pcim_iomap_region(pdev, 0, KBUILD_MODNAME);
	if (IS_ERR(e->bar))
		return PTR_ERR(e->bar);
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(*e->ops->mask_bits));
	if (err)
		return err;
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	dma_set_seg_boundary(&pdev->dev, ULONG_MAX);
	pci_set_master(pdev);
	err = pengine_add_node(e);
	if (err) {
		pci_clear_master(pdev);
		return err;
	}
	e->dir = debugfs_create_dir(pci_name(pdev), root);
	pengine_add_cases(e);
	pci_set_drvdata(pdev, e);
	return 0;
}

static void pengine_remove(struct pci_dev *pdev)
{
	struct pengine *e = pci_get_drvdata(pdev);

	/* Waits for a running case. */
	debugfs_remove(e->dir);
	pengine_remove_node(e);
	pci_clear_master(pdev);
}

static const struct pci_device_id pengine_ids[] = {
	{ }	/* driver_override only */
};

static struct pci_driver pengine_driver = {
	.name = "phyr_engine",
	.id_table = pengine_ids,
	.probe = pengine_probe,
	.remove = pengine_remove,
};

static int __init pengine_init(void)
{
	int err;

	root = debugfs_create_dir("phyr_engine", NULL);
	err = pci_register_driver(&pengine_driver);
	if (err)
		debugfs_remove(root);
	return err;
}

static void __exit pengine_exit(void)
{
	pci_unregister_driver(&pengine_driver);
	debugfs_remove(root);
}

module_init(pengine_init);
module_exit(pengine_exit);

MODULE_DESCRIPTION("DMA by QEMU's edu and iommu-testdev, for phyrlab");
MODULE_AUTHOR("phyrlab");
MODULE_LICENSE("GPL");
