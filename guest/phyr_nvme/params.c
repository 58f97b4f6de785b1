// SPDX-License-Identifier: GPL-2.0
/*
 * Module parameters.  They are read when a controller is probed.  The backend of a disk can be
 * changed later with its sysfs attribute.
 */
#include <linux/moduleparam.h>

#include "phyr_nvme.h"

unsigned int pnvme_param_queues;
unsigned int pnvme_param_depth = 256;
unsigned int pnvme_param_max_kib = 128;
unsigned int pnvme_param_sgl_kib;
unsigned int pnvme_param_timeout_s = 30;
unsigned int pnvme_param_dma_bits = 64;
static const struct pnvme_backend *pnvme_backend = &pnvme_backend_sg;

const struct pnvme_backend *pnvme_param_backend(void)
{
	return READ_ONCE(pnvme_backend);
}

struct pnvme_bounds {
	unsigned int *value;
	unsigned int min;
	unsigned int max;
};

static int pnvme_bounded_set(const char *val, const struct kernel_param *kp)
{
	const struct pnvme_bounds *b = kp->arg;
	unsigned int n;
	int err = kstrtouint(val, 0, &n);

	if (err)
		return err;
	if (n < b->min || n > b->max) {
		pr_err("phyr_nvme: %s must be %u..%u\n", kp->name, b->min, b->max);
		return -ERANGE;
	}
	WRITE_ONCE(*b->value, n);
	return 0;
}

static int pnvme_bounded_get(char *buf, const struct kernel_param *kp)
{
	const struct pnvme_bounds *b = kp->arg;

	return sysfs_emit(buf, "%u\n", READ_ONCE(*b->value));
}

static const struct kernel_param_ops pnvme_bounded_ops = {
	.set = pnvme_bounded_set,
	.get = pnvme_bounded_get,
};

#define PNVME_PARAM(name, lo, hi)							\
	static struct pnvme_bounds name##_bounds = { &pnvme_param_##name, lo, hi };	\
	module_param_cb(name, &pnvme_bounded_ops, &name##_bounds, 0644)

PNVME_PARAM(queues, 0, PNVME_MAX_QUEUES);
MODULE_PARM_DESC(queues, "I/O queues, each with its own vector; 0: one a CPU");
PNVME_PARAM(depth, PNVME_MIN_DEPTH, PNVME_MAX_DEPTH);
MODULE_PARM_DESC(depth, "entries of an I/O queue");
PNVME_PARAM(max_kib, PNVME_PAGE_SIZE / 1024, PNVME_MAX_KIB);
MODULE_PARM_DESC(max_kib, "largest command in KiB, whatever the IOMMU or the backend");
PNVME_PARAM(sgl_kib, 0, PNVME_MAX_KIB);
MODULE_PARM_DESC(sgl_kib, "average KiB of a segment from which on a command has an SGL, not PRPs; 0: never");
PNVME_PARAM(timeout_s, 1, 600);
MODULE_PARM_DESC(timeout_s, "seconds after which a command is aborted");

PNVME_PARAM(dma_bits, PNVME_MIN_DMA_BITS, 64);
MODULE_PARM_DESC(dma_bits, "bits of the addresses that the device is said to reach memory by");

static int pnvme_backend_set(const char *val, const struct kernel_param *kp)
{
	const struct pnvme_backend *backend = pnvme_backend_find(val);

	if (!backend) {
		pr_err("phyr_nvme: no such backend: %s\n", val);
		return -EINVAL;
	}
	WRITE_ONCE(pnvme_backend, backend);
	return 0;
}

static int pnvme_backend_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", pnvme_param_backend()->name);
}

static const struct kernel_param_ops pnvme_backend_ops = {
	.set = pnvme_backend_set,
	.get = pnvme_backend_get,
};
module_param_cb(backend, &pnvme_backend_ops, NULL, 0644);
MODULE_PARM_DESC(backend, "how requests are mapped: sg, iter, iova, phyr16, phyr8");
