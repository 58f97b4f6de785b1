// SPDX-License-Identifier: GPL-2.0
/* Probe and remove. */
#include <linux/dmapool.h>
#include <linux/idr.h>
#include <linux/io-64-nonatomic-lo-hi.h>

#include "phyr_nvme.h"

static DEFINE_IDA(pnvme_ida);

static int pnvme_map_bar(struct pci_dev *pdev, struct pnvme_ctrl *ctrl)
{
	int err;

	err = pci_enable_device_mem(pdev);
	if (err)
		return err;
	err = pci_request_mem_regions(pdev, "phyr_nvme");
	if (err)
		goto disable;

	err = -ENODEV;
	ctrl->bar = pci_iomap(pdev, 0, 0);
	if (!ctrl->bar)
		goto release;
	if (readl(ctrl->bar + NVME_REG_CSTS) == ~0U)
		goto unmap;

	ctrl->cap = lo_hi_readq(ctrl->bar + NVME_REG_CAP);
	err = -EOPNOTSUPP;
	if (NVME_CAP_MPSMIN(ctrl->cap)) {
		dev_err(ctrl->dev, "needs pages larger than 4 KiB\n");
		goto unmap;
	}
	if (pci_resource_len(pdev, 0) < NVME_REG_DBS +
	    ((2 * (PNVME_MAX_QUEUES + 1)) << (2 + NVME_CAP_STRIDE(ctrl->cap)))) {
		dev_err(ctrl->dev, "BAR 0 has no room for %u doorbells\n", PNVME_MAX_QUEUES);
		goto unmap;
	}
	return 0;

unmap:
	pci_iounmap(pdev, ctrl->bar);
release:
	pci_release_mem_regions(pdev);
disable:
	pci_disable_device(pdev);
	return err;
}

static void pnvme_unmap_bar(struct pci_dev *pdev, struct pnvme_ctrl *ctrl)
{
	pci_iounmap(pdev, ctrl->bar);
	pci_release_mem_regions(pdev);
	pci_disable_device(pdev);
}

static int pnvme_set_dma_limits(struct device *dev)
{
	unsigned int bits = READ_ONCE(pnvme_param_dma_bits);
	int err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(bits));

	if (err)
		return err;
	/* A bounce buffer must keep the offset in the page, because of PRPs. */
	dma_set_min_align_mask(dev, PNVME_PAGE_MASK);
	dma_set_max_seg_size(dev, UINT_MAX);
	/* PRPs and SGL descriptors have no boundary; the default is 4 GiB. */
	dma_set_seg_boundary(dev, ULONG_MAX);
	return 0;
}

/* One vector for admin and one for every I/O queue; settles ctrl->nr_io. */
static int pnvme_alloc_vectors(struct pci_dev *pdev, struct pnvme_ctrl *ctrl)
{
	struct irq_affinity affinity = { .pre_vectors = 1 };
	unsigned int cpus = num_possible_cpus();
	unsigned int want = READ_ONCE(pnvme_param_queues) ?: min(cpus, PNVME_MAX_QUEUES);
	int n;

	/* Affinity makes sense only up to one queue for each CPU. */
	if (want <= cpus)
		n = pci_alloc_irq_vectors_affinity(pdev, 2, 1 + want,
						   PCI_IRQ_MSIX | PCI_IRQ_AFFINITY, &affinity);
	else
		n = pci_alloc_irq_vectors(pdev, 2, 1 + want, PCI_IRQ_MSIX);
	if (n < 0) {
		dev_err(ctrl->dev, "needs two MSI-X vectors at least: %d\n", n);
		return n;
	}
	ctrl->nr_io = n - 1;
	if (ctrl->nr_io < want)
		dev_warn(ctrl->dev, "%u vectors: %u I/O queues, not %u\n", n, ctrl->nr_io, want);
	return 0;
}

static int pnvme_queue_setup(struct pnvme_ctrl *ctrl, u16 qid, u32 depth)
{
	int err = pnvme_queue_alloc(ctrl, qid, depth);

	if (err)
		return err;
	err = pnvme_queue_request_irq(&ctrl->queues[qid]);
	if (err)
		pnvme_queue_free(&ctrl->queues[qid]);
	return err;
}

static void pnvme_queue_teardown(struct pnvme_queue *q)
{
	pnvme_queue_free_irq(q);
	pnvme_queue_free(q);
}

/* Enable the controller and create its I/O queues. */
static int pnvme_bring_up(struct pnvme_ctrl *ctrl)
{
	unsigned int granted;
	u16 qid = 0;
	int err;

	err = pnvme_queue_setup(ctrl, 0, PNVME_ADMIN_DEPTH);
	if (err)
		return err;
	err = pnvme_ctrl_enable(ctrl);
	if (err)
		goto disable;
	err = pnvme_ctrl_identify(ctrl);
	if (err)
		goto disable;

	granted = ctrl->nr_io;
	err = pnvme_admin_queue_count(ctrl, &granted);
	if (err)
		goto disable;
	if (granted < ctrl->nr_io) {
		dev_warn(ctrl->dev, "device grants %u I/O queues, not %u\n", granted, ctrl->nr_io);
		ctrl->nr_io = granted;
	}
	while (qid < ctrl->nr_io) {
		err = pnvme_queue_setup(ctrl, qid + 1, ctrl->depth);
		if (err)
			goto disable;
		qid++;
	}
	err = pnvme_ctrl_start_io(ctrl);
	if (!err)
		return 0;

disable:
	pnvme_ctrl_disable(ctrl, false);
	do {
		pnvme_queue_teardown(&ctrl->queues[qid]);
	} while (qid--);
	return err;
}

static void pnvme_tear_down(struct pnvme_ctrl *ctrl)
{
	u16 qid = ctrl->nr_io;

	mutex_lock(&ctrl->lock);
	pnvme_ctrl_stop(ctrl, PNVME_DEAD, true);
	mutex_unlock(&ctrl->lock);
	do {
		pnvme_queue_teardown(&ctrl->queues[qid]);
	} while (qid--);
}

static int pnvme_alloc_pools(struct pnvme_ctrl *ctrl)
{
	ctrl->list_pool = dma_pool_create("phyr_nvme list", ctrl->dev, PNVME_PAGE_SIZE,
					  PNVME_PAGE_SIZE, 0);
	if (!ctrl->list_pool)
		return -ENOMEM;
	if (mempool_init_kmalloc_pool(&ctrl->range_pool, 1,
				      PNVME_MAX_SEGS * sizeof(struct pnvme_range))) {
		dma_pool_destroy(ctrl->list_pool);
		return -ENOMEM;
	}
	return 0;
}

static void pnvme_free_pools(struct pnvme_ctrl *ctrl)
{
	mempool_exit(&ctrl->range_pool);
	dma_pool_destroy(ctrl->list_pool);
}

static struct pnvme_ctrl *pnvme_ctrl_alloc(struct device *dev)
{
	struct pnvme_ctrl *ctrl = kzalloc(sizeof(*ctrl), GFP_KERNEL);

	if (!ctrl)
		return NULL;
	ctrl->queues = kcalloc(PNVME_MAX_QUEUES + 1, sizeof(*ctrl->queues), GFP_KERNEL);
	if (!ctrl->queues)
		goto free_ctrl;
	ctrl->index = ida_alloc(&pnvme_ida, GFP_KERNEL);
	if (ctrl->index < 0)
		goto free_queues;

	ctrl->dev = dev;
	mutex_init(&ctrl->lock);
	mutex_init(&ctrl->admin.lock);
	init_completion(&ctrl->admin.done);
	ctrl->admin.waits = PNVME_NO_CID;
	INIT_WORK(&ctrl->reset_work, pnvme_reset_work);
	return ctrl;

free_queues:
	kfree(ctrl->queues);
free_ctrl:
	kfree(ctrl);
	return NULL;
}

static void pnvme_ctrl_free(struct pnvme_ctrl *ctrl)
{
	ida_free(&pnvme_ida, ctrl->index);
	kfree(ctrl->queues);
	kfree(ctrl);
}

static int pnvme_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct pnvme_ctrl *ctrl;
	int err;

	/* With driver_override any device may be bound. */
	if (pdev->class != PCI_CLASS_STORAGE_EXPRESS) {
		pci_err(pdev, "not an NVMe controller\n");
		return -ENODEV;
	}
	ctrl = pnvme_ctrl_alloc(&pdev->dev);
	if (!ctrl)
		return -ENOMEM;
	err = pnvme_map_bar(pdev, ctrl);
	if (err)
		goto free_ctrl;
	ctrl->depth = min(READ_ONCE(pnvme_param_depth), NVME_CAP_MQES(ctrl->cap) + 1);
	err = pnvme_set_dma_limits(&pdev->dev);
	if (err)
		goto unmap_bar;
	err = pnvme_stats_add(ctrl);
	if (err)
		goto unmap_bar;
	err = pnvme_alloc_pools(ctrl);
	if (err)
		goto remove_stats;
	err = pnvme_alloc_vectors(pdev, ctrl);
	if (err)
		goto free_pools;
	err = pnvme_bring_up(ctrl);
	if (err)
		goto free_vectors;

	ctrl->state = PNVME_LIVE;
	err = pnvme_disk_add(ctrl);
	if (err)
		goto tear_down;
	err = pnvme_ctl_add(ctrl);
	if (err)
		goto remove_disk;
	pci_set_drvdata(pdev, ctrl);
	dev_info(ctrl->dev, "%s: %llu blocks of %u bytes, backend %s, %u I/O queues, %u KiB a command\n",
		 ctrl->disk->disk_name, ctrl->nr_lba, 1U << ctrl->lba_shift, ctrl->backend->name,
		 ctrl->nr_io, ctrl->max_bytes / 1024);
	return 0;

remove_disk:
	pnvme_disk_remove(ctrl);
tear_down:
	cancel_work_sync(&ctrl->reset_work);
	pnvme_tear_down(ctrl);
free_vectors:
	pci_free_irq_vectors(pdev);
free_pools:
	pnvme_free_pools(ctrl);
remove_stats:
	pnvme_stats_remove(ctrl);
unmap_bar:
	pnvme_unmap_bar(pdev, ctrl);
free_ctrl:
	pnvme_ctrl_free(ctrl);
	return err;
}

static void pnvme_remove(struct pci_dev *pdev)
{
	struct pnvme_ctrl *ctrl = pci_get_drvdata(pdev);

	mutex_lock(&ctrl->lock);
	ctrl->removing = true;
	/* It will not be restarted, or the device is gone: fail I/O instead of waiting. */
	if (ctrl->state != PNVME_LIVE || !pci_device_is_present(pdev))
		pnvme_ctrl_stop(ctrl, PNVME_DEAD, false);
	mutex_unlock(&ctrl->lock);
	cancel_work_sync(&ctrl->reset_work);

	pnvme_ctl_remove(ctrl);
	pnvme_disk_remove(ctrl);
	pnvme_tear_down(ctrl);
	pci_free_irq_vectors(pdev);
	pnvme_free_pools(ctrl);
	pnvme_stats_remove(ctrl);
	pnvme_unmap_bar(pdev, ctrl);
	pnvme_ctrl_free(ctrl);
}

static void pnvme_shutdown(struct pci_dev *pdev)
{
	struct pnvme_ctrl *ctrl = pci_get_drvdata(pdev);

	mutex_lock(&ctrl->lock);
	/* It will not be restarted.  Do not fail I/O: let it wait until the machine is off. */
	ctrl->removing = true;
	if (ctrl->state != PNVME_DEAD)
		pnvme_ctrl_stop(ctrl, PNVME_RESETTING, true);
	mutex_unlock(&ctrl->lock);
}

/* No ids: bound with driver_override only. */
struct pci_driver pnvme_pci_driver = {
	.name		= "phyr_nvme",
	.probe		= pnvme_probe,
	.remove		= pnvme_remove,
	.shutdown	= pnvme_shutdown,
};
