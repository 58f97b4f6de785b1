// SPDX-License-Identifier: GPL-2.0
/* Tracepoints, exported for phyr_probe. */
#define CREATE_TRACE_POINTS
#include "trace.h"

EXPORT_TRACEPOINT_SYMBOL_GPL(phyr_nvme_ctl_buffer);
EXPORT_TRACEPOINT_SYMBOL_GPL(phyr_nvme_ctl_io);
EXPORT_TRACEPOINT_SYMBOL_GPL(phyr_nvme_submit);
EXPORT_TRACEPOINT_SYMBOL_GPL(phyr_nvme_complete);
