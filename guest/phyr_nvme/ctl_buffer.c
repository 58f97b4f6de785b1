// SPDX-License-Identifier: GPL-2.0
/* Registered buffers of /dev/phyrN-ctl: handles, I/O, debugfs. */
#include <linux/debugfs.h>
#include <linux/dma-buf.h>
#include <linux/fs.h>
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ctl.h"
#include "trace.h"
#include "uapi/phyr_nvme.h"

/* Free a buffer whose handle is removed, after its last I/O. */
static void pnvme_ctl_release_buffer(struct pnvme_ctl *ctl, struct pnvme_buffer *buf)
{
	pnvme_buffer_revoke(buf);
	mutex_lock(&ctl->list_lock);
	list_del(&buf->node);
	mutex_unlock(&ctl->list_lock);
	pnvme_buffer_free(buf);
}

static int pnvme_ctl_add_buffer(struct pnvme_ctl *ctl, struct pnvme_buffer *buf)
{
	struct pnvme_ctrl *ctrl = pnvme_ctl_begin(ctl);
	int err;

	if (!ctrl)
		return -ENODEV;
	err = pnvme_buffer_register(ctrl, buf);
	if (!err) {
		mutex_lock(&ctl->list_lock);
		list_add(&buf->node, &ctl->buffers);
		mutex_unlock(&ctl->list_lock);
	}
	pnvme_ctl_end(ctl);
	return err;
}

/* Is the file open for the directions of I/O that @access allows? */
static int pnvme_file_access(const struct file *file, u32 access)
{
	const u32 both = PHYR_NVME_BUFFER_READ | PHYR_NVME_BUFFER_WRITE;
	int err;

	if (!access || access & ~both)
		return -EINVAL;
	err = access & PHYR_NVME_BUFFER_READ ? pnvme_file_check_mode(file, false) : 0;
	if (!err && access & PHYR_NVME_BUFFER_WRITE)
		err = pnvme_file_check_mode(file, true);
	return err;
}

/*
 * Register a buffer under a new handle, store the handle in @handle, which is a field of @arg, and
 * copy @arg to @user.  @addr is the user address of the memory.  Consumes @buf, also on failure.
 */
static int pnvme_file_add(struct pnvme_file *pf, struct pnvme_buffer *buf, u64 addr, u64 len,
			  void __user *user, void *arg, size_t size, u32 *handle)
{
	int err = pnvme_ctl_add_buffer(pf->ctl, buf);

	if (err) {
		pnvme_buffer_free(buf);
		return err;
	}
	/* The buffer is stored last, when user space knows the handle. */
	err = xa_alloc(&pf->buffers, handle, NULL, XA_LIMIT(1, PHYR_NVME_MAX_BUFFERS),
		       GFP_KERNEL_ACCOUNT);
	if (err) {
		err = err == -EBUSY ? -ENOSPC : err;
		goto release;
	}
	err = -EFAULT;
	if (copy_to_user(user, arg, size))
		goto erase;
	trace_phyr_nvme_ctl_buffer(pf, *handle, addr, len);
	xa_store(&pf->buffers, *handle, buf, GFP_KERNEL);	/* reserved: cannot fail */
	return 0;

erase:
	xa_erase(&pf->buffers, *handle);
release:
	pnvme_ctl_release_buffer(pf->ctl, buf);
	return err;
}

long pnvme_ctl_register(struct file *file, void __user *user)
{
	struct phyr_nvme_register reg;
	struct pnvme_buffer *buf;
	u64 end;
	int err;

	if (copy_from_user(&reg, user, sizeof(reg)))
		return -EFAULT;
	if (reg.reserved || reg.handle || reg.addr & 3 || !reg.len ||
	    reg.len > PHYR_NVME_MAX_BUFFER_LEN || check_add_overflow(reg.addr, reg.len, &end))
		return -EINVAL;
	err = pnvme_file_access(file, reg.access);
	if (err)
		return err;
	buf = pnvme_buffer_alloc(reg.addr, reg.len, reg.access);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	return pnvme_file_add(file->private_data, buf, reg.addr, reg.len, user, &reg, sizeof(reg),
			      &reg.handle);
}

long pnvme_ctl_attach(struct file *file, void __user *user)
{
	struct phyr_nvme_attach att;
	struct pnvme_buffer *buf;
	u64 end;
	int err;

	if (copy_from_user(&att, user, sizeof(att)))
		return -EFAULT;
	if (att.reserved || att.handle || att.len ||
	    (att.way != PHYR_NVME_DMABUF_LIST && att.way != PHYR_NVME_DMABUF_SG))
		return -EINVAL;
	err = pnvme_file_access(file, att.access);
	if (err)
		return err;
	buf = pnvme_buffer_import(att.fd, att.access, att.way);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	att.len = buf->shared.dmabuf->size;
	if (check_add_overflow(att.view, att.len, &end)) {
		pnvme_buffer_free(buf);
		return -EINVAL;
	}
	return pnvme_file_add(file->private_data, buf, att.view, att.len, user, &att, sizeof(att),
			      &att.handle);
}

long pnvme_ctl_unregister(struct file *file, const void __user *user)
{
	struct pnvme_file *pf = file->private_data;
	struct phyr_nvme_unregister unreg;
	struct pnvme_buffer *buf;

	if (copy_from_user(&unreg, user, sizeof(unreg)))
		return -EFAULT;
	if (unreg.reserved)
		return -EINVAL;
	xa_lock(&pf->buffers);
	buf = xa_load(&pf->buffers, unreg.handle);
	if (buf) {	/* NULL: the handle is reserved only */
		/* Before the handle can be reused. */
		trace_phyr_nvme_ctl_buffer(pf, unreg.handle, 0, 0);
		__xa_erase(&pf->buffers, unreg.handle);
	}
	xa_unlock(&pf->buffers);
	if (!buf)
		return -ENOENT;
	pnvme_ctl_release_buffer(pf->ctl, buf);
	return 0;
}

/* Begin an I/O on the buffer of a handle.  The xarray's lock keeps the buffer meanwhile. */
static int pnvme_file_begin(struct pnvme_file *pf, const struct phyr_nvme_buffer_io *io,
			    bool write, struct phyr_reg_io *out)
{
	struct pnvme_buffer *buf;
	int err = -ENOENT;

	xa_lock(&pf->buffers);
	buf = xa_load(&pf->buffers, io->handle);
	if (buf)
		err = pnvme_buffer_begin(buf, out, io->buffer_offset, io->len, write);
	xa_unlock(&pf->buffers);
	return err;
}

long pnvme_ctl_buffer_io(struct file *file, const void __user *user, bool write)
{
	struct pnvme_file *pf = file->private_data;
	struct phyr_nvme_buffer_io io;
	struct pnvme_ctrl *ctrl;
	struct pnvme_pass pass;
	int err;

	err = pnvme_file_check_mode(file, write);
	if (err)
		return err;
	if (copy_from_user(&io, user, sizeof(io)))
		return -EFAULT;
	if (io.flags || io.reserved)
		return -EINVAL;
	ctrl = pnvme_ctl_begin(pf->ctl);
	if (!ctrl)
		return -ENODEV;
	err = pnvme_pass_init(&pass, ctrl, write, io.offset, io.len);
	if (err)
		goto end;
	err = pnvme_file_begin(pf, &io, write, &pass.io);
	if (err)
		goto end;
	pass.file = pf;
	pass.handle = io.handle;
	pass.addr = io.buffer_offset;
	pnvme_count(ctrl, PNVME_STAT_CTL_BUFFER, 1);
	err = pnvme_pass_execute(ctrl, &pass);
	phyr_reg_end(&pass.io);
end:
	pnvme_ctl_end(pf->ctl);
	return err;
}

/**
 * pnvme_file_release - unregister all buffers of a file that is being closed
 * @pf:	the file
 *
 * Context: May sleep.
 */
void pnvme_file_release(struct pnvme_file *pf)
{
	struct pnvme_buffer *buf;
	unsigned long handle;

	/* Close all first, so that their I/Os are waited for together. */
	xa_for_each(&pf->buffers, handle, buf)
		phyr_reg_close(buf->reg);
	xa_for_each(&pf->buffers, handle, buf) {
		trace_phyr_nvme_ctl_buffer(pf, handle, 0, 0);
		pnvme_ctl_release_buffer(pf->ctl, buf);
	}
	xa_destroy(&pf->buffers);
}

/**
 * pnvme_ctl_revoke - revoke all buffers because the device is removed
 * @ctl:	the character device; no I/O is in flight
 *
 * Context: May sleep.
 */
void pnvme_ctl_revoke(struct pnvme_ctl *ctl)
{
	struct pnvme_buffer *buf;

	guard(mutex)(&ctl->list_lock);
	list_for_each_entry(buf, &ctl->buffers, node)
		phyr_reg_close(buf->reg);
	list_for_each_entry(buf, &ctl->buffers, node)
		pnvme_buffer_revoke(buf);
}

/* Most bytes that debugfs shows of a buffer. */
#define SHOW_BYTES	SZ_16K

/* Print every buffer and its list. */
static int pnvme_buffers_show(struct seq_file *m, void *unused)
{
	struct pnvme_ctl *ctl = m->private;
	struct pnvme_buffer *buf;
	char *text;

	text = kvmalloc(SHOW_BYTES, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	mutex_lock(&ctl->list_lock);
	list_for_each_entry(buf, &ctl->buffers, node) {
		seq_printf(m, "buffer access=%s%s charged=%lu %s\n",
			   buf->access & PHYR_NVME_BUFFER_READ ? "r" : "",
			   buf->access & PHYR_NVME_BUFFER_WRITE ? "w" : "", buf->charged,
			   buf->shared.dmabuf ? "attached" : buf->mem.pinned ? "pinned" : "lent");
		phyr_list_print(pnvme_buffer_list(buf), text, SHOW_BYTES);
		seq_puts(m, text);
	}
	mutex_unlock(&ctl->list_lock);
	kvfree(text);
	return 0;
}

static int pnvme_buffers_open(struct inode *inode, struct file *file)
{
	return single_open(file, pnvme_buffers_show, inode->i_private);
}

const struct file_operations pnvme_buffers_fops = {
	.owner = THIS_MODULE,
	.open = pnvme_buffers_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};
