// SPDX-License-Identifier: GPL-2.0
/* The tracepoint, and its export: an independent checker attaches to it. */
#define CREATE_TRACE_POINTS
#include "trace.h"

EXPORT_TRACEPOINT_SYMBOL_GPL(phyr_nvme_ctl_buffer);
EXPORT_TRACEPOINT_SYMBOL_GPL(phyr_nvme_ctl_io);
EXPORT_TRACEPOINT_SYMBOL_GPL(phyr_nvme_submit);
