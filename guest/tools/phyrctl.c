// SPDX-License-Identifier: GPL-2.0
/*
 * phyrctl: controls phyr_probe.ko, and prints the counters that show leaks.
 *
 *   phyrctl map-cost  [-b BACKEND] [-l LAYOUT] [-n PAGES] [-i ITERATIONS] [-d DIR] [-t TRIM]
 *   phyrctl map-costs -b BACKEND [-i ITERATIONS] [-d DIR] [-m LENGTHS] LAYOUT:PAGES...
 *                                 costs of all points, then events of all points: {"map_counts":...}
 *   phyrctl io-cost   -f DISK [-l LAYOUT] [-n PAGES] [-i ITERATIONS] [-d DIR]
 *   phyrctl translate [-b BACKEND] [-l LAYOUT] [-n PAGES] [-d DIR] [-t TRIM]
 *   phyrctl watch start | stop | read
 *   phyrctl story start BDF | stop record the guest's events for a device, in order
 *   phyrctl soil BDF              leave a pattern in all free bounce buffers, if the device uses any
 *   phyrctl arm | disarm          start or stop counting IOMMU map and unmap events
 *   phyrctl counters
 *   phyrctl COMMAND... , COMMAND...   run all, even if one fails
 *
 * BACKEND is sg, page, iova, raw, phyr16, phyr8, iter or registered; LAYOUT 4k, 64k, 2m, gaps, or list, with
 * the lengths of its chunks in pages in -m N,N,...; DIR to or from (a write or a read). Without -b or -l all of
 * them are run in turn. One line of JSON per result on stdout: {"unsupported":...} for an unsupported
 * combination, {"error":...} and exit code 1 (after the rest) for a failure. Exit code 64: usage. Of several
 * commands, the exit code of the first that failed.
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
	{ "soil",	cmd_soil },
	{ "arm",	cmd_arm },
	{ "disarm",	cmd_disarm },
	{ "counters",	cmd_counters },
};

/* A command that fails returns here. */
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

/* Runs one command; returns its exit code. */
static int run(char **args)
{
	int code = setjmp(over);

	if (code)
		return code;
	if (!args[0])
		fail(EXIT_USAGE, "which command? map-cost, map-costs, io-cost, translate, watch, story, soil, arm, disarm or counters");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(args[0], commands[i].name)) {
			commands[i].run(args + 1);
			return 0;
		}
	}
	fail(EXIT_USAGE, "unknown command '%s': map-cost, map-costs, io-cost, translate, watch, story, soil, arm, disarm or counters",
	     args[0]);
}

int main(int argc, char **argv)
{
	int first = 0;

	/* In one process: starting one for each takes longer on an emulated guest than most commands. */
	for (int i = 1, from = 1; i <= argc; i++) {
		int code;

		if (argv[i] && strcmp(argv[i], ","))
			continue;
		argv[i] = NULL;
		code = run(argv + from);
		/* In case the next one crashes. The node is closed since the counters show the module's users. */
		fflush(stdout);
		close_node();
		first = first ?: code;
		from = i + 1;
	}
	return first;
}
