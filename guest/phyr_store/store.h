/* SPDX-License-Identifier: GPL-2.0 */
/*
 * phyr_store: memory without struct pages, lent to user space and through it to devices.
 *
 * A store is a range of physical memory with a device file: /dev/phyr_ram for RAM that was reserved
 * on the command line or an NVDIMM that has no driver, /dev/phyr_bar-BDF for BAR 2 of an ivshmem
 * device.  The file can be mapped (shared, by page frame), read, written and flushed (fsync,
 * msync), and makes dma-bufs (uapi/phyr_store.h).
 * /sys/class/misc/NAME/revoked takes the memory back from every process and device (1), and offers
 * it again (0).
 */
#ifndef PHYR_STORE_STORE_H
#define PHYR_STORE_STORE_H

#include <linux/iosys-map.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/pci.h>
#include <linux/rwsem.h>

#include "phyr.h"
#include "phyr/lease.h"

/**
 * struct phyr_store - a range of memory and its device file
 * @export:	what devices may have of it
 * @misc:	the device file
 * @map:	the kernel's own mapping, for read() and write()
 * @lock:	@gone and @files; read by those who use @map or map pages, so never held while user
 *		memory is touched
 * @gone:	nobody gets at the memory: it was taken back, or its device went
 * @turn:	one taking back or offering at a time
 * @files:	struct phyr_store_file, all that are open
 * @ref:	its maker, and every open file: mappings hold their files, and leases too
 * @name:	of @misc
 */
struct phyr_store {
	struct phyr_export export;
	struct miscdevice misc;
	struct iosys_map map;
	struct rw_semaphore lock;
	bool gone;
	struct mutex turn;	/* one taking back or offering at a time */
	struct list_head files;
	struct kref ref;
	char name[32];
};

/**
 * struct phyr_store_file - an open file
 * @store:	what it is open on, held
 * @mapping:	where its mappings are found
 * @node:	in store->files
 */
struct phyr_store_file {
	struct phyr_store *store;
	struct address_space *mapping;
	struct list_head node;
};

/* dmabuf.c */
long phyr_store_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* file.c */
extern const struct file_operations phyr_store_fops;
extern const struct vm_operations_struct phyr_store_vm_ops;
void phyr_store_zap(struct phyr_store *store);
void phyr_store_free(struct kref *ref);

/* store.c */
struct phyr_store *phyr_store_create(const char *name, enum phyr_mem mem,
				     struct p2pdma_provider *provider,
				     phys_addr_t base, u64 len, const struct iosys_map *map,
				     struct device *parent);
void phyr_store_destroy(struct phyr_store *store);

/* bar.c */
extern struct pci_driver phyr_store_bar_driver;

#endif /* PHYR_STORE_STORE_H */
