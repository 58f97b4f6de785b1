// SPDX-License-Identifier: GPL-2.0
/*
 * The persistent memory region of an NVMe controller.  The kernel's nvme driver leaves it disabled.
 */
#include <linux/bitfield.h>
#include <linux/iopoll.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/pci.h>

#include "peer.h"

#define REG_BAR		0
#define REG_LEN		0xe10
#define REG_CAP		0x00
#define  CAP_PMRS	BIT_ULL(56)	/* there is a PMR */
#define REG_PMRCAP	0xe00
#define  PMRCAP_RDS	BIT(3)		/* commands may read from it */
#define  PMRCAP_WDS	BIT(4)		/* commands may write to it */
#define  PMRCAP_BIR	GENMASK(7, 5)	/* its BAR */
#define REG_PMRCTL	0xe04
#define  PMRCTL_EN	BIT(0)
#define REG_PMRSTS	0xe08
#define  PMRSTS_NRDY	BIT(8)

#define READY_US	1000000

static void phyr_peer_disable_pmr(void *data)
{
	void __iomem *regs = (__force void __iomem *)data;

	writel(0, regs + REG_PMRCTL);
}

/**
 * phyr_peer_enable_pmr - enable the persistent memory region of an NVMe controller
 * @pdev: the controller, enabled and bound to this driver
 *
 * It is disabled again when the device is unbound.
 *
 * Context: May sleep.
 * Return: number of its BAR; -ENODEV if there is none that commands can read and write; -ETIMEDOUT
 * if it does not become ready; another error of the PCI core.
 */
int phyr_peer_enable_pmr(struct pci_dev *pdev)
{
	void __iomem *regs;
	u32 cap, status;
	int err;

	if (pci_resource_len(pdev, REG_BAR) < REG_LEN)
		return -ENODEV;
	regs = pcim_iomap(pdev, REG_BAR, 0);
	if (!regs)
		return -ENOMEM;
	if (!(readq(regs + REG_CAP) & CAP_PMRS))
		return -ENODEV;
	cap = readl(regs + REG_PMRCAP);
	if (!(cap & PMRCAP_RDS) || !(cap & PMRCAP_WDS))
		return -ENODEV;

	writel(PMRCTL_EN, regs + REG_PMRCTL);
	err = devm_add_action_or_reset(&pdev->dev, phyr_peer_disable_pmr, (__force void *)regs);
	if (err)
		return err;
	err = readl_poll_timeout(regs + REG_PMRSTS, status, !(status & PMRSTS_NRDY), 100, READY_US);
	if (err)
		return err;
	return FIELD_GET(PMRCAP_BIR, cap);
}
