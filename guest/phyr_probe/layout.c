// SPDX-License-Identifier: GPL-2.0
/*
 * Memory with a chosen physical layout: chunks of one size, each followed by a hole of the same
 * size, or chunks of given sizes, each followed by a hole of a page.  So no chunks can be merged,
 * and the layout is the same in every run.
 */
#include <linux/gfp.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "probe.h"

/* Allocations of 4 MiB: the page allocator's maximum, and enough for a 2 MiB chunk and its hole. */
#define BLOCK_ORDER	10
#define BLOCK_PAGES	BIT(BLOCK_ORDER)

/*
 * Larger layouts use the same blocks repeatedly: zeroing pages at allocation would be slow in an
 * emulator.
 */
#define MAX_BLOCKS	8U

static const u32 chunk_pages[PHYR_PROBE_LAYOUTS] = {
	[PHYR_PROBE_4K]		= 1,
	[PHYR_PROBE_64K]	= 16,
	[PHYR_PROBE_2M]		= 512,
	[PHYR_PROBE_GAPS]	= 1,
	[PHYR_PROBE_LIST]	= 1,
};

#define GAP	512

/**
 * pprobe_memory_check - check a description of memory
 * @want: from user space
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP for a backend that cannot map the layout.
 */
int pprobe_memory_check(const struct phyr_probe_memory *want)
{
	bool list = want->layout == PHYR_PROBE_LIST;

	if (want->backend >= PHYR_PROBE_BACKENDS || want->layout >= PHYR_PROBE_LAYOUTS)
		return -EINVAL;
	if (list ? !want->nr_lengths || want->nr_lengths > PHYR_PROBE_MAX_LENGTHS :
		   want->nr_lengths || want->lengths)
		return -EINVAL;
	if (want->direction != PHYR_PROBE_TO_DEVICE && want->direction != PHYR_PROBE_FROM_DEVICE)
		return -EINVAL;
	if (!want->npages || want->npages > PHYR_PROBE_MAX_PAGES ||
	    want->npages % chunk_pages[want->layout])
		return -EINVAL;
	if (want->trim % 4 || want->trim >= SZ_2K - GAP)
		return -EINVAL;
	if (want->layout == PHYR_PROBE_GAPS &&
	    (want->backend == PHYR_PROBE_IOVA || want->backend == PHYR_PROBE_RAW ||
	     want->backend == PHYR_PROBE_REGISTERED))
		return -EOPNOTSUPP;
	return 0;
}

/* Write to every word its own physical address, so that each page has a unique content. */
static void pprobe_fill_block(struct page *block)
{
	u64 addr = page_to_phys(block), *word = page_address(block), i;

	for (i = 0; i < (u64)BLOCK_PAGES * PAGE_SIZE / sizeof(*word); i++)
		word[i] = addr + i * sizeof(*word);
	cond_resched();
}

/* Position of the next chunk: blocks are used one after the other. */
struct pprobe_place {
	u32 block;
	u32 page;
};

/* Place a chunk and the hole after it in one block. */
static struct pprobe_place pprobe_place_chunk(struct pprobe_place *next, u32 pages, u32 hole)
{
	struct pprobe_place at;

	if (next->page + pages + hole > BLOCK_PAGES) {
		next->block++;
		next->page = 0;
	}
	at = *next;
	next->page += pages + hole;
	return at;
}

/* Place all chunks.  Counts chunks and blocks; sets @mem->chunk if it is allocated. */
static void pprobe_place_chunks(struct pprobe_memory *mem, const struct phyr_probe_memory *want,
				const u32 *length)
{
	u64 gap = want->layout == PHYR_PROBE_GAPS ? GAP : 0;
	struct pprobe_place next = {};
	u32 left, i = 0;

	for (left = want->npages; left; i++) {
		u32 pages = length ? length[i % want->nr_lengths] : chunk_pages[want->layout];
		u32 hole = length ? 1 : pages;
		struct pprobe_place at;

		pages = min(pages, left);
		left -= pages;
		at = pprobe_place_chunk(&next, pages, hole);
		if (!mem->chunk)
			continue;
		mem->chunk[i].paddr = page_to_phys(mem->blocks[at.block % mem->nr_blocks]) +
				      ((phys_addr_t)at.page << PAGE_SHIFT) + gap;
		mem->chunk[i].len = ((size_t)pages << PAGE_SHIFT) - 2 * gap;
		mem->len += mem->chunk[i].len;
	}
	mem->nr_chunks = i;
	mem->nr_blocks = min(next.block + 1, MAX_BLOCKS);
}

/* Copy the lengths of a PHYR_PROBE_LIST; NULL for other layouts. */
static u32 *pprobe_copy_lengths(const struct phyr_probe_memory *want)
{
	u32 *length, i;

	if (want->layout != PHYR_PROBE_LIST)
		return NULL;
	length = memdup_array_user(u64_to_user_ptr(want->lengths), want->nr_lengths,
				   sizeof(*length));
	if (IS_ERR(length))
		return length;
	for (i = 0; i < want->nr_lengths; i++) {
		if (!length[i] || length[i] > PHYR_PROBE_MAX_LENGTH) {
			kfree(length);
			return ERR_PTR(-EINVAL);
		}
	}
	return length;
}

/**
 * pprobe_memory_alloc - allocate memory with a layout
 * @mem:	initialised by this call; freed with pprobe_memory_free()
 * @want:	the layout, checked
 * @fill:	write to each word its own physical address
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM; -EFAULT or -EINVAL for the lengths.
 */
int pprobe_memory_alloc(struct pprobe_memory *mem, const struct phyr_probe_memory *want, bool fill)
{
	u32 *length = pprobe_copy_lengths(want), i;

	if (IS_ERR(length))
		return PTR_ERR(length);
	memset(mem, 0, sizeof(*mem));
	mem->npages = want->npages;
	pprobe_place_chunks(mem, want, length);

	mem->blocks = kvcalloc(mem->nr_blocks, sizeof(*mem->blocks), GFP_KERNEL_ACCOUNT);
	mem->chunk = kvcalloc(mem->nr_chunks, sizeof(*mem->chunk), GFP_KERNEL_ACCOUNT);
	if (!mem->blocks || !mem->chunk)
		goto undo;

	for (i = 0; i < mem->nr_blocks; i++) {
		mem->blocks[i] = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY,
					     BLOCK_ORDER);
		if (!mem->blocks[i])
			goto undo;
		if (fill)
			pprobe_fill_block(mem->blocks[i]);
	}
	pprobe_place_chunks(mem, want, length);
	kfree(length);
	mem->chunk[0].paddr += want->trim;
	mem->chunk[0].len -= want->trim;
	mem->chunk[mem->nr_chunks - 1].len -= want->trim;
	mem->len -= 2 * want->trim;
	return 0;

undo:
	kfree(length);
	pprobe_memory_free(mem);
	return -ENOMEM;
}

void pprobe_memory_free(struct pprobe_memory *mem)
{
	u32 i;

	for (i = 0; mem->blocks && i < mem->nr_blocks; i++)
		if (mem->blocks[i])
			__free_pages(mem->blocks[i], BLOCK_ORDER);
	kvfree(mem->blocks);
	kvfree(mem->chunk);
}
