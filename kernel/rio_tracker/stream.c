// SPDX-License-Identifier: GPL-2.0
/*
 * The rich trace: one buffer per CPU, filled once and read in debugfs as rio_tracker/events<cpu>.
 *
 * A writer needs no lock: it runs on its own CPU with interrupts disabled, and publishes a record
 * by moving `used` behind it. A full buffer keeps what it has, and the records that it cannot take
 * are counted. It is not a ring on purpose: a start's beginning matters as much as its end, and a
 * reader in the background would disturb the start.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "rio_tracker.h"

#ifdef __BIG_ENDIAN
#error "the rich trace is little-endian"
#endif

static_assert(sizeof(struct trio_trace_record) == 24);
static_assert(sizeof(struct trio_trace_header) == 112);
static_assert(sizeof(struct trio_trace_mark) == 32);
static_assert(sizeof(struct trio_trace_file) == 72);
static_assert(sizeof(struct trio_trace_open) == 120);
static_assert(sizeof(struct trio_trace_read) == 120);
static_assert(sizeof(struct trio_trace_splice) == 120);
static_assert(sizeof(struct trio_trace_fault) == 160);
static_assert(sizeof(struct trio_trace_map_pages) == 128);
static_assert(sizeof(struct trio_trace_advise) == 120);
static_assert(sizeof(struct trio_trace_read_page) == 48);
static_assert(sizeof(struct trio_trace_write) == 112);
static_assert(sizeof(struct trio_trace_name) == 64);
static_assert(sizeof(struct trio_trace_fork) == 32);
static_assert(sizeof(struct trio_trace_exit) == 24);
static_assert(sizeof(struct trio_trace_switch) == 32);
static_assert(sizeof(struct trio_trace_wake) == 32);
static_assert(sizeof(struct trio_trace_unmap) == 48);
static_assert(sizeof(struct trio_trace_copy_mm) == 64);
static_assert(sizeof(struct trio_trace_page) == 48);

struct rio_stream {
	u8 *bytes;
	size_t used;
	u32 seq;
	u64 dropped;
};

#define MARK_BYTES_MAX 4096

static DEFINE_PER_CPU(struct rio_stream, rio_streams);
static size_t rio_stream_capacity;
static struct dentry *rio_debugfs;

/* Handlers write only while this is set; cleared before the streams are emptied. */
static bool rio_recording;

/* Nobody else may write to @stream meanwhile. */
static void append(struct rio_stream *stream, struct trio_trace_record *record, u16 type,
		   size_t bytes, const void *tail, size_t tail_bytes)
{
	size_t size = ALIGN(bytes + tail_bytes, 8);
	u8 *to = stream->bytes + stream->used;

	record->type = type;
	record->size = size;
	record->seq = stream->seq++;
	record->time_ns = ktime_get_mono_fast_ns();
	record->tgid = current->tgid;
	record->tid = current->pid;
	if (size > rio_stream_capacity - stream->used) {
		stream->dropped++;
		return;
	}
	memcpy(to, record, bytes);
	memcpy(to + bytes, tail, tail_bytes);
	memset(to + bytes + tail_bytes, 0, size - bytes - tail_bytes);
	/* The record before its being there; pairs with events_read(). */
	smp_store_release(&stream->used, stream->used + size);
}

/*
 * Adds a record of current: @record is the beginning of a structure of @bytes bytes, whose path or
 * text is @tail. From any context but NMI.
 */
void rio_stream_add(struct trio_trace_record *record, u16 type, size_t bytes, const void *tail,
		    size_t tail_bytes)
{
	unsigned long flags;

	local_irq_save(flags);
	if (READ_ONCE(rio_recording))
		append(this_cpu_ptr(&rio_streams), record, type, bytes, tail, tail_bytes);
	local_irq_restore(flags);
}

/*
 * mm/memory.c keeps the value to itself, and debugfs' file of it can only be read from user space.
 * kprobes know the address of the function behind that file.
 */
static u32 fault_around_bytes(void)
{
	struct kprobe probe = { .symbol_name = "fault_around_bytes_get" };
	int (*get)(void *data, u64 *value);
	u64 value = 0;

	if (register_kprobe(&probe))
		return 0;
	get = rio_function_at(probe.addr);
	get(NULL, &value);
	unregister_kprobe(&probe);
	return value;
}

static void begin_streams(void)
{
	struct trio_trace_header header = {
		.magic = TRIO_TRACE_MAGIC,
		.version = TRIO_TRACE_VERSION,
		.page_bytes = PAGE_SIZE,
		.fault_around_bytes = fault_around_bytes(),
	};
	unsigned int cpu;

	strscpy(header.kernel_release, init_utsname()->release, sizeof(header.kernel_release));
	for_each_possible_cpu(cpu) {
		struct rio_stream *stream = per_cpu_ptr(&rio_streams, cpu);

		stream->seq = 0;
		stream->dropped = 0;
		stream->used = 0;
		header.cpu = cpu;
		append(stream, &header.record, TRIO_TRACE_HEADER, sizeof(header), NULL, 0);
	}
}

/* Each session has streams of its own: these begin anew, with a header. */
void rio_stream_start(void)
{
	begin_streams();
	WRITE_ONCE(rio_recording, true);
}

void rio_stream_stop(void)
{
	WRITE_ONCE(rio_recording, false);
	synchronize_rcu(); /* no writer is half way: they have interrupts disabled */
}

void rio_stream_reset(void)
{
	unsigned int cpu;

	if (rio_recording) {
		rio_stream_stop();
		rio_stream_start();
		return;
	}
	for_each_possible_cpu(cpu) {
		per_cpu(rio_streams, cpu).dropped = 0;
		per_cpu(rio_streams, cpu).used = 0;
	}
}

bool rio_stream_wanted(void)
{
	return rio_stream_capacity;
}

u64 rio_stream_drops(void)
{
	unsigned int cpu;
	u64 dropped = 0;

	for_each_possible_cpu(cpu)
		dropped += READ_ONCE(per_cpu(rio_streams, cpu).dropped);
	return dropped;
}

static ssize_t events_read(struct file *file, char __user *to, size_t count, loff_t *pos)
{
	struct rio_stream *stream = file->private_data;
	/* Pairs with append(). */
	size_t used = smp_load_acquire(&stream->used);

	return simple_read_from_buffer(to, count, pos, stream->bytes, used);
}

static const struct file_operations events_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = events_read,
	.llseek = default_llseek,
};

static ssize_t mark_write(struct file *file, const char __user *from, size_t count, loff_t *pos)
{
	struct trio_trace_mark mark = {};
	size_t bytes = count;
	char *text;

	if (count > MARK_BYTES_MAX)
		return -EINVAL;
	if (!READ_ONCE(rio_recording))
		return -ENODATA;
	text = memdup_user(from, count);
	if (IS_ERR(text))
		return PTR_ERR(text);
	if (bytes && text[bytes - 1] == '\n')
		bytes--;
	mark.text_bytes = bytes;
	rio_stream_add(&mark.record, TRIO_TRACE_MARK, sizeof(mark), text, bytes);
	kfree(text);
	return count;
}

static const struct file_operations mark_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = mark_write,
	.llseek = noop_llseek,
};

int rio_stream_init(size_t buffer_bytes)
{
	char name[sizeof("events") + 10];
	unsigned int cpu;

	if (!buffer_bytes)
		return 0;
	for_each_possible_cpu(cpu) {
		per_cpu(rio_streams, cpu).bytes = vzalloc_node(buffer_bytes, cpu_to_node(cpu));
		if (!per_cpu(rio_streams, cpu).bytes) {
			pr_err("no memory for events_buffer_bytes=%zu on each CPU\n", buffer_bytes);
			rio_stream_exit();
			return -ENOMEM;
		}
	}
	rio_stream_capacity = buffer_bytes;
	rio_debugfs = debugfs_create_dir(KBUILD_MODNAME, NULL);
	if (IS_ERR(rio_debugfs)) {
		/*
		 * Elsewhere a missing debugfs may be ignored; here it is the only way to the data.
		 */
		int error = PTR_ERR(rio_debugfs);

		pr_err("events_buffer_bytes needs debugfs: %d\n", error);
		rio_debugfs = NULL;
		rio_stream_exit();
		return error;
	}
	for_each_possible_cpu(cpu) {
		snprintf(name, sizeof(name), "events%u", cpu);
		debugfs_create_file(name, 0400, rio_debugfs, per_cpu_ptr(&rio_streams, cpu),
				    &events_fops);
	}
	debugfs_create_file("mark", 0200, rio_debugfs, NULL, &mark_fops);
	return 0;
}

void rio_stream_exit(void)
{
	unsigned int cpu;

	debugfs_remove(rio_debugfs); /* waits for readers */
	for_each_possible_cpu(cpu)
		vfree(per_cpu(rio_streams, cpu).bytes);
}
