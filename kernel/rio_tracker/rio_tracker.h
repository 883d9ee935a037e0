/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rio_tracker: what did the container touch?
 *
 * main.c      parameters and /sys/kernel/rio_tracker
 * filter.c    which tasks and files are the container's, and what a file is called inside
 * text.c      the published trace: path,ino,offset,length
 * stream.c    the rich trace, see trio_trace.h
 * probes.c    where in the kernel we listen
 * accesses.c  opens, reads, faults, writes
 * names.c     lookups, stat, readlink, readdir, exec
 * threads.c   fork, exit, switch, wake
 * tables.c    page tables unmapped or copied
 * kfuncs.c    reads and faults found by an eBPF program instead of our probes
 * cache.c     pages entering and leaving the page cache
 *
 * Handlers run with preemption disabled, some with interrupts disabled and with locks of the kernel
 * held: they do not sleep, take no lock of the kernel's but rename_lock, and pin nothing. What they
 * look at is held by the probed function's caller, belongs to the current task, or is freed by RCU.
 */
#ifndef RIO_TRACKER_H
#define RIO_TRACKER_H

#include <linux/kprobes.h>
#include <linux/path.h>
#include <linux/types.h>

#include "trio_trace.h"

struct file;
struct folio;
struct iov_iter;
struct kiocb;
struct linux_binprm;
struct pipe_inode_info;
struct task_struct;
struct vm_fault;

/* filter.c */

enum rio_file_kind {
	RIO_FILE_FOREIGN, /* not on the container's root file system, or without pages */
	RIO_FILE_NAMED, /* opened through the container's root file system */
	RIO_FILE_INTERNAL, /* opened by a file system for itself on the container's behalf */
};

int rio_filter_init(void);
void rio_filter_exit(void);
int rio_filter_set_prefix(const char *prefix, size_t bytes);
ssize_t rio_filter_show_prefix(char *to);
void rio_filter_start(void);
void rio_filter_stop(void);
bool rio_in_container(const struct task_struct *task);
bool rio_container_root(struct path *root);
enum rio_file_kind rio_file_kind(const struct file *file, const struct path *root);
bool rio_below(struct dentry *dentry, const struct path *root);
const char *rio_path(struct dentry *dentry, const struct path *root, size_t *bytes);

/* text.c */

int rio_text_init(const char *output, size_t buffer_bytes);
void rio_text_exit(void);
void rio_text_add(const struct file *file, const struct path *root, u64 offset, u64 length);
int rio_text_dump(void);
void rio_text_reset(void);
u64 rio_text_drops(void);

/* stream.c */

int rio_stream_init(size_t buffer_bytes);
void rio_stream_exit(void);
bool rio_stream_wanted(void);
void rio_stream_start(void);
void rio_stream_stop(void);
void rio_stream_reset(void);
void rio_stream_add(struct trio_trace_record *record, u16 type, size_t bytes, const void *tail,
		    size_t tail_bytes);
u64 rio_stream_drops(void);

/* probes.c */

/* @foreign: reads and faults come from elsewhere. */
int rio_probes_start(bool stream, bool foreign);
void rio_probes_stop(void);
void rio_probes_reset_drops(void);
u64 rio_probes_drops(void);

/* Handlers at a function's entry. */
int rio_on_open(struct kprobe *probe, struct pt_regs *regs);
int rio_on_read(struct kprobe *probe, struct pt_regs *regs);
int rio_on_splice(struct kprobe *probe, struct pt_regs *regs);
int rio_on_fault(struct kprobe *probe, struct pt_regs *regs);
int rio_on_map_pages(struct kprobe *probe, struct pt_regs *regs);
int rio_on_finish_fault(struct kprobe *probe, struct pt_regs *regs);
int rio_on_advise(struct kprobe *probe, struct pt_regs *regs);
int rio_on_read_page(struct kprobe *probe, struct pt_regs *regs);
int rio_on_write(struct kprobe *probe, struct pt_regs *regs);
int rio_on_stat(struct kprobe *probe, struct pt_regs *regs);
int rio_on_readlink(struct kprobe *probe, struct pt_regs *regs);
int rio_on_readdir(struct kprobe *probe, struct pt_regs *regs);
int rio_on_unmap(struct kprobe *probe, struct pt_regs *regs);
int rio_on_zap(struct kprobe *probe, struct pt_regs *regs);
int rio_on_copy_mm(struct kprobe *probe, struct pt_regs *regs);

/* accesses.c: reads and faults, for whoever finds them. Preemption is disabled. */
void rio_add_read(const struct kiocb *iocb, const struct iov_iter *iter);
void rio_add_splice(const struct file *file, loff_t pos, const struct pipe_inode_info *pipe,
		    size_t count);
void rio_add_fault(const struct vm_fault *vmf);
void rio_add_mapped(const struct vm_fault *vmf);

/* kfuncs.c */

int rio_kfuncs_init(void);
void rio_kfuncs_start(void);
void rio_kfuncs_stop(void);

/* Called by eBPF programs, see ../iotracker/iotracker.bpf.c. */
void rio_tracker_read(struct kiocb *iocb, struct iov_iter *iter);
void rio_tracker_splice(struct file *in, u64 pos, struct pipe_inode_info *pipe, u64 count);
void rio_tracker_fault(struct vm_fault *vmf);
void rio_tracker_mapped(struct vm_fault *vmf);

/* d_splice_alias(): its result is what the name turned out to be. */
struct rio_lookup {
	struct dentry *dentry;
};

int rio_on_lookup_entry(struct kretprobe_instance *instance, struct pt_regs *regs);
int rio_on_lookup(struct kretprobe_instance *instance, struct pt_regs *regs);

/* Tracepoints; @data is not used. */
void rio_on_fork(void *data, struct task_struct *parent, struct task_struct *child);
void rio_on_exec(void *data, struct task_struct *task, pid_t old_pid, struct linux_binprm *binprm);
void rio_on_exit(void *data, struct task_struct *task);
void rio_on_switch(void *data, bool preempt, struct task_struct *prev, struct task_struct *next,
		   unsigned int prev_state);
void rio_on_waking(void *data, struct task_struct *task);
void rio_on_insert(void *data, struct folio *folio);
void rio_on_delete(void *data, struct folio *folio);

/* threads.c */
int rio_threads_start(void);
void rio_threads_stop(void);

/* An argument of the probed function, by position from 0. */
#define rio_argument(regs, position, type) ((type)regs_get_kernel_argument(regs, position))

#endif
