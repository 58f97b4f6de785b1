// SPDX-License-Identifier: GPL-2.0
/*
 * A DMA engine without phyr.ko: the admin queue of the test's NVMe function.  With Identify, the
 * controller writes a page of known content to any bus address.
 */
#include <linux/dma-mapping.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/nvme.h>
#include <linux/slab.h>

#include "test.h"

#define DEPTH	8

struct ptest_engine {
	struct pci_dev *pdev;
	void __iomem *regs;
	struct nvme_command *sq;
	struct nvme_completion *cq;
	void *data;
	dma_addr_t sq_at;
	dma_addr_t cq_at;
	dma_addr_t data_at;
	u32 tail;
	u32 head;
	u16 phase;
};

static int ptest_engine_wait_ready(struct ptest_engine *engine, bool ready)
{
	u32 csts;

	return readl_poll_timeout(engine->regs + NVME_REG_CSTS, csts,
				  !!(csts & NVME_CSTS_RDY) == ready, 1000, 5 * USEC_PER_SEC);
}

/**
 * ptest_engine_stop - disable the controller and free the engine
 * @engine:	the engine; may be NULL or an error pointer
 */
void ptest_engine_stop(struct ptest_engine *engine)
{
	if (IS_ERR_OR_NULL(engine))
		return;
	if (engine->regs) {
		writel(0, engine->regs + NVME_REG_CC);
		ptest_engine_wait_ready(engine, false);
		pci_clear_master(engine->pdev);
		pci_iounmap(engine->pdev, engine->regs);
		pci_disable_device(engine->pdev);
	}
	if (engine->data)
		dma_free_coherent(&engine->pdev->dev, PAGE_SIZE, engine->data, engine->data_at);
	if (engine->cq)
		dma_free_coherent(&engine->pdev->dev, PAGE_SIZE, engine->cq, engine->cq_at);
	if (engine->sq)
		dma_free_coherent(&engine->pdev->dev, PAGE_SIZE, engine->sq, engine->sq_at);
	kfree(engine);
}

/**
 * ptest_engine_start - enable the controller as a DMA engine
 * @t:	the test
 *
 * Return: the engine, or an error pointer; -ENODEV if the device is not an NVMe controller.
 */
struct ptest_engine *ptest_engine_start(struct ptest *t)
{
	struct pci_dev *pdev = to_pci_dev(t->dev);
	struct ptest_engine *engine;
	int err = -ENOMEM;

	if (pdev->class != PCI_CLASS_STORAGE_EXPRESS)
		return ERR_PTR(-ENODEV);
	engine = kzalloc_obj(*engine);
	if (!engine)
		return ERR_PTR(-ENOMEM);
	engine->pdev = pdev;
	engine->phase = 1;
	engine->sq = dma_alloc_coherent(t->dev, PAGE_SIZE, &engine->sq_at, GFP_KERNEL);
	engine->cq = dma_alloc_coherent(t->dev, PAGE_SIZE, &engine->cq_at, GFP_KERNEL);
	engine->data = dma_alloc_coherent(t->dev, PAGE_SIZE, &engine->data_at, GFP_KERNEL);
	if (!engine->sq || !engine->cq || !engine->data)
		goto undo;
	err = pci_enable_device_mem(pdev);
	if (err)
		goto undo;
	engine->regs = pci_iomap(pdev, 0, 0);
	if (!engine->regs) {
		pci_disable_device(pdev);
		err = -ENOMEM;
		goto undo;
	}
	pci_set_master(pdev);
	writel(0, engine->regs + NVME_REG_CC);
	err = ptest_engine_wait_ready(engine, false);
	if (err)
		goto undo;
	writel((DEPTH - 1) << 16 | (DEPTH - 1), engine->regs + NVME_REG_AQA);
	lo_hi_writeq(engine->sq_at, engine->regs + NVME_REG_ASQ);
	lo_hi_writeq(engine->cq_at, engine->regs + NVME_REG_ACQ);
	writel(NVME_CC_ENABLE | NVME_CC_IOSQES | NVME_CC_IOCQES, engine->regs + NVME_REG_CC);
	err = ptest_engine_wait_ready(engine, true);
	if (!err)
		err = ptest_engine_write(engine, engine->data_at);
	if (!err && !memchr_inv(engine->data, 0, PAGE_SIZE))
		err = -EIO;
	if (err)
		goto undo;
	return engine;

undo:
	ptest_engine_stop(engine);
	return ERR_PTR(err);
}

/**
 * ptest_engine_write - let the device write a page
 * @engine:	the engine
 * @addr:	bus address
 *
 * QEMU's controller reports success even if the write failed, so check the memory.
 *
 * Return: 0; -ETIMEDOUT; -EIO if the status is not 0.
 */
int ptest_engine_write(struct ptest_engine *engine, dma_addr_t addr)
{
	struct nvme_command *cmd = &engine->sq[engine->tail];
	struct nvme_completion *done = &engine->cq[engine->head];
	u16 status;
	int err;

	memset(cmd, 0, sizeof(*cmd));
	cmd->identify.opcode = nvme_admin_identify;
	cmd->identify.cns = NVME_ID_CNS_CTRL;
	cmd->identify.dptr.prp1 = cpu_to_le64(addr);
	engine->tail = (engine->tail + 1) % DEPTH;
	writel(engine->tail, engine->regs + NVME_REG_DBS);

	err = read_poll_timeout(le16_to_cpu, status, (status & 1) == engine->phase, 50,
				5 * USEC_PER_SEC, false, READ_ONCE(done->status));
	if (err)
		return err;
	engine->head = (engine->head + 1) % DEPTH;
	if (!engine->head)
		engine->phase ^= 1;
	writel(engine->head, engine->regs + NVME_REG_DBS + 4);
	return status >> 1 ? -EIO : 0;
}

/* Content of the page that the device writes. */
const void *ptest_engine_data(struct ptest_engine *engine)
{
	return engine->data;
}
