// SPDX-License-Identifier: GPL-2.0
/* phyrctl: bounce buffers full of a pattern. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "phyrctl.h"
#include "phyrctl_options.h"

void cmd_soil(char **args)
{
	struct phyr_probe_soil arg = { };

	if (args[0] && args[1])
		fail(EXIT_USAGE, "soil takes a PCI address");
	parse_device(args[0], &arg.segment, &arg.devfn);
	if (ioctl(open_node(), PHYR_PROBE_IOC_SOIL, &arg))
		fail(EXIT_FAILED, "soil: %s", strerror(errno));
	printf("{\"soiled\":%llu}\n", (unsigned long long)arg.bytes);
}
