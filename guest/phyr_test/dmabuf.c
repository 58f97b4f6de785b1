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

/* Neither in order nor adjoining; the last two are one in memory, but not in this order. */
static const struct phyr_part parts[] = {
	{ SZ_64K, SZ_16K }, { SZ_1M, SZ_4K }, { 0, SZ_32K }, { SZ_128K, SZ_4K },
	{ SZ_128K - SZ_8K, SZ_8K },
};

/**
 * struct shared - an export of our own, and a dma-buf of it
 * @export:	the memory that the tests map by its address
 * @file:	any: it is held, and nothing else done with it
 * @fd:		of the dma-buf, in the process that reads the report
 */
struct shared {
	struct phyr_export export;
	struct file *file;
	int fd;
};

/* No process has it mapped. */
static const struct vm_operations_struct nobodys;

/* 0, and test_dmabuf_shared_close() is due. */
static int test_dmabuf_shared_open(struct shared *s, int flags)
{
	struct dma_buf *dmabuf;
	int err;

	*s = (struct shared){
		.export = {
			.vm_ops = &nobodys, .mem = PHYR_MEM_PAGELESS, .base = test_pageless,
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

/* Left to dma_buf_put(), the dma-buf would only go when the process returns to user space. */
static void test_dmabuf_shared_close(struct shared *s)
{
	struct file *file = fget(s->fd);

	close_fd(s->fd);
	if (file)
		__fput_sync(file);
	phyr_export_unregister(&s->export);
	fput(s->file);
}

static void test_dmabuf_in_order(struct test *t)
{
	struct phyr_import imp = { };
	struct phyr_reg_io io;
	struct phyr_dma_iter range;
	struct phyr_iter it;
	struct shared s;
	u64 offset = 0;
	int err, i = 0;

	NEEDS(t, test_pageless, "no RAM without pages: boot with memmap=, set pageless=");
	NEEDS(t, !test_bounced(t), "RAM without pages is not bounced");
	err = test_dmabuf_shared_open(&s, O_RDWR);
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
		       it.cur.paddr == test_pageless + parts[i].offset &&
		       it.cur.len == parts[i].len,
		       "chunk %d: %zu bytes at %pa", i, it.cur.len, &it.cur.paddr);
		i++;
	}
	EXPECT(t, i == ARRAY_SIZE(parts), "%d chunks", i);
	for (i = 0; i < ARRAY_SIZE(parts); offset += parts[i++].len) {
		phys_addr_t last = test_pageless + parts[i].offset + parts[i].len - SZ_4K;
		phys_addr_t leads;

		err = phyr_reg_begin(imp.reg, &io, offset + parts[i].len - SZ_4K, SZ_4K,
				     DMA_TO_DEVICE);
		EXPECT(t, !err, "begin: %d", err);
		phyr_reg_iter_init(&range, &io);
		leads = phyr_dma_iter_next(&range) ? test_translate(t, range.range.addr) : 0;
		phyr_reg_end(&io);
		EXPECT(t, leads == last, "the end of range %d leads to %pa", i, &leads);
	}
undo:
	if (imp.dmabuf) {
		phyr_import_revoke(&imp);
		phyr_import_put(&imp);
	}
	test_dmabuf_shared_close(&s);
}

static void test_dmabuf_refused(struct test *t)
{
	struct phyr_import imp = { };
	struct shared s;
	int err;

	NEEDS(t, test_pageless, "no RAM without pages: boot with memmap=, set pageless=");
	err = test_dmabuf_shared_open(&s, O_RDONLY);
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
	test_dmabuf_shared_close(&s);
}

/**
 * struct taker - an exporter who takes its memory back
 * @work:	does it
 * @export:	the memory
 * @done:	it has it
 */
struct taker {
	struct work_struct work;
	struct phyr_export *export;
	bool done;
};

static void test_dmabuf_take_back(struct work_struct *work)
{
	struct taker *taker = container_of(work, struct taker, work);

	phyr_export_revoke(taker->export);
	WRITE_ONCE(taker->done, true);
}

/* Until I/O is refused, which is when the exporter has told the importer. */
static bool test_dmabuf_comes_to_refuse(struct phyr_reg *reg)
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

static void test_dmabuf_taken_back(struct test *t)
{
	struct phyr_import imp = { };
	struct phyr_reg_io io = { };
	struct phyr_dma_iter it;
	struct taker taker = { };
	struct shared s;
	int err;

	NEEDS(t, test_pageless, "no RAM without pages: boot with memmap=, set pageless=");
	NEEDS(t, !test_bounced(t), "RAM without pages is not bounced");
	err = test_dmabuf_shared_open(&s, O_RDWR);
	if (err) {
		FAIL(t, "no dma-buf: %d", err);
		return;
	}
	taker.export = &s.export;
	INIT_WORK_ONSTACK(&taker.work, test_dmabuf_take_back);
	err = phyr_import_get(&imp, s.fd, PHYR_IMPORT_LIST, DMA_BIDIRECTIONAL);
	EXPECT(t, !err, "get: %d", err);
	err = phyr_import_register(&imp, t->dev);
	EXPECT(t, !err, "register: %d", err);
	err = phyr_reg_begin(imp.reg, &io, 0, SZ_4K, DMA_TO_DEVICE);
	EXPECT(t, !err, "begin: %d", err);
	phyr_reg_iter_init(&it, &io);
	EXPECT(t, phyr_dma_iter_next(&it), "no range");

	queue_work(system_dfl_wq, &taker.work);
	EXPECT(t, test_dmabuf_comes_to_refuse(imp.reg), "it may still be used");
	msleep(50);
	EXPECT(t, !READ_ONCE(taker.done), "did not wait for the I/O");
	phyr_reg_end(&io);
	flush_work(&taker.work);
	EXPECT(t, taker.done, "not taken back");
	err = phyr_reg_begin(imp.reg, &io, 0, SZ_4K, DMA_TO_DEVICE);
	EXPECT(t, err == -ENODEV, "I/O after the revocation: %d", err);
	test_nothing_mapped(t, it.range.addr, SZ_4K);
undo:
	if (io.reg)
		phyr_reg_end(&io);
	flush_work(&taker.work);
	destroy_work_on_stack(&taker.work);
	if (imp.dmabuf) {
		phyr_import_revoke(&imp);
		phyr_import_put(&imp);
	}
	test_dmabuf_shared_close(&s);
}

static const struct test_case cases[] = {
	{ "dma-buf: a list of its ranges, in their order", test_dmabuf_in_order },
	{ "dma-buf: what an import refuses", test_dmabuf_refused },
	{ "dma-buf: an exporter waits for I/O on what it takes back", test_dmabuf_taken_back },
};

TEST_GROUP(dmabuf, cases);
