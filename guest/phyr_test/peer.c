// SPDX-License-Identifier: GPL-2.0
/*
 * Peers: devices that provide P2P memory, and the route from the test's device to them.  The
 * expected route is computed from the PCI tree and the CPU model, unlike in phyr.ko, which asks the
 * kernel.
 */
#include <linux/pci-p2pdma.h>
#ifdef CONFIG_X86
#include <asm/cpu_device_id.h>
#include <asm/processor.h>
#endif

#include "test.h"

#define PEER_LEN	SZ_64K

/* Does ACS of this port redirect P2P traffic upstream? */
static bool ptest_peer_redirects(struct pci_dev *port)
{
	int at = pci_find_ext_capability(port, PCI_EXT_CAP_ID_ACS);
	u16 ctrl = 0;

	if (at)
		pci_read_config_word(port, at + PCI_ACS_CTRL, &ctrl);
	return ctrl & (PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_EC);
}

/* No port between a device and @to, @to excluded, redirects. */
static bool ptest_peer_no_redirect(struct pci_dev *from, const struct pci_dev *to)
{
	for (from = pci_upstream_bridge(from); from && from != to; from = pci_upstream_bridge(from))
		if (ptest_peer_redirects(from))
			return false;
	return true;
}

static enum ptest_route ptest_peer_route_to(struct pci_dev *us, struct pci_dev *peer)
{
	struct pci_dev *a, *b;

	for (a = pci_upstream_bridge(us); a; a = pci_upstream_bridge(a))
		for (b = pci_upstream_bridge(peer); b; b = pci_upstream_bridge(b))
			if (a == b)
				goto common;
common:
	if (a && ptest_peer_no_redirect(us, a) && ptest_peer_no_redirect(peer, a))
		return PTEST_ROUTE_BUS;
#ifdef CONFIG_X86
	/* The kernel trusts the host bridges of AMD CPUs from Zen on. */
	if (boot_cpu_data.x86_vendor == X86_VENDOR_AMD && boot_cpu_data.x86 >= 0x17)
		return PTEST_ROUTE_HOST;
#endif
	return PTEST_ROUTE_NONE;
}

static bool ptest_peer_offers_memory(struct pci_dev *pdev)
{
	return pdev->dev.driver && !strcmp(pdev->dev.driver->name, "phyr_peer");
}

/**
 * ptest_peer_get - find a peer with a given route and allocate P2P memory
 * @t:		the test
 * @peer:	receives the memory; freed with ptest_peer_put()
 * @route:	an enum ptest_route, or -1 for any
 * @other_than:	a peer to exclude, or NULL
 *
 * Return: false if there is none.
 */
bool ptest_peer_get(struct ptest *t, struct ptest_peer *peer, int route, struct pci_dev *other_than)
{
	struct pci_dev *pdev = NULL;
	struct page *page;

	while ((pdev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, pdev))) {
		if (pdev == other_than || !ptest_peer_offers_memory(pdev))
			continue;
		if (route >= 0 && ptest_peer_route_to(to_pci_dev(t->dev), pdev) != route)
			continue;
		peer->mem = pci_alloc_p2pmem(pdev, PEER_LEN);
		if (!peer->mem)
			continue;
		page = virt_to_page(peer->mem);
		peer->pdev = pdev;
		peer->len = PEER_LEN;
		peer->phys = page_to_phys(page);
		peer->bus = pci_p2pmem_virt_to_bus(pdev, peer->mem);
		peer->provider = page_pgmap(page);
		return true;
	}
	peer->mem = NULL;
	return false;
}

void ptest_peer_put(struct ptest_peer *peer)
{
	if (!peer->mem)
		return;
	pci_free_p2pmem(peer->pdev, peer->mem, peer->len);
	pci_dev_put(peer->pdev);
	peer->mem = NULL;
}

/* Make a list of two chunks of P2P memory with a gap of a page. */
int ptest_peer_list(struct phyr_list *list, const struct ptest_peer *peer, u64 from, u64 len)
{
	int err = phyr_list_append(list, PHYR_MEM_P2P, peer->provider, peer->phys + from, len,
				   GFP_KERNEL);

	if (!err)
		err = phyr_list_append(list, PHYR_MEM_P2P, peer->provider,
				       peer->phys + from + len + PAGE_SIZE, PAGE_SIZE, GFP_KERNEL);
	return err;
}
