// SPDX-License-Identifier: GPL-2.0
/*
 * Fault injection (phyr_fail.h).  phyr.o is linked with --wrap for each WRAPS(), so that its calls
 * to these kernel functions come here.  The objects are the same as in the product.  wrapped.sh
 * fails the build for a wrapper that is not called, and for a call that can fail and has no
 * wrapper.
 */
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/iommu-dma.h>
#include <linux/mm.h>
#include <linux/percpu-refcount.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "dma/dma.h"
#include "phyr_fail.h"

/* Declare the kernel's function and its wrapper. */
#define WRAPS(name)	extern typeof(name) __real_##name, __wrap_##name

static struct task_struct *whose;
static unsigned long steps_left;
static long got;
static bool failed;

void phyr_fail_begin(unsigned long nth)
{
	/* Finding a route is a step: always begin with an empty cache. */
	phyr_route_forget();
	steps_left = nth;
	got = 0;
	failed = false;
	WRITE_ONCE(whose, current);
}
EXPORT_SYMBOL_GPL(phyr_fail_begin);

bool phyr_fail_end(long *held)
{
	WRITE_ONCE(whose, NULL);
	if (held)
		*held = got;
	return failed;
}
EXPORT_SYMBOL_GPL(phyr_fail_end);

/* Only the watched task touches what follows. */
static bool phyr_fail_watched(void)
{
	return READ_ONCE(whose) == current && in_task();
}

/* Does this step have to fail? */
static bool phyr_fail_now(void)
{
	if (!phyr_fail_watched() || !steps_left || --steps_left)
		return false;
	failed = true;
	return true;
}

static void phyr_fail_count_got(bool done)
{
	if (done && phyr_fail_watched())
		got++;
}

/* A resource is released.  Returns false if a planted defect leaks it. */
static bool phyr_fail_count_put(void)
{
	if (phyr_fail_watched())
		got--;
	return true;
}

WRAPS(kmem_cache_alloc_noprof);
void *__wrap_kmem_cache_alloc_noprof(struct kmem_cache *cache, gfp_t gfp)
{
	void *object = phyr_fail_now() ? NULL : __real_kmem_cache_alloc_noprof(cache, gfp);

	phyr_fail_count_got(object);
	return object;
}

WRAPS(kmem_cache_free);
void __wrap_kmem_cache_free(struct kmem_cache *cache, void *object)
{
	if (phyr_fail_count_put())
		__real_kmem_cache_free(cache, object);
}

WRAPS(__kmalloc_cache_noprof);
void *__wrap___kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t gfp, size_t size)
{
	void *object = phyr_fail_now() ? NULL : __real___kmalloc_cache_noprof(cache, gfp, size);

	phyr_fail_count_got(object);
	return object;
}

WRAPS(__kmalloc_noprof);
void *__wrap___kmalloc_noprof(DECL_TOKEN_PARAMS(size, token), gfp_t gfp)
{
	void *object = phyr_fail_now() ? NULL :
		       __real___kmalloc_noprof(PASS_TOKEN_PARAMS(size, token), gfp);

	phyr_fail_count_got(object);
	return object;
}

WRAPS(kfree);
void __wrap_kfree(const void *object)
{
	if (object && phyr_fail_count_put())
		__real_kfree(object);
}

WRAPS(__kvmalloc_node_noprof);
void *__wrap___kvmalloc_node_noprof(DECL_KMALLOC_PARAMS(size, b, token), unsigned long align,
				    gfp_t gfp, int node)
{
	void *object = phyr_fail_now() ? NULL :
		       __real___kvmalloc_node_noprof(PASS_KMALLOC_PARAMS(size, b, token), align,
						     gfp, node);

	phyr_fail_count_got(object);
	return object;
}

WRAPS(kvfree);
void __wrap_kvfree(const void *object)
{
	if (object && phyr_fail_count_put())
		__real_kvfree(object);
}

WRAPS(get_free_pages_noprof);
unsigned long __wrap_get_free_pages_noprof(gfp_t gfp, unsigned int order)
{
	unsigned long page = phyr_fail_now() ? 0 : __real_get_free_pages_noprof(gfp, order);

	phyr_fail_count_got(page);
	return page;
}

WRAPS(free_pages);
void __wrap_free_pages(unsigned long page, unsigned int order)
{
	if (page && phyr_fail_count_put())
		__real_free_pages(page, order);
}

WRAPS(percpu_ref_init);
int __wrap_percpu_ref_init(struct percpu_ref *ref, percpu_ref_func_t *release, unsigned int flags,
			   gfp_t gfp)
{
	int err = phyr_fail_now() ? -ENOMEM : __real_percpu_ref_init(ref, release, flags, gfp);

	phyr_fail_count_got(!err);
	return err;
}

WRAPS(percpu_ref_exit);
void __wrap_percpu_ref_exit(struct percpu_ref *ref)
{
	if (phyr_fail_count_put())
		__real_percpu_ref_exit(ref);
}

/* Not counted: the caller of phyr.ko frees the table. */
WRAPS(sg_alloc_table);
int __wrap_sg_alloc_table(struct sg_table *table, unsigned int nents, gfp_t gfp)
{
	return phyr_fail_now() ? -ENOMEM : __real_sg_alloc_table(table, nents, gfp);
}

/* Not counted: the kernel counts pins. */
WRAPS(pin_user_pages_fast);
int __wrap_pin_user_pages_fast(unsigned long start, int nr, unsigned int flags,
			       struct page **pages)
{
	return phyr_fail_now() ? -ENOMEM : __real_pin_user_pages_fast(start, nr, flags, pages);
}

WRAPS(unpin_user_page_range_dirty_lock);
void __wrap_unpin_user_page_range_dirty_lock(struct page *page, unsigned long nr, bool dirty)
{
	phyr_fail_count_got(true);
	if (phyr_fail_count_put())
		__real_unpin_user_page_range_dirty_lock(page, nr, dirty);
}

WRAPS(dma_alloc_attrs);
void *__wrap_dma_alloc_attrs(struct device *dev, size_t size, dma_addr_t *addr, gfp_t gfp,
			     unsigned long attrs)
{
	void *memory = phyr_fail_now() ? NULL : __real_dma_alloc_attrs(dev, size, addr, gfp, attrs);

	phyr_fail_count_got(memory);
	return memory;
}

WRAPS(dma_free_attrs);
void __wrap_dma_free_attrs(struct device *dev, size_t size, void *memory, dma_addr_t addr,
			   unsigned long attrs)
{
	if (phyr_fail_count_put())
		__real_dma_free_attrs(dev, size, memory, addr, attrs);
}

WRAPS(dma_map_phys);
dma_addr_t __wrap_dma_map_phys(struct device *dev, phys_addr_t phys, size_t size,
			       enum dma_data_direction dir, unsigned long attrs)
{
	dma_addr_t addr = phyr_fail_now() ? DMA_MAPPING_ERROR :
				    __real_dma_map_phys(dev, phys, size, dir, attrs);

	/* Not dma_mapping_error(), which tells DMA_API_DEBUG that the caller has checked. */
	phyr_fail_count_got(addr != DMA_MAPPING_ERROR);
	return addr;
}

WRAPS(dma_unmap_phys);
void __wrap_dma_unmap_phys(struct device *dev, dma_addr_t addr, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	if (phyr_fail_count_put())
		__real_dma_unmap_phys(dev, addr, size, dir, attrs);
}

WRAPS(dma_map_sgtable);
int __wrap_dma_map_sgtable(struct device *dev, struct sg_table *table,
			   enum dma_data_direction dir, unsigned long attrs)
{
	int err = phyr_fail_now() ? -ENOMEM : __real_dma_map_sgtable(dev, table, dir, attrs);

	phyr_fail_count_got(!err);
	return err;
}

WRAPS(dma_unmap_sg_attrs);
void __wrap_dma_unmap_sg_attrs(struct device *dev, struct scatterlist *sg, int nents,
			       enum dma_data_direction dir, unsigned long attrs)
{
	if (phyr_fail_count_put())
		__real_dma_unmap_sg_attrs(dev, sg, nents, dir, attrs);
}

#ifdef CONFIG_IOMMU_DMA
WRAPS(dma_iova_try_alloc);
bool __wrap_dma_iova_try_alloc(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
			       size_t size)
{
	bool done = !phyr_fail_now() && __real_dma_iova_try_alloc(dev, state, phys, size);

	phyr_fail_count_got(done);
	return done;
}

WRAPS(dma_iova_free);
void __wrap_dma_iova_free(struct device *dev, struct dma_iova_state *state)
{
	if (phyr_fail_count_put())
		__real_dma_iova_free(dev, state);
}

WRAPS(dma_iova_destroy);
void __wrap_dma_iova_destroy(struct device *dev, struct dma_iova_state *state, size_t mapped,
			     enum dma_data_direction dir, unsigned long attrs)
{
	if (phyr_fail_count_put())
		__real_dma_iova_destroy(dev, state, mapped, dir, attrs);
}

/* Not counted: walk.c observes the page tables. */
WRAPS(dma_iova_link);
int __wrap_dma_iova_link(struct device *dev, struct dma_iova_state *state, phys_addr_t phys,
			 size_t offset, size_t size, enum dma_data_direction dir,
			 unsigned long attrs)
{
	return phyr_fail_now() ? -ENOMEM :
			 __real_dma_iova_link(dev, state, phys, offset, size, dir, attrs);
}

WRAPS(dma_iova_sync);
int __wrap_dma_iova_sync(struct device *dev, struct dma_iova_state *state, size_t offset,
			 size_t size)
{
	return phyr_fail_now() ? -ENOMEM : __real_dma_iova_sync(dev, state, offset, size);
}
#endif /* CONFIG_IOMMU_DMA */

#ifdef CONFIG_IOMMU_API
/* Maps all entries or none, as the kernel's function. */
WRAPS(iommu_map_sg);
ssize_t __wrap_iommu_map_sg(struct iommu_domain *domain, unsigned long iova,
			    struct scatterlist *sg, unsigned int nents, int prot, gfp_t gfp)
{
	return phyr_fail_now() ? -ENOMEM : __real_iommu_map_sg(domain, iova, sg, nents, prot, gfp);
}

WRAPS(iommu_map);
int __wrap_iommu_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr,
		     size_t size, int prot, gfp_t gfp)
{
	return phyr_fail_now() ? -ENOMEM : __real_iommu_map(domain, iova, paddr, size, prot, gfp);
}

/* Balanced: walk.c observes the page tables; here only for the planted defect. */
WRAPS(iommu_unmap);
size_t __wrap_iommu_unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	phyr_fail_count_got(true);
	return phyr_fail_count_put() ? __real_iommu_unmap(domain, iova, size) : size;
}
#endif /* CONFIG_IOMMU_API */
