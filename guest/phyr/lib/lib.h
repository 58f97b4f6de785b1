/* SPDX-License-Identifier: GPL-2.0 */
/* The insides of lists: for the library, for builders and for what maps them. */
#ifndef PHYR_LIB_LIB_H
#define PHYR_LIB_LIB_H

#include "phyr/list.h"

/* An extended entry holds a length of 52 bits. */
#define PHYR_MAX_LEN		((1ULL << 52) - 1)

/* node.c: links of chains, from two caches that are seen in /proc/slabinfo */
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
 * struct phyr_growth - the fields of a list that change as it grows
 *
 * A builder keeps them in registers: the compiler cannot, since for all it knows each word that is
 * written may be one of them.
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
 * Encode the last chunk, because another will follow.  The common cases are here, inline: a plain
 * chunk, or one of whole pages that a word can hold, and that is not the first.
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
 * phyr_growth_push - add a range that is known to be valid and of the list's kind
 * @g:		the fields; phyr_growth_end() puts them back, whether or not all went well
 * @list:	the list
 * @addr:	physical address
 * @len:	bytes, not 0
 * @hint:	words that are still to come, 0 if not known
 * @gfp:	for a link of the chain
 *
 * Return: 0 or -ENOMEM with the list as it was.
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

/* The same for one range. */
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
 * struct phyr_index - where to start walking a list for any of its bytes
 * @top:	a link of pointers to links of marks; NULL for no index
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
