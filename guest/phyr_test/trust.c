// SPDX-License-Identifier: GPL-2.0
/*
 * Cases: an untrusted device, such as one behind an external port.  QEMU's firmware marks no port
 * as external, so each case sets pdev->untrusted, which the DMA layer checks for every mapping.
 * The type of domain that an untrusted device gets at boot is not tested.
 */
#include <linux/dma-map-ops.h>
#include <linux/iommu.h>
#include <linux/swiotlb.h>

#include "test.h"

static void ptest_trust_set(struct ptest *t, bool trusted)
{
	to_pci_dev(t->dev)->untrusted = !trusted;
}

static void ptest_trust_ends_bounced(struct ptest *t)
{
	struct phys_vec chunks[PTEST_CHUNKS];
	struct phyr_map map = { };
	struct ptest_reach reach;
	long used = ptest_pool_used(t);
	dma_addr_t was = 0;
	u64 at;
	int err;

	NEEDS_IOMMU(t);
	NEEDS(t, t->dev->dma_io_tlb_mem && t->dev->dma_io_tlb_mem->nslabs,
	      "there are no bounce buffers: RAM above 4 GiB brings them");
	ptest_chunks(t, chunks);
	ptest_trust_set(t, false);
	err = phyr_dma_map(t->dev, &t->list, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);
	EXPECT(t, !err, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == PHYR_SHAPE_SINGLE, "shape %u", map.shape);
	if (!ptest_check_reach(t, &map, chunks, PTEST_CHUNKS, &reach))
		goto undo;
	EXPECT(t, reach.bounced == chunks[0].len + chunks[PTEST_CHUNKS - 1].len,
	       "%llu bytes bounced, %llu directly", reach.bounced, reach.direct);
	EXPECT(t, ptest_in_pool(t, ptest_translate(t, map.addr)), "not the head");
	EXPECT(t, ptest_in_pool(t, ptest_translate(t, map.addr + map.len - 1)), "not the tail");
	/* The rest of the first page must be zeroed. */
	for (at = 0; at < offset_in_page(map.addr); at++)
		EXPECT(t, !*(u8 *)phys_to_virt(ptest_translate(t, map.addr - 1 - at)),
		       "the device sees byte %llu before the list", at);

	ptest_write_ranges(t, &map, 0x5c);
	was = map.addr;
	phyr_dma_unmap(t->dev, &map);
	for (at = 0; at < t->list.len; at++)
		EXPECT(t, *(u8 *)phys_to_virt(ptest_phys(t, at)) == 0x5c,
		       "byte %llu that the device wrote did not arrive", at);
	EXPECT(t, *(u64 *)page_address(t->block) == page_to_phys(t->block),
	       "what is before the list was written");
	if (!ptest_check_unmapped(t, was, t->list.len))
		goto undo;
	EXPECT(t, ptest_pool_used(t) == used, "%ld slots of the pool are left",
	       ptest_pool_used(t) - used);
undo:
	phyr_dma_unmap(t->dev, &map);
	ptest_trust_set(t, true);
}

static void ptest_trust_mmio_refused(struct ptest *t)
{
	struct phyr_map map = { };
	struct ptest_peer peer;
	struct phyr_list list;
	long used = ptest_pool_used(t);
	int err;

	NEEDS_IOMMU(t);
	NEEDS(t, ptest_peer_get(t, &peer, PTEST_ROUTE_HOST, NULL),
	      "no peer that is reached through the host bridge");
	phyr_list_init(&list, PHYR_PACKED);
	ptest_trust_set(t, false);
	err = phyr_list_append(&list, PHYR_MEM_P2P, peer.provider, peer.phys + 512, 1024,
			       GFP_KERNEL);
	EXPECT(t, !err, "append: %d", err);
	err = phyr_dma_map(t->dev, &list, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);
	EXPECT(t, err == -EPERM, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == PHYR_SHAPE_NONE, "shape %u", map.shape);
	EXPECT(t, ptest_pool_used(t) == used, "%ld slots of the pool are in use",
	       ptest_pool_used(t) - used);
undo:
	phyr_dma_unmap(t->dev, &map);
	ptest_trust_set(t, true);
	phyr_list_destroy(&list);
	ptest_peer_put(&peer);
}

static const struct ptest_case cases[] = {
	{ "hazard 08: for an untrusted device head and tail are bounced",
	  ptest_trust_ends_bounced },
	{ "hazard 08: MMIO that would have to be is refused",
	  ptest_trust_mmio_refused },
};

PTEST_GROUP(trust, cases);
