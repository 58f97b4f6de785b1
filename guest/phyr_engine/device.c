// SPDX-License-Identifier: GPL-2.0
/* Access to the registers of the two engines. */
#include <linux/delay.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iopoll.h>
#include <linux/module.h>

#include "engine.h"
#include "qemu_engines.h"

static unsigned int edu_bits = 28;
module_param(edu_bits, uint, 0444);
MODULE_PARM_DESC(edu_bits, "Bits of the addresses that edu can send: QEMU's property dma_mask (default 28)");

static const unsigned int testdev_bits = 64;

#define EDU_TIMEOUT_US	(5 * USEC_PER_SEC)

static int pengine_edu_run(struct pengine *e, u64 src, u64 dst, u32 len, u32 cmd)
{
	u32 now;
	int err;

	writeq(src, e->bar + EDU_SRC);
	writeq(dst, e->bar + EDU_DST);
	writeq(len, e->bar + EDU_COUNT);
	writeq(cmd | EDU_RUN, e->bar + EDU_CMD);
	err = readl_poll_timeout(e->bar + EDU_CMD, now, !(now & EDU_RUN), 5000, EDU_TIMEOUT_US);
	/* After a timeout, prevent a late transfer to memory that is then reused. */
	if (err)
		pci_clear_master(e->pdev);
	return err;
}

static int pengine_edu_write(struct pengine *e, dma_addr_t addr, phys_addr_t phys, u32 len)
{
	return pengine_edu_run(e, EDU_BUFFER, addr, len, EDU_TO_MEMORY);
}

static int pengine_edu_read(struct pengine *e, dma_addr_t addr)
{
	return pengine_edu_run(e, addr, EDU_BUFFER, PAGE_SIZE, 0);
}

static bool pengine_edu_check(struct pengine *e, const void *page, u32 len)
{
	return !memcmp(page, e->expect, len);
}

const struct pengine_ops pengine_edu = {
	.name		= "edu",
	.mask_bits	= &edu_bits,
	.write		= pengine_edu_write,
	.read		= pengine_edu_read,
	.check		= pengine_edu_check,
};

static int pengine_testdev_write(struct pengine *e, dma_addr_t addr, phys_addr_t phys, u32 len)
{
	writel(lower_32_bits(addr), e->bar + ITD_ADDR_LO);
	writel(upper_32_bits(addr), e->bar + ITD_ADDR_HI);
	writel(lower_32_bits(phys), e->bar + ITD_PHYS_LO);
	writel(upper_32_bits(phys), e->bar + ITD_PHYS_HI);
	writel(len, e->bar + ITD_LEN);
	writel(1, e->bar + ITD_ARM);
	readl(e->bar + ITD_TRIGGER);
	switch (readl(e->bar + ITD_RESULT)) {
	case 0:
		return 0;
	case ITD_FAULT:
		return -EFAULT;
	case ITD_MISMATCH:
		return -ENXIO;
	default:
		return -EIO;
	}
}

static bool pengine_testdev_check(struct pengine *e, const void *page, u32 len)
{
	const __le32 *word = page;
	unsigned int i;

	for (i = 0; i < len / sizeof(*word); i++)
		if (le32_to_cpu(word[i]) != ITD_WORD)
			return false;
	return true;
}

const struct pengine_ops pengine_testdev = {
	.name		= "iommu-testdev",
	.mask_bits	= &testdev_bits,
	.write		= pengine_testdev_write,
	.check		= pengine_testdev_check,
};
