// SPDX-License-Identifier: GPL-2.0
/* Case: a BAR without struct pages, compared with the mapping of dma_buf_phys_vec_to_sgt(). */
#include <linux/dma-buf-mapping.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/slab.h>

#include "phyr/lease.h"
#include "test.h"

#define LEN	SZ_64K

/* Open the device file of a BAR of phyr_store; NULL if there is none. */
static struct file *ptest_lease_bar_open_bar(void)
{
	struct pci_dev *pdev = NULL;
	struct file *file;
	char path[48];

	while ((pdev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, pdev))) {
		if (!pdev->dev.driver || strcmp(pdev->dev.driver->name, "phyr_store"))
			continue;
		snprintf(path, sizeof(path), "/dev/phyr_bar-%s", pci_name(pdev));
		pci_dev_put(pdev);
		file = filp_open(path, O_RDWR, 0);
		return IS_ERR(file) ? NULL : file;
	}
	return NULL;
}

/* Map the list with dma_buf_phys_vec_to_sgt(). */
static struct sg_table *ptest_lease_bar_dma_buf_map(struct ptest *t,
						    struct dma_buf_attachment *attach,
						    const struct phyr_list *list)
{
	struct phys_vec vec = { list->first, list->len };
	struct sg_table *table;

	dma_resv_lock(attach->dmabuf->resv, NULL);
	table = dma_buf_phys_vec_to_sgt(attach, list->provider, &vec, 1, vec.len,
					DMA_BIDIRECTIONAL);
	dma_resv_unlock(attach->dmabuf->resv);
	return table;
}

static void ptest_lease_bar_dma_buf_unmap(struct dma_buf_attachment *attach, struct sg_table *table)
{
	dma_resv_lock(attach->dmabuf->resv, NULL);
	dma_buf_free_sgt(attach, table, DMA_BIDIRECTIONAL);
	dma_resv_unlock(attach->dmabuf->resv);
}

static void ptest_lease_bar_same_route(struct ptest *t)
{
	struct file *file = ptest_lease_bar_open_bar();
	struct dma_buf *buf = kzalloc_obj(*buf);
	struct dma_buf_attachment attach = { .dmabuf = buf, .dev = t->dev };
	struct sg_table *table = ERR_PTR(-ENOMEM);
	struct phyr_map map = { };
	struct phyr_dma_iter it;
	struct phyr_lease lease;
	struct phyr_list list;
	struct dma_resv resv;
	unsigned long addr = 0;
	phys_addr_t ours, theirs;
	int err, i;

	if (!file)
		kfree(buf);
	NEEDS(t, file, "no BAR without pages: bind phyr_store to an ivshmem device");
	dma_resv_init(&resv);
	phyr_list_init(&list, PHYR_PACKED);
	phyr_lease_init(&lease, NULL);
	EXPECT(t, buf, "no memory");
	buf->resv = &resv;
	addr = ptest_user_memory(file, LEN);
	EXPECT(t, !IS_ERR_VALUE(addr), "vm_mmap: %ld", (long)addr);
	err = phyr_list_from_pfnmap(&list, &lease, addr, LEN, true, GFP_KERNEL);
	EXPECT(t, !err && list.mem == PHYR_MEM_MMIO && list.provider, "lease: %d", err);
	ours = ptest_user_phys(addr);
	EXPECT(t, list.first == ours, "%pa, not %pa", &list.first, &ours);

	table = ptest_lease_bar_dma_buf_map(t, &attach, &list);
	err = phyr_dma_map(t->dev, &list, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);
	seq_printf(t->out, "# dma-buf %d, phyr %d, shape %u\n", PTR_ERR_OR_ZERO(table), err,
		   map.shape);
	if (IS_ERR(table)) {
		EXPECT(t, err == -EREMOTEIO || (err == -EIO && ptest_is_bounced(t)),
		       "dma-buf refuses it with %ld: %d", PTR_ERR(table), err);
		goto undo;
	}
	EXPECT(t, !err, "dma-buf maps it: %d", err);
	phyr_dma_iter_init(&it, &map);
	EXPECT(t, phyr_dma_iter_next(&it) && it.range.len == LEN, "%u bytes", it.range.len);
	if (map.shape == PHYR_SHAPE_SAME) {
		EXPECT(t, it.range.addr == sg_dma_address(table->sgl), "%pad, not %pad",
		       &it.range.addr, &sg_dma_address(table->sgl));
	} else {
		ours = ptest_translate(t, it.range.addr);
		theirs = ptest_translate(t, sg_dma_address(table->sgl));
		EXPECT(t, ours == theirs && ours == list.first, "%pa, not %pa", &ours, &theirs);
		ours = ptest_translate(t, it.range.addr + LEN - 1);
		EXPECT(t, ours == list.first + LEN - 1, "the last byte is at %pa", &ours);
	}
undo:
	phyr_dma_unmap(t->dev, &map);
	if (!IS_ERR(table)) {
		ptest_lease_bar_dma_buf_unmap(&attach, table);
		/* Repeated, so that a leak in the kernel's helper shows reliably. */
		for (i = 0; i < 16; i++) {
			table = ptest_lease_bar_dma_buf_map(t, &attach, &list);
			if (!IS_ERR(table))
				ptest_lease_bar_dma_buf_unmap(&attach, table);
		}
	}
	phyr_list_destroy(&list);
	phyr_lease_put(&lease);
	if (addr && !IS_ERR_VALUE(addr))
		vm_munmap(addr, LEN);
	dma_resv_fini(&resv);
	kfree(buf);
	fput(file);
}

static const struct ptest_case cases[] = {
	{ "lease: a BAR is reached by the same way as dma-bufs", ptest_lease_bar_same_route },
};

PTEST_GROUP(lease_bar, cases);
