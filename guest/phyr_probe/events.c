// SPDX-License-Identifier: GPL-2.0
/* The events of a story, in the order in which they happened. */
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "probe.h"

DEFINE_RAW_SPINLOCK(pprobe_events_lock);	/* one order over all CPUs */

static struct {
	struct phyr_probe_event *event;
	u32 room, nr;
	u64 lost;
} pprobe_events;

/**
 * __pprobe_events_add - record an event
 * @event:	all but its time
 *
 * Context: Any; pprobe_events_lock is held.
 */
void __pprobe_events_add(const struct phyr_probe_event *event)
{
	lockdep_assert_held(&pprobe_events_lock);

	/* A story with a hole is none: nothing follows what was lost. */
	if (pprobe_events.lost || pprobe_events.nr == pprobe_events.room) {
		pprobe_events.lost++;
		return;
	}
	pprobe_events.event[pprobe_events.nr] = *event;
	pprobe_events.event[pprobe_events.nr++].time = ktime_get_mono_fast_ns();
}

/**
 * pprobe_events_add - record one event by itself
 * @event:	all but its time
 *
 * Context: Any, while a story is recorded.
 */
void pprobe_events_add(const struct phyr_probe_event *event)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&pprobe_events_lock, flags);
	__pprobe_events_add(event);
	raw_spin_unlock_irqrestore(&pprobe_events_lock, flags);
}

/**
 * pprobe_events_free - forget all events
 *
 * Context: May sleep; nothing is recorded.
 */
void pprobe_events_free(void)
{
	vfree(pprobe_events.event);
	pprobe_events.event = NULL;
	pprobe_events.room = 0;
	pprobe_events.nr = 0;
	pprobe_events.lost = 0;
}

/**
 * pprobe_events_alloc - forget all events and make room for others
 * @room:	how many
 *
 * Context: May sleep; nothing is recorded.
 * Return: 0 or -ENOMEM.
 */
int pprobe_events_alloc(u32 room)
{
	pprobe_events_free();
	pprobe_events.event = __vmalloc_array(room, sizeof(*pprobe_events.event),
					      GFP_KERNEL_ACCOUNT);
	if (!pprobe_events.event)
		return -ENOMEM;
	pprobe_events.room = room;
	return 0;
}

/**
 * pprobe_events_read - hand out events
 * @arg:	from and to user space
 *
 * Context: May sleep; nothing is recorded.
 * Return: 0 or -EFAULT.
 */
int pprobe_events_read(struct phyr_probe_story_read *arg)
{
	arg->recorded = pprobe_events.nr;
	arg->lost = pprobe_events.lost;
	if (arg->from >= pprobe_events.nr) {
		arg->count = 0;
		return 0;
	}
	arg->count = min_t(u64, arg->count, pprobe_events.nr - arg->from);
	if (copy_to_user(u64_to_user_ptr(arg->buffer), pprobe_events.event + arg->from,
			 array_size(arg->count, sizeof(*pprobe_events.event))))
		return -EFAULT;
	return 0;
}
