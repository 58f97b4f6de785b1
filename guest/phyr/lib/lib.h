/* SPDX-License-Identifier: GPL-2.0 */
/* Internals of lists, for lib/, for the builders in mm/ and for dma/. */
#ifndef PHYR_LIB_LIB_H
#define PHYR_LIB_LIB_H

#include "phyr/list.h"

/* An extended entry holds a length of 52 bits. */
#define PHYR_MAX_LEN		((1ULL << 52) - 1)

/* node.c: blocks, from two slab caches of their own */
#define PHYR_NODE_SMALL		512
#define PHYR_NODE_WORDS(size)	(((size) - sizeof(struct phyr_node)) / sizeof(u64))

int phyr_node_init(void);
void phyr_node_exit(void);
struct phyr_node *phyr_node_alloc(size_t words, gfp_t gfp);
void phyr_node_free(struct phyr_node *node);
void phyr_chain_free(struct phyr_node *head);
size_t phyr_chain_bytes(const struct phyr_node *head);

/* list.c */
int __phyr_list_close(struct phyr_list *list, size_t hint, gfp_t gfp);

/**
 * struct phyr_growth - copies of the list members that change when a chunk is added
 *
 * In a builder's loop they stay in registers.  The compiler cannot keep the list's own members
 * there, because a word that is written may alias them.
 */
struct phyr_growth {
	u64 len;
	phys_addr_t end;
	u64 gaps;
	struct phys_vec last;
	u64 *at;
	u64 *stop;
	u32 nr;
	bool packed;
};

static __always_inline void phyr_growth_begin(struct phyr_growth *g, const struct phyr_list *list)
{
	g->len = list->len;
	g->end = list->end;
	g->gaps = list->gaps;
	g->last = list->last;
	g->at = list->at;
	g->stop = list->stop;
	g->nr = list->nr;
	g->packed = list->format == PHYR_PACKED;
}

static __always_inline void phyr_growth_end(const struct phyr_growth *g, struct phyr_list *list)
{
	list->len = g->len;
	list->end = g->end;
	list->gaps = g->gaps;
	list->last = g->last;
	list->at = g->at;
	list->nr = g->nr;
}

/*
 * Encode the last chunk, because another one follows.  Inline for the common cases: a plain chunk,
 * or a packed chunk of whole pages that fits in a word and is not the first.
 */
static __always_inline int phyr_growth_close(struct phyr_growth *g, struct phyr_list *list,
					     size_t hint, gfp_t gfp)
{
	u64 addr = g->last.paddr, len = g->last.len;
	int err;

	if (!g->packed) {
		if (likely(g->stop - g->at >= 2)) {
			g->at[0] = addr;
			g->at[1] = len;
			g->at += 2;
			return 0;
		}
	} else if (likely(g->at != g->stop && g->nr > 1 &&
			  !((addr | len) & ~PHYR_WORD_ADDR_MASK) &&
			  len <= (PHYR_WORD_COUNT_MASK + 1) << PHYR_WORD_PAGE_SHIFT)) {
		*g->at++ = addr | ((len >> PHYR_WORD_PAGE_SHIFT) - 1);
		return 0;
	}
	phyr_growth_end(g, list);
	err = __phyr_list_close(list, hint, gfp);
	g->at = list->at;
	g->stop = list->stop;
	return err;
}

/**
 * phyr_growth_push - add a range that is valid and of the list's kind
 * @g:		from phyr_growth_begin(); call phyr_growth_end() also after an error
 * @list:	the list
 * @addr:	physical address
 * @len:	bytes, not 0
 * @hint:	number of words that will follow, 0 if unknown
 * @gfp:	for a block of words
 *
 * Return: 0; -ENOMEM, and the list is unchanged.
 */
static __always_inline int phyr_growth_push(struct phyr_growth *g, struct phyr_list *list,
					    phys_addr_t addr, u64 len, size_t hint, gfp_t gfp)
{
	phys_addr_t prev = g->last.paddr + g->last.len;

	if (unlikely(!g->nr)) {
		list->first = addr;
	} else if (addr == prev) {
		g->last.len += len;
		goto merged;
	} else {
		if (unlikely(phyr_growth_close(g, list, hint, gfp)))
			return -ENOMEM;
		g->gaps |= prev | addr;
	}
	g->last.paddr = addr;
	g->last.len = len;
	g->nr++;
merged:
	g->len += len;
	if (addr + len > g->end)
		g->end = addr + len;
	return 0;
}

/* phyr_growth_push() for a single range. */
static __always_inline int phyr_list_push(struct phyr_list *list, phys_addr_t addr, u64 len,
					  size_t hint, gfp_t gfp)
{
	struct phyr_growth g;
	int err;

	phyr_growth_begin(&g, list);
	err = phyr_growth_push(&g, list, addr, len, hint, gfp);
	phyr_growth_end(&g, list);
	return err;
}

/* index.c */

/**
 * struct phyr_index - start positions for seeks in a list
 * @top:	block of pointers to blocks of marks; NULL if there is no index
 * @shift:	marks are 1 << @shift bytes apart
 */
struct phyr_index {
	struct phyr_node *top;
	u8 shift;
};

int phyr_index_build(struct phyr_index *index, const struct phyr_list *list, gfp_t gfp);
void phyr_index_free(struct phyr_index *index);
size_t phyr_index_bytes(const struct phyr_index *index);
void phyr_index_seek(const struct phyr_index *index, struct phyr_iter *it,
		     const struct phyr_list *list, u64 offset);

#endif /* PHYR_LIB_LIB_H */
