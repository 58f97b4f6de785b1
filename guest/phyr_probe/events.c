// SPDX-License-Identifier: GPL-2.0
/* The event log of story.c, in chronological order over all CPUs. */
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "probe.h"

DEFINE_RAW_SPINLOCK(pprobe_events_lock);

static struct {
	struct phyr_probe_event *event;
	u32 room, nr;
	u64 lost;
} pprobe_events;

/**
 * __pprobe_events_add - record an event
 * @event:	the event; its time is set here
 *
 * Context: Any; pprobe_events_lock is held.
 */
void __pprobe_events_add(const struct phyr_probe_event *event)
{
	lockdep_assert_held(&pprobe_events_lock);

	/* The log must have no gaps: after the first lost event, drop all. */
	if (pprobe_events.lost || pprobe_events.nr == pprobe_events.room) {
		pprobe_events.lost++;
		return;
	}
	pprobe_events.event[pprobe_events.nr] = *event;
	pprobe_events.event[pprobe_events.nr++].time = ktime_get_mono_fast_ns();
}

/**
 * pprobe_events_add - record an event
 * @event:	the event; its time is set here
 *
 * Context: Any, while recording.
 */
void pprobe_events_add(const struct phyr_probe_event *event)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&pprobe_events_lock, flags);
	__pprobe_events_add(event);
	raw_spin_unlock_irqrestore(&pprobe_events_lock, flags);
}

/**
 * pprobe_events_free - free the log
 *
 * Context: May sleep; not while recording.
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
 * pprobe_events_alloc - free the log and allocate a new one
 * @room:	most events
 *
 * Context: May sleep; not while recording.
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
 * pprobe_events_read - copy events to user space
 * @arg:	the request, from and to user space
 *
 * Context: May sleep; not while recording.
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
