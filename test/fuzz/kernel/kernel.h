/* SPDX-License-Identifier: GPL-2.0 */
/* As much of the kernel as the pure part of guest/phyr needs, for user space.  linux/ holds its headers by name. */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef unsigned long long u64;	/* as the kernel prints it */
typedef u64 phys_addr_t;
typedef u64 dma_addr_t;
typedef unsigned int gfp_t;

struct page;
struct phys_vec {
	phys_addr_t paddr;
	size_t len;
};

enum dma_data_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE, DMA_NONE };
struct dma_iova_state {
	dma_addr_t addr;
	u64 __size;
};

#define U64_MAX			(~0ull)
#define GFP_KERNEL		0u
#define PAGE_SIZE		4096ul
#define offset_in_page(p)	((unsigned long)(p) & (PAGE_SIZE - 1))

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define noinline		__attribute__((noinline))
#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define READ_ONCE(x)		(x)
#define EXPORT_SYMBOL_GPL(x)
#define DECLARE_STATIC_KEY_FALSE(name)	extern bool name
#define IS_ALIGNED(x, a)	(((x) & ((typeof(x))(a) - 1)) == 0)
#define min(a, b)		({ typeof(a) _a = (a); typeof(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b)		({ typeof(a) _a = (a); typeof(b) _b = (b); _a > _b ? _a : _b; })
#define struct_size(p, m, n)	(sizeof(*(p)) + sizeof(*(p)->m) * (n))

#define scnprintf(buf, size, ...) ({ size_t _n = snprintf(buf, size, __VA_ARGS__); _n < (size) ? _n : (size) - 1; })

/* slab.c: caches that fail on request, and know what was not given back */
#define SLAB_NO_MERGE		0u
struct kmem_cache;
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void *ctor);
void kmem_cache_destroy(struct kmem_cache *cache);
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *object);

#endif /* FUZZ_KERNEL_H */
