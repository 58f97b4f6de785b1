// SPDX-License-Identifier: GPL-2.0
/* /dev/phyr_region-BDF: regions of an engine by key. */
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "region.h"

#define MAX_REGIONS	4096

/**
 * struct region_node - the regions of an engine
 * @engine:	the engine, until @gone
 * @alive:	read by requests, written to say @gone
 * @gone:	the engine has another owner
 * @regions:	by key; its lock also keeps a region that was found until it is held
 * @next:	key to try next, so that old ones are not given out again soon
 * @misc:	the node
 * @name:	of it
 * @ref:	the engine, and each file
 */
struct region_node {
	struct engine *engine;
	struct rw_semaphore alive;
	bool gone;
	struct xarray regions;
	u32 next;
	struct miscdevice misc;
	char name[32];
	struct kref ref;
};

static void node_free(struct kref *ref)
{
	struct region_node *node = container_of(ref, struct region_node, ref);

	xa_destroy(&node->regions);
	kfree(node);
}

static bool may_register(const struct phyr_region_register *arg)
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

/* Take back a region that is in the table no more, and let go of the table's reference. */
static void node_forget(struct region_node *node, struct region *r)
{
	lockdep_assert_held(&node->alive);

	if (!r->revoked)
		region_revoke(r);
	region_put(r);
}

/* The region of a key that somebody has been told of. */
static struct region *node_find(struct region_node *node, u32 key)
{
	struct region *r;

	lockdep_assert_held(&node->regions.xa_lock);

	r = xa_load(&node->regions, key);
	return r && r->told ? r : NULL;
}

/*
 * Make a region that is held and give it a key.  From now on the removal of the engine takes it
 * back, but nobody finds it before node_tell().
 */
static int node_add(struct region_node *node, struct region *r, struct phyr_region_register *arg)
{
	int err;

	guard(rwsem_read)(&node->alive);
	if (node->gone)
		return -ENODEV;
	err = xa_alloc_cyclic(&node->regions, &arg->key, NULL, XA_LIMIT(1, MAX_REGIONS),
			      &node->next, GFP_KERNEL);
	if (err < 0)
		return err == -EBUSY ? -ENOSPC : err;
	/*
	 * Not while a case lends the device a wider mask than it has.  Not under the lock of I/O:
	 * who takes a dma-buf back holds its reservation lock, which this wants, and waits for
	 * that I/O.
	 */
	scoped_guard(mutex, &node->engine->mask)
		err = region_make(r, &node->engine->pdev->dev, arg);
	if (err)
		xa_erase(&node->regions, arg->key);
	else
		xa_store(&node->regions, arg->key, r, GFP_KERNEL);	/* reserved: cannot fail */
	return err;
}

/* Tell the owner of a key that nobody has used yet; if that fails, nobody ever will. */
static int node_tell(struct region_node *node, struct region *r,
		     const struct phyr_region_register *arg, void __user *user)
{
	bool told = !copy_to_user(user, arg, sizeof(*arg));

	guard(rwsem_read)(&node->alive);
	xa_lock(&node->regions);
	r->told = told;
	if (!told)
		__xa_erase(&node->regions, arg->key);
	xa_unlock(&node->regions);
	if (told)
		return 0;
	node_forget(node, r);
	return -EFAULT;
}

/*
 * Page faults, when memory is pinned and when an argument is copied, may last as long as somebody
 * else likes.  @alive, which the removal of the engine waits for, is never held meanwhile.
 */
static long node_register(struct region_node *node, struct file *file, void __user *user)
{
	struct phyr_region_register arg;
	struct region *r;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (!may_register(&arg))
		return -EINVAL;
	r = region_hold(file, &arg);
	if (IS_ERR(r))
		return PTR_ERR(r);
	err = node_add(node, r, &arg);
	if (err) {
		region_drop(r);
		return err;
	}
	return node_tell(node, r, &arg, user);
}

/* For testdev, which looks for its data at the physical address. */
static phys_addr_t leads_to(struct region *r, u64 offset, dma_addr_t addr)
{
	const struct iommu_domain *domain = iommu_get_domain_for_dev(r->dev);

	return domain && domain->type != IOMMU_DOMAIN_IDENTITY ? r->kind->phys(r, offset) : addr;
}

static int run_engine(struct region_node *node, struct phyr_region_use *arg, phys_addr_t phys)
{
	struct engine *e = node->engine;

	guard(mutex)(&e->lock);
	if (arg->op == PHYR_REGION_DO_READ)
		return e->ops->read ? e->ops->read(e, arg->addr) : -EOPNOTSUPP;
	return e->ops->write(e, arg->addr, phys);
}

static int region_use(struct region_node *node, struct region *r, struct phyr_region_use *arg)
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
		phys = leads_to(r, arg->offset, addr);
		err = run_engine(node, arg, phys);
	}
	arg->ended = ktime_get_ns();
	r->kind->end(r, &io);
	return err;
}

static int node_use_locked(struct region_node *node, struct phyr_region_use *arg)
{
	struct region *r;
	int err;

	guard(rwsem_read)(&node->alive);
	if (node->gone)
		return -ENODEV;
	xa_lock(&node->regions);
	r = node_find(node, arg->key);
	if (r)
		kref_get(&r->ref);
	xa_unlock(&node->regions);
	if (!r)
		return -ENOENT;
	err = region_use(node, r, arg);
	region_put(r);
	return err;
}

static long node_use(struct region_node *node, void __user *user)
{
	struct phyr_region_use arg;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.op > PHYR_REGION_DO_WRITE || arg.offset & ~PAGE_MASK || arg.addr || arg.ended)
		return -EINVAL;
	err = node_use_locked(node, &arg);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

/* Also of what the engine's owner took back. */
static int node_deregister_locked(struct region_node *node, struct file *file,
				  struct phyr_region_deregister *arg)
{
	struct region *r;

	guard(rwsem_read)(&node->alive);
	xa_lock(&node->regions);
	r = node_find(node, arg->key);
	if (r && r->file == file)
		__xa_erase(&node->regions, arg->key);
	else
		r = NULL;
	xa_unlock(&node->regions);
	if (!r)
		return -ENOENT;
	node_forget(node, r);
	arg->ended = ktime_get_ns();
	return 0;
}

static long node_deregister(struct region_node *node, struct file *file, void __user *user)
{
	struct phyr_region_deregister arg;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.reserved || arg.ended)
		return -EINVAL;
	err = node_deregister_locked(node, file, &arg);
	if (err)
		return err;
	return copy_to_user(user, &arg, sizeof(arg)) ? -EFAULT : 0;
}

static long node_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct region_node *node = file->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case PHYR_REGION_IOC_REGISTER:
		return node_register(node, file, user);
	case PHYR_REGION_IOC_USE:
		return node_use(node, user);
	case PHYR_REGION_IOC_DEREGISTER:
		return node_deregister(node, file, user);
	default:
		return -ENOTTY;
	}
}

static int node_open(struct inode *inode, struct file *file)
{
	struct region_node *node = container_of(file->private_data, struct region_node, misc);

	kref_get(&node->ref);
	file->private_data = node;
	return nonseekable_open(inode, file);
}

static int node_release(struct inode *inode, struct file *file)
{
	struct region_node *node = file->private_data;
	unsigned long key;
	struct region *r;

	down_read(&node->alive);
	/* Regions of other files may go at any time; one that is out of the table is ours alone. */
	xa_lock(&node->regions);
	xa_for_each(&node->regions, key, r) {
		if (r->file != file)
			continue;
		__xa_erase(&node->regions, key);
		xa_unlock(&node->regions);
		node_forget(node, r);
		xa_lock(&node->regions);
	}
	xa_unlock(&node->regions);
	up_read(&node->alive);
	kref_put(&node->ref, node_free);
	return 0;
}

static const struct file_operations node_fops = {
	.owner = THIS_MODULE,
	.open = node_open,
	.release = node_release,
	.unlocked_ioctl = node_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * engine_add_node - offer regions of an engine
 * @e:	the engine
 *
 * Return: 0, and the node is in e->node; -ENOMEM, or an error of misc_register().
 */
int engine_add_node(struct engine *e)
{
	struct region_node *node = kzalloc_obj(*node);
	int err;

	if (!node)
		return -ENOMEM;
	node->engine = e;
	init_rwsem(&node->alive);
	xa_init_flags(&node->regions, XA_FLAGS_ALLOC1);
	kref_init(&node->ref);
	snprintf(node->name, sizeof(node->name), "phyr_region-%s", pci_name(e->pdev));
	node->misc.name = node->name;
	node->misc.minor = MISC_DYNAMIC_MINOR;
	node->misc.fops = &node_fops;
	node->misc.mode = 0600;
	node->misc.parent = &e->pdev->dev;
	err = misc_register(&node->misc);
	if (err)
		kref_put(&node->ref, node_free);
	else
		e->node = node;
	return err;
}

/**
 * engine_remove_node - the engine goes: take all its regions back
 * @e:	the engine
 *
 * Context: May sleep, as long as uses under way take.
 */
void engine_remove_node(struct engine *e)
{
	struct region_node *node = e->node;
	unsigned long key;
	struct region *r;

	misc_deregister(&node->misc);
	down_write(&node->alive);
	node->gone = true;
	xa_for_each(&node->regions, key, r)
		region_revoke(r);
	up_write(&node->alive);
	kref_put(&node->ref, node_free);
}
