// SPDX-License-Identifier: GPL-2.0
/* Cases: registered mappings. */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/workqueue.h>

#include "test.h"

/*
 * Check the content at @got, a bounce buffer of the byte at @want.  Compares the whole word if it
 * is part of the I/O.
 */
static bool ptest_reg_right_content(const struct phyr_reg_io *io, u64 done, u64 want,
				    phys_addr_t got)
{
	u64 word = want & ~7ull, inside = want & 7;

	if (done >= inside && done - inside + 8 <= io->len)
		return *(u64 *)phys_to_virt(got & ~7ull) == word;
	return *(u8 *)phys_to_virt(got) == ((u8 *)&word)[inside];
}

/*
 * Check that the DMA ranges of an I/O access the right bytes of the list: every page and both ends
 * of every range.  With bounce buffers, compare the content.
 */
bool ptest_reg_reaches(struct ptest *t, const struct phyr_reg_io *io)
{
	struct phyr_dma_iter it;
	u64 done = 0;

	phyr_reg_iter_init(&it, io);
	while (phyr_dma_iter_next(&it)) {
		u64 at = 0;

		while (at < it.range.len) {
			u64 want = ptest_phys(t, io->offset + done + at), last = it.range.len - 1;
			dma_addr_t addr = it.range.addr + at;
			phys_addr_t got = ptest_translate(t, addr);

			if (ptest_is_bounced(t) ?
			    !ptest_reg_right_content(io, done + at, want, got) : got != want) {
				snprintf(t->why, sizeof(t->why),
					 "byte %llu of %llu + %llu: %pa, not %#llx",
					 done + at, io->offset, io->len, &got, want);
				return false;
			}
			if (at == last)
				break;
			at = min(at + PAGE_SIZE - offset_in_page(addr), last);
		}
		done += it.range.len;
	}
	if (done != io->len)
		snprintf(t->why, sizeof(t->why), "%llu bytes of %llu", done, io->len);
	return done == io->len;
}

static void ptest_reg_slices(struct ptest *t)
{
	static const u64 offsets[] = { 0, 1, 511, 3584, 3585, 4096, 40960, 100000, 200704 };
	static const u64 lengths[] = { 1, 8, 512, 4096, 4097, 12288, 50000 };
	struct phyr_reg_io io;
	struct phyr_reg *reg;
	int err, i, j;

	/* An I/O must see the current content, not that at registration. */
	memset(page_address(t->block), 0xff, 2 * PTEST_CHUNKS * PAGE_SIZE);
	reg = phyr_reg_create(t->dev, &t->list, DMA_TO_DEVICE, 0);
	ptest_memory_fill(t);
	if (IS_ERR(reg)) {
		snprintf(t->why, sizeof(t->why), "create: %ld", PTR_ERR(reg));
		return;
	}
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		for (j = 0; j < ARRAY_SIZE(lengths); j++) {
			err = phyr_reg_begin(reg, &io, offsets[i], lengths[j], DMA_TO_DEVICE);
			EXPECT(t, !err, "begin: %d", err);
			ptest_reg_reaches(t, &io);
			phyr_reg_end(&io);
			if (t->why[0])
				goto undo;
		}
	}
	err = phyr_reg_begin(reg, &io, 0, t->list.len, DMA_TO_DEVICE);
	EXPECT(t, !err, "begin: %d", err);
	ptest_reg_reaches(t, &io);
	seq_printf(t->out, "# shape %u, %u ranges\n", io.map->shape, io.map->nr);
	phyr_reg_end(&io);
undo:
	phyr_reg_put(reg);
}

/* What the device writes arrives at the end of the I/O; other bytes are unchanged. */
static void ptest_reg_from_device(struct ptest *t)
{
	struct phyr_reg *reg = phyr_reg_create(t->dev, &t->list, DMA_BIDIRECTIONAL, 0);
	const u64 from = 9000, len = 30000;
	struct phyr_dma_iter it;
	struct phyr_reg_io io;
	u64 offset;
	int err;

	if (IS_ERR(reg)) {
		snprintf(t->why, sizeof(t->why), "create: %ld", PTR_ERR(reg));
		return;
	}
	err = phyr_reg_begin(reg, &io, from, len, DMA_FROM_DEVICE);
	EXPECT(t, !err, "begin: %d", err);
	phyr_reg_iter_init(&it, &io);
	while (phyr_dma_iter_next(&it)) {
		u64 at, piece;

		for (at = 0; at < it.range.len; at += piece) {
			dma_addr_t addr = it.range.addr + at;

			piece = min(it.range.len - at, PAGE_SIZE - offset_in_page(addr));
			memset(phys_to_virt(ptest_translate(t, addr)), 0xd5, piece);
		}
	}
	phyr_reg_end(&io);
	for (offset = 0; offset < t->list.len; offset++) {
		u64 phys = ptest_phys(t, offset), word = phys & ~7ull;
		u8 want = offset >= from && offset < from + len ? 0xd5 : ((u8 *)&word)[phys & 7];

		EXPECT(t, *(u8 *)phys_to_virt(phys) == want, "byte %llu", offset);
	}
undo:
	phyr_reg_put(reg);
	ptest_memory_fill(t);
}

/*
 * What the CPU writes after the registration stays: during an I/O to the device, and when the
 * registration is revoked.
 */
static void ptest_reg_from_cpu(struct ptest *t)
{
	struct phyr_reg *reg = phyr_reg_create(t->dev, &t->list, DMA_BIDIRECTIONAL, 0);
	u8 *block = page_address(t->block);
	const u64 from = 9000, len = 30000;
	struct phyr_reg_io io;
	u64 offset;
	int err;

	if (IS_ERR(reg)) {
		snprintf(t->why, sizeof(t->why), "create: %ld", PTR_ERR(reg));
		return;
	}
	memset(block, 0x3c, 2 * PTEST_CHUNKS * PAGE_SIZE);
	err = phyr_reg_begin(reg, &io, from, len, DMA_TO_DEVICE);
	EXPECT(t, !err, "begin: %d", err);
	memset(block, 0x5a, 2 * PTEST_CHUNKS * PAGE_SIZE);
	phyr_reg_end(&io);
	phyr_reg_revoke(reg);
	for (offset = 0; offset < t->list.len; offset++)
		EXPECT(t, *(u8 *)phys_to_virt(ptest_phys(t, offset)) == 0x5a, "byte %llu is %#x",
		       offset, *(u8 *)phys_to_virt(ptest_phys(t, offset)));
undo:
	phyr_reg_put(reg);
	ptest_memory_fill(t);
}

static void ptest_reg_refused(struct ptest *t)
{
	struct phyr_reg *reg = phyr_reg_create(t->dev, &t->list, DMA_TO_DEVICE, 0);
	const struct {
		const char *what;
		u64 offset, len;
		enum dma_data_direction dir;
		int err;
	} wrong[] = {
		{ "nothing", 0, 0, DMA_TO_DEVICE, -ERANGE },
		{ "too long", 0, t->list.len + 1, DMA_TO_DEVICE, -ERANGE },
		{ "after the end", t->list.len, 1, DMA_TO_DEVICE, -ERANGE },
		{ "an offset that wraps", U64_MAX, 2, DMA_TO_DEVICE, -ERANGE },
		{ "a length that wraps", 8, U64_MAX, DMA_TO_DEVICE, -ERANGE },
		{ "the other direction", 0, 8, DMA_FROM_DEVICE, -EACCES },
		{ "both directions", 0, 8, DMA_BIDIRECTIONAL, -EACCES },
	};
	struct phyr_reg *another;
	struct phyr_reg_io io;
	struct phyr_list none;
	int err, i;

	if (IS_ERR(reg)) {
		snprintf(t->why, sizeof(t->why), "create: %ld", PTR_ERR(reg));
		return;
	}
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		err = phyr_reg_begin(reg, &io, wrong[i].offset, wrong[i].len, wrong[i].dir);
		EXPECT(t, err == wrong[i].err, "%s: %d", wrong[i].what, err);
	}
	phyr_list_init(&none, PHYR_PACKED);
	another = phyr_reg_create(t->dev, &none, DMA_TO_DEVICE, 0);
	EXPECT(t, another == ERR_PTR(-EINVAL), "an empty list");
	another = phyr_reg_create(t->dev, &t->list, DMA_NONE, 0);
	EXPECT(t, another == ERR_PTR(-EINVAL), "no direction");
undo:
	phyr_reg_put(reg);
}

/* The last put revokes the registration. */
static void ptest_reg_last_put(struct ptest *t)
{
	struct phyr_reg *reg = phyr_reg_create(t->dev, &t->list, DMA_TO_DEVICE, 0);
	struct phyr_dma_iter it;
	struct phyr_reg_io io;
	int err;

	if (IS_ERR(reg)) {
		snprintf(t->why, sizeof(t->why), "create: %ld", PTR_ERR(reg));
		return;
	}
	phyr_reg_get(reg);
	phyr_reg_put(reg);
	err = phyr_reg_begin(reg, &io, 0, 8, DMA_TO_DEVICE);
	EXPECT(t, !err, "begin: %d", err);
	phyr_reg_iter_init(&it, &io);
	phyr_dma_iter_next(&it);
	phyr_reg_end(&io);
	phyr_reg_put(reg);
	if (dev_dma_iommu(t->dev) && ptest_translate(t, it.range.addr))
		snprintf(t->why, sizeof(t->why), "still mapped");
	return;
undo:
	phyr_reg_put(reg);
}

static const struct ptest_case cases[] = {
	{ "reg: every part reaches its bytes",		ptest_reg_slices },
	{ "reg: what the device writes arrives",	ptest_reg_from_device },
	{ "reg: what the CPU writes stays",		ptest_reg_from_cpu },
	{ "reg: what is refused",			ptest_reg_refused },
	{ "reg: the last put revokes",			ptest_reg_last_put },
};

PTEST_GROUP(reg, cases);
