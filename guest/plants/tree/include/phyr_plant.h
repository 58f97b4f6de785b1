/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Planted defects: deliberate bugs in DMA mapping, to test the oracles.  Each is a patch in
 * guest/plants that includes this header.  phyr.ko's parameter "plant", writable by root, selects
 * one for all modules.
 */
#ifndef PHYR_PLANT_H
#define PHYR_PLANT_H

#include <linux/types.h>

#include "phyr_plants.h"

struct device;
struct phyr_map;

/**
 * phyr_planted - is a defect selected?
 * @plant:	the defect
 *
 * Context: Any.
 * Return: true if it is.
 */
bool phyr_planted(enum phyr_plant plant);

/**
 * phyr_plant_rob - remove the IOMMU's translations of a mapping, once
 * @dev:	the device
 * @map:	the mapping; marked so that it is not unmapped again
 *
 * Does nothing for a device that uses physical addresses.
 *
 * Context: Any.
 */
void phyr_plant_rob(struct device *dev, struct phyr_map *map);

#endif /* PHYR_PLANT_H */
