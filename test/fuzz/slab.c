// SPDX-License-Identifier: GPL-2.0
/* Slab caches on malloc(), so that ASan guards every object; they fail when told to. */
#include <stdlib.h>

#include "fail.h"
#include "kernel.h"
#include "slab.h"

struct kmem_cache {
	size_t size;
	size_t objects;
};

static size_t live;
static int countdown = -1;
static bool failed;

void slab_fail_after(int n)
{
	countdown = n;
	failed = false;
}

bool slab_failed(void)
{
	bool was = failed;

	slab_fail_after(-1);
	return was;
}

size_t slab_live(void)
{
	return live;
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void *ctor)
{
	struct kmem_cache *cache = calloc(1, sizeof(*cache));

	cache->size = size;
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	CHECK(!cache->objects, "%zu objects of %zu bytes left", cache->objects, cache->size);
	free(cache);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	void *object;

	CHECK(cache->size <= PAGE_SIZE, "an allocation of more than a page");
	if (countdown == 0) {
		failed = true;
		return NULL;
	}
	if (countdown > 0)
		countdown--;
	object = malloc(cache->size);
	CHECK(object, "out of memory");
	/* Nothing may count on what was there before. */
	memset(object, 0xa5, cache->size);
	live += cache->size;
	cache->objects++;
	return object;
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	CHECK(cache->objects, "freed into the wrong cache");
	live -= cache->size;
	cache->objects--;
	memset(object, 0x5a, cache->size);
	free(object);
}
