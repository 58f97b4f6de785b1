/* SPDX-License-Identifier: GPL-2.0 */
/*
 * phyr: lists of physical address ranges, and their DMA mapping.
 *
 * A list describes I/O memory by physical address alone: no struct page, no
 * scatterlist.  phyr_dma_map() turns it into what a device sees: the same list where
 * the device sees physical addresses, a single range where an IOMMU makes the list
 * linear, an array only where nothing simpler is right.  A consumer reads all three
 * through one iterator of struct dma_range.
 *
 * Life of one I/O (all of it GFP_ATOMIC-safe)::
 *
 *	phyr_list_init(&list, PHYR_PACKED);
 *	err = phyr_list_from_rq(&list, rq, GFP_ATOMIC);
 *	err = phyr_dma_map(dev, &list, &map, rq_dma_dir(rq), 0, GFP_ATOMIC);
 *	phyr_dma_iter_init(&it, &map);
 *	while (phyr_dma_iter_next(&it))
 *		... it.range.addr, it.range.len ...
 *	... the device works; list and map stay where they are ...
 *	phyr_dma_unmap(dev, &map);
 *	phyr_list_destroy(&list);
 *
 * Nothing here locks: a list or a map has one owner at a time.
 */
#ifndef PHYR_H
#define PHYR_H

#include <linux/dma-direction.h>
#include <linux/dma-mapping.h>
#include <linux/gfp_types.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/types.h>

#include "phyr_plant.h"

struct device;
struct phyr_dma_iter;
struct phyr_iter;
struct request;
struct scatterlist;
struct sg_table;

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
 */
enum phyr_mem {
	PHYR_MEM_NONE,
	PHYR_MEM_RAM,
	PHYR_MEM_P2P,
};

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
 * @provider:	owner of P2P memory; an identity to compare, NULL for RAM
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
bool __phyr_dma_iter_run(struct phyr_dma_iter *it);
void __phyr_dma_iter_cut(struct phyr_dma_iter *it);
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
 * @provider:	owner of P2P memory (any stable pointer that identifies it), NULL for RAM
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
 * phyr_list_from_rq - describe the data of a block request
 * @list:	an empty list
 * @rq:		the request; its bios, or its special payload
 * @gfp:	for links of the chain
 *
 * Chunks that are physically contiguous are merged, across bios too.  P2P pages are recognised.
 * A request without data gives an empty list, which must not be mapped.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EXDEV for a mix of memory kinds or providers; -EOPNOTSUPP for pages that no device
 * can reach (device private or coherent memory); -ENOMEM (try again later).  After an error the
 * list is empty and holds nothing.
 */
int phyr_list_from_rq(struct phyr_list *list, struct request *rq, gfp_t gfp);

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

/**
 * phyr_list_meta_bytes - memory that the list itself takes
 * @list:	the list
 *
 * Return: bytes of the head and all links as allocated.
 */
size_t phyr_list_meta_bytes(const struct phyr_list *list);

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
	it->at = NULL;
	it->stop = NULL;
	it->list = list;
	it->packed = list->format == PHYR_PACKED;
	it->begun = false;
}

/* private: */
static __always_inline void __phyr_iter_decode(struct phyr_iter *it)
{
	u64 word = *it->at++;
	unsigned int unit;

	if (!it->packed) {
		it->cur.paddr = word;
		it->cur.len = *it->at++;
		return;
	}

	it->cur.paddr = word & PHYR_WORD_ADDR_MASK;
	unit = (word >> PHYR_WORD_SCALE_SHIFT) & 3;
	if (unlikely(unit == PHYR_WORD_EXT)) {
		word = *it->at++;
		it->cur.paddr |= word & ~PHYR_WORD_ADDR_MASK;
		it->cur.len = word >> PHYR_WORD_PAGE_SHIFT;
	} else {
		it->cur.len = ((word & PHYR_WORD_COUNT_MASK) + 1) <<
			      (PHYR_WORD_PAGE_SHIFT + unit * PHYR_WORD_SCALE_BITS);
	}
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
	__phyr_iter_decode(it);
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

/**
 * struct dma_range - a range that a device can use
 * @addr:	bus address
 * @len:	bytes
 * @flags:	none defined yet, 0
 */
struct dma_range {
	dma_addr_t addr;
	u32 len;
	u32 flags;
};

/**
 * enum phyr_shape - what phyr_dma_map() found
 * @PHYR_SHAPE_NONE:	not mapped
 * @PHYR_SHAPE_SAME:	the device reads the list itself (with one bias for P2P on the bus)
 * @PHYR_SHAPE_SINGLE:	one range
 * @PHYR_SHAPE_ARRAY:	an array of ranges (bounce buffers, gaps that an IOMMU cannot bridge)
 */
enum phyr_shape {
	PHYR_SHAPE_NONE,
	PHYR_SHAPE_SAME,
	PHYR_SHAPE_SINGLE,
	PHYR_SHAPE_ARRAY,
};

/**
 * struct phyr_map - a list mapped for a device
 * @list:	what was mapped; NULL after phyr_map_from_sgt()
 * @len:	bytes, the same as list->len
 * @addr:	SINGLE: the bus address of the first byte.  SAME: what to add to a physical address
 * @boundary:	the device's segment boundary mask
 * @max_seg:	the device's maximum segment size in bytes, made a multiple of the page size
 * @nr:		ranges held: 0 for SAME, 1 for SINGLE (a segment limit may still cut them)
 * @shape:	enum phyr_shape
 * @dir:	enum dma_data_direction, as mapped (private)
 * @how:	how it was made and is undone (private)
 * @attrs:	DMA_ATTR_* as mapped (private)
 * @iova:	SINGLE: state of the two-step mapping (private)
 * @array:	ARRAY: first link of the chain of struct dma_range (private)
 *
 * Set up by phyr_dma_map(), whatever was in it before.  Up to @shape for anybody to read.
 */
struct phyr_map {
	const struct phyr_list *list;
	u64 len;
	dma_addr_t addr;
	u64 boundary;
	u32 max_seg;
	u32 nr;
	u8 shape;
	u8 dir;
	u8 how;
	u32 attrs;
	union {
		struct dma_iova_state iova;
		struct phyr_node *array;
	};
};

/**
 * phyr_dma_map - map a list for a device
 * @dev:	the device; its DMA parameters (masks, segment limits) are respected
 * @list:	the list, not empty; owned by the mapping until phyr_dma_unmap()
 * @map:	receives the result
 * @dir:	direction of the transfer
 * @attrs:	DMA_ATTR_*; DMA_ATTR_MMIO is set here where the memory asks for it
 * @gfp:	for the array, if one is needed; what the IOMMU allocates is always atomic
 *
 * Context: Any that @gfp allows.
 * Return: 0, or with nothing left mapped and the shape set to PHYR_SHAPE_NONE:
 * -EINVAL for an empty list or a bad direction; -ENOMEM (no IOVA space, bounce buffer or memory:
 * try again later); -EIO if the device cannot reach the memory, or if phyr.ko's parameter "check"
 * is set and the DMA API disagrees about a chunk of a list that was to be used as it is;
 * -EREMOTEIO if the topology does not let the device reach this P2P memory (dma_map_sgtable() says
 * the same; the block layer's iterator says BLK_STS_INVAL); -EOPNOTSUPP if the device's DMA
 * alignment mask is larger than the IOMMU's granule and the list is not aligned to it.
 */
int phyr_dma_map(struct device *dev, const struct phyr_list *list, struct phyr_map *map,
		 enum dma_data_direction dir, unsigned long attrs, gfp_t gfp);

/* private: */
void __phyr_dma_unmap(struct device *dev, struct phyr_map *map);
/* public: */

/**
 * phyr_dma_unmap - undo phyr_dma_map()
 * @dev:	the same device
 * @map:	the mapping; an unmapped one is left alone
 *
 * The device must be done with it.
 *
 * Context: Any.
 */
static inline void phyr_dma_unmap(struct device *dev, struct phyr_map *map)
{
	if (map->shape > PHYR_SHAPE_SAME)
		__phyr_dma_unmap(dev, map);
	map->shape = PHYR_SHAPE_NONE;
}

/**
 * phyr_map_meta_bytes - memory that the result of a mapping takes
 * @map:	a mapping
 *
 * Return: bytes of @map and of the array, without the list.
 */
size_t phyr_map_meta_bytes(const struct phyr_map *map);

/**
 * struct phyr_dma_iter - walks the ranges of a mapping
 * @range:	the range that phyr_dma_iter_next() has just found
 * @addr:	bus address of what is left of the present run (private)
 * @left:	bytes left in it (private)
 * @bias:	what to add to the addresses of @in (private)
 * @boundary:	segment boundary mask (private)
 * @max_seg:	maximum segment size (private)
 * @shape:	enum phyr_shape, or one of PHYR_PART_* (private)
 * @in:		walks the list (SAME) or the array (private)
 * @todo:	PHYR_PART_*: bytes that follow the present run (private)
 */
struct phyr_dma_iter {
	struct dma_range range;
	dma_addr_t addr;
	u64 left;
	dma_addr_t bias;
	u64 boundary;
	u32 max_seg;
	u8 shape;
	struct phyr_iter in;
	u64 todo;
};

/* private: shapes of an iterator that walks a part of a mapping; a part of a SINGLE is a SINGLE */
#define PHYR_PART_SAME	(PHYR_SHAPE_ARRAY + 1)
#define PHYR_PART_ARRAY	(PHYR_SHAPE_ARRAY + 2)
/* public: */

/**
 * phyr_dma_iter_init - start to walk the ranges of a mapping
 * @it:		the iterator
 * @map:	a mapping in force
 *
 * Context: Any.
 */
static inline void phyr_dma_iter_init(struct phyr_dma_iter *it, const struct phyr_map *map)
{
	it->range.flags = 0;
	it->boundary = map->boundary;
	it->max_seg = map->max_seg;
	it->shape = map->shape;
	it->in.node = NULL;
	it->in.at = NULL;
	it->in.stop = NULL;
	it->left = 0;
	if (map->shape == PHYR_SHAPE_SINGLE) {
		it->addr = map->addr;
		it->left = map->len;
	} else if (map->shape == PHYR_SHAPE_ARRAY) {
		it->in.node = map->array;
	} else if (map->list->nr == 1) {
		/* SAME with one chunk: no need to walk. */
		it->shape = PHYR_SHAPE_SINGLE;
		it->addr = map->list->first + map->addr;
		it->left = map->len;
	} else {
		it->bias = map->addr;
		phyr_iter_init(&it->in, map->list);
	}
}

/**
 * phyr_dma_iter_init_part - start to walk the ranges of a part of a mapping
 * @it:		the iterator
 * @map:	a mapping in force
 * @offset:	where the part begins, in bytes from the start of the list
 * @len:	its bytes; @offset + @len must not be more than map->len
 *
 * O(1) for SINGLE; else as phyr_iter_seek().
 *
 * Context: Any.
 */
void phyr_dma_iter_init_part(struct phyr_dma_iter *it, const struct phyr_map *map,
			     u64 offset, u64 len);

/**
 * phyr_dma_iter_next - find the next range
 * @it: the iterator
 *
 * No range is longer than the device's maximum segment size (nor than 4 GiB - 4 KiB) or
 * crosses its segment boundary.  The ranges add up to the length of the list, in its order.
 *
 * Context: Any.
 * Return: true with the range in it->range, false at the end.
 */
static inline bool phyr_dma_iter_next(struct phyr_dma_iter *it)
{
	if (!it->left) {
		if (it->shape == PHYR_SHAPE_SAME) {
			if (!phyr_iter_next(&it->in))
				return false;
			it->addr = it->in.cur.paddr + it->bias;
			it->left = it->in.cur.len;
		} else if (it->shape == PHYR_SHAPE_SINGLE || !__phyr_dma_iter_run(it)) {
			return false;
		}
	}

	if (unlikely(it->left > it->max_seg ||
		     it->left - 1 > it->boundary - (it->addr & it->boundary))) {
		__phyr_dma_iter_cut(it);
		return true;
	}
	it->range.addr = it->addr;
	it->range.len = it->left;
	it->left = 0;
	return true;
}

/**
 * phyr_for_each_dma_range - walk all ranges of a mapping
 * @it:		a struct phyr_dma_iter (not a pointer)
 * @map:	pointer to the mapping
 */
#define phyr_for_each_dma_range(it, map) \
	for (phyr_dma_iter_init(&(it), (map)); phyr_dma_iter_next(&(it)); )

/**
 * phyr_list_to_sgt - describe a list by a scatterlist, for code that takes nothing else
 * @list:	the list, not empty
 * @table:	receives a table that is not mapped; the caller frees it with sg_free_table()
 * @max_seg:	most bytes of an entry; made a multiple of the page size, at least a page
 * @gfp:	for the table
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for an empty list; -EOPNOTSUPP if any of the memory has no struct page;
 * -EOVERFLOW for more entries than a table can have; -ENOMEM.  Nothing is left after an error.
 */
int phyr_list_to_sgt(const struct phyr_list *list, struct sg_table *table, unsigned int max_seg,
		     gfp_t gfp);

/**
 * phyr_list_from_sg - describe the memory of a scatterlist (its CPU side) by a list
 * @list:	an empty list
 * @sgl:	the scatterlist
 * @nents:	its entries as made (sg_table.orig_nents), not as mapped
 * @gfp:	for links of the chain
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EOPNOTSUPP for entries without a page (some exporters of dma-bufs give them) and for
 * pages that no device can reach; -EXDEV for a mix of memory kinds or providers; -EOVERFLOW;
 * -ENOMEM.  After an error the list is empty and holds nothing.
 */
int phyr_list_from_sg(struct phyr_list *list, struct scatterlist *sgl, unsigned int nents,
		      gfp_t gfp);

/**
 * phyr_map_to_sgt - hand a mapping on as a scatterlist that has a DMA side alone
 * @map:	a mapping in force; it stays its owner's to unmap, after the table is done with
 * @table:	receives the table, which has orig_nents 0 as it has no CPU side; the caller frees
 *		it with phyr_free_dma_sgt() and never unmaps it
 * @gfp:	for the table
 *
 * Memory without struct pages is fine here: no page is asked for.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL if nothing is mapped; -EOVERFLOW for more entries than a table can have;
 * -ENOMEM.  Nothing is left after an error.
 */
int phyr_map_to_sgt(const struct phyr_map *map, struct sg_table *table, gfp_t gfp);

/**
 * phyr_free_dma_sgt - free a table made by phyr_map_to_sgt()
 * @table: the table
 *
 * sg_free_table() goes by orig_nents, which is 0 here, and would free nothing.
 *
 * Context: Any.
 */
void phyr_free_dma_sgt(struct sg_table *table);

/**
 * phyr_map_from_sgt - take over the DMA side of a scatterlist that somebody else has mapped
 * @map:	receives the mapping: SINGLE for one entry, else ARRAY; without a list
 * @table:	a mapped table, e.g. of dma_buf_map_attachment(); not needed afterwards, but it must
 *		stay mapped as long as @map is used
 * @gfp:	for the array
 *
 * phyr_dma_unmap() frees the array and leaves the DMA mapping to its owner.
 *
 * Context: Any that @gfp allows.
 * Return: 0; -EINVAL for a table without mapped entries; -ENOMEM.
 */
int phyr_map_from_sgt(struct phyr_map *map, const struct sg_table *table, gfp_t gfp);

struct phyr_reg;

/**
 * phyr_reg_create - register a list with a device: map it once, for many I/Os
 * @dev:	the device; whoever drives it revokes the registration before it goes
 * @list:	the list, not empty; owned by the registration until phyr_reg_revoke() has returned
 * @dir:	directions that I/Os may have; DMA_BIDIRECTIONAL allows both
 * @attrs:	DMA_ATTR_*, as for phyr_dma_map()
 *
 * Context: May sleep.
 * Return: the registration, held once, or an error of phyr_dma_map() as a pointer.
 */
struct phyr_reg *phyr_reg_create(struct device *dev, const struct phyr_list *list,
				 enum dma_data_direction dir, unsigned long attrs);

/**
 * phyr_reg_revoke - take a registration back
 * @reg: a registration that the caller holds
 *
 * New I/Os are refused at once; those under way are waited for, then the list is unmapped.  When
 * it returns, no device reaches the memory by way of @reg and the list is the caller's again.
 * Whoever calls it must not have an I/O of its own under way that waits for the return.
 *
 * Context: May sleep, as long as the I/Os take.  Any number of callers, all wait.
 */
void phyr_reg_revoke(struct phyr_reg *reg);

/**
 * phyr_reg_get - hold a registration once more
 * @reg: a registration that the caller holds
 *
 * Keeps the structure, not the mapping: what is held may have been revoked.
 *
 * Context: Any.
 */
void phyr_reg_get(struct phyr_reg *reg);

/**
 * phyr_reg_put - let go of a registration
 * @reg: a registration that the caller holds
 *
 * The last one revokes it and frees it.
 *
 * Context: May sleep.
 */
void phyr_reg_put(struct phyr_reg *reg);

/**
 * struct phyr_reg_io - one I/O on a part of a registration
 * @reg:	the registration (private)
 * @map:	its mapping (private)
 * @offset:	where the part begins, in bytes from the start of the list
 * @len:	its bytes
 */
struct phyr_reg_io {
	struct phyr_reg *reg;
	const struct phyr_map *map;
	u64 offset;
	u64 len;
};

/**
 * phyr_reg_begin - begin an I/O on a part of a registration
 * @reg:	a registration that the caller holds
 * @io:		receives what phyr_reg_end() needs; owned by the caller until then
 * @offset:	where the part begins, in bytes from the start of the list
 * @len:	its bytes, not 0
 * @dir:	direction of the transfer
 *
 * Nothing is mapped and no IOTLB touched; where the device reads bounce buffers, or caches have to
 * be cleaned, that is done for the part.  The I/O keeps the mapping, also without phyr_reg_get().
 *
 * Context: Any.
 * Return: 0; -ENODEV once the registration is being revoked; -ERANGE for a part that is not there;
 * -EACCES for a direction that it was not registered for.
 */
int phyr_reg_begin(struct phyr_reg *reg, struct phyr_reg_io *io, u64 offset, u64 len,
		   enum dma_data_direction dir);

/**
 * phyr_reg_iter_init - start to walk the ranges of an I/O on a registration
 * @it:		the iterator, for phyr_dma_iter_next()
 * @io:		an I/O that has begun
 *
 * No search through the list: it was indexed when it was registered.
 *
 * Context: Any.
 */
void phyr_reg_iter_init(struct phyr_dma_iter *it, const struct phyr_reg_io *io);

/**
 * phyr_reg_end - end an I/O on a registration
 * @io: what phyr_reg_begin() gave; the device must be done with it
 *
 * A transfer to memory can be read by the CPU after this.
 *
 * Context: Any.
 */
void phyr_reg_end(struct phyr_reg_io *io);

#endif /* PHYR_H */
