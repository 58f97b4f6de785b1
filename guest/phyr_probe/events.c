// SPDX-License-Identifier: GPL-2.0
/* The events of a story, in the order in which they happened. */
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "probe.h"

DEFINE_RAW_SPINLOCK(probe_events_lock);	/* one order over all CPUs */

static struct {
	struct phyr_probe_event *event;
	u32 room, nr;
	u64 lost;
} probe_events;

/**
 * probe_events_add - record an event
 * @event:	all but its time
 *
 * Context: Any; probe_events_lock is held.
 */
void probe_events_add(const struct phyr_probe_event *event)
{
	lockdep_assert_held(&probe_events_lock);

	/* A story with a hole is none: nothing follows what was lost. */
	if (probe_events.lost || probe_events.nr == probe_events.room) {
		probe_events.lost++;
		return;
	}
	probe_events.event[probe_events.nr] = *event;
	probe_events.event[probe_events.nr++].time = ktime_get_mono_fast_ns();
}

/**
 * probe_events_tell - record one event by itself
 * @event:	all but its time
 *
 * Context: Any, while a story is recorded.
 */
void probe_events_tell(const struct phyr_probe_event *event)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&probe_events_lock, flags);
	probe_events_add(event);
	raw_spin_unlock_irqrestore(&probe_events_lock, flags);
}

/**
 * probe_events_free - forget all events
 *
 * Context: May sleep; nothing is recorded.
 */
void probe_events_free(void)
{
	vfree(probe_events.event);
	probe_events.event = NULL;
	probe_events.room = 0;
	probe_events.nr = 0;
	probe_events.lost = 0;
}

/**
 * probe_events_alloc - forget all events and make room for others
 * @room:	how many
 *
 * Context: May sleep; nothing is recorded.
 * Return: 0 or -ENOMEM.
 */
int probe_events_alloc(u32 room)
{
	probe_events_free();
	probe_events.event = __vmalloc_array(room, sizeof(*probe_events.event),
					     GFP_KERNEL_ACCOUNT);
	if (!probe_events.event)
		return -ENOMEM;
	probe_events.room = room;
	return 0;
}

/**
 * probe_events_read - hand out events
 * @arg:	from and to user space
 *
 * Context: May sleep; nothing is recorded.
 * Return: 0 or -EFAULT.
 */
int probe_events_read(struct phyr_probe_story_read *arg)
{
	arg->recorded = probe_events.nr;
	arg->lost = probe_events.lost;
	if (arg->from >= probe_events.nr) {
		arg->count = 0;
		return 0;
	}
	arg->count = min_t(u64, arg->count, probe_events.nr - arg->from);
	if (copy_to_user(u64_to_user_ptr(arg->buffer), probe_events.event + arg->from,
			 array_size(arg->count, sizeof(*probe_events.event))))
		return -EFAULT;
	return 0;
}
