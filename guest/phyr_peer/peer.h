/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PHYR_PEER_PEER_H
#define PHYR_PEER_PEER_H

struct pci_dev;

/* pmr.c */
int phyr_peer_enable_pmr(struct pci_dev *pdev);

#endif /* PHYR_PEER_PEER_H */
