// SPDX-License-Identifier: GPL-2.0
/* Creation, revocation and removal of stores. */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "store.h"

/*
 * Revoke from devices first, which also prevents new leases.  So while a device uses the memory,
 * the page tables of the process still map it, and a checker can read them.
 */
static void phyr_store_revoke(struct phyr_store *store)
{
	guard(mutex)(&store->turn);
	phyr_export_revoke(&store->export);
	guard(rwsem_write)(&store->lock);
	store->gone = true;
	phyr_store_zap(store);
}

static void phyr_store_offer(struct phyr_store *store)
{
	guard(mutex)(&store->turn);
	phyr_export_offer(&store->export);
	guard(rwsem_write)(&store->lock);
	store->gone = false;
}

static struct phyr_store *phyr_store_from_dev(struct device *dev)
{
	return container_of(dev_get_drvdata(dev), struct phyr_store, misc);
}

static ssize_t revoked_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(phyr_store_from_dev(dev)->gone));
}

static ssize_t revoked_store(struct device *dev, struct device_attribute *attr, const char *buf,
			     size_t count)
{
	bool revoke;
	int err = kstrtobool(buf, &revoke);

	if (err)
		return err;
	if (revoke)
		phyr_store_revoke(phyr_store_from_dev(dev));
	else
		phyr_store_offer(phyr_store_from_dev(dev));
	return count;
}
static DEVICE_ATTR_RW(revoked);

static ssize_t address_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%pa\n", &phyr_store_from_dev(dev)->export.base);
}
static DEVICE_ATTR_ADMIN_RO(address);

static ssize_t size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", phyr_store_from_dev(dev)->export.len);
}
static DEVICE_ATTR_RO(size);

static struct attribute *store_attrs[] = {
	&dev_attr_revoked.attr,
	&dev_attr_address.attr,
	&dev_attr_size.attr,
	NULL,
};
ATTRIBUTE_GROUPS(store);

/**
 * phyr_store_create - create a store and its device file
 * @name:	name of the device file
 * @mem:	PHYR_MEM_PAGELESS or PHYR_MEM_MMIO
 * @provider:	PHYR_MEM_MMIO: the provider, else NULL
 * @base:	physical address, a multiple of the page size
 * @len:	bytes, a multiple of the page size, not 0
 * @map:	kernel mapping of the memory; the caller unmaps it after phyr_store_destroy()
 * @parent:	parent of the device file, or NULL
 *
 * Context: May sleep.
 * Return: the store, for phyr_store_destroy(); -EINVAL for a range that is not aligned or has
 * struct pages; -ENOMEM; an error of misc_register().
 */
struct phyr_store *phyr_store_create(const char *name, enum phyr_mem mem,
				     struct p2pdma_provider *provider,
				     phys_addr_t base, u64 len, const struct iosys_map *map,
				     struct device *parent)
{
	struct phyr_store *store;
	int err;

	if (!IS_ALIGNED(base | len, PAGE_SIZE))
		return ERR_PTR(-EINVAL);
	store = kzalloc_obj(*store);
	if (!store)
		return ERR_PTR(-ENOMEM);
	store->export.vm_ops = &phyr_store_vm_ops;
	store->export.mem = mem;
	store->export.provider = provider;
	store->export.base = base;
	store->export.len = len;
	store->map = *map;
	init_rwsem(&store->lock);
	mutex_init(&store->turn);
	INIT_LIST_HEAD(&store->files);
	kref_init(&store->ref);
	strscpy(store->name, name);
	store->misc.name = store->name;
	store->misc.minor = MISC_DYNAMIC_MINOR;
	store->misc.fops = &phyr_store_fops;
	store->misc.mode = 0600;
	store->misc.parent = parent;
	store->misc.groups = store_groups;

	err = phyr_export_register(&store->export);
	if (err)
		goto free;
	err = misc_register(&store->misc);
	if (err)
		goto unregister;
	return store;

unregister:
	phyr_export_unregister(&store->export);
free:
	kfree(store);
	return ERR_PTR(err);
}

/**
 * phyr_store_destroy - revoke the memory permanently and remove the store
 * @store: the store; freed when the last file is closed
 *
 * When it returns, neither processes nor devices nor read() and write() access the memory.
 *
 * Context: May sleep until I/O in flight ends.
 */
void phyr_store_destroy(struct phyr_store *store)
{
	/* Waits for running opens, and for writes to "revoked", which could offer it again. */
	misc_deregister(&store->misc);
	phyr_store_revoke(store);
	phyr_export_unregister(&store->export);
	kref_put(&store->ref, phyr_store_free);
}
