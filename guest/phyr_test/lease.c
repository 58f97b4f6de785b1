// SPDX-License-Identifier: GPL-2.0
/*
 * Cases: leases of memory of phyr_store.  The user memory is that of the process that reads the
 * report.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "phyr/lease.h"
#include "test.h"

#define LEN	SZ_64K
#define ODD	100

#define NEEDS_RAM(t, file)							\
	NEEDS(t, !IS_ERR(file),							\
	      "no /dev/phyr_ram: boot with memmap= or mem=, load phyr_store with base= and size=")

static struct file *ptest_lease_open_ram(void)
{
	return filp_open("/dev/phyr_ram", O_RDWR, 0);
}

/* Opened by the process that reads the report: kernel threads do not see its mounts. */
static struct file *ptest_lease_open_revoked(void)
{
	return filp_open("/sys/class/misc/phyr_ram/revoked", O_WRONLY, 0);
}

static int ptest_lease_set_revoked(struct file *file, const char *value)
{
	loff_t pos = 0;
	ssize_t done = kernel_write(file, value, 1, &pos);

	return done == 1 ? 0 : done;
}

/* A mapping by page frame of another driver: the vDSO's data, which every process has. */
static unsigned long ptest_lease_foreign_pfnmap(void)
{
	struct vm_area_struct *vma;
	unsigned long found = 0;

	VMA_ITERATOR(vmi, current->mm, 0);
	mmap_read_lock(current->mm);
	for_each_vma(vmi, vma) {
		if (vma->vm_flags & (VM_PFNMAP | VM_IO) && !vma->vm_file) {
			found = vma->vm_start;
			break;
		}
	}
	mmap_read_unlock(current->mm);
	return found;
}

static void ptest_lease_granted(struct ptest *t)
{
	struct file *file = ptest_lease_open_ram();
	struct phyr_lease lease;
	struct phyr_list list;
	unsigned long addr;
	phys_addr_t want;
	int err;

	NEEDS_RAM(t, file);
	phyr_list_init(&list, PHYR_PACKED);
	phyr_lease_init(&lease, NULL);
	/* From the second page of the file on. */
	addr = vm_mmap(file, 0, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE_SIZE);
	EXPECT(t, !IS_ERR_VALUE(addr), "vm_mmap: %ld", (long)addr);
	err = phyr_list_from_pfnmap(&list, &lease, addr + ODD, LEN - ODD, true, GFP_KERNEL);
	EXPECT(t, !err, "lease: %d", err);
	want = ptest_user_phys(addr + ODD);
	EXPECT(t, want && list.first == want && list.nr == 1 && list.len == LEN - ODD &&
	       list.mem == PHYR_MEM_PAGELESS, "%llu bytes of kind %u at %pa, not %pa", list.len,
	       list.mem, &list.first, &want);
undo:
	phyr_list_destroy(&list);
	phyr_lease_put(&lease);
	if (!IS_ERR_VALUE(addr))
		vm_munmap(addr, LEN);
	fput(file);
}

static void ptest_lease_refused(struct ptest *t)
{
	struct file *file = ptest_lease_open_ram();
	unsigned long addr, read_only, anonymous = ptest_user_memory(NULL, LEN);
	struct phyr_lease lease;
	struct phyr_list list;
	int err, i;

	if (IS_ERR(file) && !IS_ERR_VALUE(anonymous))
		vm_munmap(anonymous, LEN);
	NEEDS_RAM(t, file);
	phyr_list_init(&list, PHYR_PACKED);
	phyr_lease_init(&lease, NULL);
	addr = ptest_user_memory(file, LEN);
	read_only = vm_mmap(file, 0, LEN, PROT_READ, MAP_SHARED, 0);
	EXPECT(t, !IS_ERR_VALUE(addr) && !IS_ERR_VALUE(read_only) && !IS_ERR_VALUE(anonymous),
	       "vm_mmap: %ld, %ld, %ld", (long)addr, (long)read_only, (long)anonymous);
	EXPECT(t, ptest_lease_foreign_pfnmap(), "this process has no clock");
	const struct {
		const char *what;
		u64 addr, len;
		bool write;
		int err;
	} wrong[] = {
		{ "no bytes", addr, 0, false, -EINVAL },
		{ "a length that wraps", addr, U64_MAX, false, -EINVAL },
		{ "memory with pages", anonymous, 512, false, -EINVAL },
		{ "somebody else's page frames", ptest_lease_foreign_pfnmap(), 512, false,
									    -EOPNOTSUPP },
		{ "no mapping", 0, 512, false, -EFAULT },
		{ "the kernel's memory", (uintptr_t)page_address(t->block), 512, false, -EFAULT },
		{ "more than is mapped", addr, LEN + PAGE_SIZE, false, -EFAULT },
		{ "writing where one may read", read_only, 512, true, -EFAULT },
	};

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		/* The next mapping may be read_only, so that the range is mapped. */
		if (wrong[i].len > LEN && wrong[i].len != U64_MAX && read_only == addr + LEN)
			continue;
		err = phyr_list_from_pfnmap(&list, &lease, wrong[i].addr, wrong[i].len,
					    wrong[i].write, GFP_KERNEL);
		EXPECT(t, err == wrong[i].err && !list.nr, "%s: %d", wrong[i].what, err);
	}
	err = phyr_list_from_pfnmap(&list, &lease, read_only, 512, false, GFP_KERNEL);
	EXPECT(t, !err, "reading where one may read: %d", err);
	phyr_list_destroy(&list);
	phyr_lease_put(&lease);
	err = phyr_list_pin_user(&list, addr, 512, 0);
	EXPECT(t, err == -EFAULT, "a pin of memory without pages: %d", err);
undo:
	phyr_list_destroy(&list);
	phyr_lease_put(&lease);
	if (!IS_ERR_VALUE(addr))
		vm_munmap(addr, LEN);
	if (!IS_ERR_VALUE(read_only))
		vm_munmap(read_only, LEN);
	if (!IS_ERR_VALUE(anonymous))
		vm_munmap(anonymous, LEN);
	fput(file);
}

/* A holder with a registered buffer, and a work that revokes the memory. */
struct ptest_lease_holder {
	struct phyr_lease lease;
	struct phyr_list list;
	struct phyr_reg *reg;
	int revoked;
	struct work_struct work;
	struct file *revoked_file;
	int err;
	bool done;
};

static void ptest_lease_holder_revoke(struct phyr_lease *lease)
{
	struct ptest_lease_holder *h = container_of(lease, struct ptest_lease_holder, lease);

	WRITE_ONCE(h->revoked, h->revoked + 1);
	if (h->reg)
		phyr_reg_revoke(h->reg);
}

static void ptest_lease_revoke_work(struct work_struct *work)
{
	struct ptest_lease_holder *h = container_of(work, struct ptest_lease_holder, work);

	h->err = ptest_lease_set_revoked(h->revoked_file, "1");
	WRITE_ONCE(h->done, true);
}

/* Wait until the lease cannot be entered any more. */
static bool ptest_lease_wait_revoked(struct ptest_lease_holder *h)
{
	int i;

	for (i = 0; i < 100; i++) {
		if (phyr_lease_enter(&h->lease) == -ENODEV)
			return true;
		phyr_lease_leave(&h->lease);
		msleep(20);
	}
	return false;
}

static void ptest_lease_revoked(struct ptest *t)
{
	struct file *file = ptest_lease_open_ram();
	struct ptest_lease_holder h = { };
	struct phyr_reg_io io = { };
	struct phyr_dma_iter it;
	bool entered = false;
	unsigned long addr;
	int err;

	NEEDS_RAM(t, file);
	INIT_WORK_ONSTACK(&h.work, ptest_lease_revoke_work);
	phyr_list_init(&h.list, PHYR_PACKED);
	phyr_lease_init(&h.lease, ptest_lease_holder_revoke);
	h.revoked_file = ptest_lease_open_revoked();
	addr = ptest_user_memory(file, LEN);
	EXPECT(t, !IS_ERR(h.revoked_file), "no control: %ld", PTR_ERR(h.revoked_file));
	EXPECT(t, !IS_ERR_VALUE(addr), "vm_mmap: %ld", (long)addr);
	EXPECT(t, ptest_user_is_readable(addr), "cannot read it");
	err = phyr_list_from_pfnmap(&h.list, &h.lease, addr, LEN, true, GFP_KERNEL);
	EXPECT(t, !err, "lease: %d", err);
	err = phyr_lease_enter(&h.lease);
	EXPECT(t, !err, "enter: %d", err);
	entered = true;
	h.reg = phyr_reg_create(t->dev, &h.list, DMA_BIDIRECTIONAL, 0);
	if (IS_ERR(h.reg)) {
		err = PTR_ERR(h.reg);
		h.reg = NULL;
		/* With forced bouncing, memory without struct pages cannot be mapped. */
		EXPECT(t, err == -EIO && ptest_is_bounced(t), "register: %d", err);
	} else {
		err = phyr_reg_begin(h.reg, &io, 0, LEN, DMA_TO_DEVICE);
		EXPECT(t, !err, "begin: %d", err);
		phyr_reg_iter_init(&it, &io);
		EXPECT(t, phyr_dma_iter_next(&it), "no range");
	}

	queue_work(system_dfl_wq, &h.work);
	EXPECT(t, ptest_lease_wait_revoked(&h), "it may still be used");
	msleep(50);
	EXPECT(t, !READ_ONCE(h.revoked) && !READ_ONCE(h.done), "did not wait for who had entered");
	phyr_lease_leave(&h.lease);
	entered = false;
	if (h.reg) {
		msleep(50);
		EXPECT(t, READ_ONCE(h.revoked) == 1 && !READ_ONCE(h.done),
		       "did not wait for the I/O: told %d times, done %d", h.revoked, h.done);
		phyr_reg_end(&io);
	}
	flush_work(&h.work);
	EXPECT(t, h.done && !h.err && h.revoked == 1, "told %d times, error %d", h.revoked,
	       h.err);
	/* phyr_store revokes from processes after devices. */
	EXPECT(t, !ptest_user_is_readable(addr), "a process still reads it");
	if (h.reg) {
		err = phyr_reg_begin(h.reg, &io, 0, 8, DMA_TO_DEVICE);
		EXPECT(t, err == -ENODEV, "I/O after the revocation: %d", err);
		if (!ptest_check_unmapped(t, it.range.addr, LEN))
			goto undo;
	}
	phyr_list_destroy(&h.list);
	phyr_lease_put(&h.lease);
	err = phyr_list_from_pfnmap(&h.list, &h.lease, addr, LEN, true, GFP_KERNEL);
	EXPECT(t, err == -ENODEV, "a lease after the revocation: %d", err);

	err = ptest_lease_set_revoked(h.revoked_file, "0");
	EXPECT(t, !err && ptest_user_is_readable(addr), "offered again: %d", err);
	err = phyr_list_from_pfnmap(&h.list, &h.lease, addr, LEN, true, GFP_KERNEL);
	EXPECT(t, !err, "a lease once it is offered again: %d", err);
undo:
	if (entered)
		phyr_lease_leave(&h.lease);
	if (io.reg)
		phyr_reg_end(&io);
	flush_work(&h.work);
	destroy_work_on_stack(&h.work);
	if (!IS_ERR(h.revoked_file)) {
		ptest_lease_set_revoked(h.revoked_file, "0");
		fput(h.revoked_file);
	}
	if (h.reg)
		phyr_reg_put(h.reg);
	phyr_list_destroy(&h.list);
	phyr_lease_put(&h.lease);
	if (!IS_ERR_VALUE(addr))
		vm_munmap(addr, LEN);
	fput(file);
}

static const struct ptest_case cases[] = {
	{ "lease: page frames of an exporter are taken", ptest_lease_granted },
	{ "lease: whatever else is mapped is refused",	 ptest_lease_refused },
	{ "lease: memory that is taken back",		 ptest_lease_revoked },
};

PTEST_GROUP(lease, cases);
