// SPDX-License-Identifier: GPL-2.0
/* Memory with a layout made on purpose, and where a device would find it. */
#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/iommu.h>
#include <linux/swiotlb.h>

#include "test.h"

#define ORDER	get_order(2 * TEST_CHUNKS * PAGE_SIZE)
#define TRIM	512	/* left out of the first page, and of the last */

int test_memory_alloc(struct test *t)
{
	u64 base;
	int err;
	u32 i;

	t->block = alloc_pages(GFP_KERNEL, ORDER);
	if (!t->block)
		return -ENOMEM;
	test_memory_fill(t);

	base = page_to_phys(t->block);
	phyr_list_init(&t->list, PHYR_PACKED);
	for (i = 0; i < TEST_CHUNKS; i++) {
		u64 addr = base + 2ull * i * PAGE_SIZE, len = PAGE_SIZE;

		if (i == 0) {
			addr += TRIM;
			len -= TRIM;
		} else if (i == TEST_CHUNKS - 1) {
			len -= TRIM;
		}
		err = phyr_list_append(&t->list, PHYR_MEM_RAM, NULL, addr, len, GFP_KERNEL);
		if (err) {
			test_memory_free(t);
			return err;
		}
	}
	return 0;
}

void test_memory_free(struct test *t)
{
	phyr_list_destroy(&t->list);
	__free_pages(t->block, ORDER);
}

void test_memory_fill(struct test *t)
{
	u64 *word = page_address(t->block), base = page_to_phys(t->block), i;

	for (i = 0; i < (PAGE_SIZE << ORDER) / sizeof(*word); i++)
		word[i] = base + i * sizeof(*word);
}

/* The physical address of a byte of the list, not asked of the list. */
u64 test_phys(const struct test *t, u64 offset)
{
	offset += TRIM;
	return page_to_phys(t->block) + 2 * (offset & PAGE_MASK) + offset_in_page(offset);
}

/* Where the device ends up with a bus address; 0 if nowhere. */
phys_addr_t test_translate(struct test *t, dma_addr_t addr)
{
	if (!dev_dma_iommu(t->dev))
		return addr;
	return iommu_iova_to_phys(iommu_get_domain_for_dev(t->dev), addr);
}

/* Does the device work on copies of the memory? */
bool test_bounced(struct test *t)
{
	return !dev_dma_iommu(t->dev) && is_swiotlb_force_bounce(t->dev);
}
