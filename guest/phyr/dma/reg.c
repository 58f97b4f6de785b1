// SPDX-License-Identifier: GPL-2.0
/*
 * Registrations: a list mapped once, used by many I/Os, revocable at any time.
 *
 * I/Os are counted by a percpu_ref: taking and dropping it touches no shared cache line, and
 * killing it makes new I/Os fail.
 */
#include <linux/completion.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/percpu-refcount.h>
#include <linux/slab.h>

#include "dma.h"
#include "live.h"
#include "phyr/sg.h"

/**
 * struct phyr_reg - a registered mapping
 * @map:	the mapping, in force until @revoked
 * @index:	SAME: index of the list
 * @table:	table of pages, after phyr_reg_tabulate()
 * @users:	I/Os in flight; killed by a revocation
 * @dir:	directions that I/Os may have
 * @sync:	I/Os must be synced: bounce buffers or cache maintenance
 * @dev:	the device
 * @closed:	@users is killed, or about to be
 * @idle:	completed when no I/O is left
 * @lock:	serialises revocations and protects @revoked
 * @revoked:	the list is not mapped any more
 * @live:	entry in debugfs until @revoked
 * @ref:	references
 */
struct phyr_reg {
	struct phyr_map map;
	struct phyr_index index;
	struct phyr_table table;
	struct percpu_ref users;
	enum dma_data_direction dir;
	bool sync;
	struct device *dev;
	atomic_t closed;
	struct completion idle;
	struct mutex lock;	/* @revoked */
	bool revoked;
	struct phyr_live live;
	struct kref ref;
};

static void phyr_reg_idle(struct percpu_ref *users)
{
	complete(&container_of(users, struct phyr_reg, users)->idle);
}

/*
 * Do I/Os need dma_sync_*()? Memory mapped with dma_iova_link() is bounced only for an untrusted
 * device. CONFIG_DMA_API_DEBUG does not know such mappings and would complain about a sync.
 */
static bool phyr_reg_needs_sync(struct device *dev, const struct phyr_map *map)
{
	if (map->shape == PHYR_SHAPE_SAME || map->how == PHYR_HOW_BORROWED ||
	    map->list->mem != PHYR_MEM_RAM)
		return false;
	if (map->how == PHYR_HOW_IOVA)
		return !dev_is_dma_coherent(dev) ||
		       (dev_is_pci(dev) && to_pci_dev(dev)->untrusted);
	return dma_dev_need_sync(dev);
}

static struct phyr_reg *phyr_reg_alloc(void)
{
	struct phyr_reg *reg = kzalloc_obj(*reg, GFP_KERNEL_ACCOUNT);
	int err;

	if (!reg)
		return ERR_PTR(-ENOMEM);
	err = percpu_ref_init(&reg->users, phyr_reg_idle, 0, GFP_KERNEL_ACCOUNT);
	if (err) {
		kfree(reg);
		return ERR_PTR(err);
	}
	return reg;
}

/* Initialise a registration whose mapping is made. */
static void phyr_reg_activate(struct phyr_reg *reg, struct device *dev, enum dma_data_direction dir,
			      bool sync)
{
	reg->dev = get_device(dev);
	reg->dir = dir;
	/* After mapping: dma_map_phys() may have bounced for the first time. */
	reg->sync = sync && phyr_reg_needs_sync(dev, &reg->map);
	init_completion(&reg->idle);
	mutex_init(&reg->lock);
	kref_init(&reg->ref);
	reg->live.dev = dev;
	reg->live.map = &reg->map;
	reg->live.dir = dir;
	reg->live.closed = &reg->closed;
	phyr_live_add(&reg->live);
}

struct phyr_reg *phyr_reg_create(struct device *dev, const struct phyr_list *list,
				 enum dma_data_direction dir, unsigned long attrs)
{
	struct phyr_reg *reg = phyr_reg_alloc();
	int err;

	if (IS_ERR(reg))
		return reg;
	err = phyr_dma_map(dev, list, &reg->map, dir, attrs, GFP_KERNEL_ACCOUNT);
	if (err)
		goto exit_ref;
	/* A SINGLE needs no search; for an ARRAY, bouncing costs far more than the search. */
	if (reg->map.shape == PHYR_SHAPE_SAME && list->nr > 1) {
		err = phyr_index_build(&reg->index, list, GFP_KERNEL_ACCOUNT);
		if (err)
			goto unmap;
	}
	phyr_reg_activate(reg, dev, dir, !(attrs & DMA_ATTR_SKIP_CPU_SYNC));
	return reg;

unmap:
	phyr_dma_unmap(dev, &reg->map);
exit_ref:
	percpu_ref_exit(&reg->users);
	kfree(reg);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(phyr_reg_create);

struct phyr_reg *phyr_reg_from_sgt(struct device *dev, const struct sg_table *table,
				   enum dma_data_direction dir)
{
	struct phyr_reg *reg = phyr_reg_alloc();
	int err;

	if (IS_ERR(reg))
		return reg;
	err = phyr_map_from_sgt(&reg->map, table, GFP_KERNEL_ACCOUNT);
	if (err)
		goto free;
	err = phyr_map_check_foreign(dev, &reg->map);
	if (err)
		goto unmap;
	phyr_reg_activate(reg, dev, dir, false);
	return reg;

unmap:
	phyr_dma_unmap(dev, &reg->map);
free:
	percpu_ref_exit(&reg->users);
	kfree(reg);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(phyr_reg_from_sgt);

void phyr_reg_close(struct phyr_reg *reg)
{
	if (!atomic_xchg(&reg->closed, 1))
		percpu_ref_kill(&reg->users);
}
EXPORT_SYMBOL_GPL(phyr_reg_close);

void phyr_reg_revoke(struct phyr_reg *reg)
{
	guard(mutex)(&reg->lock);
	if (reg->revoked)
		return;
	phyr_reg_close(reg);
	wait_for_completion(&reg->idle);
	phyr_live_del(&reg->live);
	phyr_table_free(&reg->table, reg->dev);
	/* I/Os were synced when they ended; other bounce buffers hold stale data. */
	if (reg->sync)
		reg->map.attrs |= DMA_ATTR_SKIP_CPU_SYNC;
	phyr_dma_unmap(reg->dev, &reg->map);
	reg->revoked = true;
}
EXPORT_SYMBOL_GPL(phyr_reg_revoke);

void phyr_reg_get(struct phyr_reg *reg)
{
	kref_get(&reg->ref);
}
EXPORT_SYMBOL_GPL(phyr_reg_get);

static void phyr_reg_free(struct kref *ref)
{
	struct phyr_reg *reg = container_of(ref, struct phyr_reg, ref);

	phyr_reg_revoke(reg);
	phyr_index_free(&reg->index);
	percpu_ref_exit(&reg->users);
	put_device(reg->dev);
	mutex_destroy(&reg->lock);
	kfree(reg);
}

void phyr_reg_put(struct phyr_reg *reg)
{
	might_sleep();
	kref_put(&reg->ref, phyr_reg_free);
}
EXPORT_SYMBOL_GPL(phyr_reg_put);

void phyr_reg_iter_init(struct phyr_dma_iter *it, const struct phyr_reg_io *io)
{
	const struct phyr_reg *reg = io->reg;

	if (reg->index.top)
		phyr_index_start(&reg->index, it, &reg->map, io->offset, io->len);
	else
		phyr_dma_iter_init_part(it, &reg->map, io->offset, io->len);
}
EXPORT_SYMBOL_GPL(phyr_reg_iter_init);

int phyr_reg_tabulate(struct phyr_reg *reg)
{
	guard(mutex)(&reg->lock);
	if (reg->revoked)
		return -ENODEV;
	return reg->table.link ? 0 : phyr_table_build(&reg->table, reg->dev, &reg->map);
}
EXPORT_SYMBOL_GPL(phyr_reg_tabulate);

void phyr_reg_pages(const struct phyr_reg_io *io, struct phyr_reg_pages *pages)
{
	phyr_table_lookup(&io->reg->table, io->offset, io->len, pages);
}
EXPORT_SYMBOL_GPL(phyr_reg_pages);

int phyr_reg_blocks(struct phyr_reg *reg, u64 sizes, struct phyr_reg_blocks *blocks)
{
	guard(mutex)(&reg->lock);
	return reg->revoked ? -ENODEV : phyr_blocks_find(&reg->map, sizes, blocks);
}
EXPORT_SYMBOL_GPL(phyr_reg_blocks);

int phyr_reg_fill_blocks(struct phyr_reg *reg, const struct phyr_reg_blocks *blocks, u64 *addr)
{
	guard(mutex)(&reg->lock);
	if (reg->revoked)
		return -ENODEV;
	phyr_blocks_fill(&reg->map, blocks, addr);
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_reg_fill_blocks);

size_t phyr_reg_meta_bytes(struct phyr_reg *reg)
{
	guard(mutex)(&reg->lock);
	return sizeof(*reg) - sizeof(reg->map) + phyr_index_bytes(&reg->index) +
	       (reg->revoked ? sizeof(reg->map) : phyr_map_meta_bytes(&reg->map));
}
EXPORT_SYMBOL_GPL(phyr_reg_meta_bytes);

/*
 * Sync the memory of an I/O.  A SINGLE is synced page by page, because each page may have its own
 * bounce buffer.
 */
static noinline void phyr_reg_sync(const struct phyr_reg_io *io, bool to_device)
{
	const struct phyr_reg *reg = io->reg;
	struct phyr_dma_iter it;

	phyr_reg_iter_init(&it, io);
	if (reg->map.shape == PHYR_SHAPE_SINGLE)
		it.boundary = PAGE_SIZE - 1;
	while (phyr_dma_iter_next(&it)) {
		if (to_device)
			dma_sync_single_for_device(reg->dev, it.range.addr, it.range.len, reg->dir);
		else
			dma_sync_single_for_cpu(reg->dev, it.range.addr, it.range.len, reg->dir);
	}
}

int phyr_reg_begin(struct phyr_reg *reg, struct phyr_reg_io *io, u64 offset, u64 len,
		   enum dma_data_direction dir)
{
	if (unlikely(dir != reg->dir && reg->dir != DMA_BIDIRECTIONAL))
		return -EACCES;
	if (unlikely(!len || offset > reg->map.len || len > reg->map.len - offset))
		return -ERANGE;
	if (unlikely(!percpu_ref_tryget_live(&reg->users)))
		return -ENODEV;
	io->reg = reg;
	io->map = &reg->map;
	io->offset = offset;
	io->len = len;
	io->dir = dir;
	if (unlikely(reg->sync))
		phyr_reg_sync(io, true);
	return 0;
}
EXPORT_SYMBOL_GPL(phyr_reg_begin);

void phyr_reg_end(struct phyr_reg_io *io)
{
	struct phyr_reg *reg = io->reg;

	/* Not if the device only read: a sync would overwrite what the CPU wrote meanwhile. */
	if (unlikely(reg->sync) && io->dir != DMA_TO_DEVICE)
		phyr_reg_sync(io, false);
	io->reg = NULL;
	percpu_ref_put(&reg->users);
}
EXPORT_SYMBOL_GPL(phyr_reg_end);
