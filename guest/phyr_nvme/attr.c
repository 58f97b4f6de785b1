// SPDX-License-Identifier: GPL-2.0
/* The sysfs attribute /sys/block/phyrN/backend. */
#include <linux/blkdev.h>

#include "phyr_nvme.h"

static struct pnvme_ctrl *pnvme_dev_ctrl(struct device *dev)
{
	return dev_to_disk(dev)->private_data;
}

static ssize_t backend_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", READ_ONCE(pnvme_dev_ctrl(dev)->backend)->name);
}

/*
 * While the queue is frozen, no request is mapped, so a request is always unmapped by the backend
 * that mapped it.  No lock of the driver is held, so that a timeout can still complete a stuck
 * request.
 */
static ssize_t backend_store(struct device *dev, struct device_attribute *attr, const char *buf,
			     size_t count)
{
	const struct pnvme_backend *backend = pnvme_backend_find(buf);
	struct pnvme_ctrl *ctrl = pnvme_dev_ctrl(dev);
	struct request_queue *queue = dev_to_disk(dev)->queue;
	unsigned int memflags;

	if (!backend)
		return -EINVAL;
	memflags = blk_mq_freeze_queue(queue);
	pnvme_backend_use(ctrl, backend);
	blk_mq_unfreeze_queue(queue, memflags);
	return count;
}
static DEVICE_ATTR_RW(backend);

static struct attribute *pnvme_disk_attrs[] = {
	&dev_attr_backend.attr,
	NULL
};

static const struct attribute_group pnvme_disk_group = {
	.attrs = pnvme_disk_attrs,
};

const struct attribute_group *pnvme_disk_groups[] = {
	&pnvme_disk_group,
	NULL
};
