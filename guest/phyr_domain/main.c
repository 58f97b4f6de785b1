// SPDX-License-Identifier: GPL-2.0
/*
 * phyr_domain.ko: a PCI function for user space, with an IOMMU domain of its own in which phyr
 * lists are mapped.  A minimal equivalent of VFIO type 1, for comparison.  Bound with
 * driver_override only; no interrupts.
 */
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "domain.h"

static int pdomain_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct pdomain_function *fn;
	int err;

	if (!pci_resource_len(pdev, 0) || !(pci_resource_flags(pdev, 0) & IORESOURCE_MEM))
		return -ENODEV;
	/* Not devm: a file may outlive the binding. */
	fn = kzalloc_obj(*fn);
	if (!fn)
		return -ENOMEM;
	fn->pdev = pci_dev_get(pdev);
	fn->size = pci_resource_len(pdev, 0);
	mutex_init(&fn->lock);
	kref_init(&fn->ref);
	snprintf(fn->name, sizeof(fn->name), "phyr_domain-%s", pci_name(pdev));
	fn->misc.name = fn->name;
	fn->misc.minor = MISC_DYNAMIC_MINOR;
	fn->misc.fops = &pdomain_function_fops;
	fn->misc.mode = 0600;
	fn->misc.parent = &pdev->dev;

	err = pcim_enable_device(pdev);
	if (err)
		goto free;
	fn->bar = pcim_iomap_region(pdev, 0, KBUILD_MODNAME);
	if (IS_ERR(fn->bar)) {
		err = PTR_ERR(fn->bar);
		goto free;
	}
	pci_set_drvdata(pdev, fn);
	pdomain_function_reset(fn);
	err = misc_register(&fn->misc);
	if (err)
		goto free;
	return 0;

free:
	kref_put(&fn->ref, pdomain_function_free);
	return err;
}

static void pdomain_remove(struct pci_dev *pdev)
{
	struct pdomain_function *fn = pci_get_drvdata(pdev);

	misc_deregister(&fn->misc);
	scoped_guard(mutex, &fn->lock) {
		if (fn->open)
			pdomain_function_end(fn);
		fn->gone = true;
	}
	kref_put(&fn->ref, pdomain_function_free);
}

static const struct pci_device_id pdomain_ids[] = {
	{ }	/* driver_override only */
};

static struct pci_driver pdomain_driver = {
	.name = "phyr_domain",
	.id_table = pdomain_ids,
	.probe = pdomain_probe,
	.remove = pdomain_remove,
	/* The DMA API is not used. */
	.driver_managed_dma = true,
};
module_pci_driver(pdomain_driver);

MODULE_DESCRIPTION("PCI functions for user space, by phyr lists in IOMMU domains, for phyrlab");
MODULE_AUTHOR("phyrlab");
MODULE_LICENSE("GPL");
