/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A backend maps the data of requests.  It keeps the state that it needs to unmap in its part of
 * struct pnvme_iod.
 */
#ifndef PHYR_NVME_BACKEND_H
#define PHYR_NVME_BACKEND_H

#include <linux/blk_types.h>
#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

#include "phyr.h"

struct pnvme_ctrl;
struct pnvme_iod;
struct pnvme_dptr;
struct request;

/**
 * struct pnvme_backend - operations, one instance a backend
 * @name:	value of the module parameter
 * @map:	map the data of @rq and pass every DMA range, in order, to pnvme_dptr_add(); nothing
 *		is mapped after an error.  BLK_STS_RESOURCE: try again later; BLK_STS_INVAL: the
 *		device cannot reach the memory
 * @unmap:	undo @map; called once, after the device has finished
 *
 * Context: @map must not sleep; @unmap is also called from hard interrupts.
 */
struct pnvme_backend {
	const char *name;
	blk_status_t (*map)(struct pnvme_ctrl *ctrl, struct request *rq, struct pnvme_iod *iod,
			    struct pnvme_dptr *dptr);
	void (*unmap)(struct pnvme_ctrl *ctrl, struct request *rq, struct pnvme_iod *iod);
};

extern const struct pnvme_backend pnvme_backend_sg;
extern const struct pnvme_backend pnvme_backend_iter;
extern const struct pnvme_backend pnvme_backend_iova;
extern const struct pnvme_backend pnvme_backend_phyr16;
extern const struct pnvme_backend pnvme_backend_phyr8;

#define PNVME_NR_BACKENDS	5

extern const struct pnvme_backend *const pnvme_backends[PNVME_NR_BACKENDS];

const struct pnvme_backend *pnvme_backend_find(const char *name);
void pnvme_backend_use(struct pnvme_ctrl *ctrl, const struct pnvme_backend *backend);

/* Entries without allocation: enough for 4 KiB at any offset. */
#define PNVME_SG_INLINE		2

/**
 * struct pnvme_sg - state of backend sg
 * @table:	the mapped scatterlist
 * @first:	its first entries
 * @allocated:	entries that @table was allocated with
 */
struct pnvme_sg {
	struct sg_table table;
	struct scatterlist first[PNVME_SG_INLINE];
	unsigned int allocated;
};

/**
 * struct pnvme_range - one mapping of dma_map_phys()
 * @addr:	the device's address
 * @len:	bytes
 */
struct pnvme_range {
	dma_addr_t addr;
	u32 len;
};

/**
 * struct pnvme_ranges - state of backends iter and iova
 * @state:	the IOVA, in use if dma_use_iova()
 * @len:	bytes linked in @state
 * @attrs:	DMA_ATTR_* of the mapping
 * @nr:		used entries of @vec
 * @one:	the range, if there is only one
 * @vec:	ranges to unmap, from pnvme_ctrl.range_pool; NULL if @one is enough
 */
struct pnvme_ranges {
	struct dma_iova_state state;
	u32 len;
	u32 attrs;
	u32 nr;
	struct pnvme_range one;
	struct pnvme_range *vec;
};

/**
 * struct pnvme_phyr - state of backends phyr16 and phyr8
 * @list:	the data
 * @map:	its mapping
 */
struct pnvme_phyr {
	struct phyr_list list;
	struct phyr_map map;
};

/* ranges.c */
void pnvme_ranges_init(struct pnvme_ranges *r, unsigned long attrs);
bool pnvme_ranges_save(struct pnvme_ctrl *ctrl, struct pnvme_ranges *r, dma_addr_t addr, u32 len);
void pnvme_ranges_unmap(struct pnvme_ctrl *ctrl, struct pnvme_ranges *r,
			enum dma_data_direction dir);

/**
 * enum pnvme_p2p - how a device reaches a page of another device's memory
 * @PNVME_P2P_NONE:	not P2P memory
 * @PNVME_P2P_BUS:	by its bus address, without a mapping
 * @PNVME_P2P_BRIDGE:	through the host bridge, mapped with DMA_ATTR_MMIO
 * @PNVME_P2P_REFUSED:	not at all
 */
enum pnvme_p2p {
	PNVME_P2P_NONE,
	PNVME_P2P_BUS,
	PNVME_P2P_BRIDGE,
	PNVME_P2P_REFUSED,
};

/* p2p.c */
enum pnvme_p2p pnvme_p2p_kind(struct device *dev, struct page *page, u64 *bus_offset);

#endif /* PHYR_NVME_BACKEND_H */
