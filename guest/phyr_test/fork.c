// SPDX-License-Identifier: GPL-2.0
/* Cases: pins and fork. */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched.h>

#include "test.h"

/*
 * Pinned memory stays with the parent after fork().  A shell does the fork: it reads the file
 * "fork", forks, then reads the file "forked".
 */
static struct {
	struct phyr_list list;
	unsigned long addr;
	pid_t pid;
	long before;
} forker;

/* Undo ptest_fork_begin() if the process did not read "forked". */
void ptest_fork_forget(void)
{
	if (forker.addr)
		phyr_list_unpin_user(&forker.list, true);
	forker.addr = 0;
}

static void ptest_fork_begin(struct ptest *t)
{
	unsigned long addr = ptest_user_memory(NULL, 2 * PAGE_SIZE);
	int err;

	ptest_fork_forget();	/* a previous process */
	EXPECT(t, !IS_ERR_VALUE(addr), "vm_mmap: %ld", (long)addr);
	EXPECT(t, !ptest_stamp(addr, 2 * PAGE_SIZE, 100), "cannot write to it");
	phyr_list_init(&forker.list, PHYR_PACKED);
	forker.before = ptest_count_pins();
	err = phyr_list_pin_user(&forker.list, addr, 2 * PAGE_SIZE, FOLL_WRITE | FOLL_LONGTERM);
	EXPECT(t, !err, "pin: %d", err);
	forker.addr = addr;
	forker.pid = current->tgid;
	return;
undo:
	if (!IS_ERR_VALUE(addr))
		vm_munmap(addr, 2 * PAGE_SIZE);
}

static void ptest_fork_end(struct ptest *t)
{
	NEEDS(t, forker.addr && forker.pid == current->tgid,
	      "no process that reads twice, and forks in between");
	/* If the page were shared with the child, this write would copy it. */
	EXPECT(t, !ptest_stamp(forker.addr, 2 * PAGE_SIZE, 200), "cannot write to it");
	ptest_check_stamps(t, &forker.list, 2 * PAGE_SIZE, 200);
undo:
	phyr_list_unpin_user(&forker.list, true);
	vm_munmap(forker.addr, 2 * PAGE_SIZE);
	forker.addr = 0;
	if (!t->why[0] && ptest_count_pins() != forker.before)
		FAIL(t, "%ld pins are left", ptest_count_pins() - forker.before);
}

static const struct ptest_case begin[] = {
	{ "hazard 18: memory is pinned before a fork", ptest_fork_begin },
};

PTEST_GROUP(fork, begin);

static const struct ptest_case end[] = {
	{ "hazard 18: a fork does not take pinned pages away", ptest_fork_end },
};

PTEST_GROUP(forked, end);
