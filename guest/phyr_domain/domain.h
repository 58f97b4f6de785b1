/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of phyr_domain.ko share with each other. */
#ifndef PHYR_DOMAIN_DOMAIN_H
#define PHYR_DOMAIN_DOMAIN_H

#include <linux/interval_tree.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/pci.h>

#include "phyr.h"
#include "uapi/phyr_domain.h"

/* main.c */

/* space.c */

struct pdomain_mapping;

/**
 * struct pdomain_space - what a device sees of memory
 * @dev:	the device; its driver calls pdomain_space_close() before it goes
 * @domain:	in force for it
 * @reserved:	addresses that the device has other uses for (struct iommu_resv_region)
 * @mappings:	by address
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
 * struct pdomain_function - a PCI function that user space drives
 * @pdev:	the function, held
 * @bar:	its registers
 * @size:	bytes of them
 * @lock:	of what follows; not held over page faults of a process, for removal waits for it
 * @gone:	the function has another owner: it is not touched any more
 * @open:	somebody has it; else it is as a reset has left it
 * @space:	while it is open and not gone
 * @misc:	its node
 * @name:	of the node
 * @ref:	the driver and the file that has it open
 */
struct pdomain_function {
	struct pci_dev *pdev;
	void __iomem *bar;
	resource_size_t size;
	struct mutex lock;	/* all that follows but the node */
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
