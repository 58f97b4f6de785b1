/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of phyr_domain.ko share with each other. */
#ifndef DOMAIN_H
#define DOMAIN_H

#include <linux/interval_tree.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/pci.h>

#include "phyr.h"
#include "uapi/phyr_domain.h"

/* main.c */
extern bool domain_allow_unsafe_interrupts;

/* space.c */

struct mapping;

/**
 * struct space - what a device sees of memory
 * @dev:	the device; its driver calls space_close() before it goes
 * @domain:	in force for it
 * @reserved:	addresses that the device has other uses for (struct iommu_resv_region)
 * @mappings:	by address
 */
struct space {
	struct device *dev;
	struct iommu_domain *domain;
	struct list_head reserved;
	struct rb_root_cached mappings;
};

int space_open(struct space *space, struct device *dev);
void space_close(struct space *space);
int space_check(struct space *space, const struct phyr_domain_map *arg);
struct mapping *mapping_pin(struct phyr_domain_map *arg);
void mapping_drop(struct mapping *m);
int space_enter(struct space *space, struct mapping *m, const struct phyr_domain_map *arg);
int space_unmap(struct space *space, struct phyr_domain_unmap *arg);

/* file.c */

/**
 * struct function - a PCI function that user space drives
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
struct function {
	struct pci_dev *pdev;
	void __iomem *bar;
	resource_size_t size;
	struct mutex lock;	/* all that follows but the node */
	bool gone;
	bool open;
	struct space space;
	struct miscdevice misc;
	char name[32];
	struct kref ref;
};

extern const struct file_operations function_fops;
void function_end(struct function *fn);
void function_free(struct kref *ref);

/* reset.c */
void function_reset(struct function *fn);

#endif /* DOMAIN_H */
