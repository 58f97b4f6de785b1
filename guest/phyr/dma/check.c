// SPDX-License-Identifier: GPL-2.0
/*
 * Debugging: the parameter "check" verifies the decision for PHYR_SHAPE_SAME, which is made in O(1)
 * from summary members of the list.  Each chunk is mapped with the DMA API, which must give the
 * same address.
 */
#include <linux/dma-mapping.h>
#include <linux/moduleparam.h>

#include "dma.h"

DEFINE_STATIC_KEY_FALSE(phyr_checking);

static bool check;
static atomic_long_t checked = ATOMIC_LONG_INIT(0);

static int phyr_check_set(const char *val, const struct kernel_param *kp)
{
	int err = param_set_bool(val, kp);

	if (err)
		return err;
	if (check)
		static_branch_enable(&phyr_checking);
	else
		static_branch_disable(&phyr_checking);
	return 0;
}

static const struct kernel_param_ops check_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = phyr_check_set,
	.get = param_get_bool,
};

module_param_cb(check, &check_ops, &check, 0644);
MODULE_PARM_DESC(check, "Check each chunk of a list that is mapped as it is, by the DMA API (slow)");

static int phyr_checked_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%ld\n", atomic_long_read(&checked));
}

/* Needed because insmod calls .set of any parameter that it is given. */
static int phyr_checked_set(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops checked_ops = {
	.set = phyr_checked_set,
	.get = phyr_checked_get,
};

module_param_cb(checked, &checked_ops, NULL, 0444);
MODULE_PARM_DESC(checked, "Pieces of chunks that have been checked");

/* Get the DMA API's bus address of a piece: map and unmap it. */
static int phyr_check_dma_addr(struct device *dev, const struct phys_vec *vec,
			       enum dma_data_direction dir, unsigned long attrs, dma_addr_t *addr)
{
	attrs |= DMA_ATTR_SKIP_CPU_SYNC;
	*addr = dma_map_phys(dev, vec->paddr, vec->len, dir, attrs);
	if (dma_mapping_error(dev, *addr))
		return -EIO;
	dma_unmap_phys(dev, *addr, vec->len, dir, attrs);
	return 0;
}

/*
 * The same for P2P by bus address.  All pages of a chunk have one owner, so the first one is
 * enough.
 */
static int phyr_check_bus_addr(struct device *dev, const struct phyr_list *list,
			       const struct phys_vec *vec, dma_addr_t *addr)
{
	enum phyr_route route;
	u64 bias;
	int err = phyr_p2p_route(dev, list, vec->paddr, &route, &bias);

	if (err)
		return err;
	*addr = vec->paddr + bias;
	return route == PHYR_ROUTE_BUS ? 0 : -EIO;
}

/**
 * phyr_check_same - compare a mapping of shape SAME with the DMA API
 * @dev:	the device
 * @map:	the mapping
 * @dir:	direction of the transfer
 * @attrs:	DMA_ATTR_* of the mapping, with those that the memory needs
 * @on_bus:	P2P memory by bus address
 *
 * A difference is a bug of phyr.ko or of a driver.  It causes a WARN and the mapping fails.
 *
 * Context: Any.
 * Return: 0, or -EIO with nothing mapped.
 */
int phyr_check_same(struct device *dev, struct phyr_map *map, enum dma_data_direction dir,
		    unsigned long attrs, bool on_bus)
{
	struct phyr_slice whole = { .list = map->list, .len = map->len };
	struct phyr_slice_iter it;
	dma_addr_t addr;
	int err;

	phyr_slice_iter_init(&it, &whole, min(dma_max_mapping_size(dev), SZ_1G), U64_MAX);
	while (phyr_slice_iter_next(&it)) {
		u64 want = it.cur.paddr + map->addr;

		addr = DMA_MAPPING_ERROR;
		err = on_bus ? phyr_check_bus_addr(dev, map->list, &it.cur, &addr) :
			       phyr_check_dma_addr(dev, &it.cur, dir, attrs, &addr);
		if (WARN(err || addr != want,
			 "phyr: %s: %pa +%#zx would be given to the device as %#llx; the DMA API says %pad, error %d\n",
			 dev_name(dev), &it.cur.paddr, it.cur.len, want, &addr, err)) {
			map->shape = PHYR_SHAPE_NONE;
			return -EIO;
		}
		atomic_long_inc(&checked);
	}
	return 0;
}
