// SPDX-License-Identifier: GPL-2.0
/* Print a list as text. */
#include <linux/export.h>
#include <linux/sprintf.h>

#include "lib.h"

static const char * const mem_names[] = {
	[PHYR_MEM_NONE]		= "no memory",
	[PHYR_MEM_RAM]		= "ram",
	[PHYR_MEM_P2P]		= "p2p",
	[PHYR_MEM_PAGELESS]	= "pageless",
	[PHYR_MEM_MMIO]		= "mmio",
};

/* Space for the line that tells how many chunks are missing. */
#define MORE_SIZE	sizeof("4294967295 more\n")

size_t phyr_list_print(const struct phyr_list *list, char *buf, size_t size)
{
	u32 left = list->nr;
	struct phyr_iter it;
	char line[128];
	size_t done;

	if (!size)
		return 0;
	done = scnprintf(buf, size, "%s %s, %llu bytes in %u chunks, end %#llx, align %#llx",
			 list->format == PHYR_PACKED ? "phyr8" : "phyr16", mem_names[list->mem],
			 list->len, list->nr, (u64)list->end,
			 list->nr ? phyr_list_align(list) & -phyr_list_align(list) : 0);
	if (list->provider)
		done += scnprintf(buf + done, size - done, ", provider %p", list->provider);
	done += scnprintf(buf + done, size - done, "\n");

	phyr_for_each(it, list) {
		size_t need = scnprintf(line, sizeof(line), "%#llx +%#llx\n", (u64)it.cur.paddr,
					(u64)it.cur.len);

		/* After the last chunk there is no such line. */
		if (need + (left > 1 ? MORE_SIZE : 1) > size - done)
			break;
		done += scnprintf(buf + done, size - done, "%s", line);
		left--;
	}
	if (left)
		done += scnprintf(buf + done, size - done, "%u more\n", left);
	return done;
}
EXPORT_SYMBOL_GPL(phyr_list_print);
