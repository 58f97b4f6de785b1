// SPDX-License-Identifier: GPL-2.0
/* Cases: every step of making a list fails in turn. */
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/slab.h>

#include "test.h"

#define LONG_LIST	700	/* chunks: several blocks */

/* Make a list of chunks that need two words each. */
static int ptest_long_list(struct phyr_list *list, enum phyr_format format, int nr)
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

static int ptest_op_append(struct ptest *t, enum phyr_format format)
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

static int ptest_op_append_plain(struct ptest *t)
{
	return ptest_op_append(t, PHYR_PLAIN);
}

static int ptest_op_append_packed(struct ptest *t)
{
	return ptest_op_append(t, PHYR_PACKED);
}

static struct phyr_list source;

static int ptest_op_append_slice(struct ptest *t)
{
	struct phyr_slice slice;
	struct phyr_list list, was;
	int err;

	phyr_slice_init(&slice, &source, 512, source.len - 1024);
	err = ptest_long_list(&list, PHYR_PLAIN, 3);
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

static int ptest_op_from_rq(struct ptest *t)
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

static unsigned long user;

#define USER_LEN	(300 * PAGE_SIZE)

static int ptest_op_pin(struct ptest *t)
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

static void ptest_append_plain(struct ptest *t)
{
	ptest_every_failure(t, ptest_op_append_plain);
}

static void ptest_append_packed(struct ptest *t)
{
	ptest_every_failure(t, ptest_op_append_packed);
}

static void ptest_append_slice(struct ptest *t)
{
	if (ptest_long_list(&source, PHYR_PACKED, LONG_LIST))
		FAIL(t, "no memory");
	else
		ptest_every_failure(t, ptest_op_append_slice);
	phyr_list_destroy(&source);
}

/* A request, as a driver gets it, of pages that are not contiguous. */
static void ptest_from_rq(struct ptest *t)
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
	request->nr_phys_segments = 1;	/* a wrong hint, so that several blocks are allocated */
	ptest_every_failure(t, ptest_op_from_rq);
undo:
	kfree(request);
	kfree(bv);
}

static void ptest_pin_user(struct ptest *t)
{
	user = ptest_user_memory(NULL, USER_LEN);
	if (IS_ERR_VALUE(user)) {
		FAIL(t, "vm_mmap: %ld", (long)user);
		return;
	}
	if (ptest_stamp(user, USER_LEN, 1))
		FAIL(t, "cannot write to it");
	else
		ptest_every_failure(t, ptest_op_pin);
	vm_munmap(user, USER_LEN);
}

static const struct ptest_case cases[] = {
	{ "every failure: append, plain",	  ptest_append_plain },
	{ "every failure: append, packed",	  ptest_append_packed },
	{ "every failure: append a slice",	  ptest_append_slice },
	{ "every failure: list from a request",	  ptest_from_rq },
	{ "every failure: list from user memory", ptest_pin_user },
};

PTEST_GROUP(walk_list, cases);
