// SPDX-License-Identifier: GPL-2.0
/*
 * Routes that are known: how a device reaches a peer's BAR.  To ask the kernel costs a mapping on
 * trial, or a walk through the PCI tree; the answer is the same for every address of the BAR until
 * a driver or a device comes or goes.  Nothing is held: an entry is a range of addresses, and all
 * are forgotten then.
 */
#include <linux/pci.h>
#include <linux/seqlock.h>

#include "dma.h"

#define ROUTES	16	/* known at a time; the oldest goes */

struct phyr_known_route {
	const struct device *dev;
	struct phyr_route_to to;
};

static DEFINE_SEQLOCK(lock);
static struct phyr_known_route known[ROUTES];
static unsigned int next;
static unsigned long age;	/* how often everything was forgotten */

/**
 * phyr_route_find - is a route known?
 * @dev:	the device that is to reach it
 * @addr:	physical address
 * @to:		receives the route; if it is not known, @to->age alone, for phyr_route_save()
 *
 * Context: Any but interrupts.
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
 * phyr_route_save - remember a route, unless something has changed since it was asked for
 * @dev:	the device
 * @to:		the route, with the age of before
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
 * phyr_route_forget - forget all routes
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

/* Whatever happened: it is rare. */
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
