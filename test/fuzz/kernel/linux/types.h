/* SPDX-License-Identifier: GPL-2.0 */
/* libc includes the real one for the types of system calls. */
#include_next <linux/types.h>
#include "../kernel.h"
