/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM phyr_nvme

#if !defined(PHYR_NVME_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define PHYR_NVME_TRACE_H

#include <linux/blk-mq.h>
#include <linux/nvme.h>
#include <linux/tracepoint.h>

/*
 * Requests to /dev/phyrN-ctl with their original arguments, for an independent checker.  They fire
 * in the context of the process, before the command is built.
 *
 * A buffer was registered with @handle, or is about to be unregistered (@len is 0).
 */
TRACE_EVENT(phyr_nvme_ctl_buffer,
	TP_PROTO(const void *file, u32 handle, u64 addr, u64 len),
	TP_ARGS(file, handle, addr, len),
	TP_STRUCT__entry(
		__field(const void *, file)
		__field(u32, handle)
		__field(u64, addr)
		__field(u64, len)
	),
	TP_fast_assign(
		__entry->file = file;
		__entry->handle = handle;
		__entry->addr = addr;
		__entry->len = len;
	),
	TP_printk("file=%p handle=%u addr=%#llx len=%llu", __entry->file, __entry->handle,
		  __entry->addr, __entry->len)
);

/* @rq will carry @len bytes at user address @addr, or at offset @addr of buffer @handle. */
TRACE_EVENT(phyr_nvme_ctl_io,
	TP_PROTO(struct request *rq, const void *file, u32 handle, u64 addr, u32 len),
	TP_ARGS(rq, file, handle, addr, len),
	TP_STRUCT__entry(
		__field(const void *, file)
		__field(u32, handle)
		__field(u64, addr)
		__field(u32, len)
		__field(bool, write)
	),
	TP_fast_assign(
		__entry->file = file;
		__entry->handle = handle;
		__entry->addr = addr;
		__entry->len = len;
		__entry->write = req_op(rq) == REQ_OP_DRV_OUT;
	),
	TP_printk("file=%p handle=%u addr=%#llx len=%u %s", __entry->file, __entry->handle,
		  __entry->addr, __entry->len, __entry->write ? "write" : "read")
);

/*
 * An I/O command is complete and its data is mapped; the doorbell follows.  The data pointer of a
 * discard refers to its ranges, not to data of the request.  Probes must not sleep.
 */
TRACE_EVENT(phyr_nvme_submit,
	TP_PROTO(struct request *rq, const struct nvme_command *cmd, struct device *dev, u16 qid),
	TP_ARGS(rq, cmd, dev, qid),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__field(u64, sector)
		__field(u32, bytes)
		__field(u16, qid)
		__field(u16, cid)
		__field(u8, opcode)
		__field(u64, prp1)
		__field(u64, prp2)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->sector = blk_rq_pos(rq);
		__entry->bytes = blk_rq_bytes(rq);
		__entry->qid = qid;
		__entry->cid = cmd->common.command_id;
		__entry->opcode = cmd->common.opcode;
		__entry->prp1 = le64_to_cpu(cmd->common.dptr.prp1);
		__entry->prp2 = le64_to_cpu(cmd->common.dptr.prp2);
	),
	TP_printk("%s qid=%u cid=%#x opcode=%#x sector=%llu bytes=%u prp1=%#llx prp2=%#llx",
		  __get_str(dev), __entry->qid, __entry->cid, __entry->opcode, __entry->sector,
		  __entry->bytes, __entry->prp1, __entry->prp2)
);

/*
 * A completion of an I/O command was read; its data is not unmapped yet.
 */
TRACE_EVENT(phyr_nvme_complete,
	TP_PROTO(struct device *dev, u16 qid, u16 cid, u16 status),
	TP_ARGS(dev, qid, cid, status),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__field(u16, qid)
		__field(u16, cid)
		__field(u16, status)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->qid = qid;
		__entry->cid = cid;
		__entry->status = status;
	),
	TP_printk("%s qid=%u cid=%#x status=%#x", __get_str(dev), __entry->qid, __entry->cid,
		  __entry->status)
);

#endif /* PHYR_NVME_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
