// SPDX-License-Identifier: GPL-2.0
/*
 * Cost of a read or a write in a block driver: queue_rq(), and the interrupt that completes the
 * request.
 *
 * A request on memory with a chosen layout is passed to the driver's queue_rq(), as blk-mq would,
 * with interrupts off.  The CPU waits for the device, then enables interrupts, and the completion
 * runs.  So neither figure contains anything else, and any driver can be measured, e.g. the
 * kernel's nvme.
 *
 * In a second round, phyr_nvme's functions that map and unmap are timed with fprobes.  The cost of
 * the fprobes is measured with an empty function.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fprobe.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/timex.h>

#include "probe.h"

/*
 * Time for the device to respond, in iterations of a loop of three instructions: less than a timer
 * tick. Reading the clock instead would be a hundred times slower in an emulator.
 */
#define PATIENCE	330000

enum { QUEUE, COMPLETE, MAP, UNMAP, FIGURES };

/* Functions that are timed with fprobes. */
enum { TIME_MAP, TIME_UNMAP, TIME_NOTHING, TIMED };

static struct pprobe_timed {
	struct fprobe probe;
	cycles_t from;
	cycles_t took;
} timed[TIMED];

static DEFINE_MUTEX(timed_lock);

static int pprobe_io_on_entry(struct fprobe *probe, unsigned long ip, unsigned long ret,
			      struct ftrace_regs *regs, void *data)
{
	container_of(probe, struct pprobe_timed, probe)->from = get_cycles();
	return 0;
}

static void pprobe_io_on_exit(struct fprobe *probe, unsigned long ip, unsigned long ret,
			      struct ftrace_regs *regs, void *data)
{
	struct pprobe_timed *t = container_of(probe, struct pprobe_timed, probe);

	t->took = get_cycles() - t->from;
}

static noinline void pprobe_io_nothing(void)
{
	barrier();
}

static const char *const timed_functions[TIMED] = {
	[TIME_MAP]	= "pnvme_map",
	[TIME_UNMAP]	= "pnvme_unmap",
	[TIME_NOTHING]	= "pprobe_io_nothing",
};

static void pprobe_io_timing_stop(int nr)
{
	while (nr--)
		unregister_fprobe(&timed[nr].probe);
}

static int pprobe_io_timing_start(void)
{
	int i, err;

	memset(timed, 0, sizeof(timed));
	for (i = 0; i < TIMED; i++) {
		timed[i].probe.entry_handler = pprobe_io_on_entry;
		timed[i].probe.exit_handler = pprobe_io_on_exit;
		err = register_fprobe(&timed[i].probe, timed_functions[i], NULL);
		if (err) {
			pprobe_io_timing_stop(i);
			return err;
		}
	}
	return 0;
}

/**
 * struct pprobe_io - a read or a write that is repeated
 * @bdev:	the disk
 * @op:		REQ_OP_READ or REQ_OP_WRITE
 * @mem:	the memory
 * @vec:	bio_vecs of the memory
 * @bio:	bio of the current command
 * @done:	set when the bio has ended
 */
struct pprobe_io {
	struct block_device *bdev;
	blk_opf_t op;
	struct pprobe_memory mem;
	struct bio_vec *vec;
	struct bio bio;
	bool done;
};

static void pprobe_io_end_bio(struct bio *bio)
{
	struct pprobe_io *io = bio->bi_private;

	WRITE_ONCE(io->done, true);
}

/* Number of chunks, from @from on, that fit in a request; 0 if not even one does. */
static u32 pprobe_io_chunks(const struct pprobe_io *io, u32 from)
{
	const struct queue_limits *lim = &bdev_get_queue(io->bdev)->limits;
	u64 max = (u64)lim->max_hw_sectors << SECTOR_SHIFT, len = 0;
	u32 n;

	for (n = 0; from + n < io->mem.nr_chunks && n < lim->max_segments; n++) {
		len += io->mem.chunk[from + n].len;
		if (len > max)
			break;
	}
	return n;
}

/* A command: its first chunk, number of chunks, and sector. */
struct pprobe_io_part {
	u32 from;
	u32 n;
	sector_t sector;
};

/* Make a request, as blk-mq does before it calls the driver. */
static struct request *pprobe_io_request(struct pprobe_io *io, const struct pprobe_io_part *part)
{
	struct request *rq;
	u32 i;
	int err;

	bio_init(&io->bio, io->bdev, io->vec, part->n, io->op);
	io->bio.bi_end_io = pprobe_io_end_bio;
	io->bio.bi_private = io;
	io->done = false;
	for (i = part->from; i < part->from + part->n; i++) {
		const struct phys_vec *chunk = &io->mem.chunk[i];

		__bio_add_page(&io->bio, pfn_to_page(PHYS_PFN(chunk->paddr)), chunk->len,
			       offset_in_page(chunk->paddr));
	}

	rq = blk_mq_alloc_request(bdev_get_queue(io->bdev), io->op, 0);
	if (IS_ERR(rq))
		return rq;
	err = blk_rq_append_bio(rq, &io->bio);
	if (err) {
		blk_mq_free_request(rq);
		return ERR_PTR(err);
	}
	rq->__sector = part->sector;
	return rq;
}

/* A word that the disk does not contain, different for each chunk. */
static u64 pprobe_io_mark(phys_addr_t addr)
{
	return ~(u64)addr;
}

static void pprobe_io_mark_all(const struct pprobe_io *io)
{
	u32 i;

	for (i = 0; i < io->mem.nr_chunks; i++) {
		phys_addr_t addr = io->mem.chunk[i].paddr;

		*(u64 *)phys_to_virt(addr) = pprobe_io_mark(addr);
	}
}

/* Did the device write to all chunks? */
static bool pprobe_io_all_written(const struct pprobe_io *io)
{
	u32 i;

	for (i = 0; i < io->mem.nr_chunks; i++) {
		phys_addr_t addr = io->mem.chunk[i].paddr;

		if (*(u64 *)phys_to_virt(addr) == pprobe_io_mark(addr))
			return false;
	}
	return true;
}

/* Run a command.  Returns 0 and its costs, -EAGAIN if the device was too slow, or an error. */
static int pprobe_io_run_command(struct pprobe_io *io, const struct pprobe_io_part *part, u64 *cost)
{
	struct request *rq = pprobe_io_request(io, part);
	struct blk_mq_queue_data bd = { .rq = rq, .last = true };
	cycles_t t[4];
	blk_status_t st;
	bool in_time;
	int i;

	if (IS_ERR(rq))
		return PTR_ERR(rq);

	/* Tasks woken by the interrupt must run after the measurement. */
	preempt_disable();
	local_irq_disable();
	t[0] = get_cycles();
	st = rq->q->mq_ops->queue_rq(rq->mq_hctx, &bd);
	t[1] = get_cycles();
	if (!st)
		for (i = 0; i < PATIENCE; i++)
			barrier();
	pprobe_io_nothing();
	t[2] = get_cycles();
	local_irq_enable();
	in_time = READ_ONCE(io->done);
	t[3] = get_cycles();
	preempt_enable();

	if (st) {
		blk_mq_free_request(rq);
		return blk_status_to_errno(st);
	}
	/* The device uses the memory until then.  The driver has a timeout. */
	while (!READ_ONCE(io->done))
		usleep_range(50, 100);
	if (io->bio.bi_status)
		return blk_status_to_errno(io->bio.bi_status);
	cost[QUEUE] = t[1] - t[0];
	cost[COMPLETE] = t[3] - t[2];
	cost[MAP] = timed[TIME_MAP].took - min(timed[TIME_MAP].took, timed[TIME_NOTHING].took);
	cost[UNMAP] = timed[TIME_UNMAP].took -
		      min(timed[TIME_UNMAP].took, timed[TIME_NOTHING].took);
	return in_time ? 0 : -EAGAIN;
}

static int pprobe_io_round(struct pprobe_io *io, const struct pprobe_io_part *part, u32 iterations,
			   u64 *sample, int from, int to)
{
	u32 i, tries = 0;
	u64 cost[FIGURES];
	int err, f;

	/* The first commands warm the allocators' caches and are not counted. */
	for (i = 0; i < 4; i++) {
		err = pprobe_io_run_command(io, part, cost);
		if (err && err != -EAGAIN)
			return err;
	}
	for (i = 0; i < iterations;) {
		err = pprobe_io_run_command(io, part, cost);
		if (err == -EAGAIN && ++tries < 20 * iterations)
			continue;
		if (err)
			return err == -EAGAIN ? -ETIME : err;
		for (f = from; f < to; f++)
			sample[f * iterations + i] = cost[f];
		i++;
		cond_resched();
	}
	return 0;
}

/* Measure one command of the I/O and add its costs to @arg. */
static int pprobe_io_measure_part(struct pprobe_io *io, const struct pprobe_io_part *part,
				  struct phyr_probe_io_cost *arg, u64 *sample)
{
	struct phyr_probe_cost *out[FIGURES] = {
		&arg->queue, &arg->complete, &arg->map, &arg->unmap,
	}, cost;
	u64 overhead[FIGURES] = { };
	u32 n = arg->iterations;
	int err, f, figures = MAP;

	memset(timed, 0, sizeof(timed));
	err = pprobe_io_round(io, part, n, sample, QUEUE, MAP);
	if (!err && !pprobe_io_timing_start()) {
		figures = FIGURES;
		err = pprobe_io_round(io, part, n, sample, MAP, FIGURES);
		pprobe_io_timing_stop(TIMED);
		/* Not called by other drivers. */
		if (!timed[TIME_MAP].took)
			figures = MAP;
	}
	if (err)
		return err;

	overhead[QUEUE] = pprobe_empty_cost();
	overhead[COMPLETE] = overhead[QUEUE];
	for (f = 0; f < figures; f++) {
		pprobe_summarise(sample + f * n, n, overhead[f], &cost);
		out[f]->min += cost.min;
		out[f]->median += cost.median;
	}
	return 0;
}

/* Measure each command by itself, so that a disturbance affects only one. */
static int pprobe_io_measure(struct pprobe_io *io, struct phyr_probe_io_cost *arg, u64 *sample)
{
	struct pprobe_io_part part = {};
	int err = 0;
	u32 i;

	if (io->op == REQ_OP_READ)
		pprobe_io_mark_all(io);
	mutex_lock(&timed_lock);
	while (!err && part.from < io->mem.nr_chunks) {
		part.n = pprobe_io_chunks(io, part.from);
		err = part.n ? pprobe_io_measure_part(io, &part, arg, sample) : -EREMOTEIO;
		for (i = 0; i < part.n; i++)
			part.sector += io->mem.chunk[part.from + i].len >> SECTOR_SHIFT;
		part.from += part.n;
		arg->commands++;
	}
	mutex_unlock(&timed_lock);
	if (!err && io->op == REQ_OP_READ && !pprobe_io_all_written(io))
		err = -EIO;
	return err;
}

/**
 * pprobe_io_cost - measure reads or writes of a disk
 * @arg: the request, from and to user space, checked
 *
 * Context: May sleep.
 * Return: 0; -EBADF, also for a write if the disk is not open for writing; -ENOTBLK; -EROFS;
 * -EOPNOTSUPP without blk-mq; -EBUSY with an I/O scheduler; -ETIME if the device is too slow;
 * -EREMOTEIO if a chunk exceeds the driver's limits; -ENOMEM; an error of the I/O.
 */
int pprobe_io_cost(struct phyr_probe_io_cost *arg)
{
	struct pprobe_io *io;
	struct file *file;
	u64 *sample;
	int err;

	file = fget(arg->fd);
	if (!file)
		return -EBADF;
	err = -ENOTBLK;
	if (!S_ISBLK(file_inode(file)->i_mode))
		goto out_file;
	if (arg->memory.direction == PHYR_PROBE_TO_DEVICE) {
		err = -EBADF;
		if (!(file->f_mode & FMODE_WRITE))
			goto out_file;
		err = -EROFS;
		if (bdev_read_only(file_bdev(file)))
			goto out_file;
	}

	err = -ENOMEM;
	io = kzalloc_obj(*io);
	sample = kvcalloc(arg->iterations, FIGURES * sizeof(*sample), GFP_KERNEL_ACCOUNT);
	if (!io || !sample)
		goto out_free;
	io->bdev = file_bdev(file);
	io->op = arg->memory.direction == PHYR_PROBE_TO_DEVICE ? REQ_OP_WRITE : REQ_OP_READ;
	err = queue_is_mq(bdev_get_queue(io->bdev)) ? 0 : -EOPNOTSUPP;
	if (!err && bdev_get_queue(io->bdev)->elevator)
		err = -EBUSY;
	if (!err)
		err = pprobe_memory_alloc(&io->mem, &arg->memory, false);
	if (err)
		goto out_free;
	err = -ENOMEM;
	io->vec = kvcalloc(io->mem.nr_chunks, sizeof(*io->vec), GFP_KERNEL_ACCOUNT);
	if (io->vec)
		err = pprobe_io_measure(io, arg, sample);
	kvfree(io->vec);
	pprobe_memory_free(&io->mem);
out_free:
	kvfree(sample);
	kfree(io);
out_file:
	fput(file);
	return err;
}
