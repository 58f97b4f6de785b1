// SPDX-License-Identifier: GPL-2.0
/* /dev/phyr_region-BDF: memory regions of an engine. */
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "region.h"

#define MAX_REGIONS	4096

/**
 * struct pengine_node - the regions of an engine
 * @engine:	the engine; invalid if @gone
 * @alive:	protects @gone: held for reading by requests
 * @gone:	the driver is unbound from the engine
 * @regions:	regions by key; under its lock, a region that is found has a reference
 * @next:	next key to try, so that keys are not reused soon
 * @misc:	the device node
 * @name:	its name
 * @ref:	held by the engine and by each open file
 */
struct pengine_node {
	struct pengine *engine;
	struct rw_semaphore alive;
	bool gone;
	struct xarray regions;
	u32 next;
	struct miscdevice misc;
	char name[32];
	struct kref ref;
};

static void pengine_node_free(struct kref *ref)
{
	struct pengine_node *node = container_of(ref, struct pengine_node, ref);

	xa_destroy(&node->regions);
	kfree(node);
}

static bool pengine_register_is_valid(const struct phyr_region_register *arg)
{
	const u32 both = PHYR_REGION_READ | PHYR_REGION_WRITE;
	u64 end;

	if (!arg->access || arg->access & ~both || arg->how > PHYR_REGION_DMABUF_SG || arg->key ||
	    arg->why || arg->block || arg->blocks || arg->at || arg->first || arg->bytes ||
	    arg->reserved)
		return false;
	if (arg->how >= PHYR_REGION_DMABUF)
		return !arg->addr && !arg->len;
	return arg->len && arg->len <= PHYR_REGION_MAX_LEN &&
	       !((arg->addr | arg->len) & ~PAGE_MASK) && !arg->fd &&
	       !check_add_overflow(arg->addr, arg->len, &end);
}

/* Revoke a region that was removed from the table and drop the table's reference. */
static void pengine_node_drop_region(struct pengine_node *node, struct pengine_region *r)
{
	lockdep_assert_held(&node->alive);

	if (!r->revoked)
		pengine_region_revoke(r);
	pengine_region_put(r);
}

/* Find a region whose key is published. */
static struct pengine_region *pengine_node_find(struct pengine_node *node, u32 key)
{
	struct pengine_region *r;

	lockdep_assert_held(&node->regions.xa_lock);

	r = xa_load(&node->regions, key);
	return r && r->published ? r : NULL;
}

/*
 * Map a region and add it to the table.  From now on, removal of the engine revokes it, but nobody
 * can use it before pengine_node_publish().
 */
static int pengine_node_add(struct pengine_node *node, struct pengine_region *r,
			    struct phyr_region_register *arg)
{
	int err;

	guard(rwsem_read)(&node->alive);
	if (node->gone)
		return -ENODEV;
	err = xa_alloc_cyclic(&node->regions, &arg->key, NULL, XA_LIMIT(1, MAX_REGIONS),
			      &node->next, GFP_KERNEL_ACCOUNT);
	if (err < 0)
		return err == -EBUSY ? -ENOSPC : err;
	/*
	 * @mask: not while a case changes the DMA mask.  Not @lock: a dma-buf exporter that revokes
	 * holds the reservation lock, which this needs, and waits for uses, which need @lock.
	 */
	scoped_guard(mutex, &node->engine->mask)
		err = pengine_region_make(r, &node->engine->pdev->dev, arg);
	if (err)
		xa_erase(&node->regions, arg->key);
	else
		xa_store(&node->regions, arg->key, r, GFP_KERNEL);	/* reserved: cannot fail */
	return err;
}

/* Copy the key to user space and make the region usable; if the copy fails, remove the region. */
static int pengine_node_publish(struct pengine_node *node, struct pengine_region *r,
				const struct phyr_region_register *arg, void __user *user)
{
	bool told = !copy_to_user(user, arg, sizeof(*arg));

	guard(rwsem_read)(&node->alive);
	xa_lock(&node->regions);
	r->published = told;
	if (!told)
		__xa_erase(&node->regions, arg->key);
	xa_unlock(&node->regions);
	if (told)
		return 0;
	pengine_node_drop_region(node, r);
	return -EFAULT;
}

/*
 * Pinning memory and copying arguments may fault for arbitrarily long.  @alive is not held
 * meanwhile, because removal of the engine takes it.
 */
static long pengine_node_register(struct pengine_node *node, struct file *file, void __user *user)
{
	struct phyr_region_register arg;
	struct pengine_region *r;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (!pengine_register_is_valid(&arg))
		return -EINVAL;
	r = pengine_region_hold(file, &arg);
	if (IS_ERR(r))
		return PTR_ERR(r);
	err = pengine_node_add(node, r, &arg);
	if (err) {
		pengine_region_drop(r);
		return err;
	}
	return pengine_node_publish(node, r, &arg, user);
}

/* Physical address at which iommu-testdev verifies its data. */
static phys_addr_t pengine_region_target(struct pengine_region *r, u64 offset, dma_addr_t addr)
{
	const struct iommu_domain *domain = iommu_get_domain_for_dev(r->dev);

	return domain && domain->type != IOMMU_DOMAIN_IDENTITY ? r->kind->phys(r, offset) : addr;
}

static int pengine_run_dma(struct pengine_node *node, struct phyr_region_use *arg, phys_addr_t phys)
{
	struct pengine *e = node->engine;

	guard(mutex)(&e->lock);
	if (arg->op == PHYR_REGION_DO_READ)
		return e->ops->read ? e->ops->read(e, arg->addr) : -EOPNOTSUPP;
	return e->ops->write(e, arg->addr, phys, PAGE_SIZE);
}

static int pengine_region_use(struct pengine_node *node, struct pengine_region *r,
			      struct phyr_region_use *arg)
{
	enum dma_data_direction dir = arg->op == PHYR_REGION_DO_WRITE ? DMA_FROM_DEVICE :
				      arg->op == PHYR_REGION_DO_READ ? DMA_TO_DEVICE : r->dir;
	struct phyr_reg_io io;
	phys_addr_t phys;
	dma_addr_t addr;
	int err;

	if (arg->offset >= r->len)
		return -ERANGE;
	if (dir != r->dir && r->dir != DMA_BIDIRECTIONAL)
		return -EACCES;
	err = r->kind->begin(r, arg->offset, dir, &io, &addr);
	if (err)
		return err;
	arg->addr = addr;
	if (arg->op != PHYR_REGION_FIND) {
		phys = pengine_region_target(r, arg->offset, addr);
		err = pengine_run_dma(node, arg, phys);
	}
	arg->ended = ktime_get_ns();
	r->kind->end(r, &io);
	return err;
}

static int pengine_node_use_locked(struct pengine_node *node, struct phyr_region_use *arg)
{
	struct pengine_region *r;
	int err;

	guard(rwsem_read)(&node->alive);
	if (node->gone)
		return -ENODEV;
	xa_lock(&node->regions);
	r = pengine_node_find(node, arg->key);
	if (r)
		kref_get(&r->ref);
	xa_unlock(&node->regions);
	if (!r)
		return -ENOENT;
	err = pengine_region_use(node, r, arg);
	pengine_region_put(r);
	return err;
}

static long pengine_node_use(struct pengine_node *node, void __user *user)
{
	struct phyr_region_use arg;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.op > PHYR_REGION_DO_WRITE || arg.offset & ~PAGE_MASK || arg.flags ||
	    arg.reserved || arg.addr || arg.ended)
		return -EINVAL;
	err = pengine_node_use_locked(node, &arg);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

/* Also for regions that were revoked because the engine is gone. */
static int pengine_node_deregister_locked(struct pengine_node *node, struct file *file,
					  struct phyr_region_deregister *arg)
{
	struct pengine_region *r;

	guard(rwsem_read)(&node->alive);
	xa_lock(&node->regions);
	r = pengine_node_find(node, arg->key);
	if (r && r->file == file)
		__xa_erase(&node->regions, arg->key);
	else
		r = NULL;
	xa_unlock(&node->regions);
	if (!r)
		return -ENOENT;
	pengine_node_drop_region(node, r);
	arg->ended = ktime_get_ns();
	return 0;
}

static long pengine_node_deregister(struct pengine_node *node, struct file *file, void __user *user)
{
	struct phyr_region_deregister arg;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.reserved || arg.ended)
		return -EINVAL;
	err = pengine_node_deregister_locked(node, file, &arg);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long pengine_node_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pengine_node *node = file->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case PHYR_REGION_IOC_REGISTER:
		return pengine_node_register(node, file, user);
	case PHYR_REGION_IOC_USE:
		return pengine_node_use(node, user);
	case PHYR_REGION_IOC_DEREGISTER:
		return pengine_node_deregister(node, file, user);
	default:
		return -ENOTTY;
	}
}

static int pengine_node_open(struct inode *inode, struct file *file)
{
	struct pengine_node *node = container_of(file->private_data, struct pengine_node, misc);

	kref_get(&node->ref);
	file->private_data = node;
	return nonseekable_open(inode, file);
}

static int pengine_node_release(struct inode *inode, struct file *file)
{
	struct pengine_node *node = file->private_data;
	unsigned long key;
	struct pengine_region *r;

	down_read(&node->alive);
	/* Only under the lock are other regions stable; a region out of the table is private. */
	xa_lock(&node->regions);
	xa_for_each(&node->regions, key, r) {
		if (r->file != file)
			continue;
		__xa_erase(&node->regions, key);
		xa_unlock(&node->regions);
		pengine_node_drop_region(node, r);
		xa_lock(&node->regions);
	}
	xa_unlock(&node->regions);
	up_read(&node->alive);
	kref_put(&node->ref, pengine_node_free);
	return 0;
}

static const struct file_operations pengine_node_fops = {
	.owner = THIS_MODULE,
	.open = pengine_node_open,
	.release = pengine_node_release,
	.unlocked_ioctl = pengine_node_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * pengine_add_node - create the device node of an engine
 * @e:	the engine
 *
 * Return: 0, and the node is in e->node; -ENOMEM, or an error of misc_register().
 */
int pengine_add_node(struct pengine *e)
{
	struct pengine_node *node = kzalloc_obj(*node);
	int err;

	if (!node)
		return -ENOMEM;
	node->engine = e;
	init_rwsem(&node->alive);
	xa_init_flags(&node->regions, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	kref_init(&node->ref);
	snprintf(node->name, sizeof(node->name), "phyr_region-%s", pci_name(e->pdev));
	node->misc.name = node->name;
	node->misc.minor = MISC_DYNAMIC_MINOR;
	node->misc.fops = &pengine_node_fops;
	node->misc.mode = 0600;
	node->misc.parent = &e->pdev->dev;
	err = misc_register(&node->misc);
	if (err)
		kref_put(&node->ref, pengine_node_free);
	else
		e->node = node;
	return err;
}

/**
 * pengine_remove_node - remove the device node and revoke all regions
 * @e:	the engine
 *
 * Context: May sleep until uses in flight end.
 */
void pengine_remove_node(struct pengine *e)
{
	struct pengine_node *node = e->node;
	unsigned long key;
	struct pengine_region *r;

	misc_deregister(&node->misc);
	down_write(&node->alive);
	node->gone = true;
	xa_for_each(&node->regions, key, r)
		pengine_region_revoke(r);
	up_write(&node->alive);
	kref_put(&node->ref, pengine_node_free);
}
