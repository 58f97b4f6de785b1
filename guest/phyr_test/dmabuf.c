// SPDX-License-Identifier: GPL-2.0
/* Cases: dma-bufs of RAM without struct pages, as registered memory. */
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/workqueue.h>

#include "phyr/dmabuf.h"
#include "phyr/import.h"
#include "test.h"

/* Not in order and not contiguous; the last two are adjacent in memory, in the other order. */
static const struct phyr_part parts[] = {
	{ SZ_64K, SZ_16K }, { SZ_1M, SZ_4K }, { 0, SZ_32K }, { SZ_128K, SZ_4K },
	{ SZ_128K - SZ_8K, SZ_8K },
};

/**
 * struct ptest_dmabuf_shared - an export and a dma-buf of it
 * @export:	the export, of the memory at ptest_pageless
 * @file:	any file: it is only held
 * @fd:		file descriptor of the dma-buf in the process that reads the report
 */
struct ptest_dmabuf_shared {
	struct phyr_export export;
	struct file *file;
	int fd;
};

/* For no mapping: no process maps the export. */
static const struct vm_operations_struct nobodys;

/* After success, ptest_dmabuf_shared_close() must be called. */
static int ptest_dmabuf_shared_open(struct ptest_dmabuf_shared *s, int flags)
{
	struct dma_buf *dmabuf;
	int err;

	*s = (struct ptest_dmabuf_shared){
		.export = {
			.vm_ops = &nobodys, .mem = PHYR_MEM_PAGELESS, .base = ptest_pageless,
			.len = SZ_2M,
		},
	};
	s->file = filp_open("/dev/null", O_RDWR, 0);
	if (IS_ERR(s->file))
		return PTR_ERR(s->file);
	err = phyr_export_register(&s->export);
	if (err)
		goto put;
	dmabuf = phyr_dmabuf_export(&s->export, s->file, parts, ARRAY_SIZE(parts), flags);
	err = PTR_ERR_OR_ZERO(dmabuf);
	if (err)
		goto unregister;
	s->fd = dma_buf_fd(dmabuf, O_CLOEXEC);
	if (s->fd >= 0)
		return 0;
	err = s->fd;
	__fput_sync(dmabuf->file);
unregister:
	phyr_export_unregister(&s->export);
put:
	fput(s->file);
	return err;
}

/*
 * Not with dma_buf_put(), which releases the dma-buf only when the process returns to user space.
 */
static void ptest_dmabuf_shared_close(struct ptest_dmabuf_shared *s)
{
	struct file *file = fget(s->fd);

	close_fd(s->fd);
	if (file)
		__fput_sync(file);
	phyr_export_unregister(&s->export);
	fput(s->file);
}

static void ptest_dmabuf_in_order(struct ptest *t)
{
	struct phyr_import imp = { };
	struct phyr_reg_io io;
	struct phyr_dma_iter range;
	struct phyr_iter it;
	struct ptest_dmabuf_shared s;
	u64 offset = 0;
	int err, i = 0;

	NEEDS(t, ptest_pageless, "no RAM without pages: boot with memmap=, set pageless=");
	NEEDS(t, !ptest_is_bounced(t), "RAM without pages is not bounced");
	err = ptest_dmabuf_shared_open(&s, O_RDWR);
	if (err) {
		FAIL(t, "no dma-buf: %d", err);
		return;
	}
	err = phyr_import_get(&imp, s.fd, PHYR_IMPORT_LIST, DMA_BIDIRECTIONAL);
	EXPECT(t, !err, "get: %d", err);
	err = phyr_import_register(&imp, t->dev);
	EXPECT(t, !err, "register: %d", err);
	phyr_for_each(it, &imp.list) {
		EXPECT(t, i < ARRAY_SIZE(parts) &&
		       it.cur.paddr == ptest_pageless + parts[i].offset &&
		       it.cur.len == parts[i].len,
		       "chunk %d: %zu bytes at %pa", i, it.cur.len, &it.cur.paddr);
		i++;
	}
	EXPECT(t, i == ARRAY_SIZE(parts), "%d chunks", i);
	for (i = 0; i < ARRAY_SIZE(parts); offset += parts[i++].len) {
		phys_addr_t last = ptest_pageless + parts[i].offset + parts[i].len - SZ_4K;
		phys_addr_t leads;

		err = phyr_reg_begin(imp.reg, &io, offset + parts[i].len - SZ_4K, SZ_4K,
				     DMA_TO_DEVICE);
		EXPECT(t, !err, "begin: %d", err);
		phyr_reg_iter_init(&range, &io);
		leads = phyr_dma_iter_next(&range) ? ptest_translate(t, range.range.addr) : 0;
		phyr_reg_end(&io);
		EXPECT(t, leads == last, "the end of range %d leads to %pa", i, &leads);
	}
undo:
	if (imp.dmabuf) {
		phyr_import_revoke(&imp);
		phyr_import_put(&imp);
	}
	ptest_dmabuf_shared_close(&s);
}

static void ptest_dmabuf_refused(struct ptest *t)
{
	struct phyr_import imp = { };
	struct ptest_dmabuf_shared s;
	int err;

	NEEDS(t, ptest_pageless, "no RAM without pages: boot with memmap=, set pageless=");
	err = ptest_dmabuf_shared_open(&s, O_RDONLY);
	if (err) {
		FAIL(t, "no dma-buf: %d", err);
		return;
	}
	err = phyr_import_get(&imp, s.fd, PHYR_IMPORT_LIST, DMA_FROM_DEVICE);
	EXPECT(t, err == -EACCES, "writing where one may read: %d", err);
	err = phyr_import_get(&imp, -1, PHYR_IMPORT_LIST, DMA_TO_DEVICE);
	EXPECT(t, err == -EBADF, "no file: %d", err);
	phyr_export_revoke(&s.export);
	err = phyr_import_get(&imp, s.fd, PHYR_IMPORT_LIST, DMA_TO_DEVICE);
	EXPECT(t, !err, "reading where one may: %d", err);
	err = phyr_import_register(&imp, t->dev);
	EXPECT(t, err == -ENODEV, "what was taken back: %d", err);
	phyr_export_offer(&s.export);
	err = phyr_import_register(&imp, t->dev);
	EXPECT(t, err == -ENODEV, "what was taken back, and is offered again: %d", err);
undo:
	if (imp.dmabuf)
		phyr_import_put(&imp);
	ptest_dmabuf_shared_close(&s);
}

/**
 * struct ptest_dmabuf_revoker - revocation in a workqueue
 * @work:	the work
 * @export:	the export
 * @done:	phyr_export_revoke() has returned
 */
struct ptest_dmabuf_revoker {
	struct work_struct work;
	struct phyr_export *export;
	bool done;
};

static void ptest_dmabuf_revoke_work(struct work_struct *work)
{
	struct ptest_dmabuf_revoker *revoker = container_of(work, struct ptest_dmabuf_revoker,
							    work);

	phyr_export_revoke(revoker->export);
	WRITE_ONCE(revoker->done, true);
}

/* Wait until I/O is refused, because the importer's invalidate_mappings() was called. */
static bool ptest_dmabuf_wait_revoked(struct phyr_reg *reg)
{
	struct phyr_reg_io io;
	int i;

	for (i = 0; i < 100; i++) {
		if (phyr_reg_begin(reg, &io, 0, SZ_4K, DMA_TO_DEVICE) == -ENODEV)
			return true;
		phyr_reg_end(&io);
		msleep(20);
	}
	return false;
}

static void ptest_dmabuf_revoked(struct ptest *t)
{
	struct phyr_import imp = { };
	struct phyr_reg_io io = { };
	struct phyr_dma_iter it;
	struct ptest_dmabuf_revoker revoker = { };
	struct ptest_dmabuf_shared s;
	int err;

	NEEDS(t, ptest_pageless, "no RAM without pages: boot with memmap=, set pageless=");
	NEEDS(t, !ptest_is_bounced(t), "RAM without pages is not bounced");
	err = ptest_dmabuf_shared_open(&s, O_RDWR);
	if (err) {
		FAIL(t, "no dma-buf: %d", err);
		return;
	}
	revoker.export = &s.export;
	INIT_WORK_ONSTACK(&revoker.work, ptest_dmabuf_revoke_work);
	err = phyr_import_get(&imp, s.fd, PHYR_IMPORT_LIST, DMA_BIDIRECTIONAL);
	EXPECT(t, !err, "get: %d", err);
	err = phyr_import_register(&imp, t->dev);
	EXPECT(t, !err, "register: %d", err);
	err = phyr_reg_begin(imp.reg, &io, 0, SZ_4K, DMA_TO_DEVICE);
	EXPECT(t, !err, "begin: %d", err);
	phyr_reg_iter_init(&it, &io);
	EXPECT(t, phyr_dma_iter_next(&it), "no range");

	queue_work(system_dfl_wq, &revoker.work);
	EXPECT(t, ptest_dmabuf_wait_revoked(imp.reg), "it may still be used");
	msleep(50);
	EXPECT(t, !READ_ONCE(revoker.done), "did not wait for the I/O");
	phyr_reg_end(&io);
	flush_work(&revoker.work);
	EXPECT(t, revoker.done, "not taken back");
	err = phyr_reg_begin(imp.reg, &io, 0, SZ_4K, DMA_TO_DEVICE);
	EXPECT(t, err == -ENODEV, "I/O after the revocation: %d", err);
	ptest_check_unmapped(t, it.range.addr, SZ_4K);
undo:
	if (io.reg)
		phyr_reg_end(&io);
	flush_work(&revoker.work);
	destroy_work_on_stack(&revoker.work);
	if (imp.dmabuf) {
		phyr_import_revoke(&imp);
		phyr_import_put(&imp);
	}
	ptest_dmabuf_shared_close(&s);
}

static const struct ptest_case cases[] = {
	{ "dma-buf: a list of its ranges, in their order", ptest_dmabuf_in_order },
	{ "dma-buf: what an import refuses", ptest_dmabuf_refused },
	{ "dma-buf: an exporter waits for I/O on what it takes back", ptest_dmabuf_revoked },
};

PTEST_GROUP(dmabuf, cases);
