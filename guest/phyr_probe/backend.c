// SPDX-License-Identifier: GPL-2.0
/* Mappings by any backend. */
#include <linux/slab.h>

#include "probe.h"

static const struct pprobe_backend *const backends[] = {
	[PHYR_PROBE_SG]		= &pprobe_backend_sg,
	[PHYR_PROBE_PAGE]	= &pprobe_backend_page,
	[PHYR_PROBE_IOVA]	= &pprobe_backend_iova,
	[PHYR_PROBE_RAW]	= &pprobe_backend_raw,
	[PHYR_PROBE_ITER]	= &pprobe_backend_iter,
	[PHYR_PROBE_PHYR16]	= &pprobe_backend_phyr16,
	[PHYR_PROBE_PHYR8]	= &pprobe_backend_phyr8,
	[PHYR_PROBE_REGISTERED]	= &pprobe_backend_reg,
};

/**
 * pprobe_mapping_init - prepare a mapping
 * @m:		initialised by this call; freed with pprobe_mapping_exit()
 * @dev:	the device
 * @mem:	the memory, freed by the caller
 * @backend:	PHYR_PROBE_SG ...
 * @direction:	PHYR_PROBE_TO_DEVICE or PHYR_PROBE_FROM_DEVICE
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM; -EOPNOTSUPP if the backend does not support the memory; for
 * PHYR_PROBE_REGISTERED also an error of the mapping.
 */
int pprobe_mapping_init(struct pprobe_mapping *m, struct device *dev,
			const struct pprobe_memory *mem, u32 backend, u32 direction)
{
	int err;

	memset(m, 0, sizeof(*m));
	m->dev = dev;
	m->mem = mem;
	m->ops = backends[backend];
	m->dir = direction == PHYR_PROBE_TO_DEVICE ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
	m->prp = kvcalloc(mem->npages, sizeof(*m->prp), GFP_KERNEL_ACCOUNT);
	if (!m->prp)
		return -ENOMEM;
	err = m->ops->init(m);
	if (err)
		kvfree(m->prp);
	return err;
}

/**
 * pprobe_mapping_release - free the backend's data, but keep prp[]
 * @m: the mapping, not mapped; pprobe_mapping_exit() must still be called
 *
 * Context: May sleep.
 */
void pprobe_mapping_release(struct pprobe_mapping *m)
{
	if (m->ops)
		m->ops->exit(m);
	m->ops = NULL;
}

void pprobe_mapping_exit(struct pprobe_mapping *m)
{
	pprobe_mapping_release(m);
	kvfree(m->prp);
}
