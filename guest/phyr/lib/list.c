// SPDX-License-Identifier: GPL-2.0
/*
 * Lists: append, iterate, free.
 *
 * The last chunk is kept unencoded in struct phyr_list, so that it can grow by an addition.  It is
 * encoded when the next chunk begins.  Only the last chunk usually ends inside a page, so that most
 * lists need no two-word entries.
 */
#include <linux/export.h>

#include "lib.h"

/* Make space for an entry of @need words; @hint as in phyr_growth_push(). */
static noinline int phyr_list_grow(struct phyr_list *list, size_t need, size_t hint, gfp_t gfp)
{
	struct phyr_node *node;

	if (!list->tail && list->head) {
		node = list->head;	/* kept by phyr_list_reset() */
	} else {
		/* Without a hint: a small block first, then pages. */
		if (list->tail && !hint)
			hint = PHYR_NODE_WORDS(PAGE_SIZE);
		node = phyr_node_alloc(max(need, hint), gfp);
		if (!node)
			return -ENOMEM;
	}

	node->offset = list->len - list->last.len;
	if (list->tail) {
		list->tail->nr = list->at - list->tail->word;
		list->tail->next = node;
	} else {
		list->nr_inline = list->at - list->word;
		list->head = node;
	}
	list->tail = node;
	list->at = node->word;
	list->stop = node->word + node->cap;
	return 0;
}

/*
 * Encode @pages at the page address @addr in one word.  The unit is 4 KiB, 2 MiB or 1 GiB; only the
 * length must be a multiple of it, not the address.  Returns false if two words are needed.
 */
static bool phyr_word_encode(u64 addr, u64 pages, u64 *word)
{
	unsigned int unit;

	for (unit = 0; unit < PHYR_WORD_EXT; unit++) {
		if (pages <= PHYR_WORD_COUNT_MASK + 1) {
			*word = addr | (u64)unit << PHYR_WORD_SCALE_SHIFT | (pages - 1);
			return true;
		}
		if (!IS_ALIGNED(pages, 1 << PHYR_WORD_SCALE_BITS))
			break;
		pages >>= PHYR_WORD_SCALE_BITS;
	}
	return false;
}

/* Encode the last chunk of a list: the general case of phyr_growth_close(). */
int __phyr_list_close(struct phyr_list *list, size_t hint, gfp_t gfp)
{
	u64 addr = list->last.paddr, len = list->last.len;
	size_t need = 2;
	u64 word[2];

	if (list->format == PHYR_PLAIN) {
		word[0] = addr;
		word[1] = len;
	} else {
		/* The first chunk's offset in its page is kept in list->first. */
		u64 trim = list->nr == 1 ? addr & ~PHYR_WORD_ADDR_MASK : 0;
		u64 whole = len + trim;

		if (!((addr - trim) & ~PHYR_WORD_ADDR_MASK) && !(whole & ~PHYR_WORD_ADDR_MASK) &&
		    phyr_word_encode(addr - trim, whole >> PHYR_WORD_PAGE_SHIFT, word)) {
			need = 1;
		} else {
			word[0] = (addr & PHYR_WORD_ADDR_MASK) |
				  PHYR_WORD_EXT << PHYR_WORD_SCALE_SHIFT;
			word[1] = len << PHYR_WORD_PAGE_SHIFT | (addr & ~PHYR_WORD_ADDR_MASK);
		}
	}

	if (list->stop - list->at < need) {
		int err = phyr_list_grow(list, need, hint, gfp);

		if (err)
			return err;
	}
	*list->at++ = word[0];
	if (need == 2)
		*list->at++ = word[1];
	return 0;
}

int phyr_list_append(struct phyr_list *list, enum phyr_mem mem, void *provider,
		     phys_addr_t addr, u64 len, gfp_t gfp)
{
	if (unlikely(!len || addr + len < addr || mem < PHYR_MEM_RAM || mem > PHYR_MEM_MMIO))
		return -EINVAL;
	if (unlikely(list->nr && (list->mem != mem || list->provider != provider)))
		return -EXDEV;
	if (unlikely(len > PHYR_MAX_LEN - list->len))
		return -EOVERFLOW;

	list->mem = mem;
	list->provider = provider;
	return phyr_list_push(list, addr, len, 0, gfp);
}
EXPORT_SYMBOL_GPL(phyr_list_append);

void phyr_list_reset(struct phyr_list *list)
{
	struct phyr_node *keep = list->head;

	if (keep) {
		phyr_chain_free(keep->next);
		keep->next = NULL;
	}
	phyr_list_init(list, list->format);
	list->head = keep;
}
EXPORT_SYMBOL_GPL(phyr_list_reset);

void __phyr_list_free(struct phyr_list *list)
{
	phyr_chain_free(list->head);
	list->head = NULL;
}
EXPORT_SYMBOL_GPL(__phyr_list_free);

size_t __phyr_list_link_bytes(const struct phyr_list *list)
{
	return phyr_chain_bytes(list->head);
}
EXPORT_SYMBOL_GPL(__phyr_list_link_bytes);

/* phyr_iter_next() at the start and at the end of a block, and for the last chunk. */
bool __phyr_iter_next(struct phyr_iter *it)
{
	const struct phyr_list *list = it->pos.list;
	const struct phyr_node *node;
	bool first = false;

	if (unlikely(!list || !list->len))
		return false;

	if (unlikely(!it->pos.begun)) {
		first = true;
		it->pos.begun = true;
		it->pos.at = list->word;
		it->pos.stop = list->tail ? list->word + list->nr_inline : list->at;
		it->pos.node = list->tail ? list->head : NULL;
	} else if (it->pos.node) {
		node = it->pos.node;
		it->pos.at = node->word;
		it->pos.stop = node == list->tail ? list->at : node->word + node->nr;
		it->pos.node = node->next;
	}

	if (it->pos.at == it->pos.stop) {
		it->cur = list->last;
		it->pos.list = NULL;
		return true;
	}
	it->pos.at = __phyr_decode(it->pos.at, it->pos.packed, &it->cur);
	if (first) {
		/* The word has whole pages; the first chunk begins at list->first. */
		it->cur.len -= list->first - it->cur.paddr;
		it->cur.paddr = list->first;
	}
	return true;
}
EXPORT_SYMBOL_GPL(__phyr_iter_next);

bool phyr_iter_seek(struct phyr_iter *it, const struct phyr_list *list, u64 offset)
{
	const struct phyr_node *node, *found = NULL;
	u64 at = 0;

	phyr_iter_init(it, list);
	if (offset >= list->len) {
		it->pos.at = it->pos.stop;
		it->pos.list = NULL;
		return false;
	}

	node = list->tail ? list->head : NULL;
	for (; node && node->offset <= offset; node = node->next)
		found = node;
	if (found) {
		it->pos.begun = true;
		it->pos.at = it->pos.stop;
		it->pos.node = found;
		at = found->offset;
	}

	/* @offset is inside the list, so the loop ends at its chunk. */
	while (phyr_iter_next(it) && offset - at >= it->cur.len)
		at += it->cur.len;
	it->cur.paddr += offset - at;
	it->cur.len -= offset - at;
	return true;
}
EXPORT_SYMBOL_GPL(phyr_iter_seek);
