// SPDX-License-Identifier: GPL-2.0
/*
 * An index of a registered list, so that the cost of a seek does not depend on the length of the
 * list.
 *
 * Mark n is the position of an iterator just before the chunk that contains byte n << shift.  Marks
 * are stored in blocks (struct phyr_node); the top block holds pointers to them.
 */
#include <linux/overflow.h>

#include "lib.h"

struct phyr_mark {
	const u64 *at;
	const u64 *stop;
	const struct phyr_node *node;
	u64 offset;
};

#define MARK_WORDS	(sizeof(struct phyr_mark) / sizeof(u64))
#define NODE_WORDS	PHYR_NODE_WORDS(PAGE_SIZE)
#define NODE_MARKS	(NODE_WORDS / MARK_WORDS)
#define MAX_MARKS	((u64)NODE_MARKS * NODE_WORDS)

/*
 * Two chunks for each mark if all have the same size: 16 bytes of index for each chunk, and one or
 * two steps to find a byte.
 */
#define CHUNKS_PER_MARK	2

static struct phyr_mark *phyr_index_mark(const struct phyr_index *index, u64 n)
{
	struct phyr_node *node = (struct phyr_node *)(uintptr_t)index->top->word[n / NODE_MARKS];

	return (struct phyr_mark *)&node->word[n % NODE_MARKS * MARK_WORDS];
}

/* Add mark @n, in a new block if the last one is full. */
static struct phyr_mark *phyr_index_add(struct phyr_index *index, u64 n, gfp_t gfp)
{
	struct phyr_node *top = index->top, *node;

	if (n % NODE_MARKS == 0) {
		node = phyr_node_alloc(NODE_WORDS, gfp);
		if (!node)
			return NULL;
		if (top->nr)
			((struct phyr_node *)(uintptr_t)top->word[top->nr - 1])->next = node;
		top->word[top->nr++] = (uintptr_t)node;
	}
	return phyr_index_mark(index, n);
}

/**
 * phyr_index_build - make an index of a list
 * @index:	receives the index; freed with phyr_index_free()
 * @list:	the list; must not change while the index is used
 * @gfp:	for blocks
 *
 * Return: 0 or -ENOMEM.
 */
int phyr_index_build(struct phyr_index *index, const struct phyr_list *list, gfp_t gfp)
{
	u64 start = 0, n = 0, per_mark = list->len / list->nr * CHUNKS_PER_MARK;
	struct phyr_iter it, before;

	index->shift = PHYR_WORD_PAGE_SHIFT;
	while (1ULL << index->shift < per_mark || (list->len - 1) >> index->shift >= MAX_MARKS)
		index->shift++;
	index->top = phyr_node_alloc(NODE_WORDS, gfp);
	if (!index->top)
		return -ENOMEM;

	phyr_iter_init(&it, list);
	for (before = it; phyr_iter_next(&it); before = it) {
		for (; n << index->shift < start + it.cur.len; n++) {
			struct phyr_mark *mark = phyr_index_add(index, n, gfp);

			if (!mark) {
				phyr_index_free(index);
				return -ENOMEM;
			}
			mark->at = before.pos.at;
			mark->stop = before.pos.stop;
			mark->node = before.pos.node;
			mark->offset = start;
		}
		start += it.cur.len;
	}
	return 0;
}

/**
 * phyr_index_bytes - memory that an index occupies
 * @index: the index
 *
 * Return: bytes; 0 for a zeroed structure.
 */
size_t phyr_index_bytes(const struct phyr_index *index)
{
	if (!index->top)
		return 0;
	return phyr_chain_bytes(index->top) +
	       (index->top->nr ? phyr_chain_bytes((void *)(uintptr_t)index->top->word[0]) : 0);
}

/**
 * phyr_index_free - free an index
 * @index: the index; nothing is done for a zeroed structure
 */
void phyr_index_free(struct phyr_index *index)
{
	if (!index->top)
		return;
	if (index->top->nr)
		phyr_chain_free((struct phyr_node *)(uintptr_t)index->top->word[0]);
	phyr_node_free(index->top);
	index->top = NULL;
}

/**
 * phyr_index_seek - phyr_iter_seek() with an index
 * @index:	an index of @list
 * @it:		the iterator
 * @list:	the list
 * @offset:	bytes from the start of the list, less than its length
 */
void phyr_index_seek(const struct phyr_index *index, struct phyr_iter *it,
		     const struct phyr_list *list, u64 offset)
{
	const struct phyr_mark *mark = phyr_index_mark(index, offset >> index->shift);
	u64 left = offset - mark->offset;

	it->pos.at = mark->at;
	it->pos.stop = mark->stop;
	it->pos.list = list;
	it->pos.node = mark->node;
	it->pos.packed = list->format == PHYR_PACKED;
	it->pos.begun = mark->at;
	while (phyr_iter_next(it) && left >= it->cur.len)
		left -= it->cur.len;
	it->cur.paddr += left;
	it->cur.len -= left;
}
