// SPDX-License-Identifier: GPL-2.0
/*
 * The probes of rio_tracker when it is loaded with probes=bpf: they only say where reads and faults
 * happen. What of it is the container's, and what is recorded, the module decides.
 *
 * The structures are passed on, not looked into, so their layout need not be known here. They have
 * a body because libbpf compares kinds of types with the kernel's, and a structure without one is
 * of another kind.
 */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct file {
};

struct iov_iter {
};

struct kiocb {
};

struct pipe_inode_info {
};

struct vm_fault {
};

extern void rio_tracker_read(struct kiocb *iocb, struct iov_iter *iter) __ksym;
extern void rio_tracker_splice(struct file *in, __u64 pos, struct pipe_inode_info *pipe,
			       __u64 count) __ksym;
extern void rio_tracker_fault(struct vm_fault *vmf) __ksym;
extern void rio_tracker_mapped(struct vm_fault *vmf) __ksym;

SEC("fentry/filemap_read")
int BPF_PROG(on_read, struct kiocb *iocb, struct iov_iter *iter)
{
	rio_tracker_read(iocb, iter);
	return 0;
}

SEC("fentry/filemap_splice_read")
int BPF_PROG(on_splice, struct file *in, __s64 *ppos, struct pipe_inode_info *pipe, __u64 count)
{
	__u64 pos = 0;

	bpf_probe_read_kernel(&pos, sizeof(pos), ppos);
	rio_tracker_splice(in, pos, pipe, count);
	return 0;
}

SEC("fentry/filemap_fault")
int BPF_PROG(on_fault, struct vm_fault *vmf)
{
	rio_tracker_fault(vmf);
	return 0;
}

SEC("fentry/finish_fault")
int BPF_PROG(on_finish_fault, struct vm_fault *vmf)
{
	rio_tracker_mapped(vmf);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
