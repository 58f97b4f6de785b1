/* SPDX-License-Identifier: GPL-2.0 */
/* VFIO, for several programs. */
#ifndef TOOLS_VFIO_H
#define TOOLS_VFIO_H

/* Opens the VFIO group of a PCI function (DDDD:BB:DD.F), which can be open only once. Returns -1 with errno set on error. */
int vfio_group_of(const char *bdf);

#endif
