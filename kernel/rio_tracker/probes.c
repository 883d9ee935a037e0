// SPDX-License-Identifier: GPL-2.0
/*
 * Where in the kernel we listen. Probes exist only while tracing is enabled, so that it costs
 * nothing when it is not. They are kprobes at functions' entries, which go through ftrace, and
 * tracepoints.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <trace/events/filemap.h>
#include <trace/events/sched.h>

#include "compat.h"
#include "rio_tracker.h"

static struct rio_entry {
	const char *symbol;
	kprobe_pre_handler_t handler;
	bool text; /* for the published trace; the others only for the rich one */
	bool access; /* a read or a fault, which an eBPF program may find in our place */
	bool registered;
	struct kprobe probe;
} entries[] = {
	{ "filemap_read", rio_on_read, true, true },
#if RIO_HAS_SPLICE_READ
	{ "filemap_splice_read", rio_on_splice, true, true },
#endif
	{ "finish_fault", rio_on_finish_fault, true, true },
	{ "file_ra_state_init", rio_on_open },
	{ "filemap_fault", rio_on_fault, false, true },
	{ "filemap_map_pages", rio_on_map_pages },
	{ "generic_fadvise", rio_on_advise },
	{ "do_read_cache_folio", rio_on_read_page },
	{ "generic_perform_write", rio_on_write },
	{ "vfs_getattr_nosec", rio_on_stat },
	{ "vfs_readlink", rio_on_readlink },
	{ "iterate_dir", rio_on_readdir },
	{ "unmap_vmas", rio_on_unmap },
	{ "zap_page_range_single", rio_on_zap },
	{ "copy_page_range", rio_on_copy_mm },
};

/* Lookups in progress at once; they may sleep. One that finds no place is counted as missed. */
#define LOOKUPS_MAX 256

static struct kretprobe lookup;
static bool lookup_registered;

static struct rio_hook {
	const char *name;
	void *handler;
	struct tracepoint *tracepoint; /* while registered */
} hooks[] = {
	{ "sched_process_fork", rio_on_fork },
	{ "sched_process_exec", rio_on_exec },
	{ "sched_process_exit", rio_on_exit },
	{ "sched_switch", rio_on_switch },
	{ "sched_waking", rio_on_waking },
	{ "mm_filemap_add_to_page_cache", rio_on_insert },
	{ "mm_filemap_delete_from_page_cache", rio_on_delete },
};

/* Never called: the compiler compares our handlers with what this kernel's tracepoints pass. */
static void __maybe_unused check_types(void)
{
	check_trace_callback_type_sched_process_fork(rio_on_fork);
	check_trace_callback_type_sched_process_exec(rio_on_exec);
	check_trace_callback_type_sched_process_exit(rio_on_exit);
	check_trace_callback_type_sched_switch(rio_on_switch);
	check_trace_callback_type_sched_waking(rio_on_waking);
	check_trace_callback_type_mm_filemap_add_to_page_cache(rio_on_insert);
	check_trace_callback_type_mm_filemap_delete_from_page_cache(rio_on_delete);
}

/* Missed by probes that are gone, and what reset took as zero. */
static u64 missed_before, missed_base;

static int start_entry(struct rio_entry *entry)
{
	int error;

	/* register_kprobe() wants a fresh one each time */
	entry->probe = (struct kprobe){
		.symbol_name = entry->symbol,
		.pre_handler = entry->handler,
	};
	error = register_kprobe(&entry->probe);
	if (error)
		pr_err("cannot probe %s: %d\n", entry->symbol, error);
	entry->registered = !error;
	return error;
}

static int start_lookup(void)
{
	int error;

	lookup = (struct kretprobe){
		.kp.symbol_name = "d_splice_alias",
		.entry_handler = rio_on_lookup_entry,
		.handler = rio_on_lookup,
		.data_size = sizeof(struct rio_lookup),
		.maxactive = LOOKUPS_MAX,
	};
	error = register_kretprobe(&lookup);
	if (error)
		pr_err("cannot probe d_splice_alias: %d\n", error);
	lookup_registered = !error;
	return error;
}

static void match_hook(struct tracepoint *tracepoint, void *data)
{
	struct rio_hook *hook = data;

	if (!strcmp(tracepoint->name, hook->name))
		hook->tracepoint = tracepoint;
}

/* Few tracepoints are exported to modules by name, but all can be walked. */
static int start_hook(struct rio_hook *hook)
{
	int error;

	for_each_kernel_tracepoint(match_hook, hook);
	if (hook->tracepoint)
		error = tracepoint_probe_register(hook->tracepoint, hook->handler, NULL);
	else
		error = -ENOENT;
	if (error) {
		pr_err("cannot probe tracepoint %s: %d\n", hook->name, error);
		hook->tracepoint = NULL;
	}
	return error;
}

static int start_stream_probes(void)
{
	int i, error;

	error = rio_threads_start();
	for (i = 0; !error && i < ARRAY_SIZE(hooks); i++)
		error = start_hook(&hooks[i]);
	return error ?: start_lookup();
}

/* What has been started is stopped again when something fails. */
int rio_probes_start(bool stream, bool foreign)
{
	int i, error = 0;

	if (stream)
		error = start_stream_probes();
	for (i = 0; !error && i < ARRAY_SIZE(entries); i++)
		if ((entries[i].text || stream) && !(entries[i].access && foreign))
			error = start_entry(&entries[i]);
	if (error)
		rio_probes_stop();
	return error;
}

static u64 missed(void)
{
	u64 sum = missed_before;
	int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++)
		if (entries[i].registered)
			sum += entries[i].probe.nmissed;
	if (lookup_registered)
		sum += lookup.kp.nmissed + lookup.nmissed;
	return sum;
}

/* When it returns, no handler runs. */
void rio_probes_stop(void)
{
	struct kprobe *registered[ARRAY_SIZE(entries)];
	u64 missed_now;
	int i, count = 0;

	for (i = 0; i < ARRAY_SIZE(entries); i++)
		if (entries[i].registered)
			registered[count++] = &entries[i].probe;
	unregister_kprobes(registered, count); /* one wait for all their handlers */
	if (lookup_registered)
		unregister_kretprobe(&lookup);
	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		if (hooks[i].tracepoint)
			tracepoint_probe_unregister(hooks[i].tracepoint, hooks[i].handler, NULL);
	tracepoint_synchronize_unregister();

	missed_now = missed();
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		entries[i].registered = false;
	lookup_registered = false;
	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		hooks[i].tracepoint = NULL;
	missed_before = missed_now;
	rio_threads_stop();
}

void rio_probes_reset_drops(void)
{
	missed_base = missed();
}

/* Hits that the kernel could not deliver to our handlers. */
u64 rio_probes_drops(void)
{
	return missed() - missed_base;
}
