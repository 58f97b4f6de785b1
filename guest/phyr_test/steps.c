// SPDX-License-Identifier: GPL-2.0
/* Cases: operations of which each step fails in turn. */
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/gfp.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "test.h"

#ifdef PHYR_PLANTS

#define LONG_LIST	700	/* chunks: several links of a chain */

/* A list of its own for the failures, of chunks that no word holds. */
static int long_list(struct phyr_list *list, enum phyr_format format, int nr)
{
	int i, err;

	phyr_list_init(list, format);
	for (i = 0; i < nr; i++) {
		err = phyr_list_append(list, PHYR_MEM_RAM, NULL, SZ_1M + i * SZ_64K + 512, SZ_4K,
				       GFP_KERNEL);
		if (err) {
			phyr_list_destroy(list);
			return err;
		}
	}
	return 0;
}

static int op_append(struct test *t, enum phyr_format format)
{
	struct phyr_list list, was;
	int i, err = 0;

	phyr_list_init(&list, format);
	for (i = 0; i < LONG_LIST && !err; i++) {
		was = list;
		err = phyr_list_append(&list, PHYR_MEM_RAM, NULL, i * SZ_64K + 512, SZ_4K,
				       GFP_KERNEL);
	}
	if (err && memcmp(&list, &was, sizeof(list)))
		FAIL(t, "chunk %d failed and the list is not as it was", i);
	phyr_list_destroy(&list);
	return err;
}

static int op_append_plain(struct test *t)
{
	return op_append(t, PHYR_PLAIN);
}

static int op_append_packed(struct test *t)
{
	return op_append(t, PHYR_PACKED);
}

static struct phyr_list source;

static int op_append_slice(struct test *t)
{
	struct phyr_slice slice;
	struct phyr_list list, was;
	int err;

	phyr_slice_init(&slice, &source, 512, source.len - 1024);
	err = long_list(&list, PHYR_PLAIN, 3);
	if (err)
		return err;
	was = list;
	err = phyr_list_append_slice(&list, &slice, GFP_KERNEL);
	if (err && memcmp(&list, &was, sizeof(list)))
		FAIL(t, "the list is not as it was");
	phyr_list_destroy(&list);
	return err;
}

static struct request *request;

static int op_from_rq(struct test *t)
{
	struct phyr_list list;
	int err;

	phyr_list_init(&list, PHYR_PLAIN);
	err = phyr_list_from_rq(&list, request, GFP_KERNEL);
	if (err && (list.nr || list.head))
		FAIL(t, "the list is not empty");
	phyr_list_destroy(&list);
	return err;
}

static struct sg_table entries;

static int op_from_sg(struct test *t)
{
	struct phyr_list list;
	int err;

	phyr_list_init(&list, PHYR_PLAIN);
	err = phyr_list_from_sg(&list, entries.sgl, entries.orig_nents, GFP_KERNEL);
	if (err && (list.nr || list.head))
		FAIL(t, "the list is not empty");
	phyr_list_destroy(&list);
	return err;
}

static int op_to_sgt(struct test *t)
{
	struct sg_table table = { };
	int err = phyr_list_to_sgt(&t->list, &table, UINT_MAX, GFP_KERNEL);

	if (!err)
		sg_free_table(&table);
	else if (table.sgl)
		FAIL(t, "there is a table");
	return err;
}

static int op_map(struct test *t, const struct phyr_list *list)
{
	struct phyr_map map = { };
	int err = phyr_dma_map(t->dev, list, &map, DMA_BIDIRECTIONAL, 0, GFP_KERNEL);

	if (err && map.shape != PHYR_SHAPE_NONE)
		FAIL(t, "failed with %d, with shape %u", err, map.shape);
	phyr_dma_unmap(t->dev, &map);
	return err;
}

static int op_map_many(struct test *t)
{
	return op_map(t, &t->list);
}

static struct phyr_list few, gapped, one;

static int op_map_few(struct test *t)
{
	return op_map(t, &few);
}

static int op_map_gapped(struct test *t)
{
	return op_map(t, &gapped);
}

static int op_map_one(struct test *t)
{
	return op_map(t, &one);
}

static struct phyr_list peers;

static int op_map_peer(struct test *t)
{
	return op_map(t, &peers);
}

static int op_map_to_sgt(struct test *t)
{
	struct sg_table table = { };
	struct phyr_map map = { };
	int err = phyr_dma_map(t->dev, &t->list, &map, DMA_TO_DEVICE, 0, GFP_KERNEL);

	if (err)
		return err;
	err = phyr_map_to_sgt(&map, &table, GFP_KERNEL);
	if (!err)
		phyr_free_dma_sgt(&table);
	else if (table.sgl)
		FAIL(t, "there is a table");
	phyr_dma_unmap(t->dev, &map);
	return err;
}

static int op_map_from_sgt(struct test *t)
{
	struct phyr_map map = { };
	int err = phyr_map_from_sgt(&map, &entries, GFP_KERNEL);

	if (err && map.shape != PHYR_SHAPE_NONE)
		FAIL(t, "failed with %d, with shape %u", err, map.shape);
	phyr_dma_unmap(t->dev, &map);
	return err;
}

static int op_reg(struct test *t)
{
	struct phyr_reg *reg = phyr_reg_create(t->dev, &t->list, DMA_TO_DEVICE, 0);
	int err;

	if (IS_ERR(reg))
		return PTR_ERR(reg);
	err = phyr_reg_tabulate(reg);
	phyr_reg_put(reg);
	return err;
}

static unsigned long user;

#define USER_LEN	(300 * PAGE_SIZE)

static int op_pin(struct test *t)
{
	struct phyr_list list;
	int err;

	phyr_list_init(&list, PHYR_PLAIN);
	err = phyr_list_pin_user(&list, user, USER_LEN, FOLL_WRITE);
	if (err && (list.nr || list.head))
		FAIL(t, "the list is not empty");
	phyr_list_unpin_user(&list, false);
	return err;
}

static void append_plain(struct test *t)
{
	test_every_failure(t, op_append_plain);
}

static void append_packed(struct test *t)
{
	test_every_failure(t, op_append_packed);
}

static void append_slice(struct test *t)
{
	if (long_list(&source, PHYR_PACKED, LONG_LIST))
		FAIL(t, "no memory");
	else
		test_every_failure(t, op_append_slice);
	phyr_list_destroy(&source);
}

/* A request as a driver gets it, of pages that do not adjoin. */
static void from_rq(struct test *t)
{
	const int nr = 250;
	struct bio_vec *bv = kcalloc(nr, sizeof(*bv), GFP_KERNEL);
	struct bio bio;
	int i;

	request = kzalloc_obj(*request);
	EXPECT(t, request && bv, "no memory");
	bio_init(&bio, NULL, bv, nr, REQ_OP_WRITE);
	for (i = 0; i < nr; i++)
		bvec_set_page(&bv[i], t->block + i % 2 * 2, PAGE_SIZE, 0);
	bio.bi_vcnt = nr;
	bio.bi_iter.bi_size = nr * PAGE_SIZE;
	request->bio = &bio;
	request->nr_phys_segments = 1;	/* so that it takes several links */
	test_every_failure(t, op_from_rq);
undo:
	kfree(request);
	kfree(bv);
}

static bool make_entries(struct test *t)
{
	struct scatterlist *sg;
	int i;

	if (sg_alloc_table(&entries, 600, GFP_KERNEL)) {
		FAIL(t, "no memory");
		return false;
	}
	for_each_sgtable_sg(&entries, sg, i) {
		sg_set_page(sg, t->block + i % 2 * 2, PAGE_SIZE, 0);
		sg_dma_address(sg) = sg_phys(sg);
		sg_dma_len(sg) = PAGE_SIZE;
	}
	return true;
}

static void from_sg(struct test *t)
{
	if (!make_entries(t))
		return;
	test_every_failure(t, op_from_sg);
	sg_free_table(&entries);
}

static void map_from_sgt(struct test *t)
{
	if (!make_entries(t))
		return;
	test_every_failure(t, op_map_from_sgt);
	sg_free_table(&entries);
}

static void to_sgt(struct test *t)
{
	test_every_failure(t, op_to_sgt);
}

static void map_many(struct test *t)
{
	test_every_failure(t, op_map_many);
}

/* A part of the test's list, with its unaligned end or with gaps inside pages. */
static int part_list(struct test *t, struct phyr_list *list, int nr, u64 shorter)
{
	struct phys_vec chunks[TEST_CHUNKS];
	int i, err = 0;

	test_chunks(t, chunks);
	phyr_list_init(list, PHYR_PACKED);
	for (i = 0; i < nr && !err; i++)
		err = phyr_list_append(list, PHYR_MEM_RAM, NULL, chunks[i].paddr,
				       chunks[i].len - shorter, GFP_KERNEL);
	return err;
}

static void map_few(struct test *t)
{
	if (part_list(t, &few, 8, 0))
		FAIL(t, "no memory");
	else
		test_every_failure(t, op_map_few);
	phyr_list_destroy(&few);
}

static void map_gapped(struct test *t)
{
	if (part_list(t, &gapped, 40, 512))
		FAIL(t, "no memory");
	else
		test_every_failure(t, op_map_gapped);
	phyr_list_destroy(&gapped);
}

static void map_one(struct test *t)
{
	if (part_list(t, &one, 1, 0))
		FAIL(t, "no memory");
	else
		test_every_failure(t, op_map_one);
	phyr_list_destroy(&one);
}

static void map_peer(struct test *t)
{
	struct test_peer peer;

	NEEDS(t, !test_bounced(t), "P2P memory cannot be mapped here");
	if (!test_peer_get(t, &peer, TEST_ROUTE_HOST, NULL))
		NEEDS(t, test_peer_get(t, &peer, TEST_ROUTE_BUS, NULL), "no peer within reach");
	phyr_list_init(&peers, PHYR_PACKED);
	if (test_peer_list(&peers, &peer, 0, 2 * PAGE_SIZE))
		FAIL(t, "no memory");
	else
		test_every_failure(t, op_map_peer);
	phyr_list_destroy(&peers);
	test_peer_put(&peer);
}

static void map_to_sgt(struct test *t)
{
	test_every_failure(t, op_map_to_sgt);
}

static void reg_create(struct test *t)
{
	test_every_failure(t, op_reg);
}

static void pin_user(struct test *t)
{
	user = test_user_memory(NULL, USER_LEN);
	if (IS_ERR_VALUE(user)) {
		FAIL(t, "vm_mmap: %ld", (long)user);
		return;
	}
	if (test_stamp(user, USER_LEN, 1))
		FAIL(t, "cannot write to it");
	else
		test_every_failure(t, op_pin);
	vm_munmap(user, USER_LEN);
}

static const struct test_case cases[] = {
	{ "every failure: append, plain",				append_plain },
	{ "every failure: append, packed",				append_packed },
	{ "every failure: append a slice",				append_slice },
	{ "every failure: list from a request",				from_rq },
	{ "every failure: list from a scatterlist",			from_sg },
	{ "every failure: list from user memory",			pin_user },
	{ "every failure: list to a scatterlist",			to_sgt },
	{ "every failure: map 64 chunks",				map_many },
	{ "every failure: map 8 chunks",				map_few },
	{ "every failure: map one chunk",				map_one },
	{ "every failure: map chunks with gaps",			map_gapped },
	{ "every failure: map memory of a peer",			map_peer },
	{ "every failure: a mapping to a scatterlist",			map_to_sgt },
	{ "every failure: a mapping from a scatterlist",		map_from_sgt },
	{ "every failure: register",					reg_create },
};

#else

static void needs_plants(struct test *t)
{
	NEEDS(t, false, "built without PHYR_PLANTS=1");
}

static const struct test_case cases[] = {
	{ "every failure", needs_plants },
};

#endif /* PHYR_PLANTS */

TEST_GROUP(walk, cases);
