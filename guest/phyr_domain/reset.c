// SPDX-License-Identifier: GPL-2.0
/*
 * A function that changes hands: what one process has it do and know is nothing to the next, nor to
 * the next driver.  It is reset when it is bound and whenever a process lets go of it.  As VFIO
 * does; what cannot be reset is handed on as it is, there as here.
 */
#include "domain.h"

/**
 * pdomain_function_reset - make a function as new
 * @fn:	the function, its device's lock held
 *
 * Context: May sleep.
 */
void pdomain_function_reset(struct pdomain_function *fn)
{
	struct pci_dev *bridge = pci_upstream_bridge(fn->pdev);
	int err;

	/* What is under way must not come through another domain. */
	pci_clear_master(fn->pdev);
	if (!pci_device_is_present(fn->pdev))
		return;
	/* It may have to reset the bus, and so write the bridge's configuration. */
	if (bridge)
		pci_cfg_access_lock(bridge);
	err = pci_reset_function_locked(fn->pdev);
	if (bridge)
		pci_cfg_access_unlock(bridge);
	if (err)
		pci_info(fn->pdev, "has no reset that works (%d)\n", err);
}
