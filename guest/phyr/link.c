// SPDX-License-Identifier: GPL-2.0
/*
 * Linking the chunks of a list into a piece of IOVA space.
 *
 * dma_iova_link() decides anew for every chunk what is the same for all of them, and the kernel's
 * iommu_map_nosync() below it is not exported.  iommu_map_sg() is, and does no more than call it
 * for each entry and sync once: so chunks go through it in batches, as entries on the stack.
 * That pays from some 32 chunks on; for 256 pages, none of which adjoin, it saves 2 to 3 %.
 */
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>

#include "internal.h"

#define BATCH		16
#define BATCH_FROM	32

/*
 * May chunks be entered by the IOMMU API itself?  Not if they must be bounced or their caches
 * cleaned, which is dma_iova_link()'s work; nor if an attribute asks for something that is not
 * known here, or a length does not fit an entry, or there are no pages to carry the addresses.
 */
static bool phyr_link_plain(struct device *dev, const struct phyr_map *map)
{
	return dev_is_dma_coherent(dev) && !(dev_is_pci(dev) && to_pci_dev(dev)->untrusted) &&
	       !(map->attrs & ~DMA_ATTR_MMIO) && map->len <= SZ_2G &&
	       phyr_mem_has_pages(map->list->mem);
}

static int phyr_link_prot(const struct phyr_map *map)
{
	int prot = map->attrs & DMA_ATTR_MMIO ? IOMMU_MMIO : IOMMU_CACHE;

	if (map->dir != DMA_FROM_DEVICE)
		prot |= IOMMU_READ;
	if (map->dir != DMA_TO_DEVICE)
		prot |= IOMMU_WRITE;
	return prot;
}

static noinline int phyr_link_batches(struct device *dev, struct phyr_map *map, u64 todo,
				      u64 *mapped)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	u64 granule = dma_get_merge_boundary(dev);
	int prot = phyr_link_prot(map);
	/* Only the very first chunk may begin, and the last one end, within a granule. */
	u64 pad = map->iova.addr & granule, left = todo;
	dma_addr_t iova = map->iova.addr - pad;
	struct scatterlist sg[BATCH];
	struct phyr_iter it;
	ssize_t done;

	sg_init_table(sg, BATCH);
	phyr_iter_init(&it, map->list);
	while (left) {
		unsigned int n = 0;

		while (n < BATCH && left && phyr_iter_next(&it)) {
			u64 len = it.cur.len;

			if (unlikely(len > left))
				len = left;
			left -= len;
			sg_set_page(&sg[n], pfn_to_page(PHYS_PFN(it.cur.paddr)), len,
				    offset_in_page(it.cur.paddr));
			n++;
		}
		sg[0].offset -= pad;
		sg[0].length += pad;
		pad = 0;
		if (!left)
			sg[n - 1].length = (sg[n - 1].length + granule) & ~granule;

		done = iommu_map_sg(domain, iova, sg, n, prot, GFP_ATOMIC);
		if (done < 0)
			return done;
		iova += done;
		*mapped = min(iova - map->iova.addr, todo);
	}
	return 0;
}

/**
 * phyr_link - link the chunks of a list
 * @dev:	the device, translated by a DMA IOMMU
 * @map:	the mapping; its list has no gaps that matter, its IOVA space is allocated
 * @todo:	bytes to link
 * @mapped:	0 on entry; receives the bytes linked, whether or not all went well
 *
 * Context: Any.
 * Return: 0 or an error of the IOMMU driver; the caller unlinks *@mapped bytes then.
 */
int phyr_link(struct device *dev, struct phyr_map *map, u64 todo, u64 *mapped)
{
	const struct phyr_list *list = map->list;
	struct phyr_iter it;
	int err;

	if (list->nr >= BATCH_FROM && phyr_link_plain(dev, map))
		return phyr_link_batches(dev, map, todo, mapped);

	phyr_for_each(it, list) {
		u64 len = min(it.cur.len, todo - *mapped);

		if (!len)
			break;
		err = dma_iova_link(dev, &map->iova, it.cur.paddr, *mapped, len, map->dir,
				    map->attrs);
		if (err)
			return err;
		*mapped += len;
	}
	return dma_iova_sync(dev, &map->iova, 0, *mapped);
}
