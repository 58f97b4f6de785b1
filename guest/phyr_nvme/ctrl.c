// SPDX-License-Identifier: GPL-2.0
/* Controller: registers, identify, start and stop of its queues. */
#include <linux/delay.h>
#include <linux/io-64-nonatomic-lo-hi.h>

#include "phyr_nvme.h"

/* Wait until the bits @mask of CSTS are @want; a device that is gone reads all ones. */
static int pnvme_wait_csts(struct pnvme_ctrl *ctrl, u32 mask, u32 want, unsigned long timeout)
{
	unsigned long end = jiffies + timeout;

	for (;;) {
		u32 csts = readl(ctrl->bar + NVME_REG_CSTS);

		if (csts == ~0U)
			return -ENODEV;
		if ((csts & mask) == want)
			return 0;
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		usleep_range(200, 1000);
	}
}

static unsigned long pnvme_ready_timeout(struct pnvme_ctrl *ctrl)
{
	return (NVME_CAP_TIMEOUT(ctrl->cap) + 1) * HZ / 2;
}

/**
 * pnvme_ctrl_enable - enable a disabled controller with its admin queue
 * @ctrl:	the controller; ctrl->queues[0] is allocated, its interrupt requested
 *
 * Context: May sleep.
 * Return: 0, -ETIMEDOUT, or -ENODEV when the device is gone.
 */
int pnvme_ctrl_enable(struct pnvme_ctrl *ctrl)
{
	struct pnvme_queue *q = &ctrl->queues[0];
	int err;

	/* The previous driver may have left it enabled. */
	writel(0, ctrl->bar + NVME_REG_CC);
	err = pnvme_wait_csts(ctrl, NVME_CSTS_RDY, 0, pnvme_ready_timeout(ctrl));
	if (err)
		goto fail;

	pnvme_queue_reset(q);
	writel((q->depth - 1) << 16 | (q->depth - 1), ctrl->bar + NVME_REG_AQA);
	lo_hi_writeq(q->sq_dma, ctrl->bar + NVME_REG_ASQ);
	lo_hi_writeq(q->cq_dma, ctrl->bar + NVME_REG_ACQ);

	pci_set_master(to_pci_dev(ctrl->dev));
	writel(NVME_CC_ENABLE | NVME_CC_CSS_NVM | NVME_CC_AMS_RR | NVME_CC_SHN_NONE |
	       NVME_CC_IOSQES | NVME_CC_IOCQES, ctrl->bar + NVME_REG_CC);
	err = pnvme_wait_csts(ctrl, NVME_CSTS_RDY, NVME_CSTS_RDY, pnvme_ready_timeout(ctrl));
	if (!err)
		return 0;
fail:
	dev_err(ctrl->dev, "controller does not get ready: %d\n", err);
	return err;
}

/**
 * pnvme_ctrl_disable - stop all DMA of the device
 * @ctrl:	the controller, in any state
 * @shutdown:	let it flush its cache first
 *
 * Also clears bus mastering, so that even a device that does not respond does no DMA.
 *
 * Context: May sleep.
 */
void pnvme_ctrl_disable(struct pnvme_ctrl *ctrl, bool shutdown)
{
	u32 cc = readl(ctrl->bar + NVME_REG_CC);

	if (cc != ~0U && cc & NVME_CC_ENABLE) {
		if (shutdown) {
			cc = (cc & ~NVME_CC_SHN_MASK) | NVME_CC_SHN_NORMAL;
			writel(cc, ctrl->bar + NVME_REG_CC);
			if (pnvme_wait_csts(ctrl, NVME_CSTS_SHST_MASK, NVME_CSTS_SHST_CMPLT,
					    5 * HZ))
				dev_warn(ctrl->dev, "shutdown did not finish\n");
		}
		writel(cc & ~NVME_CC_ENABLE, ctrl->bar + NVME_REG_CC);
		if (pnvme_wait_csts(ctrl, NVME_CSTS_RDY, 0, pnvme_ready_timeout(ctrl)))
			dev_warn(ctrl->dev, "controller does not stop\n");
	}
	pci_clear_master(to_pci_dev(ctrl->dev));
}

static int pnvme_parse_ns(struct pnvme_ctrl *ctrl, const struct nvme_id_ns *ns)
{
	const struct nvme_lbaf *lbaf = &ns->lbaf[nvme_lbaf_index(ns->flbas)];

	ctrl->nr_lba = le64_to_cpu(ns->nsze);
	ctrl->lba_shift = lbaf->ds;
	if (!ctrl->nr_lba) {
		dev_err(ctrl->dev, "namespace 1 is not active\n");
		return -ENODEV;
	}
	if (lbaf->ms || ctrl->lba_shift < SECTOR_SHIFT || ctrl->lba_shift > PAGE_SHIFT) {
		dev_err(ctrl->dev, "namespace 1: format with %u byte blocks, %u bytes metadata is not supported\n",
			1U << (ctrl->lba_shift & 31), le16_to_cpu(lbaf->ms));
		return -EOPNOTSUPP;
	}
	/* In sectors it must fit a sector_t. */
	if (ctrl->nr_lba > (U64_MAX >> ctrl->lba_shift)) {
		dev_err(ctrl->dev, "namespace 1: impossible size\n");
		return -EINVAL;
	}
	return 0;
}

/* Limit commands by the parameter, the device (MDTS) and the DMA layer. */
static void pnvme_set_max_bytes(struct pnvme_ctrl *ctrl, u8 mdts)
{
	size_t max = READ_ONCE(pnvme_param_max_kib) * 1024;

	max = min(max, dma_max_mapping_size(ctrl->dev));
	if (mdts && mdts < 20)
		max = min(max, (size_t)PNVME_PAGE_SIZE << mdts);
	/* NVMe counts blocks in 16 bits; 65536 of 512 bytes are more than PNVME_MAX_KIB. */
	ctrl->max_bytes = round_down(max, PNVME_PAGE_SIZE);
}

/**
 * pnvme_ctrl_identify - read the properties of the controller and of namespace 1
 * @ctrl:	the controller, enabled
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP or -ENODEV if the driver does not support it; -ENOMEM; an error of
 * pnvme_admin_cmd().
 */
int pnvme_ctrl_identify(struct pnvme_ctrl *ctrl)
{
	const struct nvme_id_ctrl *id;
	dma_addr_t dma;
	void *buf;
	int err;

	buf = dma_alloc_coherent(ctrl->dev, PNVME_PAGE_SIZE, &dma, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;

	err = pnvme_admin_identify(ctrl, NVME_ID_CNS_CTRL, 0, buf, dma);
	if (err)
		goto out;
	id = buf;
	ctrl->oncs = le16_to_cpu(id->oncs);
	ctrl->vwc = id->vwc & NVME_CTRL_VWC_PRESENT;
	pnvme_set_max_bytes(ctrl, id->mdts);
	/* All DMA addresses are aligned to 4 bytes, the most that a device may require. */
	if (le32_to_cpu(id->sgls) & (NVME_CTRL_SGLS_BYTE_ALIGNED | NVME_CTRL_SGLS_DWORD_ALIGNED))
		ctrl->sgl_bytes = READ_ONCE(pnvme_param_sgl_kib) * 1024;

	err = pnvme_admin_identify(ctrl, NVME_ID_CNS_NS, 1, buf, dma);
	if (!err)
		err = pnvme_parse_ns(ctrl, buf);
out:
	dma_free_coherent(ctrl->dev, PNVME_PAGE_SIZE, buf, dma);
	return err;
}

/**
 * pnvme_ctrl_start_io - create all I/O queues on an enabled controller
 * @ctrl:	the controller; the queues are allocated, their interrupts requested
 *
 * Context: May sleep.
 * Return: 0 or an error; then the controller must be disabled.
 */
int pnvme_ctrl_start_io(struct pnvme_ctrl *ctrl)
{
	unsigned int granted = ctrl->nr_io;
	unsigned int i;
	int err;

	err = pnvme_admin_queue_count(ctrl, &granted);
	if (err)
		return err;
	if (granted < ctrl->nr_io) {
		dev_err(ctrl->dev, "device grants %u I/O queues, not %u\n", granted, ctrl->nr_io);
		return -ENOSPC;
	}
	for (i = 1; i <= ctrl->nr_io; i++) {
		pnvme_queue_reset(&ctrl->queues[i]);
		err = pnvme_admin_create_queue(ctrl, &ctrl->queues[i]);
		if (err)
			return err;
	}
	return 0;
}
