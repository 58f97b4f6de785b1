// SPDX-License-Identifier: GPL-2.0
/*
 * Reset of a function between users, so that DMA and data of one process do not leak to the next
 * process or driver.  It is reset when it is bound and when its file is closed.  As with VFIO, a
 * function that has no working reset is used as it is.
 */
#include "domain.h"

/**
 * pdomain_function_reset - stop DMA of a function and reset it
 * @fn:	the function; the device lock is held
 *
 * Context: May sleep.
 */
void pdomain_function_reset(struct pdomain_function *fn)
{
	struct pci_dev *bridge = pci_upstream_bridge(fn->pdev);
	int err;

	/* DMA in flight must not reach the next domain. */
	pci_clear_master(fn->pdev);
	if (!pci_device_is_present(fn->pdev))
		return;
	/* The reset may be a bus reset, which writes the bridge's configuration. */
	if (bridge)
		pci_cfg_access_lock(bridge);
	err = pci_reset_function_locked(fn->pdev);
	if (bridge)
		pci_cfg_access_unlock(bridge);
	if (err)
		pci_info(fn->pdev, "has no reset that works (%d)\n", err);
}
