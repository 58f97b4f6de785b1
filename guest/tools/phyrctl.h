/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the files of phyrctl. */
#ifndef PHYRCTL_H
#define PHYRCTL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>

/* Exit codes: 0 done, 1 failed, 64 usage. */
#define EXIT_FAILED	1
#define EXIT_USAGE	64

/* Print {"error":...} on stdout. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* End the command with @code. */
noreturn void leave(int code);

/* complain(), then leave() with @code. */
noreturn void fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* phyrctl_cost.c and phyrctl_probe.c: commands that use /dev/phyr_probe */
void cmd_map_cost(char **args);
void cmd_map_costs(char **args);
void cmd_io_cost(char **args);
void cmd_translate(char **args);
void cmd_watch(char **args);

/* phyrctl_story.c */
void cmd_story(char **args);

/* phyrctl_soil.c */
void cmd_soil(char **args);

/* phyrctl_count.c: bytes mapped and unmapped by the IOMMU */
void cmd_arm(char **args);
void cmd_disarm(char **args);
void iommu_settle(void);
void print_iommu(void);

/* phyrctl_counters.c: counters of the kernel */
void cmd_counters(char **args);

/* phyrctl_live.c: memory that the modules have not freed; @action is PHYR_PROBE_LIVE_START or _STOP */
bool live_do(uint32_t action);
void print_live(void);

/* Opens /dev/phyr_probe until the end of the command; fails the command on error. */
int open_node(void);
/* -1 if it cannot. */
int try_node(void);
void close_node(void);

/* Content of a file as a string, NULL if it cannot be read.  The caller frees it. */
char *slurp(const char *path);

void no_arguments(char **args);

#endif /* PHYRCTL_H */
