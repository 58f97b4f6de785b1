// SPDX-License-Identifier: GPL-2.0
/*
 * phyrctl: the user side of phyr_probe.ko, and the counters by which leaks are found.
 *
 *   phyrctl map-cost  [-b BACKEND] [-l LAYOUT] [-n PAGES] [-i ITERATIONS] [-d DIR] [-t TRIM]
 *   phyrctl map-costs -b BACKEND [-i ITERATIONS] [-d DIR] [-m LENGTHS] LAYOUT:PAGES...
 *                                 all of these, and then what each does besides: {"map_counts":...}
 *   phyrctl io-cost   -f DISK [-l LAYOUT] [-n PAGES] [-i ITERATIONS] [-d DIR]
 *   phyrctl translate [-b BACKEND] [-l LAYOUT] [-n PAGES] [-d DIR] [-t TRIM]
 *   phyrctl watch start | stop | read
 *   phyrctl story start BDF | stop what the guest does for a device, each event in order
 *   phyrctl arm | disarm          begin and end to count IOMMU map and unmap events
 *   phyrctl counters
 *   phyrctl COMMAND... , COMMAND...   each in turn, whatever becomes of those before
 *
 * BACKEND is sg, page, iova, raw, phyr16, phyr8, iter or registered; LAYOUT 4k, 64k, 2m, gaps, or list, whose
 * chunks -m N,N,... names in pages; DIR to or from (a write or a read). Without -b or -l all of them are taken in turn. One line of JSON per result on stdout: {"unsupported":...} for a
 * pair that cannot be, {"error":...} and exit code 1 (after the rest) for one that fails, 64 for wrong
 * usage; of several commands, the code of the first that failed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phyrctl.h"

static const struct {
	const char *name;
	void (*run)(char **args);
} commands[] = {
	{ "map-cost",	cmd_map_cost },
	{ "map-costs",	cmd_map_costs },
	{ "io-cost",	cmd_io_cost },
	{ "translate",	cmd_translate },
	{ "watch",	cmd_watch },
	{ "story",	cmd_story },
	{ "arm",	cmd_arm },
	{ "disarm",	cmd_disarm },
	{ "counters",	cmd_counters },
};

/* Where a command that fails comes back to. */
static jmp_buf over;

static void vcomplain(const char *format, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), format, args);
	printf("{\"error\":\"");
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			putchar('\\');
		putchar((unsigned char)*c < ' ' ? ' ' : *c);
	}
	printf("\"}\n");
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vcomplain(format, args);
	va_end(args);
}

noreturn void leave(int code)
{
	longjmp(over, code);
}

noreturn void fail(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vcomplain(format, args);
	va_end(args);
	leave(code);
}

/* One command: 0 or an exit code. */
static int run(char **args)
{
	int code = setjmp(over);

	if (code)
		return code;
	if (!args[0])
		fail(EXIT_USAGE, "which command? map-cost, map-costs, io-cost, translate, watch, story, arm, disarm or counters");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(args[0], commands[i].name)) {
			commands[i].run(args + 1);
			return 0;
		}
	}
	fail(EXIT_USAGE, "unknown command '%s': map-cost, map-costs, io-cost, translate, watch, story, arm, disarm or counters",
	     args[0]);
}

int main(int argc, char **argv)
{
	int first = 0;

	/* A process for each would take an emulated guest longer than what most of them do. */
	for (int i = 1, from = 1; i <= argc; i++) {
		int code;

		if (argv[i] && strcmp(argv[i], ","))
			continue;
		argv[i] = NULL;
		code = run(argv + from);
		/* Whatever becomes of the next; and the counters show who holds the module. */
		fflush(stdout);
		close_node();
		first = first ?: code;
		from = i + 1;
	}
	return first;
}
