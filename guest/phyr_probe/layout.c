// SPDX-License-Identifier: GPL-2.0
/*
 * Memory with a physical layout made on purpose: chunks of one size, each followed by a hole of
 * the same size, so that nothing can be merged and every run maps the same thing.
 */
#include <linux/gfp.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "probe.h"

/* Blocks of 4 MiB: what the page allocator gives at most, and room for a 2 MiB chunk and hole. */
#define BLOCK_ORDER	10
#define BLOCK_PAGES	BIT(BLOCK_ORDER)

/* 256 MiB of memory; what is to be longer goes through the same blocks again. */
#define MAX_BLOCKS	64U

static const u32 chunk_pages[PHYR_PROBE_LAYOUTS] = {
	[PHYR_PROBE_4K]		= 1,
	[PHYR_PROBE_64K]	= 16,
	[PHYR_PROBE_2M]		= 512,
	[PHYR_PROBE_GAPS]	= 1,
};

#define GAP	512

/**
 * probe_memory_check - is this a description that can be served?
 * @want: from user space
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP for a backend that cannot map the layout.
 */
int probe_memory_check(const struct phyr_probe_memory *want)
{
	if (want->backend >= PHYR_PROBE_BACKENDS || want->layout >= PHYR_PROBE_LAYOUTS ||
	    want->reserved)
		return -EINVAL;
	if (want->direction != PHYR_PROBE_TO_DEVICE && want->direction != PHYR_PROBE_FROM_DEVICE)
		return -EINVAL;
	if (!want->npages || want->npages > PHYR_PROBE_MAX_PAGES ||
	    want->npages % chunk_pages[want->layout])
		return -EINVAL;
	if (want->trim % 4 || want->trim >= SZ_2K - GAP)
		return -EINVAL;
	if (want->layout == PHYR_PROBE_GAPS &&
	    (want->backend == PHYR_PROBE_IOVA || want->backend == PHYR_PROBE_RAW))
		return -EOPNOTSUPP;
	return 0;
}

/* Every word holds its own physical address, so that pages can be told apart by content. */
static void fill_block(struct page *block)
{
	u64 addr = page_to_phys(block), *word = page_address(block), i;

	for (i = 0; i < (u64)BLOCK_PAGES * PAGE_SIZE / sizeof(*word); i++)
		word[i] = addr + i * sizeof(*word);
	cond_resched();
}

/**
 * probe_memory_alloc - make the memory
 * @mem:	to be set up; freed with probe_memory_free()
 * @want:	what it should look like, checked before
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int probe_memory_alloc(struct probe_memory *mem, const struct phyr_probe_memory *want)
{
	u32 pages = chunk_pages[want->layout], per_block = BLOCK_PAGES / (2 * pages), i;
	u32 gap = want->layout == PHYR_PROBE_GAPS ? GAP : 0;

	memset(mem, 0, sizeof(*mem));
	mem->npages = want->npages;
	mem->nr_chunks = want->npages / pages;
	mem->nr_blocks = min(DIV_ROUND_UP(mem->nr_chunks, per_block), MAX_BLOCKS);

	mem->blocks = kvcalloc(mem->nr_blocks, sizeof(*mem->blocks), GFP_KERNEL);
	mem->chunk = kvcalloc(mem->nr_chunks, sizeof(*mem->chunk), GFP_KERNEL);
	if (!mem->blocks || !mem->chunk)
		goto undo;

	for (i = 0; i < mem->nr_blocks; i++) {
		mem->blocks[i] = alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY,
					     BLOCK_ORDER);
		if (!mem->blocks[i])
			goto undo;
		fill_block(mem->blocks[i]);
	}
	for (i = 0; i < mem->nr_chunks; i++) {
		mem->chunk[i].paddr = page_to_phys(mem->blocks[i / per_block % mem->nr_blocks]) +
				      ((phys_addr_t)(i % per_block) * 2 * pages << PAGE_SHIFT) +
				      gap;
		mem->chunk[i].len = ((size_t)pages << PAGE_SHIFT) - 2 * gap;
		mem->len += mem->chunk[i].len;
	}
	mem->chunk[0].paddr += want->trim;
	mem->chunk[0].len -= want->trim;
	mem->chunk[mem->nr_chunks - 1].len -= want->trim;
	mem->len -= 2 * want->trim;
	return 0;

undo:
	probe_memory_free(mem);
	return -ENOMEM;
}

void probe_memory_free(struct probe_memory *mem)
{
	u32 i;

	for (i = 0; mem->blocks && i < mem->nr_blocks; i++)
		if (mem->blocks[i])
			__free_pages(mem->blocks[i], BLOCK_ORDER);
	kvfree(mem->blocks);
	kvfree(mem->chunk);
}
