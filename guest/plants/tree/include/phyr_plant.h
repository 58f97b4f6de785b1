/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Planted defects: ways to break DMA mapping on purpose, so that every oracle can be shown to
 * notice.  Each is a patch of guest/plants, which says what it breaks; a file that one of them
 * changes includes this.  The one switch is phyr.ko's parameter "plant", which root may write at
 * run time; it holds for all modules.
 */
#ifndef PHYR_PLANT_H
#define PHYR_PLANT_H

#include <linux/types.h>

#include "phyr_plants.h"

struct device;
struct phyr_map;

/**
 * phyr_planted - is this defect switched on?
 * @plant:	the defect
 *
 * Context: Any.
 * Return: true if it is.
 */
bool phyr_planted(enum phyr_plant plant);

/**
 * phyr_plant_rob - take the IOMMU's translations of a mapping away, once
 * @dev:	the device
 * @map:	the mapping, which stays as it is in all else, and is not unmapped again
 *
 * Nothing happens where the device sees physical addresses.
 *
 * Context: Any.
 */
void phyr_plant_rob(struct device *dev, struct phyr_map *map);

#endif /* PHYR_PLANT_H */
