// SPDX-License-Identifier: GPL-2.0
/* Cases: every step of a mapping fails in turn. */
#include <linux/iommu.h>
#include <linux/sizes.h>

#include "test.h"

/* The list to map. */
static struct phyr_list part;

/* The domain for ptest_op_domain(). */
static struct iommu_domain *own;

static int ptest_op_map(struct ptest *t)
{
	struct phyr_map map = { };
	int err = phyr_dma_map(t->dev, &part, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);

	if (err && map.shape != PHYR_SHAPE_NONE)
		FAIL(t, "failed with %d, with shape %u", err, map.shape);
	phyr_dma_unmap(t->dev, &map);
	return err;
}

static int ptest_op_domain(struct ptest *t)
{
	int err = phyr_domain_map(own, SZ_4G, &part, IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);

	if (!err)
		phyr_domain_unmap(own, SZ_4G, part.len);
	return err;
}

static int ptest_op_reg(struct ptest *t)
{
	struct phyr_reg *reg = phyr_reg_create(t->dev, &t->list, DMA_TO_DEVICE, 0);
	int err;

	if (IS_ERR(reg))
		return PTR_ERR(reg);
	err = phyr_reg_tabulate(reg);
	phyr_reg_put(reg);
	return err;
}

/* Map the first @nr chunks of t->list, each @shorter bytes shorter. */
static void ptest_map_part(struct ptest *t, int nr, u64 shorter)
{
	struct phys_vec chunks[PTEST_CHUNKS];
	int i, err = 0;

	ptest_chunks(t, chunks);
	phyr_list_init(&part, PHYR_PACKED);
	for (i = 0; i < nr && !err; i++)
		err = phyr_list_append(&part, PHYR_MEM_RAM, NULL, chunks[i].paddr,
				       chunks[i].len - shorter, GFP_KERNEL);
	if (err)
		FAIL(t, "no memory");
	else
		ptest_every_failure(t, ptest_op_map);
	phyr_list_destroy(&part);
}

static void ptest_map_many(struct ptest *t)
{
	ptest_map_part(t, PTEST_CHUNKS, 0);
}

static void ptest_map_few(struct ptest *t)
{
	ptest_map_part(t, 8, 0);
}

static void ptest_map_one(struct ptest *t)
{
	ptest_map_part(t, 1, 0);
}

static void ptest_map_gapped(struct ptest *t)
{
	ptest_map_part(t, 40, 512);
}

static void ptest_map_peer(struct ptest *t)
{
	struct ptest_peer peer;

	NEEDS(t, !ptest_is_bounced(t), "P2P memory cannot be mapped here");
	if (!ptest_peer_get(t, &peer, PTEST_ROUTE_HOST, NULL))
		NEEDS(t, ptest_peer_get(t, &peer, PTEST_ROUTE_BUS, NULL), "no peer within reach");
	phyr_list_init(&part, PHYR_PACKED);
	if (ptest_peer_list(&part, &peer, 0, 2 * PAGE_SIZE))
		FAIL(t, "no memory");
	else
		ptest_every_failure(t, ptest_op_map);
	phyr_list_destroy(&part);
	ptest_peer_put(&peer);
}

/* Whole pages that are not contiguous; also requests that are refused before any step. */
static void ptest_map_own(struct ptest *t)
{
	struct phys_vec chunks[PTEST_CHUNKS];
	const int prot = IOMMU_READ;
	int i, err = 0;

	NEEDS(t, device_iommu_mapped(t->dev), "no IOMMU");
	own = iommu_paging_domain_alloc_flags(t->dev, 0);
	if (IS_ERR(own)) {
		FAIL(t, "no domain: %ld", PTR_ERR(own));
		return;
	}
	ptest_chunks(t, chunks);
	phyr_list_init(&part, PHYR_PACKED);
	EXPECT(t, phyr_domain_map(own, SZ_4G, &part, prot, GFP_KERNEL) == -EINVAL,
	       "an empty list is taken");
	for (i = 1; i < 40 && !err; i++)
		err = phyr_list_append(&part, PHYR_MEM_RAM, NULL, chunks[i].paddr, chunks[i].len,
				       GFP_KERNEL);
	EXPECT(t, !err, "no memory");
	EXPECT(t, phyr_domain_map(own, SZ_4G, &t->list, prot, GFP_KERNEL) == -EINVAL,
	       "parts of pages are taken");
	EXPECT(t, phyr_domain_map(own, SZ_4G + 512, &part, prot, GFP_KERNEL) == -EINVAL,
	       "an address inside a page is taken");
	EXPECT(t, phyr_domain_map(own, PAGE_MASK, &part, prot, GFP_KERNEL) == -ERANGE,
	       "more than there are addresses is taken");
	ptest_every_failure(t, ptest_op_domain);
undo:
	phyr_list_destroy(&part);
	iommu_domain_free(own);
}

static void ptest_reg_create(struct ptest *t)
{
	ptest_every_failure(t, ptest_op_reg);
}

static const struct ptest_case cases[] = {
	{ "every failure: map 64 chunks",	 ptest_map_many },
	{ "every failure: map 8 chunks",	 ptest_map_few },
	{ "every failure: map one chunk",	 ptest_map_one },
	{ "every failure: map chunks with gaps", ptest_map_gapped },
	{ "every failure: map memory of a peer", ptest_map_peer },
	{ "every failure: map into a domain",	 ptest_map_own },
	{ "every failure: register",		 ptest_reg_create },
};

PTEST_GROUP(walk_map, cases);
