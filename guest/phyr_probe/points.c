// SPDX-License-Identifier: GPL-2.0
/* Tracepoints of the kernel, which it does not export by name. */
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "probe.h"

struct pprobe_search {
	const char *name;
	struct tracepoint *tp;
};

static void pprobe_compare_point(struct tracepoint *tp, void *data)
{
	struct pprobe_search *search = data;

	if (!strcmp(tp->name, search->name))
		search->tp = tp;
}

/**
 * pprobe_kernel_point - find a tracepoint of the kernel, not of a module
 * @name: its name
 *
 * Context: May sleep.
 * Return: the tracepoint; NULL if this kernel has none of that name.
 */
struct tracepoint *pprobe_kernel_point(const char *name)
{
	struct pprobe_search search = { .name = name };

	for_each_kernel_tracepoint(pprobe_compare_point, &search);
	return search.tp;
}
