// SPDX-License-Identifier: GPL-2.0
/* User memory for DMA: pinned if it has struct pages, else leased from its exporter. */
#include "ctl.h"

/**
 * pnvme_memory_get - pin or lease user memory and describe it by a list
 * @mem:	receives it
 * @addr:	user address in the current process
 * @len:	bytes, not 0
 * @write:	the device will write to the memory
 * @gup_flags:	FOLL_LONGTERM or FOLL_PCI_P2PDMA
 * @revoke:	for leased memory, see struct phyr_lease; NULL if it is used only between
 *		pnvme_memory_enter() and pnvme_memory_leave()
 *
 * Context: May sleep.
 * Return: 0, or an error of phyr_list_pin_user(), or of phyr_list_from_pfnmap() for memory that is
 * mapped by page frame.
 */
int pnvme_memory_get(struct pnvme_memory *mem, u64 addr, u64 len, bool write,
		     unsigned int gup_flags, void (*revoke)(struct phyr_lease *lease))
{
	int err, lent;

	phyr_list_init(&mem->list, PHYR_PACKED);
	err = phyr_list_pin_user(&mem->list, addr, len, gup_flags | (write ? FOLL_WRITE : 0));
	mem->pinned = !err;
	if (err != -EFAULT)
		return err;

	phyr_lease_init(&mem->lease, revoke);
	lent = phyr_list_from_pfnmap(&mem->list, &mem->lease, addr, len, write,
				     GFP_KERNEL_ACCOUNT);
	return lent == -EINVAL ? err : lent;	/* EINVAL: not mapped by page frame */
}

/**
 * pnvme_memory_put - unpin memory, or end its lease
 * @mem:	the memory; not mapped, and without users
 * @dirty:	the device may have written to it
 *
 * Context: May sleep; waits for a running revocation.
 */
void pnvme_memory_put(struct pnvme_memory *mem, bool dirty)
{
	if (mem->pinned) {
		phyr_list_unpin_user(&mem->list, dirty);
	} else {
		phyr_lease_put(&mem->lease);
		phyr_list_destroy(&mem->list);
	}
}
