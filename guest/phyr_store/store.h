/* SPDX-License-Identifier: GPL-2.0 */
/*
 * phyr_store: an exporter (phyr/lease.h) of memory without struct pages.
 *
 * A store is a range of physical memory with a device file: /dev/phyr_ram for RAM that is reserved
 * on the command line, or an NVDIMM without a driver; /dev/phyr_bar-BDF for BAR 2 of an ivshmem
 * device. The file supports mmap() (shared, by page frame), read(), write(), fsync() and ioctl() to
 * make dma-bufs (uapi/phyr_store.h).  Writing 1 to /sys/class/misc/NAME/revoked revokes the memory
 * from all processes and devices; writing 0 offers it again.
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
 * @export:	the export
 * @misc:	the device file
 * @map:	the kernel's own mapping, for read() and write()
 * @lock:	protects @gone and @files; held for reading to use @map and in the fault handler, so
 *		user memory must not be accessed under it
 * @gone:	the memory is revoked
 * @turn:	serialises revoking and offering
 * @files:	all open files (struct phyr_store_file)
 * @ref:	held by the creator and by every open file; mappings and leases hold files
 * @name:	name of @misc
 */
struct phyr_store {
	struct phyr_export export;
	struct miscdevice misc;
	struct iosys_map map;
	struct rw_semaphore lock;
	bool gone;
	struct mutex turn;	/* serialises revoking and offering */
	struct list_head files;
	struct kref ref;
	char name[32];
};

/**
 * struct phyr_store_file - an open file
 * @store:	the store, with a reference
 * @mapping:	address space of the file, to zap its mappings
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
