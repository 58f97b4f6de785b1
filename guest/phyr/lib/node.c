// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks of lists: 512 bytes for small I/O, a page otherwise.  They have slab caches of their own,
 * so that a leak shows in /proc/slabinfo and when the module is unloaded.
 */
#include <linux/overflow.h>
#include <linux/slab.h>

#include "lib.h"

static struct kmem_cache *small_cache, *page_cache;

int phyr_node_init(void)
{
	small_cache = kmem_cache_create("phyr_node_small", PHYR_NODE_SMALL, 0, SLAB_NO_MERGE,
					NULL);
	if (!small_cache)
		return -ENOMEM;
	page_cache = kmem_cache_create("phyr_node", PAGE_SIZE, 0, SLAB_NO_MERGE, NULL);
	if (!page_cache) {
		kmem_cache_destroy(small_cache);
		return -ENOMEM;
	}
	return 0;
}

void phyr_node_exit(void)
{
	kmem_cache_destroy(page_cache);
	kmem_cache_destroy(small_cache);
}

/**
 * phyr_node_alloc - allocate a block
 * @words:	words wanted; the block may have fewer or more
 * @gfp:	allocation flags
 *
 * Context: Any that @gfp allows.
 * Return: an empty block, not chained; or NULL.
 */
struct phyr_node *phyr_node_alloc(size_t words, gfp_t gfp)
{
	bool small = words <= PHYR_NODE_WORDS(PHYR_NODE_SMALL);
	struct phyr_node *node = kmem_cache_alloc(small ? small_cache : page_cache, gfp);

	if (!node)
		return NULL;
	node->next = NULL;
	node->offset = 0;
	node->nr = 0;
	node->cap = PHYR_NODE_WORDS(small ? PHYR_NODE_SMALL : PAGE_SIZE);
	return node;
}

void phyr_node_free(struct phyr_node *node)
{
	kmem_cache_free(node->cap == PHYR_NODE_WORDS(PHYR_NODE_SMALL) ? small_cache : page_cache,
			node);
}

void phyr_chain_free(struct phyr_node *head)
{
	while (head) {
		struct phyr_node *next = head->next;

		phyr_node_free(head);
		head = next;
	}
}

size_t phyr_chain_bytes(const struct phyr_node *head)
{
	size_t bytes = 0;

	for (; head; head = head->next)
		bytes += struct_size(head, word, head->cap);
	return bytes;
}
