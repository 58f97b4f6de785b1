// SPDX-License-Identifier: GPL-2.0
/*
 * What a device accesses through bus addresses, according to the IOMMU and the bounce pool, not to
 * phyr.ko.
 */
#include <linux/dma-map-ops.h>
#include <linux/iommu.h>
#include <linux/swiotlb.h>

#include "test.h"

/* Physical address of a bus address; 0 if it is not mapped. */
phys_addr_t ptest_translate(struct ptest *t, dma_addr_t addr)
{
	if (!dev_dma_iommu(t->dev))
		return addr;
	return iommu_iova_to_phys(iommu_get_domain_for_dev(t->dev), addr);
}

/* Is all DMA of the device bounced? */
bool ptest_is_bounced(struct ptest *t)
{
	return !dev_dma_iommu(t->dev) && is_swiotlb_force_bounce(t->dev);
}

/* Is this an address in the pool of bounce buffers? */
bool ptest_in_pool(struct ptest *t, phys_addr_t phys)
{
	struct io_tlb_mem *mem = t->dev->dma_io_tlb_mem;

	return mem && mem->nslabs && phys >= mem->defpool.start && phys < mem->defpool.end;
}

/* Slots of the pool that are in use. */
long ptest_pool_used(struct ptest *t)
{
#ifdef CONFIG_DEBUG_FS
	if (t->dev->dma_io_tlb_mem)
		return atomic_long_read(&t->dev->dma_io_tlb_mem->total_used);
#endif
	return 0;
}

/* Check that a piece within a page is at @want, or is a correct copy in the pool. */
static bool ptest_reach_piece_right(struct ptest *t, dma_addr_t addr, u64 len, phys_addr_t want,
				    struct ptest_reach *reach)
{
	phys_addr_t first = ptest_translate(t, addr), last = ptest_translate(t, addr + len - 1);

	if (first == want && last == want + len - 1) {
		reach->direct += len;
		return true;
	}
	if (!ptest_in_pool(t, first) || last != first + len - 1) {
		FAIL(t, "bus address %pad leads to %pa, not %pa", &addr, &first, &want);
		return false;
	}
	if (memcmp(phys_to_virt(first), phys_to_virt(want), len)) {
		FAIL(t, "the copy of %pa at %pa differs", &want, &first);
		return false;
	}
	reach->bounced += len;
	return true;
}

/**
 * ptest_check_reach - check that the DMA ranges of a mapping access the given chunks
 * @t:		the test; receives the failure message
 * @map:	the mapping, to the device or bidirectional
 * @chunks:	the chunks that were mapped
 * @nr:		number of chunks
 * @reach:	receives the number of bytes accessed directly and through bounce buffers
 *
 * Return: true if every page of every range is right.
 */
bool ptest_check_reach(struct ptest *t, const struct phyr_map *map, const struct phys_vec *chunks,
		       unsigned int nr, struct ptest_reach *reach)
{
	struct phyr_dma_iter it;
	u64 at = 0;		/* in the present chunk */

	*reach = (struct ptest_reach){ };
	phyr_for_each_dma_range(it, map) {
		u64 done = 0, len;

		reach->ranges++;
		for (; done < it.range.len; done += len) {
			dma_addr_t addr = it.range.addr + done;

			if (!nr) {
				FAIL(t, "more than was mapped");
				return false;
			}
			len = min3(it.range.len - done, chunks->len - at,
				   PAGE_SIZE - offset_in_page(addr));
			if (!ptest_reach_piece_right(t, addr, len, chunks->paddr + at, reach))
				return false;
			at += len;
			if (at == chunks->len) {
				chunks++;
				nr--;
				at = 0;
			}
		}
	}
	if (nr)
		FAIL(t, "%u chunks are missing", nr);
	return !nr;
}

/* Write a byte to all ranges, as a device would. */
void ptest_write_ranges(struct ptest *t, const struct phyr_map *map, u8 byte)
{
	struct phyr_dma_iter it;
	u64 at, len;

	phyr_for_each_dma_range(it, map) {
		for (at = 0; at < it.range.len; at += len) {
			dma_addr_t addr = it.range.addr + at;

			len = min(it.range.len - at, PAGE_SIZE - offset_in_page(addr));
			memset(phys_to_virt(ptest_translate(t, addr)), byte, len);
		}
	}
}

/* Check that no page of a range of bus addresses is mapped. */
bool ptest_check_unmapped(struct ptest *t, dma_addr_t addr, u64 len)
{
	u64 at;

	if (!dev_dma_iommu(t->dev))
		return true;
	addr &= PAGE_MASK;
	for (at = 0; at < len; at += PAGE_SIZE) {
		phys_addr_t phys = ptest_translate(t, addr + at);

		if (phys) {
			FAIL(t, "page %llu at %pad still leads to %pa", at / PAGE_SIZE, &addr,
			     &phys);
			return false;
		}
	}
	return true;
}
