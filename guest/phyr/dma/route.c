// SPDX-License-Identifier: GPL-2.0
/*
 * Cache of routes to peers' BARs.  Finding a route costs a mapping or a walk through the PCI tree.
 * It is the same for all addresses of a BAR until a PCI device or driver is added or removed; then
 * the whole cache is invalidated.  Entries hold no references.
 */
#include <linux/pci.h>
#include <linux/seqlock.h>

#include "dma.h"

#define ROUTES	16	/* the oldest entry is replaced */

struct phyr_known_route {
	const struct device *dev;
	struct phyr_route_to to;
};

static DEFINE_SEQLOCK(lock);
static struct phyr_known_route known[ROUTES];
static unsigned int next;
static unsigned long age;	/* number of invalidations */

/**
 * phyr_route_find - look a route up in the cache
 * @dev:	the device that accesses the memory
 * @addr:	physical address
 * @to:		receives the route; if it is not cached, only @to->age, for phyr_route_save()
 *
 * Context: Any but interrupts.
 * Return: true if it is cached.
 */
bool phyr_route_find(const struct device *dev, phys_addr_t addr, struct phyr_route_to *to)
{
	unsigned int seq, i;
	bool found;

	do {
		seq = read_seqbegin(&lock);
		found = false;
		for (i = 0; i < ROUTES && !found; i++) {
			const struct phyr_known_route *k = &known[i];

			found = k->dev == dev && addr >= k->to.first && addr <= k->to.last;
			if (found)
				*to = k->to;
		}
		to->age = age;
	} while (read_seqretry(&lock, seq));
	return found;
}

/**
 * phyr_route_save - add a route, unless the cache was invalidated since phyr_route_find()
 * @dev:	the device
 * @to:		the route, with @to->age from phyr_route_find()
 *
 * Context: Any but interrupts.
 */
void phyr_route_save(const struct device *dev, const struct phyr_route_to *to)
{
	write_seqlock(&lock);
	if (to->age == age) {
		known[next] = (struct phyr_known_route){ .dev = dev, .to = *to };
		next = (next + 1) % ROUTES;
	}
	write_sequnlock(&lock);
}

/**
 * phyr_route_forget - invalidate the cache
 *
 * Context: Any but interrupts.
 */
void phyr_route_forget(void)
{
	write_seqlock(&lock);
	memset(known, 0, sizeof(known));
	age++;
	write_sequnlock(&lock);
}

/* All PCI bus events are rare: invalidate for any of them. */
static int phyr_route_changed(struct notifier_block *nb, unsigned long action, void *dev)
{
	phyr_route_forget();
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = phyr_route_changed };

int phyr_route_init(void)
{
	return bus_register_notifier(&pci_bus_type, &notifier);
}

void phyr_route_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &notifier);
}
