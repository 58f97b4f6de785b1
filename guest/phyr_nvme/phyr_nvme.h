/* SPDX-License-Identifier: GPL-2.0 */
/*
 * phyr_nvme: an NVMe driver with exchangeable data paths (backends).
 *
 * The files:
 *
 *	main.c		module
 *	params.c	parameters
 *	pci.c		probe and remove
 *	ctrl.c		controller registers: enable, shut down, identify, start, stop
 *	admin.c		one synchronous admin command at a time
 *	queue.c		submission and completion queues, interrupts
 *	complete.c	completion of commands
 *	disk.c		gendisk, tag set, limits, blk-mq operations
 *	cmd.c		a block request as an NVMe command
 *	dptr.c, dptr.h	data pointers: PRPs or SGL
 *	attr.c		sysfs attributes of the disk
 *	ctl.c, ctl.h	/dev/phyrN-ctl: I/O without a bio
 *	ctl_buffer.c	handles of registered buffers
 *	pass.c		passthrough requests
 *	memory.c	pinned or leased user memory
 *	buffer.c	registration of buffers
 *	backend*.c	mapping of requests
 *	ranges.c	ranges that must be unmapped one by one
 *	p2p.c		route to P2P memory
 *	recover.c	timeouts, abort, reset
 *	stats.c		counters in debugfs
 *	trace.c		tracepoints
 */
#ifndef PHYR_NVME_PHYR_NVME_H
#define PHYR_NVME_PHYR_NVME_H

#include <linux/blk-mq.h>
#include <linux/completion.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/nvme.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#include "backend.h"
#include "stats.h"

#define PNVME_PAGE_SHIFT	12
#define PNVME_PAGE_SIZE		(1U << PNVME_PAGE_SHIFT)	/* the controller's, CC.MPS = 0 */
#define PNVME_PAGE_MASK		(PNVME_PAGE_SIZE - 1)

#define PNVME_ADMIN_DEPTH	32
#define PNVME_MAX_QUEUES	64	/* I/O queues */
#define PNVME_MIN_DEPTH		4
#define PNVME_MAX_DEPTH		1024
#define PNVME_MIN_DMA_BITS	28	/* enough for allocations to succeed */
#define PNVME_MAX_KIB		2048	/* of one command: its PRP list fits into a page */
#define PNVME_MAX_SEGS		256	/* of one command; struct pnvme_range: one page */
#define PNVME_MAX_RETRIES	5

/* PRP entries that every tag owns: 128 KiB at any offset, or 16 discard ranges. */
#define PNVME_TAG_ENTRIES		32
#define PNVME_TAG_BYTES		(PNVME_TAG_ENTRIES * sizeof(__le64))
#define PNVME_DSM_RANGES	(PNVME_TAG_BYTES / sizeof(struct nvme_dsm_range))

/*
 * The command id has a generation, so that a late completion cannot complete the tag's next
 * command.
 */
#define PNVME_CID_TAG_BITS	12
#define PNVME_CID_TAG_MASK	((1U << PNVME_CID_TAG_BITS) - 1)
#define PNVME_CID_GEN_MASK	0xfU
#define PNVME_NO_CID		U32_MAX	/* not a valid id */

/* Status of a cancelled command; not a valid NVMe status, which has 15 bits. */
#define PNVME_SC_CANCELLED	0xffff

/**
 * enum pnvme_state - state of a controller
 * @PNVME_STARTING:	probe; no disk yet
 * @PNVME_LIVE:		commands reach the device
 * @PNVME_RESETTING:	stopped, queues quiesced, reset_work will start it again
 * @PNVME_DEAD:		stopped for good: every request fails
 *
 * Written under pnvme_ctrl.lock.
 */
enum pnvme_state {
	PNVME_STARTING,
	PNVME_LIVE,
	PNVME_RESETTING,
	PNVME_DEAD,
};

struct pnvme_ctl;
struct pnvme_ctrl;
struct pnvme_pass;

/**
 * struct pnvme_queue - a submission queue, its completion queue and their vector
 * @ctrl:	owner
 * @sq_lock:	guards @sq, @sq_tail, @sq_rung
 * @sq:		commands
 * @sq_tail:	next free slot of @sq
 * @sq_rung:	tail that the device was told last
 * @cq:		completions; touched by the interrupt handler, or with it disabled
 * @cq_head:	next completion to look at
 * @cq_phase:	phase tag of a new completion
 * @sq_db:	submission doorbell
 * @cq_db:	completion doorbell
 * @depth:	entries of @sq and of @cq
 * @qid:	NVMe queue id, 0 is admin
 * @hctx:	block layer's hardware context whose requests come here
 * @tags:	those of @hctx, for the interrupt handler; NULL while there are none
 * @group:	queues that serve @hctx
 * @irq:	Linux interrupt number
 * @tag_mem:	PNVME_TAG_BYTES for every tag
 * @tag_dma:	the device's address of @tag_mem
 * @sq_dma:	the device's address of @sq
 * @cq_dma:	the device's address of @cq
 */
struct pnvme_queue {
	struct pnvme_ctrl *ctrl;
	spinlock_t sq_lock;
	struct nvme_command *sq;
	u32 sq_tail;
	u32 sq_rung;
	u32 __iomem *sq_db;

	struct nvme_completion *cq ____cacheline_aligned_in_smp;
	u32 cq_head;
	u32 cq_phase;
	u32 __iomem *cq_db;

	u32 depth;
	u16 qid;
	u16 hctx;
	u16 group;
	struct blk_mq_tags *tags;
	int irq;
	void *tag_mem;
	dma_addr_t tag_dma;
	dma_addr_t sq_dma;
	dma_addr_t cq_dma;
	char name[24];
};

/**
 * struct pnvme_admin - the admin command in flight, at most one
 * @lock:	held from submission to result
 * @done:	completed by the interrupt handler
 * @cid:	id of the last command
 * @waits:	id of the command waited for, or PNVME_NO_CID
 * @status:	its NVMe status
 * @result:	its dword 0
 */
struct pnvme_admin {
	struct mutex lock;
	struct completion done;
	u16 cid;
	u32 waits;
	u16 status;
	u32 result;
};

/**
 * struct pnvme_ctrl - a controller
 * @dev:	the PCI function's device, which does all DMA
 * @bar:	registers
 * @cap:	controller capabilities
 * @state:	enum pnvme_state
 * @removing:	remove() has begun: it will not be restarted.  Written under @lock.
 * @quiesced:	the disk's queues are quiesced, once.  Under @lock.
 * @lock:	serialises start, stop and removal
 * @reset_work:	restarts a stopped controller
 * @admin:	the admin command
 * @queues:	[0] is admin, then the I/O queues
 * @nr_io:	I/O queues
 * @depth:	entries of an I/O queue
 * @backend:	how requests are mapped; changes only while the disk's queue is frozen
 * @list_pool:	pages for PRP lists and SGLs
 * @range_pool:	arrays of PNVME_MAX_SEGS ranges, for backends
 * @tagset:	tags of the disk
 * @disk:	the disk, namespace 1
 * @ctl:	its character device
 * @index:	number in the disk's name
 * @max_bytes:	largest command
 * @sgl_bytes:	smallest average length of segments for which an SGL is used, 0: never
 * @lba_shift:	log2 of a logical block
 * @nr_lba:	size of the namespace
 * @oncs:	optional commands
 * @vwc:	there is a volatile write cache
 * @stats:	counters
 * @map_stats:	those of @backend
 * @debugfs:	directory of this controller
 */
struct pnvme_ctrl {
	struct device *dev;
	void __iomem *bar;
	u64 cap;
	enum pnvme_state state;
	bool removing;
	bool quiesced;
	struct mutex lock;
	struct work_struct reset_work;
	struct pnvme_admin admin;
	struct pnvme_queue *queues;
	unsigned int nr_io;
	u32 depth;

	const struct pnvme_backend *backend;
	struct dma_pool *list_pool;
	mempool_t range_pool;

	struct blk_mq_tag_set tagset;
	struct gendisk *disk;
	struct pnvme_ctl *ctl;
	int index;
	u32 max_bytes;
	u32 sgl_bytes;
	u8 lba_shift;
	u64 nr_lba;
	u16 oncs;
	bool vwc;

	struct pnvme_stats __percpu *stats;
	u64 __percpu *map_stats;
	struct dentry *debugfs;
};

/* pnvme_iod.flags */
#define PNVME_IOD_MAPPED	BIT(0)	/* the backend must unmap */
#define PNVME_IOD_ABORTED	BIT(1)	/* timed out once, an abort was sent */

/**
 * struct pnvme_iod - driver data of a request
 * @cmd:	the command, complete when pnvme_map() is done
 * @q:		queue that it went to
 * @status:	NVMe status without the phase bit, or PNVME_SC_CANCELLED
 * @gen:	generation of the command id
 * @retries:	how often it was requeued
 * @flags:	PNVME_IOD_*
 * @list_page:	page for the PRP list or SGL, NULL while the tag's own memory is enough
 * @list_dma:	the device's address of the list
 * @sg:		state of the backend, between map and unmap
 * @range:	likewise
 * @phyr:	likewise
 * @pass:	what a passthrough request does
 */
struct pnvme_iod {
	struct nvme_command cmd;
	struct pnvme_queue *q;
	u16 status;
	u8 gen;
	u8 retries;
	u8 flags;
	void *list_page;
	dma_addr_t list_dma;
	union {
		struct pnvme_sg sg;
		struct pnvme_ranges range;
		struct pnvme_phyr phyr;
		const struct pnvme_pass *pass;
	};
};

static inline bool pnvme_is_data(const struct request *rq)
{
	return req_op(rq) == REQ_OP_READ || req_op(rq) == REQ_OP_WRITE;
}

/* params.c */
extern unsigned int pnvme_param_queues;
extern unsigned int pnvme_param_depth;
extern unsigned int pnvme_param_max_kib;
extern unsigned int pnvme_param_sgl_kib;
extern unsigned int pnvme_param_timeout_s;
extern unsigned int pnvme_param_dma_bits;
const struct pnvme_backend *pnvme_param_backend(void);

/* pci.c */
extern struct pci_driver pnvme_pci_driver;

/* ctrl.c */
int pnvme_ctrl_enable(struct pnvme_ctrl *ctrl);
void pnvme_ctrl_disable(struct pnvme_ctrl *ctrl, bool shutdown);
int pnvme_ctrl_identify(struct pnvme_ctrl *ctrl);
int pnvme_ctrl_start_io(struct pnvme_ctrl *ctrl);

/* admin.c */
int pnvme_admin_cmd(struct pnvme_ctrl *ctrl, struct nvme_command *cmd, u32 *result,
		    unsigned long timeout);
int pnvme_admin_identify(struct pnvme_ctrl *ctrl, u8 cns, u32 nsid, void *buf, dma_addr_t dma);
int pnvme_admin_queue_count(struct pnvme_ctrl *ctrl, unsigned int *nr);
int pnvme_admin_create_queue(struct pnvme_ctrl *ctrl, struct pnvme_queue *q);
int pnvme_admin_abort(struct pnvme_ctrl *ctrl, const struct pnvme_iod *iod);

/* complete.c */
void pnvme_admin_complete(struct pnvme_ctrl *ctrl, const struct nvme_completion *cqe);
void pnvme_complete_rq(struct request *rq);
void pnvme_complete_batch(struct io_comp_batch *iob);

/* queue.c */
int pnvme_queue_alloc(struct pnvme_ctrl *ctrl, u16 qid, u32 depth);
void pnvme_queue_free(struct pnvme_queue *q);
int pnvme_queue_request_irq(struct pnvme_queue *q);
void pnvme_queue_free_irq(struct pnvme_queue *q);
void pnvme_queue_reset(struct pnvme_queue *q);
void pnvme_queue_poll(struct pnvme_queue *q);
void pnvme_queue_mute(struct pnvme_queue *q);
void pnvme_queue_drain(struct pnvme_queue *q);
void pnvme_queue_submit(struct pnvme_queue *q, const struct nvme_command *cmd, bool ring);
void pnvme_queue_submit_list(struct pnvme_queue *q, struct rq_list *list);
void pnvme_queue_ring(struct pnvme_queue *q);

/* disk.c */
int pnvme_disk_add(struct pnvme_ctrl *ctrl);
void pnvme_disk_remove(struct pnvme_ctrl *ctrl);

/* attr.c */
extern const struct attribute_group *pnvme_disk_groups[];

/* cmd.c */
blk_status_t pnvme_cmd_init(struct pnvme_ctrl *ctrl, struct pnvme_iod *iod, struct request *rq);
blk_status_t pnvme_cmd_status(u16 status);

/* pass.c */
blk_status_t pnvme_pass_map(struct pnvme_ctrl *ctrl, struct request *rq);
int pnvme_pass_execute(struct pnvme_ctrl *ctrl, const struct pnvme_pass *pass);

/* ctl.c */
int pnvme_ctl_add(struct pnvme_ctrl *ctrl);
void pnvme_ctl_remove(struct pnvme_ctrl *ctrl);

/* Argument @segs of pnvme_dptr_begin(): 0 if SGLs are not used. */
static inline u32 pnvme_sgl_segs(const struct pnvme_ctrl *ctrl, u32 segs)
{
	return unlikely(ctrl->sgl_bytes) && segs <= PNVME_MAX_SEGS ? segs : 0;
}

/* backend.c */
blk_status_t pnvme_map(struct pnvme_ctrl *ctrl, struct request *rq);
void pnvme_unmap(struct request *rq);

/* recover.c */
enum blk_eh_timer_return pnvme_timeout(struct request *rq);
void pnvme_reset_work(struct work_struct *work);
void pnvme_ctrl_stop(struct pnvme_ctrl *ctrl, enum pnvme_state next, bool shutdown);

#endif /* PHYR_NVME_PHYR_NVME_H */
