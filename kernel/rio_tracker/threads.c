// SPDX-License-Identifier: GPL-2.0
/* Threads of the container: who waits for whom, and who has the CPU. */
#include <linux/bitmap.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/threads.h>
#include <linux/vmalloc.h>

#include "rio_tracker.h"

/*
 * Threads known to be the container's, by their id. Another task's namespaces may change under us,
 * so a wakeup cannot ask the woken task. Whoever sleeps was forked or switched from under our eyes,
 * unless it slept already when tracing was enabled.
 */
static unsigned long *rio_known;

int rio_threads_start(void)
{
	rio_known = vzalloc(BITS_TO_LONGS(PID_MAX_LIMIT) * sizeof(long));
	return rio_known ? 0 : -ENOMEM;
}

/* When no handler can run any more. */
void rio_threads_stop(void)
{
	vfree(rio_known);
	rio_known = NULL;
}

/* @task is current or does not run. */
static bool note(const struct task_struct *task)
{
	if (!task->pid || !rio_in_container(task))
		return false;
	if (!test_bit(task->pid, rio_known))
		set_bit(task->pid, rio_known);
	return true;
}

void rio_on_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	struct trio_trace_fork fork = {};

	if (!note(child)) /* it has not run yet */
		return;
	fork.child_tgid = child->tgid;
	fork.child_tid = child->pid;
	rio_stream_add(&fork.record, TRIO_TRACE_FORK, sizeof(fork), NULL, 0);
}

void rio_on_exit(void *data, struct task_struct *task)
{
	struct trio_trace_exit exit = {};

	if (rio_in_container(current))
		rio_stream_add(&exit.record, TRIO_TRACE_EXIT, sizeof(exit), NULL, 0);
}

/* With the run queue's lock held. */
void rio_on_switch(void *data, bool preempt, struct task_struct *prev, struct task_struct *next,
		   unsigned int prev_state)
{
	struct trio_trace_switch change = {};
	/* By its last switch, an exiting task has no namespaces any more. */
	bool from = note(prev) || test_bit(prev->pid, rio_known);
	bool to = note(next);

	if (!from && !to)
		return;
	if (prev_state & TASK_DEAD)
		clear_bit(prev->pid, rio_known);
	change.next_tid = next->pid;
	change.prev_state = preempt ? 0 : prev_state;
	rio_stream_add(&change.record, TRIO_TRACE_SWITCH, sizeof(change), NULL, 0);
}

/* In the waker's context, which may be an interrupt. */
void rio_on_waking(void *data, struct task_struct *task)
{
	struct trio_trace_wake wake = {};

	if (!test_bit(task->pid, rio_known))
		return;
	wake.woken_tid = task->pid;
	wake.in_interrupt = !in_task();
	rio_stream_add(&wake.record, TRIO_TRACE_WAKE, sizeof(wake), NULL, 0);
}
