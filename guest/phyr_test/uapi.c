// SPDX-License-Identifier: GPL-2.0
/*
 * Cases: device files of phyr_probe and phyr_store refuse flags and reserved fields that are not 0.
 * The arguments are in memory of the process that reads the report, as an ioctl needs them.
 * phyr_nvme, phyr_engine and phyr_domain need a device of their own: guest/tools asks them.
 */
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "test.h"
#include "uapi/phyr_probe.h"
#include "uapi/phyr_store.h"

/**
 * struct ptest_uapi_request - an ioctl with one field that must be 0 and is not
 * @what:	the field
 * @cmd:	the request
 * @arg:	its argument
 */
struct ptest_uapi_request {
	const char *what;
	unsigned int cmd;
	const void *arg;
};

/* @user is memory of the current process, large enough for any argument. */
static long ptest_uapi_ioctl(struct file *file, const struct ptest_uapi_request *request,
			     unsigned long user)
{
	if (copy_to_user((void __user *)user, request->arg, _IOC_SIZE(request->cmd)))
		return -EFAULT;
	return file->f_op->unlocked_ioctl(file, request->cmd, user);
}

static void ptest_uapi_all_refused(struct ptest *t, const char *path,
				   const struct ptest_uapi_request *request, unsigned int nr)
{
	struct file *file = filp_open(path, O_RDWR, 0);
	unsigned long user;
	unsigned int i;
	long err;

	NEEDS(t, !IS_ERR(file), "no %s: load its module", path);
	user = ptest_user_memory(NULL, PAGE_SIZE);
	EXPECT(t, !IS_ERR_VALUE(user), "vm_mmap: %ld", (long)user);
	for (i = 0; i < nr; i++) {
		err = ptest_uapi_ioctl(file, &request[i], user);
		EXPECT(t, err == -EINVAL, "%s: %ld", request[i].what, err);
	}
undo:
	if (!IS_ERR_VALUE(user))
		vm_munmap(user, PAGE_SIZE);
	fput(file);
}

static void ptest_uapi_probe(struct ptest *t)
{
	struct pci_dev *pdev = to_pci_dev(t->dev);
	const u32 segment = pci_domain_nr(pdev->bus), devfn = pci_dev_id(pdev);
	const struct phyr_probe_memory memory = {
		.npages = 1, .direction = PHYR_PROBE_FROM_DEVICE,
	};
	const struct phyr_probe_story_start story = {
		.segment = segment, .devfn = devfn, .events = 1, .reserved = 1,
	};
	const struct phyr_probe_io_cost io_cost = {
		.memory = memory, .fd = -1, .iterations = 1, .reserved = 1,
	};
	const struct phyr_probe_calls calls = {
		.segment = segment, .devfn = devfn, .action = PHYR_PROBE_CALLS_START, .reserved = 1,
	};
	const struct phyr_probe_soil soil = { .segment = segment, .devfn = devfn, .bytes = 1 };
	const struct phyr_probe_follow_domain follow = {
		.segment = segment, .devfn = devfn, .count = 1, .by = 1,
	};
	const struct ptest_uapi_request requests[] = {
		{ "STORY_START, reserved", PHYR_PROBE_IOC_STORY_START, &story },
		{ "IO_COST, reserved", PHYR_PROBE_IOC_IO_COST, &io_cost },
		{ "CALLS, reserved", PHYR_PROBE_IOC_CALLS, &calls },
		{ "SOIL, bytes", PHYR_PROBE_IOC_SOIL, &soil },
		{ "FOLLOW_DOMAIN, by", PHYR_PROBE_IOC_FOLLOW_DOMAIN, &follow },
	};

	ptest_uapi_all_refused(t, "/dev/phyr_probe", requests, ARRAY_SIZE(requests));
}

static void ptest_uapi_store(struct ptest *t)
{
	const struct phyr_store_dmabuf reserved = { .nr = 1, .flags = O_RDONLY, .reserved = 1 };
	const struct phyr_store_dmabuf flags = { .nr = 1, .flags = O_RDONLY | O_APPEND };
	const struct phyr_store_dmabuf mode = { .nr = 1, .flags = O_ACCMODE };
	const struct ptest_uapi_request requests[] = {
		{ "DMABUF, reserved", PHYR_STORE_IOC_DMABUF, &reserved },
		{ "DMABUF, an unknown flag", PHYR_STORE_IOC_DMABUF, &flags },
		{ "DMABUF, an unknown mode", PHYR_STORE_IOC_DMABUF, &mode },
	};

	ptest_uapi_all_refused(t, "/dev/phyr_ram", requests, ARRAY_SIZE(requests));
}

static const struct ptest_case cases[] = {
	{ "uapi: phyr_probe refuses reserved fields that are not 0", ptest_uapi_probe },
	{ "uapi: phyr_store refuses reserved fields and unknown flags", ptest_uapi_store },
};

PTEST_GROUP(uapi, cases);
