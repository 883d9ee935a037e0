// SPDX-License-Identifier: GPL-2.0
/*
 * probes=bpf: the eBPF programs of iotracker sit at the functions where our probes would, and call
 * these. What is recorded, and whether anything is, is decided here alone, so that both ways give
 * the same trace.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/module.h>
#include <linux/preempt.h>

#include "compat.h"
#include "rio_tracker.h"

static bool listening;

void rio_kfuncs_start(void)
{
	WRITE_ONCE(listening, true);
}

/* When it returns, no call is half way. */
void rio_kfuncs_stop(void)
{
	WRITE_ONCE(listening, false);
	synchronize_rcu();
}

#if RIO_HAS_KFUNCS

#ifndef BTF_KFUNCS_START /* 6.6 */
#define BTF_KFUNCS_START(name) BTF_SET8_START(name)
#define BTF_KFUNCS_END(name) BTF_SET8_END(name)
#endif

/*
 * A program runs with preemption enabled; kprobes' handlers, for which the rest is written, do not.
 */
static bool begin(void)
{
	preempt_disable();
	if (READ_ONCE(listening))
		return true;
	preempt_enable();
	return false;
}

static void end(void)
{
	preempt_enable();
}

/* At filemap_read(). */
__bpf_kfunc void rio_tracker_read(struct kiocb *iocb, struct iov_iter *iter)
{
	if (!begin())
		return;
	rio_add_read(iocb, iter);
	end();
}

/* At filemap_splice_read(). */
__bpf_kfunc void rio_tracker_splice(struct file *in, u64 pos, struct pipe_inode_info *pipe,
				    u64 count)
{
	if (!begin())
		return;
	rio_add_splice(in, pos, pipe, count);
	end();
}

/* At filemap_fault(). */
__bpf_kfunc void rio_tracker_fault(struct vm_fault *vmf)
{
	if (!begin())
		return;
	rio_add_fault(vmf);
	end();
}

/* At finish_fault(). */
__bpf_kfunc void rio_tracker_mapped(struct vm_fault *vmf)
{
	if (!begin())
		return;
	rio_add_mapped(vmf);
	end();
}

BTF_KFUNCS_START(rio_kfuncs)
BTF_ID_FLAGS(func, rio_tracker_read)
BTF_ID_FLAGS(func, rio_tracker_splice)
BTF_ID_FLAGS(func, rio_tracker_fault)
BTF_ID_FLAGS(func, rio_tracker_mapped)
BTF_KFUNCS_END(rio_kfuncs)

static const struct btf_kfunc_id_set rio_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &rio_kfuncs,
};

int rio_kfuncs_init(void)
{
	int error = register_btf_kfunc_id_set(BPF_PROG_TYPE_TRACING, &rio_kfunc_set);

	if (error)
		pr_err("probes=bpf needs a module built with BTF: %d\n", error);
	return error;
}

#else

int rio_kfuncs_init(void)
{
	pr_err("probes=bpf needs Linux 6.6 or later with BTF of modules\n");
	return -EOPNOTSUPP;
}

#endif
