/* SPDX-License-Identifier: GPL-2.0 */
/* Lists of physical ranges: how they are kept, built, walked, cut and shown. */
#ifndef PHYR_LIST_H
#define PHYR_LIST_H

#include <linux/gfp_types.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/types.h>

struct phyr_iter;

/**
 * enum phyr_format - how a list stores its chunks
 * @PHYR_PLAIN:		"phyr16": struct phys_vec, 16 bytes a chunk
 * @PHYR_PACKED:	"phyr8": one 64-bit word for a page-aligned chunk, two for any other
 */
enum phyr_format {
	PHYR_PLAIN,
	PHYR_PACKED,
};

/**
 * enum phyr_mem - what kind of memory a list describes; one kind a list
 * @PHYR_MEM_NONE:	nothing appended yet
 * @PHYR_MEM_RAM:	system RAM with struct pages (also fsdax and generic ZONE_DEVICE)
 * @PHYR_MEM_P2P:	a PCI BAR with struct pages (pci_p2pdma_add_resource())
 * @PHYR_MEM_PAGELESS:	system RAM without struct pages, cached; never bounced, its caches never
 *		cleaned
 * @PHYR_MEM_MMIO:	a PCI BAR or other MMIO without struct pages
 */
enum phyr_mem {
	PHYR_MEM_NONE,
	PHYR_MEM_RAM,
	PHYR_MEM_P2P,
	PHYR_MEM_PAGELESS,
	PHYR_MEM_MMIO,
};

/**
 * phyr_mem_has_pages - has memory of a kind struct pages?
 * @mem:	the kind, not PHYR_MEM_NONE
 *
 * Only of such may pfn_to_page(), page_address() or kmap be asked.
 */
static inline bool phyr_mem_has_pages(enum phyr_mem mem)
{
	return mem < PHYR_MEM_PAGELESS;
}

/*
 * A packed word: bits 63:12 the page address; bits 11:10 the unit of length; bits 9:0 the
 * number of units, less one.  Unit 3 says that a second word follows: bits 63:12 the
 * length in bytes, bits 11:0 the low bits of the address.
 */
#define PHYR_WORD_SCALE_SHIFT	10
#define PHYR_WORD_SCALE_BITS	9	/* 4 KiB, 2 MiB, 1 GiB */
#define PHYR_WORD_COUNT_MASK	0x3ffULL
#define PHYR_WORD_ADDR_MASK	(~0xfffULL)
#define PHYR_WORD_PAGE_SHIFT	12	/* of the format, whatever PAGE_SHIFT is */
#define PHYR_WORD_EXT		3

/* Words in the head of a list: 8 packed or 4 plain chunks, and the last one on top. */
#define PHYR_INLINE_WORDS	8

/**
 * struct phyr_node - a link of a chain of words, never more than a page
 * @next:	the next link
 * @offset:	where in the list the memory that this link describes begins, in bytes
 * @nr:		words used; not kept up for the last link of a list
 * @cap:	words there are
 * @word:	the words
 */
struct phyr_node {
	struct phyr_node *next;
	u64 offset;
	u32 nr;
	u32 cap;
	u64 word[];
};

/**
 * struct phyr_list - a list of physical chunks
 * @len:	total length in bytes
 * @first:	physical address of the first byte
 * @end:	highest physical address in the list, plus one
 * @gaps:	OR of the addresses at which one chunk ends or the next begins, the two ends
 *		of the list left out: a bit that is clear is clear in every inner boundary
 * @last:	the last chunk, not encoded: to continue it is an addition
 * @provider:	owner of P2P memory, an identity to compare; of MMIO its struct p2pdma_provider,
 *		NULL if that is not known; NULL for RAM
 * @nr:		chunks, the last one included
 * @format:	enum phyr_format
 * @mem:	enum phyr_mem
 * @nr_inline:	inline words used, once the chain has begun (private)
 * @at:		where the next word goes (private)
 * @stop:	end of the room at @at (private)
 * @head:	first link of the chain that follows the inline words (private)
 * @tail:	link that @at is in, NULL while it is inline (private)
 * @word:	inline words (private)
 *
 * Fields up to @mem may be read by anybody and give O(1) answers; only this library writes
 * them.  The list points into itself: it must not be copied or moved once initialised.
 */
struct phyr_list {
	u64 len;
	phys_addr_t first;
	phys_addr_t end;
	u64 gaps;
	struct phys_vec last;
	void *provider;
	u32 nr;
	u8 format;
	u8 mem;
	u8 nr_inline;
	u64 *at;
	u64 *stop;
	struct phyr_node *head;
	struct phyr_node *tail;
	u64 word[PHYR_INLINE_WORDS];
};

/**
 * phyr_list_reset - empty a list and keep its first link for the next use
 * @list:	an initialised list; must not be mapped
 *
 * For a list that lives as long as its request does and is filled again for each I/O: no
 * allocation then, as a rule.
 *
 * Context: Any.
 */
void phyr_list_reset(struct phyr_list *list);

/**
 * phyr_list_init - make an empty list
 * @list:	the list; owned by the caller, e.g. embedded in its request
 * @format:	how chunks are to be stored
 *
 * Context: Any.  Takes nothing that would need phyr_list_destroy() until something is appended.
 */
static inline void phyr_list_init(struct phyr_list *list, enum phyr_format format)
{
	list->len = 0;
	list->first = 0;
	list->end = 0;
	list->gaps = 0;
	list->last.paddr = 0;
	list->last.len = 0;
	list->provider = NULL;
	list->nr = 0;
	list->format = format;
	list->mem = PHYR_MEM_NONE;
	list->at = list->word;
	list->stop = list->word + PHYR_INLINE_WORDS;
	list->head = NULL;
	list->tail = NULL;
}

/* private: */
void __phyr_list_free(struct phyr_list *list);
bool __phyr_iter_next(struct phyr_iter *it);
/* public: */

/**
 * phyr_list_destroy - free what a list holds and leave it empty
 * @list:	the list; must not be mapped
 *
 * Context: Any.  Idempotent.  The list may be used again at once.
 */
static inline void phyr_list_destroy(struct phyr_list *list)
{
	if (list->head)
		__phyr_list_free(list);
	phyr_list_init(list, list->format);
}

/**
 * phyr_list_append - add a physical range at the end
 * @list:	the list
 * @mem:	kind of memory
 * @provider:	owner of P2P memory (any stable pointer that identifies it); of MMIO its struct
 *		p2pdma_provider or NULL; NULL for RAM
 * @addr:	physical address, any alignment
 * @len:	bytes, not 0, may be 4 GiB and more
 * @gfp:	for the next link of the chain, at most one page
 *
 * A range that continues the last chunk is merged with it.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for an empty range, one that wraps, or an unknown @mem; -EXDEV when the
 * list already holds memory of another kind or provider; -EOVERFLOW when the list would be
 * longer than 2^52 - 1 bytes; -ENOMEM.  After an error the list is as it was.
 */
int phyr_list_append(struct phyr_list *list, enum phyr_mem mem, void *provider,
		     phys_addr_t addr, u64 len, gfp_t gfp);

/**
 * phyr_list_align - the alignment that every chunk of a list has
 * @list:	a list that is not empty
 *
 * Return: OR of all addresses at which a chunk begins or ends; its lowest set bit is the alignment.
 */
static inline u64 phyr_list_align(const struct phyr_list *list)
{
	return list->gaps | list->first | (list->last.paddr + list->last.len);
}

/* private: */
size_t __phyr_list_link_bytes(const struct phyr_list *list);
/* public: */

/**
 * phyr_list_meta_bytes - memory that the list itself takes
 * @list:	the list
 *
 * Return: bytes of the head and all links as allocated.
 */
static inline size_t phyr_list_meta_bytes(const struct phyr_list *list)
{
	return sizeof(*list) + (unlikely(list->head) ? __phyr_list_link_bytes(list) : 0);
}

/**
 * struct phyr_iter - walks the chunks of a list
 * @cur:	the chunk that phyr_iter_next() has just found
 * @at:		next word (private)
 * @stop:	end of the present words (private)
 * @list:	the list, NULL once its last chunk has been read (private)
 * @node:	link to read after the present words (private)
 * @packed:	the words are packed (private)
 * @begun:	the inline words have been entered (private)
 */
struct phyr_iter {
	struct phys_vec cur;
	const u64 *at;
	const u64 *stop;
	const struct phyr_list *list;
	const struct phyr_node *node;
	bool packed;
	bool begun;
};

/**
 * phyr_iter_init - start to walk a list
 * @it:		the iterator
 * @list:	the list; must not change while it is walked
 *
 * Context: Any.
 */
static inline void phyr_iter_init(struct phyr_iter *it, const struct phyr_list *list)
{
	it->list = list;
	it->packed = list->format == PHYR_PACKED;
	it->begun = !(list->first & ~PHYR_WORD_ADDR_MASK);
	if (likely(it->begun)) {
		it->at = list->word;
		it->stop = list->tail ? list->word + list->nr_inline : list->at;
		it->node = list->tail ? list->head : NULL;
	} else {
		/* The first word may hold more than the first chunk: not here, inline. */
		it->at = NULL;
		it->stop = NULL;
	}
}

/* private: */
/* One word that counts pages: most of them do. */
static __always_inline bool __phyr_decode_pages(u64 word, struct phys_vec *cur)
{
	if (unlikely(word & (3 << PHYR_WORD_SCALE_SHIFT)))
		return false;
	cur->paddr = word & PHYR_WORD_ADDR_MASK;
	cur->len = ((word & PHYR_WORD_COUNT_MASK) + 1) << PHYR_WORD_PAGE_SHIFT;
	return true;
}

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

/* public: */

/**
 * phyr_iter_next - find the next chunk
 * @it: the iterator
 *
 * Context: Any.
 * Return: true with the chunk in it->cur, false at the end.
 */
static inline bool phyr_iter_next(struct phyr_iter *it)
{
	/* The first chunk, the last one and a change of links are rare. */
	if (unlikely(it->at == it->stop))
		return __phyr_iter_next(it);
	it->at = __phyr_decode(it->at, it->packed, &it->cur);
	return true;
}

/**
 * phyr_iter_seek - find the chunk that a byte of the list is in
 * @it:		the iterator; need not have been initialised
 * @list:	the list; must not change while it is walked
 * @offset:	bytes from the start of the list
 *
 * From there phyr_iter_next() goes on.  Whole links are skipped, so the cost is one step a link and
 * one a chunk of the link that holds the byte.
 *
 * Context: Any.
 * Return: true with the chunk, cut to begin at @offset, in it->cur; false at or beyond the end.
 */
bool phyr_iter_seek(struct phyr_iter *it, const struct phyr_list *list, u64 offset);

/**
 * phyr_for_each - walk all chunks of a list
 * @it:		a struct phyr_iter (not a pointer)
 * @list:	pointer to the list
 */
#define phyr_for_each(it, list) \
	for (phyr_iter_init(&(it), (list)); phyr_iter_next(&(it)); )

/**
 * phyr_segment - how much of a run may be one segment
 * @addr:	where the run begins, as physical or as bus address
 * @len:	its bytes, not 0
 * @max_seg:	most bytes that a segment may have, not 0
 * @boundary:	mask of an address boundary that no segment may cross; ~0 for none
 *
 * Return: bytes, at least 1.
 */
static inline u64 phyr_segment(u64 addr, u64 len, u64 max_seg, u64 boundary)
{
	u64 room = boundary - (addr & boundary);	/* less one: it may be all ones */

	if (len > max_seg)
		len = max_seg;
	return len - 1 > room ? room + 1 : len;
}

/**
 * struct phyr_slice - a part of a list, by bytes
 * @list:	the list; the slice shares its chunks and copies nothing
 * @offset:	where the part begins, in bytes from the start of the list
 * @len:	its bytes, may be 0
 *
 * Made by phyr_slice_init() or phyr_slice_sub(), which check the range.  A plain value that may be
 * copied and needs no freeing.  It holds no reference: it is good until the list is destroyed or
 * reset.  Appending to the list does it no harm.  phyr_list_append_slice() makes a copy of its own.
 */
struct phyr_slice {
	const struct phyr_list *list;
	u64 offset;
	u64 len;
};

/**
 * phyr_slice_init - describe a part of a list
 * @slice:	receives it
 * @list:	the list
 * @offset:	bytes from the start of the list
 * @len:	bytes, may be 0
 *
 * Context: Any.
 * Return: 0 or -ERANGE if the list ends before the slice does.
 */
static inline int phyr_slice_init(struct phyr_slice *slice, const struct phyr_list *list,
				  u64 offset, u64 len)
{
	if (offset > list->len || len > list->len - offset)
		return -ERANGE;
	slice->list = list;
	slice->offset = offset;
	slice->len = len;
	return 0;
}

/**
 * phyr_slice_sub - describe a part of a slice
 * @slice:	receives it; may be @of
 * @of:		a slice
 * @offset:	bytes from the start of @of
 * @len:	bytes, may be 0
 *
 * Context: Any.
 * Return: 0 or -ERANGE if @of ends before the new slice does.
 */
static inline int phyr_slice_sub(struct phyr_slice *slice, const struct phyr_slice *of,
				 u64 offset, u64 len)
{
	if (offset > of->len || len > of->len - offset)
		return -ERANGE;
	slice->list = of->list;
	slice->offset = of->offset + offset;
	slice->len = len;
	return 0;
}

/**
 * struct phyr_slice_iter - walks a slice in segments
 * @cur:	the segment that phyr_slice_iter_next() has just found
 * @run:	what is left of the present chunk (private)
 * @left:	bytes of the slice that are still to come (private)
 * @max_seg:	most bytes of a segment (private)
 * @boundary:	mask that no segment crosses (private)
 * @in:		walks the list (private)
 */
struct phyr_slice_iter {
	struct phys_vec cur;
	struct phys_vec run;
	u64 left;
	u64 max_seg;
	u64 boundary;
	struct phyr_iter in;
};

/**
 * phyr_slice_iter_init - start to walk a slice
 * @it:		the iterator
 * @slice:	the slice; its list must not change while it is walked
 * @max_seg:	most bytes that a segment may have, not 0; U64_MAX for whole chunks
 * @boundary:	mask of a physical address boundary that no segment may cross; U64_MAX for none
 *
 * To split a whole list, walk the slice from 0 to its length.
 *
 * Context: Any.
 */
void phyr_slice_iter_init(struct phyr_slice_iter *it, const struct phyr_slice *slice,
			  u64 max_seg, u64 boundary);

/**
 * phyr_slice_iter_next - find the next segment
 * @it: the iterator
 *
 * Each is as long as its chunk, the slice and the limits allow.
 *
 * Context: Any.
 * Return: true with the segment in it->cur, false at the end.
 */
bool phyr_slice_iter_next(struct phyr_slice_iter *it);

/**
 * phyr_list_append_slice - add a part of one list, or all of it, to the end of another
 * @list:	the list that grows
 * @slice:	what to copy; of another list, which stays as it is and may have another format
 * @gfp:	for links of the chain
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for a slice of @list itself; -EXDEV when the lists hold different kinds of
 * memory or have different providers; -EOVERFLOW when @list would be longer than 2^52 - 1 bytes;
 * -ENOMEM.  After an error the list is as it was.
 */
int phyr_list_append_slice(struct phyr_list *list, const struct phyr_slice *slice, gfp_t gfp);

/**
 * phyr_list_print - a list as text, for debugfs and the like
 * @list:	the list
 * @buf:	receives the text, terminated by a 0
 * @size:	bytes of @buf
 *
 * One line about the list and one for each chunk, in whole lines as far as they fit; then one that
 * says how many are missing.  Physical addresses are shown as they are: not for everybody's eyes.
 * The provider is a hashed pointer.
 *
 * Context: Any.
 * Return: bytes written, without the 0 at the end.
 */
size_t phyr_list_print(const struct phyr_list *list, char *buf, size_t size);

#endif /* PHYR_LIST_H */
