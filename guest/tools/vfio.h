/* SPDX-License-Identifier: GPL-2.0 */
/* VFIO as several programs use it. */
#ifndef TOOLS_VFIO_H
#define TOOLS_VFIO_H

/* Opens the VFIO group of a PCI function (DDDD:BB:DD.F); a group is opened once at a time. -1 and errno if it cannot be. */
int vfio_group_of(const char *bdf);

#endif
