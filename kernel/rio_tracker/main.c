// SPDX-License-Identifier: GPL-2.0
/* Parameters and /sys/kernel/rio_tracker: the interface as published, and ours beside it. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "rio_tracker.h"

static char *tracker_output;
module_param(tracker_output, charp, 0444);
MODULE_PARM_DESC(tracker_output, "file that dump writes to; created when the module is loaded");

static unsigned long tracker_buffer_size = 20 * SZ_1M;
module_param(tracker_buffer_size, ulong, 0444);
MODULE_PARM_DESC(tracker_buffer_size, "bytes of text kept until dump (default 20 MiB)");

static unsigned long events_buffer_bytes;
module_param(events_buffer_bytes, ulong, 0444);
MODULE_PARM_DESC(events_buffer_bytes, "bytes of rich trace for each CPU (default 0: none)");

static char *probes = "kprobe";
module_param(probes, charp, 0444);
MODULE_PARM_DESC(probes, "who finds reads and faults: kprobe (the module, default) or bpf (iotracker)");

#define BUFFER_BYTES_MIN PAGE_SIZE
#define BUFFER_BYTES_MAX SZ_1G

/* Serializes all that sysfs and unloading do. */
static DEFINE_MUTEX(rio_mutex);
static bool rio_enabled;
static bool rio_bpf; /* probes=bpf */

static int start(void)
{
	int error;

	rio_filter_start();
	if (rio_stream_wanted())
		rio_stream_start();
	error = rio_probes_start(rio_stream_wanted(), rio_bpf);
	if (error) {
		if (rio_stream_wanted())
			rio_stream_stop();
		rio_filter_stop();
		return error;
	}
	if (rio_bpf)
		rio_kfuncs_start();
	rio_enabled = true;
	return 0;
}

static void stop(void)
{
	if (rio_bpf)
		rio_kfuncs_stop();
	rio_probes_stop();
	if (rio_stream_wanted())
		rio_stream_stop();
	rio_filter_stop();
	rio_enabled = false;
}

static ssize_t enable_show(struct kobject *kobject, struct kobj_attribute *attribute, char *to)
{
	return sysfs_emit(to, "%d\n", READ_ONCE(rio_enabled));
}

static ssize_t enable_store(struct kobject *kobject, struct kobj_attribute *attribute,
			    const char *from, size_t count)
{
	bool wanted;
	int error;

	error = kstrtobool(from, &wanted);
	if (error)
		return error;
	mutex_lock(&rio_mutex);
	if (wanted && !rio_enabled)
		error = start();
	else if (!wanted && rio_enabled)
		stop();
	mutex_unlock(&rio_mutex);
	return error ?: count;
}

static ssize_t host_ns_show(struct kobject *kobject, struct kobj_attribute *attribute, char *to)
{
	return rio_filter_show_prefix(to);
}

static ssize_t host_ns_store(struct kobject *kobject, struct kobj_attribute *attribute,
			     const char *from, size_t count)
{
	size_t bytes = count;
	int error;

	if (bytes && from[bytes - 1] == '\n')
		bytes--;
	mutex_lock(&rio_mutex);
	error = rio_filter_set_prefix(from, bytes);
	mutex_unlock(&rio_mutex);
	return error ?: count;
}

/* Whatever is written: as published. */
static ssize_t reset_store(struct kobject *kobject, struct kobj_attribute *attribute,
			   const char *from, size_t count)
{
	mutex_lock(&rio_mutex);
	rio_text_reset();
	if (rio_stream_wanted())
		rio_stream_reset();
	rio_probes_reset_drops();
	mutex_unlock(&rio_mutex);
	return count;
}

static ssize_t dump_store(struct kobject *kobject, struct kobj_attribute *attribute,
			  const char *from, size_t count)
{
	int error;

	mutex_lock(&rio_mutex);
	error = rio_text_dump();
	mutex_unlock(&rio_mutex);
	if (error)
		pr_err("cannot write tracker_output %s: %d\n", tracker_output, error);
	return error ?: count;
}

static ssize_t drops_show(struct kobject *kobject, struct kobj_attribute *attribute, char *to)
{
	u64 drops;

	mutex_lock(&rio_mutex);
	drops = rio_text_drops() + rio_stream_drops() + rio_probes_drops();
	mutex_unlock(&rio_mutex);
	return sysfs_emit(to, "%llu\n", drops);
}

static struct kobj_attribute enable_attribute = __ATTR_RW(enable);
static struct kobj_attribute host_ns_attribute = __ATTR_RW(host_ns);
static struct kobj_attribute reset_attribute = __ATTR_WO(reset);
static struct kobj_attribute dump_attribute = __ATTR_WO(dump);
static struct kobj_attribute drops_attribute = __ATTR_RO(drops);

static const struct attribute *const attributes[] = {
	&enable_attribute.attr,
	&host_ns_attribute.attr,
	&reset_attribute.attr,
	&dump_attribute.attr,
	&drops_attribute.attr,
	NULL,
};

static struct kobject *rio_kobject;

static int check_parameters(void)
{
	if (!tracker_output || !*tracker_output) {
		pr_err("tracker_output is missing: the file that the trace is written to\n");
		return -EINVAL;
	}
	if (tracker_buffer_size < BUFFER_BYTES_MIN || tracker_buffer_size > BUFFER_BYTES_MAX) {
		pr_err("tracker_buffer_size=%lu is not within %lu and %u\n", tracker_buffer_size,
		       BUFFER_BYTES_MIN, BUFFER_BYTES_MAX);
		return -EINVAL;
	}
	if (events_buffer_bytes &&
	    (events_buffer_bytes < BUFFER_BYTES_MIN || events_buffer_bytes > BUFFER_BYTES_MAX)) {
		pr_err("events_buffer_bytes=%lu is neither 0 nor within %lu and %u\n",
		       events_buffer_bytes, BUFFER_BYTES_MIN, BUFFER_BYTES_MAX);
		return -EINVAL;
	}
	rio_bpf = !strcmp(probes, "bpf");
	if (!rio_bpf && strcmp(probes, "kprobe")) {
		pr_err("probes=%s is neither kprobe nor bpf\n", probes);
		return -EINVAL;
	}
	return 0;
}

static int __init rio_init(void)
{
	int error;

	error = check_parameters();
	if (error)
		return error;
	error = rio_filter_init();
	if (error)
		return error;
	error = rio_text_init(tracker_output, tracker_buffer_size);
	if (error)
		goto exit_filter;
	error = rio_stream_init(events_buffer_bytes);
	if (error)
		goto exit_text;
	error = rio_bpf ? rio_kfuncs_init() : 0;
	if (error)
		goto exit_stream;
	rio_kobject = kobject_create_and_add(KBUILD_MODNAME, kernel_kobj);
	if (!rio_kobject) {
		error = -ENOMEM;
		goto exit_stream;
	}
	error = sysfs_create_files(rio_kobject, attributes);
	if (error)
		goto put_kobject;
	return 0;

put_kobject:
	kobject_put(rio_kobject);
exit_stream:
	rio_stream_exit();
exit_text:
	rio_text_exit();
exit_filter:
	rio_filter_exit();
	return error;
}

static void __exit rio_exit(void)
{
	kobject_put(rio_kobject); /* waits for who is in one of the files; nobody comes after */
	if (rio_enabled)
		stop();
	rio_stream_exit();
	rio_text_exit();
	rio_filter_exit();
}

module_init(rio_init);
module_exit(rio_exit);
MODULE_DESCRIPTION("Records what a container touches while it starts");
MODULE_LICENSE("GPL");
