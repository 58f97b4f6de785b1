// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the modules under test have allocated and not freed.  The kernel's tracepoints show
 * every kmalloc() with its call site and every kfree(), so nothing depends on what the modules say
 * of themselves.  Slab caches of their own have counters in sysfs and are not followed here.
 *
 * Memory freed by kfree_rcu() or kfree_bulk() passes no tracepoint and would be reported as left.
 * The modules do not use them.
 */
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "probe.h"

#define PPROBE_LIVE_OBJECTS	16384
#define PPROBE_LIVE_BITS	12
#define PPROBE_SITE_BITS	12
#define PPROBE_SITE_PROBES	4

/* Kernel addresses have this bit set; a known site that is of no interest is stored without it. */
#define PPROBE_SITE_OURS	BIT(BITS_PER_LONG - 1)

/**
 * struct pprobe_live_object - an object that was allocated
 * @ptr:	its address, 0 if the entry is free
 * @site:	who allocated it
 * @bytes:	size asked for
 * @next:	index of the next entry of the bucket or of the free list, 0 at its end
 */
struct pprobe_live_object {
	unsigned long ptr;
	unsigned long site;
	u32 bytes;
	u32 next;
};

static DEFINE_MUTEX(live_mutex);	/* start, read, stop */
static DEFINE_RAW_SPINLOCK(live_lock);
static struct {
	bool on;
	u32 free;
	u32 bucket[1 << PPROBE_LIVE_BITS];
	unsigned long site[1 << PPROBE_SITE_BITS];
	u64 objects, bytes, lost;
	/* Entry 0 is not used. */
	struct pprobe_live_object *object;
} live;

static bool pprobe_live_look_up(unsigned long site)
{
	char name[KSYM_SYMBOL_LEN];
	const char *module;

	snprintf(name, sizeof(name), "%ps", (void *)site);
	module = strrchr(name, '[');
	return module && !strncmp(module, "[phyr", 5) && strncmp(module, "[phyr_probe]", 12);
}

/* Is this call in a module under test?  A symbol is looked up once for most sites. */
static bool pprobe_live_is_ours(unsigned long site)
{
	u32 at = hash_long(site, PPROBE_SITE_BITS);
	u32 i, slot = at;
	bool ours;

	for (i = 0; i < PPROBE_SITE_PROBES; i++) {
		unsigned long known;

		slot = (at + i) & (ARRAY_SIZE(live.site) - 1);
		known = READ_ONCE(live.site[slot]);
		if (!known)
			break;
		if ((known | PPROBE_SITE_OURS) == site)
			return known & PPROBE_SITE_OURS;
	}
	ours = pprobe_live_look_up(site);
	WRITE_ONCE(live.site[slot], ours ? site : site & ~PPROBE_SITE_OURS);
	return ours;
}

static u32 *pprobe_live_bucket(const void *ptr)
{
	return &live.bucket[hash_ptr((void *)ptr, PPROBE_LIVE_BITS)];
}

static void pprobe_live_on_kmalloc(void *data, unsigned long site, const void *ptr, size_t asked,
				   size_t got, gfp_t gfp, int node)
{
	struct pprobe_live_object *object;
	unsigned long flags;
	u32 at, *bucket;

	if (ZERO_OR_NULL_PTR(ptr) || !pprobe_live_is_ours(site))
		return;
	raw_spin_lock_irqsave(&live_lock, flags);
	at = live.free;
	if (at) {
		object = &live.object[at];
		live.free = object->next;
		bucket = pprobe_live_bucket(ptr);
		object->ptr = (unsigned long)ptr;
		object->site = site;
		object->bytes = asked;
		object->next = *bucket;
		WRITE_ONCE(*bucket, at);
		live.objects++;
		live.bytes += object->bytes;
	} else {
		live.lost++;
	}
	raw_spin_unlock_irqrestore(&live_lock, flags);
}

static void pprobe_live_on_kfree(void *data, unsigned long site, const void *ptr)
{
	u32 at, *link = pprobe_live_bucket(ptr);
	unsigned long flags;

	/* Nearly all frees are of others.  Whoever frees an object of ours saw its allocation. */
	if (!READ_ONCE(*link))
		return;
	raw_spin_lock_irqsave(&live_lock, flags);
	for (; (at = *link); link = &live.object[at].next) {
		struct pprobe_live_object *object = &live.object[at];

		if (object->ptr != (unsigned long)ptr)
			continue;
		WRITE_ONCE(*link, object->next);
		live.objects--;
		live.bytes -= object->bytes;
		object->ptr = 0;
		object->next = live.free;
		live.free = at;
		break;
	}
	raw_spin_unlock_irqrestore(&live_lock, flags);
}

static struct {
	const char *name;
	void *call;
	struct tracepoint *tp;
} points[] = {
	{ "kfree", pprobe_live_on_kfree },
	{ "kmalloc", pprobe_live_on_kmalloc },
};

static void pprobe_live_detach(int nr)
{
	while (nr--)
		tracepoint_probe_unregister(points[nr].tp, points[nr].call, NULL);
	tracepoint_synchronize_unregister();
}

static int pprobe_live_attach(void)
{
	int i, err = -ENOENT;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		points[i].tp = pprobe_kernel_point(points[i].name);
		if (points[i].tp)
			err = tracepoint_probe_register(points[i].tp, points[i].call, NULL);
		if (!points[i].tp || err) {
			pprobe_live_detach(i);
			return err;
		}
	}
	return 0;
}

static void pprobe_live_forget(void)
{
	unsigned long flags;
	u32 i;

	raw_spin_lock_irqsave(&live_lock, flags);
	memset(live.bucket, 0, sizeof(live.bucket));
	memset(live.site, 0, sizeof(live.site));
	live.objects = 0;
	live.bytes = 0;
	live.lost = 0;
	for (i = 1; i < PPROBE_LIVE_OBJECTS; i++) {
		live.object[i].ptr = 0;
		live.object[i].next = (i + 1) % PPROBE_LIVE_OBJECTS;
	}
	live.free = 1;
	raw_spin_unlock_irqrestore(&live_lock, flags);
}

static int pprobe_live_start(void)
{
	int err;

	if (!live.object)
		live.object = vcalloc(PPROBE_LIVE_OBJECTS, sizeof(*live.object));
	if (!live.object)
		return -ENOMEM;
	pprobe_live_forget();
	/* Attaching is slow in an emulated guest: keep the tracepoints attached. */
	if (live.on)
		return 0;
	err = pprobe_live_attach();
	live.on = !err;
	return err;
}

static void pprobe_live_stop(void)
{
	pprobe_live_detach(ARRAY_SIZE(points));
	live.on = false;
}

/* Adds an object to the sites that were found so far.  Returns their number. */
static u32 pprobe_live_add(struct phyr_probe_live_site *sites, u32 nr,
			   const struct pprobe_live_object *object)
{
	u32 i;

	for (i = 0; i < nr && sites[i].site != object->site; i++)
		;
	if (i == PHYR_PROBE_MAX_SITES)
		return nr;
	if (i == nr)
		sites[nr++].site = object->site;
	sites[i].objects++;
	sites[i].bytes += object->bytes;
	return nr;
}

static int pprobe_live_read(struct phyr_probe_live *arg)
{
	struct phyr_probe_live_site *sites;
	u32 i, nr = 0;
	int err = 0;

	sites = kvcalloc(PHYR_PROBE_MAX_SITES, sizeof(*sites), GFP_KERNEL_ACCOUNT);
	if (!sites)
		return -ENOMEM;
	/* What an RCU callback frees is not left. */
	rcu_barrier();
	raw_spin_lock_irq(&live_lock);
	arg->objects = live.objects;
	arg->bytes = live.bytes;
	arg->lost = live.lost;
	for (i = 1; live.objects && i < PPROBE_LIVE_OBJECTS; i++)
		if (live.object[i].ptr)
			nr = pprobe_live_add(sites, nr, &live.object[i]);
	raw_spin_unlock_irq(&live_lock);
	for (i = 0; i < nr; i++)
		snprintf(sites[i].name, sizeof(sites[i].name), "%pS",
			 (void *)(unsigned long)sites[i].site);
	arg->count = min(arg->count, nr);
	if (copy_to_user(u64_to_user_ptr(arg->sites), sites,
			 array_size(arg->count, sizeof(*sites))))
		err = -EFAULT;
	kvfree(sites);
	return err;
}

/**
 * pprobe_live - follow the allocations of the modules under test
 * @arg: the request, from and to user space
 *
 * Context: May sleep.
 * Return: 0; -EINVAL; -ENOENT if it is not following, or the kernel lacks a tracepoint; -ENOMEM;
 * -EFAULT.
 */
int pprobe_live(struct phyr_probe_live *arg)
{
	if (arg->reserved || arg->padding)
		return -EINVAL;
	guard(mutex)(&live_mutex);
	switch (arg->action) {
	case PHYR_PROBE_LIVE_START:
		return pprobe_live_start();
	case PHYR_PROBE_LIVE_READ:
		return live.on ? pprobe_live_read(arg) : -ENOENT;
	case PHYR_PROBE_LIVE_STOP:
		if (!live.on)
			return -ENOENT;
		pprobe_live_stop();
		return 0;
	default:
		return -EINVAL;
	}
}

/* Module exit. */
void pprobe_live_exit(void)
{
	guard(mutex)(&live_mutex);
	if (live.on)
		pprobe_live_stop();
	vfree(live.object);
	live.object = NULL;
}
