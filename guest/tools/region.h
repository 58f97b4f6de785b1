/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of region share with each other. */
#ifndef REGION_H
#define REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "../include/uapi/phyr_region.h"
#include "dmacopy.h"

#define MAX_TIMES	64

/* Each 0 or an errno. */
int region_register(int fd, uint64_t addr, uint64_t len, uint32_t access, uint32_t how,
		    struct phyr_region_register *out);
int region_use(int fd, uint32_t key, uint32_t op, uint64_t offset, uint64_t *ended);
int region_deregister(int fd, uint32_t key, uint64_t *ended);

/* region_cost.c: returns the exit code */
int cost(int fd, struct memory *m, unsigned int times);

#endif /* REGION_H */
