// SPDX-License-Identifier: GPL-2.0
/* The device file of a store. */
#include <linux/fs.h>
#include <linux/libnvdimm.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "store.h"

/* Release function of store->ref. */
void phyr_store_free(struct kref *ref)
{
	kfree(container_of(ref, struct phyr_store, ref));
}

static int phyr_store_open(struct inode *inode, struct file *file)
{
	struct phyr_store *store = container_of(file->private_data, struct phyr_store, misc);
	struct phyr_store_file *sf = kzalloc_obj(*sf, GFP_KERNEL_ACCOUNT);

	if (!sf)
		return -ENOMEM;
	sf->store = store;
	sf->mapping = file->f_mapping;
	scoped_guard(rwsem_write, &store->lock)
		list_add(&sf->node, &store->files);
	kref_get(&store->ref);
	file->private_data = sf;
	return 0;
}

static int phyr_store_release(struct inode *inode, struct file *file)
{
	struct phyr_store_file *sf = file->private_data;
	struct phyr_store *store = sf->store;

	scoped_guard(rwsem_write, &store->lock)
		list_del(&sf->node);
	kfree(sf);
	kref_put(&store->ref, phyr_store_free);
	return 0;
}

/**
 * phyr_store_zap - zap all user mappings
 * @store: the store; its lock is held for writing and @gone is set, so that faults fail
 *
 * Mappings hold their files, so all of them are found by the open files, whichever device node was
 * opened.
 */
void phyr_store_zap(struct phyr_store *store)
{
	struct phyr_store_file *sf;

	list_for_each_entry(sf, &store->files, node)
		unmap_mapping_range(sf->mapping, 0, 0, true);
}

static loff_t phyr_store_llseek(struct file *file, loff_t offset, int whence)
{
	struct phyr_store_file *sf = file->private_data;

	return fixed_size_llseek(file, offset, whence, sf->store->export.len);
}

/* Copy through @page, because user memory must not be accessed under the lock. */
static int phyr_store_copy(struct phyr_store *store, u64 at, void *page, size_t len, bool write)
{
	guard(rwsem_read)(&store->lock);
	if (store->gone)
		return -ENODEV;
	if (write)
		iosys_map_memcpy_to(&store->map, at, page, len);
	else
		iosys_map_memcpy_from(page, &store->map, at, len);
	return 0;
}

static ssize_t phyr_store_rw(struct file *file, char __user *to, const char __user *from,
			     size_t count, loff_t *pos)
{
	struct phyr_store *store = ((struct phyr_store_file *)file->private_data)->store;
	u64 end = store->export.len;
	size_t done = 0;
	void *page;
	int err = 0;

	if (*pos < 0)
		return -EINVAL;
	if (*pos >= end)
		return from ? -ENOSPC : 0;
	count = min(count, end - *pos);
	page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	while (done < count) {
		size_t part = min(count - done, PAGE_SIZE);

		if (from && copy_from_user(page, from + done, part)) {
			err = -EFAULT;
			break;
		}
		err = phyr_store_copy(store, *pos, page, part, from);
		if (err)
			break;
		if (to && copy_to_user(to + done, page, part)) {
			err = -EFAULT;
			break;
		}
		done += part;
		*pos += part;
	}
	kfree(page);
	return done ?: err;
}

static ssize_t phyr_store_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	return phyr_store_rw(file, to, NULL, count, pos);
}

static ssize_t phyr_store_write(struct file *file, const char __user *from, size_t count,
				loff_t *pos)
{
	return phyr_store_rw(file, NULL, from, count, pos);
}

/*
 * Write the CPU's caches back, so that data in persistent memory survives a power failure.
 * (Buffers between the caches and the memory are flushed with deep_flush of the nvdimm region.)
 */
static int phyr_store_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct phyr_store *store = ((struct phyr_store_file *)file->private_data)->store;
	u64 last = min_t(u64, end, store->export.len - 1);

	guard(rwsem_read)(&store->lock);
	if (store->gone)
		return -ENODEV;
	if (!store->map.is_iomem && start <= last)
		arch_wb_cache_pmem(store->map.vaddr + start, last - start + 1);
	return 0;
}

static vm_fault_t phyr_store_fault(struct vm_fault *vmf)
{
	struct phyr_export *export = vmf->vma->vm_private_data;
	struct phyr_store *store = container_of(export, struct phyr_store, export);

	guard(rwsem_read)(&store->lock);
	/* vmf->pgoff was checked by mmap(), and VM_DONTEXPAND is set. */
	if (store->gone)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address, PHYS_PFN(export->base) + vmf->pgoff);
}

const struct vm_operations_struct phyr_store_vm_ops = {
	.fault = phyr_store_fault,
};

static int phyr_store_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct phyr_store *store = ((struct phyr_store_file *)file->private_data)->store;
	u64 pages = store->export.len >> PAGE_SHIFT;

	/* A private mapping would need struct pages to copy. */
	if (!(vma->vm_flags & VM_MAYSHARE) || vma->vm_pgoff > pages ||
	    vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	if (store->export.mem == PHYR_MEM_MMIO) {
		vm_flags_set(vma, VM_IO);
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	}
	vma->vm_private_data = &store->export;
	vma->vm_ops = &phyr_store_vm_ops;
	return 0;
}

const struct file_operations phyr_store_fops = {
	.owner		= THIS_MODULE,
	.open		= phyr_store_open,
	.release	= phyr_store_release,
	.llseek		= phyr_store_llseek,
	.read		= phyr_store_read,
	.write		= phyr_store_write,
	.mmap		= phyr_store_mmap,
	.fsync		= phyr_store_fsync,
	.unlocked_ioctl	= phyr_store_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};
