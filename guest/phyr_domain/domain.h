/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of phyr_domain.ko. */
#ifndef PHYR_DOMAIN_DOMAIN_H
#define PHYR_DOMAIN_DOMAIN_H

#include <linux/interval_tree.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/pci.h>

#include "phyr.h"
#include "uapi/phyr_domain.h"

/* space.c */

struct pdomain_mapping;

/**
 * struct pdomain_space - I/O address space of a device
 * @dev:	the device; its driver must call pdomain_space_close() before it is unbound
 * @domain:	the attached IOMMU domain
 * @reserved:	reserved IOVAs (struct iommu_resv_region)
 * @mappings:	struct pdomain_mapping by IOVA
 */
struct pdomain_space {
	struct device *dev;
	struct iommu_domain *domain;
	struct list_head reserved;
	struct rb_root_cached mappings;
};

int pdomain_space_open(struct pdomain_space *space, struct device *dev);
void pdomain_space_close(struct pdomain_space *space);
int pdomain_space_check(struct pdomain_space *space, const struct phyr_domain_map *arg);
struct pdomain_mapping *pdomain_mapping_pin(struct phyr_domain_map *arg);
void pdomain_mapping_drop(struct pdomain_mapping *m);
int pdomain_space_map(struct pdomain_space *space, struct pdomain_mapping *m,
		      const struct phyr_domain_map *arg);
int pdomain_space_unmap(struct pdomain_space *space, struct phyr_domain_unmap *arg);

/* file.c */

/**
 * struct pdomain_function - a PCI function for user space
 * @pdev:	the function, with a reference
 * @bar:	BAR 0
 * @size:	its size in bytes
 * @lock:	protects @gone, @open and @space; not held across page faults, because removal takes
 *		it
 * @gone:	the driver is unbound: the function must not be accessed any more
 * @open:	the file is open; if not, the function was reset and not used since
 * @space:	valid while @open and not @gone
 * @misc:	the device node
 * @name:	its name
 * @ref:	held by the driver and by the open file
 */
struct pdomain_function {
	struct pci_dev *pdev;
	void __iomem *bar;
	resource_size_t size;
	struct mutex lock;	/* protects gone, open and space */
	bool gone;
	bool open;
	struct pdomain_space space;
	struct miscdevice misc;
	char name[32];
	struct kref ref;
};

extern const struct file_operations pdomain_function_fops;
void pdomain_function_end(struct pdomain_function *fn);
void pdomain_function_free(struct kref *ref);

/* reset.c */
void pdomain_function_reset(struct pdomain_function *fn);

#endif /* PHYR_DOMAIN_DOMAIN_H */
