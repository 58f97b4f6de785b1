/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Failures in turn (see phyr_fail.h): with PHYR_PLANTS=1 every call of phyr.ko to the kernel that
 * may be refused goes through here, and so does what undoes it.  The files that make the calls know
 * nothing of it.  Included last, so that only they are affected and no header of the kernel's.
 */
#ifndef PHYR_INTERNAL_FAIL_H
#define PHYR_INTERNAL_FAIL_H

#ifdef PHYR_PLANTS

#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/percpu-refcount.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

/* fail.c: is this the step that fails? */
bool phyr_fail_step(void);
/* fail.c: one more thing got */
void phyr_fail_got(void);
/* fail.c: one thing given back; false if "leak-on-error" wants it forgotten */
bool phyr_fail_give_back(void);

static inline void *phyr_try_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	void *object = phyr_fail_step() ? NULL : kmem_cache_alloc(cache, gfp);

	if (object)
		phyr_fail_got();
	return object;
}

static inline void phyr_try_cache_free(struct kmem_cache *cache, void *object)
{
	if (phyr_fail_give_back())
		kmem_cache_free(cache, object);
}

static inline void *phyr_try_zalloc(size_t size, gfp_t gfp)
{
	void *object = phyr_fail_step() ? NULL : kzalloc(size, gfp);

	if (object)
		phyr_fail_got();
	return object;
}

static inline void phyr_try_free(const void *object)
{
	if (object && phyr_fail_give_back())
		kfree(object);
}

static inline void *phyr_try_calloc(size_t n, size_t size, gfp_t gfp)
{
	void *object = phyr_fail_step() ? NULL : kvcalloc(n, size, gfp);

	if (object)
		phyr_fail_got();
	return object;
}

static inline void phyr_try_vfree(const void *object)
{
	if (object && phyr_fail_give_back())
		kvfree(object);
}

static inline void *phyr_try_alloc_coherent(struct device *dev, size_t size, dma_addr_t *addr,
					    gfp_t gfp)
{
	void *memory = phyr_fail_step() ? NULL : dma_alloc_coherent(dev, size, addr, gfp);

	if (memory)
		phyr_fail_got();
	return memory;
}

static inline void phyr_try_free_coherent(struct device *dev, size_t size, void *memory,
					  dma_addr_t addr)
{
	if (phyr_fail_give_back())
		dma_free_coherent(dev, size, memory, addr);
}

static inline int phyr_try_ref_init(struct percpu_ref *ref, percpu_ref_func_t *release,
				    unsigned int flags, gfp_t gfp)
{
	int err = phyr_fail_step() ? -ENOMEM : percpu_ref_init(ref, release, flags, gfp);

	if (!err)
		phyr_fail_got();
	return err;
}

static inline void phyr_try_ref_exit(struct percpu_ref *ref)
{
	if (phyr_fail_give_back())
		percpu_ref_exit(ref);
}

/* A table that was made is the caller's: whoever frees it, it is not phyr.ko. */
static inline int phyr_try_alloc_table(struct sg_table *table, unsigned int nents, gfp_t gfp)
{
	return phyr_fail_step() ? -ENOMEM : sg_alloc_table(table, nents, gfp);
}

static inline dma_addr_t phyr_try_map_phys(struct device *dev, phys_addr_t phys, size_t size,
					   enum dma_data_direction dir, unsigned long attrs)
{
	dma_addr_t addr = phyr_fail_step() ? DMA_MAPPING_ERROR :
					     dma_map_phys(dev, phys, size, dir, attrs);

	/* dma_mapping_error() itself would tell DMA_API_DEBUG that the user has checked. */
	if (addr != DMA_MAPPING_ERROR)
		phyr_fail_got();
	return addr;
}

static inline void phyr_try_unmap_phys(struct device *dev, dma_addr_t addr, size_t size,
				       enum dma_data_direction dir, unsigned long attrs)
{
	if (phyr_fail_give_back())
		dma_unmap_phys(dev, addr, size, dir, attrs);
}

static inline int phyr_try_map_sgtable(struct device *dev, struct sg_table *table,
				       enum dma_data_direction dir, unsigned long attrs)
{
	int err = phyr_fail_step() ? -ENOMEM : dma_map_sgtable(dev, table, dir, attrs);

	if (!err)
		phyr_fail_got();
	return err;
}

static inline void phyr_try_unmap_sgtable(struct device *dev, struct sg_table *table,
					  enum dma_data_direction dir, unsigned long attrs)
{
	if (phyr_fail_give_back())
		dma_unmap_sgtable(dev, table, dir, attrs);
}

static inline bool phyr_try_iova_alloc(struct device *dev, struct dma_iova_state *state,
				       phys_addr_t phys, size_t size)
{
	bool done = !phyr_fail_step() && dma_iova_try_alloc(dev, state, phys, size);

	if (done)
		phyr_fail_got();
	return done;
}

static inline void phyr_try_iova_destroy(struct device *dev, struct dma_iova_state *state,
					 size_t mapped, enum dma_data_direction dir,
					 unsigned long attrs)
{
	if (phyr_fail_give_back())
		dma_iova_destroy(dev, state, mapped, dir, attrs);
}

static inline void phyr_try_iova_free(struct device *dev, struct dma_iova_state *state)
{
	if (phyr_fail_give_back())
		dma_iova_free(dev, state);
}

/* What is linked is counted by whoever looks at the page tables. */
static inline int phyr_try_iova_link(struct device *dev, struct dma_iova_state *state,
				     phys_addr_t phys, size_t offset, size_t size,
				     enum dma_data_direction dir, unsigned long attrs)
{
	return phyr_fail_step() ? -ENOMEM :
				  dma_iova_link(dev, state, phys, offset, size, dir, attrs);
}

static inline int phyr_try_iova_sync(struct device *dev, struct dma_iova_state *state,
				     size_t offset, size_t size)
{
	return phyr_fail_step() ? -ENOMEM : dma_iova_sync(dev, state, offset, size);
}

/* As the kernel's: all of the entries or nothing. */
static inline ssize_t phyr_try_map_sg(struct iommu_domain *domain, unsigned long iova,
				      struct scatterlist *sg, unsigned int nents, int prot,
				      gfp_t gfp)
{
	return phyr_fail_step() ? -ENOMEM : iommu_map_sg(domain, iova, sg, nents, prot, gfp);
}

static inline int phyr_try_map(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr,
			       size_t size, int prot, gfp_t gfp)
{
	return phyr_fail_step() ? -ENOMEM : iommu_map(domain, iova, paddr, size, prot, gfp);
}

static inline size_t phyr_try_unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	/* Counted by whoever looks at the page tables; here for leak-on-error. */
	phyr_fail_got();
	return phyr_fail_give_back() ? iommu_unmap(domain, iova, size) : size;
}

static inline int phyr_try_pin(unsigned long start, int nr, unsigned int flags,
			       struct page **pages)
{
	return phyr_fail_step() ? -ENOMEM : pin_user_pages_fast(start, nr, flags, pages);
}

static inline void phyr_try_unpin_range(struct page *page, unsigned long nr, bool dirty)
{
	/* Counted by the kernel; as above. */
	phyr_fail_got();
	if (phyr_fail_give_back())
		unpin_user_page_range_dirty_lock(page, nr, dirty);
}

static inline unsigned long phyr_try_free_page(gfp_t gfp)
{
	unsigned long page = phyr_fail_step() ? 0 : __get_free_page(gfp);

	if (page)
		phyr_fail_got();
	return page;
}

static inline void phyr_try_put_page(unsigned long page)
{
	if (page && phyr_fail_give_back())
		free_page(page);
}

#undef kmem_cache_alloc
#undef kzalloc_obj
#undef dma_map_sgtable
#define kmem_cache_alloc	phyr_try_cache_alloc
#define kmem_cache_free		phyr_try_cache_free
#define kzalloc_obj(P, ...)	((typeof(P) *)phyr_try_zalloc(sizeof(P), default_gfp(__VA_ARGS__)))
#define kfree			phyr_try_free
#undef kvcalloc
#undef __get_free_page
#undef free_page
#define __get_free_page		phyr_try_free_page
#define free_page		phyr_try_put_page
#define pin_user_pages_fast	phyr_try_pin
#define unpin_user_page_range_dirty_lock phyr_try_unpin_range
#define kvcalloc		phyr_try_calloc
#define kvfree			phyr_try_vfree
#define dma_alloc_coherent	phyr_try_alloc_coherent
#define dma_free_coherent	phyr_try_free_coherent
#define percpu_ref_init		phyr_try_ref_init
#define percpu_ref_exit		phyr_try_ref_exit
#define sg_alloc_table		phyr_try_alloc_table
#define dma_map_phys		phyr_try_map_phys
#define dma_unmap_phys		phyr_try_unmap_phys
#define dma_map_sgtable		phyr_try_map_sgtable
#define dma_unmap_sgtable	phyr_try_unmap_sgtable
#define dma_iova_try_alloc	phyr_try_iova_alloc
#define dma_iova_destroy	phyr_try_iova_destroy
#define dma_iova_free		phyr_try_iova_free
#define dma_iova_link		phyr_try_iova_link
#define dma_iova_sync		phyr_try_iova_sync
#define iommu_map_sg		phyr_try_map_sg
#define iommu_map		phyr_try_map
#define iommu_unmap		phyr_try_unmap

#endif /* PHYR_PLANTS */
#endif /* PHYR_INTERNAL_FAIL_H */
