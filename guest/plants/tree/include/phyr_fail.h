/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault injection: the test module makes the N-th step of phyr.ko fail, for every N until the
 * operation succeeds.  A step is a call to the kernel that can fail: an allocation, IOVA space, a
 * link, a mapping. Distribution kernels are built without the kernel's own fault injection.
 */
#ifndef PHYR_FAIL_H
#define PHYR_FAIL_H

#include <linux/types.h>

/**
 * phyr_fail_begin - make a step of the current task fail, once
 * @nth:	number of the step, from 1
 *
 * Steps of other tasks are not counted.  One task at a time.
 *
 * Context: Task.
 */
void phyr_fail_begin(unsigned long nth);

/**
 * phyr_fail_end - end fault injection
 * @held:	receives the number of resources that phyr.ko got for this task since
 *		phyr_fail_begin() and has not released; may be NULL
 *
 * Context: Task.
 * Return: true if the step was reached and failed.
 */
bool phyr_fail_end(long *held);

#endif /* PHYR_FAIL_H */
