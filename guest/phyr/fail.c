// SPDX-License-Identifier: GPL-2.0
/* Failures in turn: which step it is, and what has been got and not given back. */
#include <linux/export.h>
#include <linux/sched.h>

#include "dma/dma.h"
#include "fail.h"
#include "phyr_fail.h"
#include "phyr_plant.h"

static struct task_struct *whose;
static unsigned long steps_left;
static long got;
static bool failed, forgotten;

void phyr_fail_begin(unsigned long nth)
{
	/* The same steps each time: to ask for a route is one. */
	phyr_route_forget();
	steps_left = nth;
	got = 0;
	failed = false;
	forgotten = false;
	WRITE_ONCE(whose, current);
}
EXPORT_SYMBOL_GPL(phyr_fail_begin);

bool phyr_fail_end(long *held)
{
	WRITE_ONCE(whose, NULL);
	if (held)
		*held = got;
	return failed;
}
EXPORT_SYMBOL_GPL(phyr_fail_end);

/* All else here is the watched task's alone. */
static bool phyr_fail_watches(void)
{
	return READ_ONCE(whose) == current && in_task();
}

bool phyr_fail_step(void)
{
	if (!phyr_fail_watches() || !steps_left || --steps_left)
		return false;
	failed = true;
	return true;
}

void phyr_fail_got(void)
{
	if (phyr_fail_watches())
		got++;
}

bool phyr_fail_give_back(void)
{
	if (!phyr_fail_watches())
		return true;
	/* The slip of the pen that an error path is prone to: a step that is not undone. */
	if (failed && !forgotten && phyr_planted(PHYR_PLANT_LEAK_ON_ERROR)) {
		forgotten = true;
		return false;
	}
	got--;
	return true;
}
