// SPDX-License-Identifier: GPL-2.0
/* Cases: P2P memory. */
#include <linux/dma-map-ops.h>
#include <linux/iommu.h>
#include <linux/kprobes.h>
#include <linux/scatterlist.h>

#include "test.h"

static void ptest_p2p_mapped_pair(struct ptest_peer *peer, struct phys_vec *chunks)
{
	chunks[0] = (struct phys_vec){ peer->phys, 2 * PAGE_SIZE };
	chunks[1] = (struct phys_vec){ peer->phys + 3 * PAGE_SIZE, PAGE_SIZE };
}

/* Result of dma_map_sgtable() for a page of P2P memory. */
static int ptest_p2p_sg_result(struct ptest *t, const struct ptest_peer *peer)
{
	struct scatterlist sg;
	struct sg_table table = { .sgl = &sg, .orig_nents = 1 };
	int err;

	sg_init_table(&sg, 1);
	sg_set_page(&sg, virt_to_page(peer->mem), PAGE_SIZE, 0);
	err = dma_map_sgtable(t->dev, &table, DMA_BIDIRECTIONAL, 0);
	if (!err)
		dma_unmap_sgtable(t->dev, &table, DMA_BIDIRECTIONAL, 0);
	return err;
}

/* Below a common switch: bus addresses, with any IOMMU. */
static void ptest_p2p_bus_route(struct ptest *t)
{
	struct phyr_map map = { };
	struct phyr_dma_iter it;
	struct ptest_peer peer;
	struct phyr_list list;
	long used = ptest_pool_used(t);
	u64 at[2], want[2] = { 0, 3 * PAGE_SIZE };
	int err, i = 0;

	NEEDS(t, ptest_peer_get(t, &peer, PTEST_ROUTE_BUS, NULL), "no peer below the same switch");
	phyr_list_init(&list, PHYR_PACKED);
	err = ptest_peer_list(&list, &peer, 0, 2 * PAGE_SIZE);
	EXPECT(t, !err, "append: %d", err);
	err = phyr_dma_map(t->dev, &list, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);
	EXPECT(t, !err, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == PHYR_SHAPE_SAME, "shape %u: there is something to unmap",
	       map.shape);
	phyr_for_each_dma_range(it, &map) {
		EXPECT(t, i < 2, "more than two ranges");
		at[i] = it.range.addr - peer.bus;
		EXPECT(t, at[i] == want[i], "range %d is %#llx bytes into the BAR", i, at[i]);
		i++;
	}
	EXPECT(t, i == 2 && ptest_pool_used(t) == used, "%d ranges", i);
	/* Unmapping it must not touch the IOMMU. */
	phyr_dma_unmap(t->dev, &map);
undo:
	phyr_dma_unmap(t->dev, &map);
	phyr_list_destroy(&list);
	ptest_peer_put(&peer);
}

static void ptest_p2p_host_route(struct ptest *t)
{
	struct phys_vec chunks[2];
	struct phyr_map map = { };
	struct ptest_reach reach;
	struct ptest_peer peer;
	struct phyr_list list;
	dma_addr_t was = 0;
	int err;

	NEEDS(t, !ptest_is_bounced(t), "everything is bounced here, see hazard 12");
	NEEDS(t, ptest_peer_get(t, &peer, PTEST_ROUTE_HOST, NULL),
	      "no peer that is reached through the host bridge");
	phyr_list_init(&list, PHYR_PACKED);
	ptest_p2p_mapped_pair(&peer, chunks);
	err = ptest_peer_list(&list, &peer, 0, 2 * PAGE_SIZE);
	EXPECT(t, !err, "append: %d", err);
	err = phyr_dma_map(t->dev, &list, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);
	EXPECT(t, !err, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == (dev_dma_iommu(t->dev) ? PHYR_SHAPE_SINGLE : PHYR_SHAPE_SAME),
	       "shape %u", map.shape);
	EXPECT(t, map.shape == PHYR_SHAPE_SAME || map.attrs & DMA_ATTR_MMIO, "not as MMIO");
	if (!ptest_check_reach(t, &map, chunks, 2, &reach))
		goto undo;
	EXPECT(t, !reach.bounced, "%llu bytes bounced", reach.bounced);
	was = map.addr;
	phyr_dma_unmap(t->dev, &map);
	ptest_check_unmapped(t, was, 3 * PAGE_SIZE);
undo:
	phyr_dma_unmap(t->dev, &map);
	phyr_list_destroy(&list);
	ptest_peer_put(&peer);
}

static void ptest_p2p_no_route(struct ptest *t)
{
	struct phyr_map map = { };
	struct ptest_peer peer;
	struct phyr_list list;
	int err, sg;

	NEEDS(t, ptest_peer_get(t, &peer, PTEST_ROUTE_NONE, NULL), "every peer can be reached");
	phyr_list_init(&list, PHYR_PACKED);
	err = ptest_peer_list(&list, &peer, 0, 2 * PAGE_SIZE);
	EXPECT(t, !err, "append: %d", err);
	sg = ptest_p2p_sg_result(t, &peer);
	err = phyr_dma_map(t->dev, &list, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);
	EXPECT(t, sg == -EREMOTEIO && err == sg, "a scatterlist gives %d, a list %d", sg, err);
	EXPECT(t, map.shape == PHYR_SHAPE_NONE, "shape %u", map.shape);
undo:
	phyr_dma_unmap(t->dev, &map);
	phyr_list_destroy(&list);
	ptest_peer_put(&peer);
}

/* P2P memory must not be bounced, not even to find its route. */
static atomic_t bounces;

static int ptest_p2p_count_bounce(struct kprobe *probe, struct pt_regs *regs)
{
	atomic_inc(&bounces);
	return 0;
}

/* P2P memory that would need a bounce buffer: an error, and no bounce. */
static void ptest_p2p_refused_unbounced(struct ptest *t, const struct phyr_list *list)
{
	struct kprobe probe = {
		.symbol_name = "swiotlb_tbl_map_single",
		.pre_handler = ptest_p2p_count_bounce,
	};
	long used = ptest_pool_used(t);
	struct phyr_map map = { };
	int err = register_kprobe(&probe);

	EXPECT(t, !err, "no probe: %d", err);
	atomic_set(&bounces, 0);
	err = phyr_dma_map(t->dev, list, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);
	unregister_kprobe(&probe);
	EXPECT(t, err == -EIO, "phyr_dma_map: %d", err);
	EXPECT(t, map.shape == PHYR_SHAPE_NONE, "shape %u", map.shape);
	EXPECT(t, !atomic_read(&bounces), "it was bounced on trial");
	EXPECT(t, ptest_pool_used(t) == used, "%ld slots of the pool are in use",
	       ptest_pool_used(t) - used);
undo:
	phyr_dma_unmap(t->dev, &map);
}

static void ptest_p2p_never_bounced(struct ptest *t)
{
	struct ptest_peer peer;
	struct phyr_list list;
	int err;

	NEEDS_BOUNCE(t);
	NEEDS(t, ptest_peer_get(t, &peer, PTEST_ROUTE_HOST, NULL),
	      "no peer that is reached through the host bridge");
	phyr_list_init(&list, PHYR_PACKED);
	err = ptest_peer_list(&list, &peer, 0, 2 * PAGE_SIZE);
	EXPECT(t, !err, "append: %d", err);
	ptest_p2p_refused_unbounced(t, &list);
undo:
	phyr_list_destroy(&list);
	ptest_peer_put(&peer);
}

/* A BAR beyond the DMA mask: an error, because MMIO cannot be bounced. */
static void ptest_p2p_beyond_mask(struct ptest *t)
{
	struct ptest_peer peer;
	struct phyr_list list;
	int err;

	NEEDS(t, !dev_dma_iommu(t->dev), "an IOMMU brings the BAR into reach");
	NEEDS(t, !ptest_is_bounced(t), "everything is bounced here, see hazard 12");
	NEEDS(t, ptest_peer_get(t, &peer, PTEST_ROUTE_HOST, NULL),
	      "no peer that is reached through the host bridge");
	phyr_list_init(&list, PHYR_PACKED);
	err = dma_set_mask(t->dev, DMA_BIT_MASK(32));
	EXPECT(t, !err, "a mask of 32 bits: %d", err);
	EXPECT(t, peer.phys > DMA_BIT_MASK(32), "the BAR is within it, at %pa", &peer.phys);
	err = ptest_peer_list(&list, &peer, 0, 2 * PAGE_SIZE);
	EXPECT(t, !err, "append: %d", err);
	ptest_p2p_refused_unbounced(t, &list);
undo:
	dma_set_mask(t->dev, DMA_BIT_MASK(64));
	phyr_list_destroy(&list);
	ptest_peer_put(&peer);
}

static atomic_t trials;

static int ptest_p2p_count_trial(struct kprobe *probe, struct pt_regs *regs)
{
	atomic_inc(&trials);
	return 0;
}

/* Number of dma_map_sgtable() calls during @nr lookups of a route. */
static int ptest_p2p_count_lookups(struct ptest *t, const struct ptest_peer *peer, int nr)
{
	struct kprobe probe = {
		.symbol_name = "dma_map_sgtable",
		.pre_handler = ptest_p2p_count_trial,
	};
	int err = register_kprobe(&probe);
	enum phyr_route route;
	u64 bias;

	EXPECT(t, !err, "no probe: %d", err);
	atomic_set(&trials, 0);
	while (nr-- && !err)
		err = phyr_p2p_page_route(t->dev, peer->phys + nr * PAGE_SIZE, &route, &bias);
	unregister_kprobe(&probe);
	EXPECT(t, !err, "no route: %d", err);
	return atomic_read(&trials);
undo:
	return -1;
}

/* Rebind a device, which must invalidate the cache of routes. */
static int ptest_p2p_rebind(struct pci_dev *pdev)
{
	device_release_driver(&pdev->dev);
	return device_attach(&pdev->dev);
}

static void ptest_p2p_route_cached(struct ptest *t)
{
	struct ptest_peer peer;
	struct pci_dev *pdev;
	int n, bound;

	NEEDS(t, !ptest_is_bounced(t), "everything is bounced here, see hazard 12");
	NEEDS(t, ptest_peer_get(t, &peer, PTEST_ROUTE_HOST, NULL),
	      "no peer that is reached through the host bridge");
	ptest_p2p_count_lookups(t, &peer, 1);
	n = ptest_p2p_count_lookups(t, &peer, 8);
	pdev = pci_dev_get(peer.pdev);
	ptest_peer_put(&peer);
	EXPECT(t, !n, "asked %d times for what is known", n);
	bound = ptest_p2p_rebind(pdev);
	EXPECT(t, bound == 1, "the peer's driver does not come back: %d", bound);
	EXPECT(t, ptest_peer_get(t, &peer, PTEST_ROUTE_HOST, NULL), "the peer has gone");
	n = ptest_p2p_count_lookups(t, &peer, 8);
	ptest_peer_put(&peer);
	EXPECT(t, n == 1, "asked %d times after the peer had gone", n);
undo:
	pci_dev_put(pdev);
}

static bool ptest_p2p_unchanged(struct ptest *t, const struct phyr_list *list, u64 len,
				const char *what, int err)
{
	if (err == -EXDEV && list->nr == 1 && list->len == len)
		return true;
	FAIL(t, "%s: %d, %u chunks", what, err, list->nr);
	return false;
}

static void ptest_p2p_mixed(struct ptest *t)
{
	struct ptest_peer peer, other = { };
	u64 ram = page_to_phys(t->block);
	struct scatterlist sg[2];
	struct phyr_list list;
	int err;

	NEEDS(t, ptest_peer_get(t, &peer, -1, NULL), "no peer");
	phyr_list_init(&list, PHYR_PACKED);
	err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, ram, PAGE_SIZE, GFP_KERNEL);
	EXPECT(t, !err, "append: %d", err);
	err = phyr_list_append(&list, PHYR_MEM_P2P, peer.provider, peer.phys, PAGE_SIZE,
			       GFP_KERNEL);
	if (!ptest_p2p_unchanged(t, &list, PAGE_SIZE, "P2P after RAM", err))
		goto undo;
	phyr_list_destroy(&list);
	err = phyr_list_append(&list, PHYR_MEM_P2P, peer.provider, peer.phys, PAGE_SIZE,
			       GFP_KERNEL);
	EXPECT(t, !err, "append: %d", err);
	err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, ram, PAGE_SIZE, GFP_KERNEL);
	if (!ptest_p2p_unchanged(t, &list, PAGE_SIZE, "RAM after P2P", err))
		goto undo;
	phyr_list_destroy(&list);

	sg_init_table(sg, 2);
	sg_set_page(&sg[0], t->block, PAGE_SIZE, 0);
	sg_set_page(&sg[1], virt_to_page(peer.mem), PAGE_SIZE, 0);
	err = phyr_list_from_sg(&list, sg, 2, GFP_KERNEL);
	EXPECT(t, err == -EXDEV && !list.nr, "a scatterlist of both: %d, %u chunks", err, list.nr);
undo:
	phyr_list_destroy(&list);
	ptest_peer_put(&other);
	ptest_peer_put(&peer);
}

static void ptest_p2p_two_providers(struct ptest *t)
{
	struct ptest_peer peer, other = { };
	struct scatterlist sg[2];
	struct phyr_list list;
	int err;

	NEEDS(t, ptest_peer_get(t, &peer, -1, NULL), "no peer");
	phyr_list_init(&list, PHYR_PLAIN);
	if (!ptest_peer_get(t, &other, -1, peer.pdev)) {
		snprintf(t->skip, sizeof(t->skip), "one peer only");
		goto undo;
	}
	err = phyr_list_append(&list, PHYR_MEM_P2P, peer.provider, peer.phys, PAGE_SIZE,
			       GFP_KERNEL);
	EXPECT(t, !err, "append: %d", err);
	err = phyr_list_append(&list, PHYR_MEM_P2P, other.provider, other.phys, PAGE_SIZE,
			       GFP_KERNEL);
	if (!ptest_p2p_unchanged(t, &list, PAGE_SIZE, "another's", err))
		goto undo;
	phyr_list_destroy(&list);

	sg_init_table(sg, 2);
	sg_set_page(&sg[0], virt_to_page(peer.mem), PAGE_SIZE, 0);
	sg_set_page(&sg[1], virt_to_page(other.mem), PAGE_SIZE, 0);
	err = phyr_list_from_sg(&list, sg, 2, GFP_KERNEL);
	EXPECT(t, err == -EXDEV && !list.nr, "a scatterlist of both: %d, %u chunks", err, list.nr);
undo:
	phyr_list_destroy(&list);
	ptest_peer_put(&other);
	ptest_peer_put(&peer);
}

static const struct ptest_case cases[] = {
	{ "hazard 05: MMIO beyond the mask is an error, not bounced",	ptest_p2p_beyond_mask },
	{ "hazard 09: below a switch, bus addresses and no unmap",	ptest_p2p_bus_route },
	{ "hazard 10: through the host bridge, mapped as MMIO",		ptest_p2p_host_route },
	{ "hazard 10: the route is asked for once, until a device goes", ptest_p2p_route_cached },
	{ "hazard 11: a topology without a way is refused",		ptest_p2p_no_route },
	{ "hazard 12: with forced bouncing, an error and no bounce",	ptest_p2p_never_bounced },
	{ "hazard 13: RAM and P2P do not share a list",			ptest_p2p_mixed },
	{ "hazard 13: two providers do not share a list",		ptest_p2p_two_providers },
};

PTEST_GROUP(p2p, cases);
