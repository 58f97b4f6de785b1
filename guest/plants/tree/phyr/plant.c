// SPDX-License-Identifier: GPL-2.0
/* Selection of a planted defect (phyr_plant.h), and code common to several. */
#include <linux/export.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "dma/dma.h"
#include "phyr_plant.h"
#include "plant_names.h"

static int plant_now;

bool phyr_planted(enum phyr_plant plant)
{
	return READ_ONCE(plant_now) == plant;
}
EXPORT_SYMBOL_GPL(phyr_planted);

void phyr_plant_rob(struct device *dev, struct phyr_map *map)
{
	struct phyr_map copy = *map;

	/* BORROWED: phyr_dma_unmap() will not unmap it again. */
	if (copy.shape == PHYR_SHAPE_SINGLE &&
	    xchg(&map->how, PHYR_HOW_BORROWED) != PHYR_HOW_BORROWED)
		phyr_dma_unmap(dev, &copy);
}
EXPORT_SYMBOL_GPL(phyr_plant_rob);

static int phyr_plant_set(const char *val, const struct kernel_param *kp)
{
	int plant = sysfs_match_string(plant_names, val);

	if (plant < 0)
		return plant;
	WRITE_ONCE(plant_now, plant);
	if (plant)
		pr_notice("phyr: planted defect: %s\n", plant_names[plant]);
	return 0;
}

static int phyr_plant_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", plant_names[READ_ONCE(plant_now)]);
}

static const struct kernel_param_ops plant_ops = {
	.set = phyr_plant_set,
	.get = phyr_plant_get,
};

module_param_cb(plant, &plant_ops, NULL, 0600);
MODULE_PARM_DESC(plant, "Defect to plant, by its name in guest/plants; none for none");
