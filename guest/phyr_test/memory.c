// SPDX-License-Identifier: GPL-2.0
/* The memory of struct ptest. */
#include <linux/gfp.h>

#include "test.h"

#define ORDER	get_order(2 * PTEST_CHUNKS * PAGE_SIZE)
#define TRIM	512	/* left out at the start of the first page, and at the end of the last */

int ptest_memory_alloc(struct ptest *t)
{
	struct phys_vec chunks[PTEST_CHUNKS];
	int err, i;

	t->block = alloc_pages(GFP_KERNEL, ORDER);
	if (!t->block)
		return -ENOMEM;
	ptest_memory_fill(t);

	ptest_chunks(t, chunks);
	phyr_list_init(&t->list, PHYR_PACKED);
	for (i = 0; i < PTEST_CHUNKS; i++) {
		err = phyr_list_append(&t->list, PHYR_MEM_RAM, NULL, chunks[i].paddr,
				       chunks[i].len, GFP_KERNEL);
		if (err) {
			ptest_memory_free(t);
			return err;
		}
	}
	return 0;
}

void ptest_memory_free(struct ptest *t)
{
	phyr_list_destroy(&t->list);
	__free_pages(t->block, ORDER);
}

/* Write to each word its own physical address. */
void ptest_fill_block(struct page *block, size_t len)
{
	u64 *word = page_address(block), base = page_to_phys(block), i;

	for (i = 0; i < len / sizeof(*word); i++)
		word[i] = base + i * sizeof(*word);
}

void ptest_memory_fill(struct ptest *t)
{
	ptest_fill_block(t->block, PAGE_SIZE << ORDER);
}

/* The chunks of t->list, computed without it. */
void ptest_chunks(const struct ptest *t, struct phys_vec *chunks)
{
	int i;

	for (i = 0; i < PTEST_CHUNKS; i++) {
		chunks[i].paddr = page_to_phys(t->block) + 2ull * i * PAGE_SIZE;
		chunks[i].len = PAGE_SIZE;
	}
	chunks[0].paddr += TRIM;
	chunks[0].len -= TRIM;
	chunks[PTEST_CHUNKS - 1].len -= TRIM;
}

/* Physical address of a byte of t->list, computed without it. */
u64 ptest_phys(const struct ptest *t, u64 offset)
{
	offset += TRIM;
	return page_to_phys(t->block) + 2 * (offset & PAGE_MASK) + offset_in_page(offset);
}
