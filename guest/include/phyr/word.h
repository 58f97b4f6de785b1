/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The format in which a list stores its chunks, and the position of an iterator.  Private to
 * phyr.ko: it may change at any time.  Users of lists must neither include this header nor use its
 * names.
 *
 * It is a public header only because phyr_iter_next() and phyr_dma_iter_next() are inline.  As
 * function calls they made iterating over the ranges of 4 KiB chunks 22 to 33 % more expensive
 * (instructions, identity domain).
 */
#ifndef PHYR_WORD_H
#define PHYR_WORD_H

#include <linux/compiler.h>
#include <linux/types.h>

struct phyr_list;

/*
 * A packed word: bits 63:12 are the page address, bits 11:10 the unit of the length, bits 9:0 the
 * number of units minus one.  Unit 3 means that a second word follows: bits 63:12 are the length in
 * bytes, bits 11:0 the low bits of the address.
 */
#define PHYR_WORD_SCALE_SHIFT	10
#define PHYR_WORD_SCALE_BITS	9	/* 4 KiB, 2 MiB, 1 GiB */
#define PHYR_WORD_COUNT_MASK	0x3ffULL
#define PHYR_WORD_ADDR_MASK	(~0xfffULL)
#define PHYR_WORD_PAGE_SHIFT	12	/* of the format, independent of PAGE_SHIFT */
#define PHYR_WORD_EXT		3

/* Words in the head of a list: 8 packed or 4 plain chunks.  The last chunk is not encoded. */
#define PHYR_INLINE_WORDS	8

/**
 * struct phyr_node - a block of words; the blocks of a list are chained
 * @next:	the next block
 * @offset:	bytes of the list that come before the first chunk of this block
 * @nr:		words in use; not maintained for the last block of a list
 * @cap:	size of @word
 * @word:	the words
 *
 * At most a page.
 */
struct phyr_node {
	struct phyr_node *next;
	u64 offset;
	u32 nr;
	u32 cap;
	u64 word[];
};

/**
 * struct phyr_cursor - the position of an iterator
 * @at:		next word
 * @stop:	end of the words at @at
 * @list:	the list; NULL once its last chunk has been read
 * @node:	block to continue with after @stop
 * @packed:	the words are packed
 * @begun:	the inline words have been entered
 */
struct phyr_cursor {
	const u64 *at;
	const u64 *stop;
	const struct phyr_list *list;
	const struct phyr_node *node;
	bool packed;
	bool begun;
};

/* Decode a word whose unit is 4 KiB, the common case; false for any other. */
static __always_inline bool __phyr_decode_pages(u64 word, struct phys_vec *cur)
{
	if (unlikely(word & (3 << PHYR_WORD_SCALE_SHIFT)))
		return false;
	cur->paddr = word & PHYR_WORD_ADDR_MASK;
	cur->len = ((word & PHYR_WORD_COUNT_MASK) + 1) << PHYR_WORD_PAGE_SHIFT;
	return true;
}

/* Decode the chunk at @at.  Returns the word after it. */
static __always_inline const u64 *__phyr_decode(const u64 *at, bool packed, struct phys_vec *cur)
{
	u64 word = *at++;
	unsigned int unit;

	if (!packed) {
		cur->paddr = word;
		cur->len = *at++;
		return at;
	}
	if (__phyr_decode_pages(word, cur))
		return at;

	cur->paddr = word & PHYR_WORD_ADDR_MASK;
	unit = (word >> PHYR_WORD_SCALE_SHIFT) & 3;
	if (unlikely(unit == PHYR_WORD_EXT)) {
		word = *at++;
		cur->paddr |= word & ~PHYR_WORD_ADDR_MASK;
		cur->len = word >> PHYR_WORD_PAGE_SHIFT;
	} else {
		cur->len = ((word & PHYR_WORD_COUNT_MASK) + 1) <<
			   (PHYR_WORD_PAGE_SHIFT + unit * PHYR_WORD_SCALE_BITS);
	}
	return at;
}

#endif /* PHYR_WORD_H */
