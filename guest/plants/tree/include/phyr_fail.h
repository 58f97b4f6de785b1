/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Failures in turn: the test module has the N-th step of phyr.ko that can fail do so, for every N
 * until an operation goes through.  A step is a call that phyr.ko makes to the kernel and that may
 * be refused: an allocation, a piece of IOVA space, a link, a mapping.  No packaged kernel has
 * fault injection of its own.
 */
#ifndef PHYR_FAIL_H
#define PHYR_FAIL_H

#include <linux/types.h>

/**
 * phyr_fail_begin - from now on, have the current task's @nth step fail
 * @nth:	which, from 1; it fails once
 *
 * Steps of other tasks are neither counted nor failed.  One task at a time.
 *
 * Context: Task.
 */
void phyr_fail_begin(unsigned long nth);

/**
 * phyr_fail_end - no more failures
 * @held:	receives how many things phyr.ko got from the kernel for this task since
 *		phyr_fail_begin() and has not given back; may be NULL
 *
 * Context: Task.
 * Return: true if the step came and failed; false if there were fewer.
 */
bool phyr_fail_end(long *held);

#endif /* PHYR_FAIL_H */
