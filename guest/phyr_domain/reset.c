// SPDX-License-Identifier: GPL-2.0
/*
 * A function that changes hands: what one process has it do and know is nothing to the next, nor to
 * the next driver.  As VFIO does; what cannot be reset is handed on as it is, there as here.
 */
#include "domain.h"

static void stop(struct function *fn)
{
	/* What is under way must not come through another domain. */
	pci_clear_master(fn->pdev);
}

static int tell(struct function *fn, int err)
{
	if (err == -EAGAIN)
		return err;
	if (err)
		pci_info(fn->pdev, "has no reset that works (%d)\n", err);
	fn->used = false;
	return 0;
}

/**
 * function_reset - make a function as new
 * @fn:	the function, its lock held
 *
 * Context: May sleep.
 * Return: 0; -EAGAIN if somebody else has the device's lock, such as who unbinds it.
 */
int function_reset(struct function *fn)
{
	stop(fn);
	return tell(fn, pci_try_reset_function(fn->pdev));
}

/**
 * function_reset_locked - the same by who has the device's lock, if there is need
 * @fn:	the function, its lock held
 *
 * Context: May sleep.
 */
void function_reset_locked(struct function *fn)
{
	stop(fn);
	if (fn->used && pci_device_is_present(fn->pdev))
		tell(fn, pci_reset_function_locked(fn->pdev));
}
