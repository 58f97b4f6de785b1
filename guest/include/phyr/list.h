/* SPDX-License-Identifier: GPL-2.0 */
/* Lists of physical ranges: building, walking, splitting and printing them. */
#ifndef PHYR_LIST_H
#define PHYR_LIST_H

#include <linux/gfp_types.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/types.h>

#include "word.h"

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
 * enum phyr_mem - kind of the memory in a list; all of a list is of one kind
 * @PHYR_MEM_NONE:	the list is empty
 * @PHYR_MEM_RAM:	system RAM with struct pages (also fsdax and generic ZONE_DEVICE)
 * @PHYR_MEM_P2P:	a PCI BAR with struct pages (pci_p2pdma_add_resource())
 * @PHYR_MEM_PAGELESS:	system RAM without struct pages, mapped cached by the CPU; it is never
 *		bounced, and CPU caches are never flushed for it
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
 * phyr_mem_has_pages - does memory of this kind have struct pages?
 * @mem:	the kind, not PHYR_MEM_NONE
 *
 * pfn_to_page(), page_address() and kmap work only on memory that has.
 *
 * Return: true if it has.
 */
static inline bool phyr_mem_has_pages(enum phyr_mem mem)
{
	return mem < PHYR_MEM_PAGELESS;
}

/**
 * struct phyr_list - a list of physical chunks
 * @len:	total length in bytes
 * @first:	physical address of the first byte
 * @end:	highest physical address in the list, plus one
 * @gaps:	OR of all addresses where one chunk ends and the next begins; the start and the end
 *		of the list are not included
 * @last:	the last chunk, which is not encoded, so that it can grow by an addition
 * @provider:	P2P: identifies the owner of the memory, only ever compared; MMIO: its struct
 *		p2pdma_provider, or NULL if there is none; NULL for RAM
 * @nr:		number of chunks
 * @format:	enum phyr_format
 * @mem:	enum phyr_mem
 * @nr_inline:	inline words in use, once there are blocks (private)
 * @at:		where the next word goes (private)
 * @stop:	end of the space at @at (private)
 * @head:	first block after the inline words (private)
 * @tail:	block that @at is in; NULL while it is inline (private)
 * @word:	inline words (private)
 *
 * Users may read the members up to @mem; only phyr.ko writes them.  The list contains pointers to
 * itself, so it must not be copied or moved after phyr_list_init().
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
	/* private: */
	u8 nr_inline;
	u64 *at;
	u64 *stop;
	struct phyr_node *head;
	struct phyr_node *tail;
	u64 word[PHYR_INLINE_WORDS];
};

/**
 * phyr_list_reset - empty a list but keep its first block for the next use
 * @list:	an initialised list, not mapped
 *
 * For a list that is filled again for each I/O: most I/Os then need no allocation.
 *
 * Context: Any.
 */
void phyr_list_reset(struct phyr_list *list);

/**
 * phyr_list_init - make an empty list
 * @list:	the list, in memory of the caller, e.g. embedded in its request
 * @format:	how chunks are stored
 *
 * phyr_list_destroy() is not needed as long as nothing is appended.
 *
 * Context: Any.
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
 * phyr_list_destroy - free the blocks of a list and leave it empty
 * @list:	the list, not mapped; it can be used again
 *
 * Context: Any.  Idempotent.
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
 * @provider:	P2P: any stable pointer that identifies the owner; MMIO: its struct p2pdma_provider
 *		or NULL; NULL for RAM
 * @addr:	physical address, any alignment
 * @len:	bytes, not 0, may be 4 GiB and more
 * @gfp:	for a block of words, at most one page
 *
 * A range that begins where the last chunk ends is merged with it.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for an empty range, one that wraps, or an unknown @mem; -EXDEV when the
 * list already holds memory of another kind or provider; -EOVERFLOW when the list would be
 * longer than 2^52 - 1 bytes; -ENOMEM.  After an error the list is as it was.
 */
int phyr_list_append(struct phyr_list *list, enum phyr_mem mem, void *provider,
		     phys_addr_t addr, u64 len, gfp_t gfp);

/**
 * phyr_list_align - common alignment of all chunks of a list
 * @list:	a list that is not empty
 *
 * Return: OR of all addresses where a chunk begins or ends.  Its lowest set bit is the alignment.
 */
static inline u64 phyr_list_align(const struct phyr_list *list)
{
	return list->gaps | list->first | (list->last.paddr + list->last.len);
}

/* private: */
size_t __phyr_list_link_bytes(const struct phyr_list *list);
/* public: */

/**
 * phyr_list_meta_bytes - memory that the list itself occupies
 * @list:	the list
 *
 * Return: bytes of @list and of all its blocks as allocated.
 */
static inline size_t phyr_list_meta_bytes(const struct phyr_list *list)
{
	return sizeof(*list) + (unlikely(list->head) ? __phyr_list_link_bytes(list) : 0);
}

/**
 * struct phyr_iter - walks the chunks of a list
 * @cur:	the chunk that phyr_iter_next() has just found
 * @pos:	where it is (private)
 */
struct phyr_iter {
	struct phys_vec cur;
	/* private: */
	struct phyr_cursor pos;
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
	it->pos.list = list;
	it->pos.packed = list->format == PHYR_PACKED;
	it->pos.begun = !(list->first & ~PHYR_WORD_ADDR_MASK);
	if (likely(it->pos.begun)) {
		it->pos.at = list->word;
		it->pos.stop = list->tail ? list->word + list->nr_inline : list->at;
		it->pos.node = list->tail ? list->head : NULL;
	} else {
		/* The first word may describe more than the first chunk: out of line. */
		it->pos.at = NULL;
		it->pos.stop = NULL;
	}
}

/**
 * phyr_iter_next - find the next chunk
 * @it: the iterator
 *
 * Context: Any.
 * Return: true with the chunk in it->cur, false at the end.
 */
static inline bool phyr_iter_next(struct phyr_iter *it)
{
	/* The first chunk, the last one, or the end of a block. */
	if (unlikely(it->pos.at == it->pos.stop))
		return __phyr_iter_next(it);
	it->pos.at = __phyr_decode(it->pos.at, it->pos.packed, &it->cur);
	return true;
}

/**
 * phyr_iter_seek - find the chunk that a byte of the list is in
 * @it:		the iterator; need not have been initialised
 * @list:	the list; must not change while it is walked
 * @offset:	bytes from the start of the list
 *
 * phyr_iter_next() continues from there.  Cost: one step for each block before the byte, and one
 * for each chunk of its block.
 *
 * Context: Any.
 * Return: true with the part of the chunk from @offset on in it->cur; false at or beyond the end.
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
 * phyr_segment - how much of a contiguous range may be one segment
 * @addr:	start of the range, a physical or a bus address
 * @len:	its bytes, not 0
 * @max_seg:	most bytes that a segment may have, not 0
 * @boundary:	mask of an address boundary that no segment may cross; ~0 for none
 *
 * Return: bytes, at least 1.
 */
static inline u64 phyr_segment(u64 addr, u64 len, u64 max_seg, u64 boundary)
{
	u64 room = boundary - (addr & boundary);	/* minus 1, so that it cannot overflow */

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
 * Made by phyr_slice_init() or phyr_slice_sub(), which check the range.  It is a plain value: it
 * may be copied and is not freed.  It holds no reference and is valid until the list is destroyed
 * or reset.  Appending to the list is allowed.
 */
struct phyr_slice {
	const struct phyr_list *list;
	u64 offset;
	u64 len;
};

/**
 * phyr_slice_init - describe a part of a list
 * @slice:	receives the description
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
 * @slice:	receives the description; may be @of
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
 * @run:	rest of the current chunk (private)
 * @left:	rest of the slice in bytes (private)
 * @max_seg:	most bytes of a segment (private)
 * @boundary:	mask that no segment crosses (private)
 * @in:		walks the list (private)
 */
struct phyr_slice_iter {
	struct phys_vec cur;
	/* private: */
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
 * Each segment is as long as the chunk, the slice and the limits allow.
 *
 * Context: Any.
 * Return: true with the segment in it->cur, false at the end.
 */
bool phyr_slice_iter_next(struct phyr_slice_iter *it);

/**
 * phyr_list_append_slice - copy a part of a list to the end of another list
 * @list:	the list to append to
 * @slice:	what to copy, from another list, which may have another format
 * @gfp:	for blocks of words
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for a slice of @list itself; -EXDEV when the lists hold different kinds of
 * memory or have different providers; -EOVERFLOW when @list would be longer than 2^52 - 1 bytes;
 * -ENOMEM.  After an error the list is as it was.
 */
int phyr_list_append_slice(struct phyr_list *list, const struct phyr_slice *slice, gfp_t gfp);

/**
 * phyr_list_print - print a list, e.g. for debugfs
 * @list:	the list
 * @buf:	receives the text, terminated by a 0
 * @size:	bytes of @buf
 *
 * Prints a line for the list and a line for each chunk.  If not all chunks fit, the last line says
 * how many are missing.  Physical addresses are not hashed: show the text to root alone.  The
 * provider is a hashed pointer.
 *
 * Context: Any.
 * Return: bytes written, without the 0 at the end.
 */
size_t phyr_list_print(const struct phyr_list *list, char *buf, size_t size);

#endif /* PHYR_LIST_H */
