/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The rich trace of rio_tracker: what a container's start did to files and to the page cache.
 *
 * A stream is a sequence of records, one stream per CPU. The first record of each stream is TRIO_TRACE_HEADER.
 * All fields are little-endian; every record begins with struct trio_trace_record and its size is a multiple of
 * eight bytes; the bytes behind a record's last field are zero. A reader must skip record types that it does not know
 * and fields behind those that it knows (`size` says where the next record begins), and refuse another `version`.
 *
 * Streams are merged by (time, CPU, seq). `seq` counts the records of one stream from 0: a gap is a lost record, and
 * the number of records lost is also in the module's `drops`.
 *
 * Identity. A file's pages are named by the inode that holds them, (dev, ino): below an overlay that is the inode of
 * the layer's file, not the overlay's. An open file is `file`, the address of the kernel's struct file that owns the
 * readahead state (below an overlay: the layer's); an address is used again after the file is closed, and every
 * TRIO_TRACE_OPEN starts a new life of it. `mm` is the address of an address space, likewise.
 *
 * Paths are those seen in the container: absolute, from the root of the container's file system, whatever lies
 * below it. Bytes other than NUL may occur in them.
 *
 * trio/trace/ has the reader; a test holds both equal.
 */
#ifndef TRIO_TRACE_H
#define TRIO_TRACE_H

#include <linux/types.h>

#define TRIO_TRACE_MAGIC 0x315652544f495254ULL /* "TRIOTRV1" as bytes */
#define TRIO_TRACE_VERSION 1

enum trio_trace_type {
	TRIO_TRACE_HEADER = 1,
	TRIO_TRACE_MARK = 2,	/* user space wrote to debugfs `mark` */

	/* Accesses of the container to files of its root file system. */
	TRIO_TRACE_OPEN = 16,
	TRIO_TRACE_READ = 17,	/* read, pread, the kernel reading an executable */
	TRIO_TRACE_SPLICE = 18, /* sendfile, splice, copy-up (since 6.5; before, these come as READ) */
	TRIO_TRACE_FAULT = 19,	/* a fault on a file mapping that reaches the page cache */
	TRIO_TRACE_MAP_PAGES = 20, /* fault-around; absent with fault_around_bytes=4096 */
	TRIO_TRACE_ADVISE = 21, /* posix_fadvise, readahead(2), MADV_WILLNEED */
	TRIO_TRACE_READ_PAGE = 22, /* the kernel reads one page for itself, e.g. a symlink's target */
	TRIO_TRACE_WRITE = 23,

	/* Names. */
	TRIO_TRACE_LOOKUP = 32, /* a name that was not in the dentry cache was looked up; ino 0: not there */
	TRIO_TRACE_STAT = 33,
	TRIO_TRACE_READLINK = 34,
	TRIO_TRACE_READDIR = 35,
	TRIO_TRACE_EXEC = 36,

	/* Threads of the container. */
	TRIO_TRACE_FORK = 48,
	TRIO_TRACE_EXIT = 49,
	TRIO_TRACE_SWITCH = 50,
	TRIO_TRACE_WAKE = 51,

	/* Page tables, for an exact mmap_miss. */
	TRIO_TRACE_UNMAP = 64,
	TRIO_TRACE_COPY_MM = 65, /* fork copies page tables */

	/* Ground truth: what the page cache did, for any task and any file. */
	TRIO_TRACE_INSERT = 80,
	TRIO_TRACE_DELETE = 81,
};

struct trio_trace_record {
	__u16 type; /* enum trio_trace_type */
	__u16 size; /* of the whole record, in bytes */
	__u32 seq;
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 tgid;
	__u32 tid;
};

struct trio_trace_header {
	struct trio_trace_record record;
	__u64 magic;
	__u32 version;
	__u32 cpu;
	__u32 page_bytes;
	__u32 fault_around_bytes; /* 0: not known */
	char kernel_release[64]; /* NUL-terminated */
};

struct trio_trace_mark {
	struct trio_trace_record record;
	__u32 text_bytes;
	__u32 reserved;
	char text[]; /* not NUL-terminated */
};

/* The readahead state of an open file before the access (with OPEN: as the open leaves it), and its inode's size. */
struct trio_trace_file {
	__u64 file;
	__u64 ino;
	__u64 inode_bytes; /* i_size */
	__s64 ra_prev_pos; /* bytes, -1 at the beginning */
	__u64 ra_start; /* pages, as the following three */
	__u32 ra_size;
	__u32 ra_async_size;
	__u32 ra_pages;
	__u32 ra_mmap_miss;
	__u32 dev; /* as the kernel's dev_t: major << 20 | minor */
	__u32 f_mode;
	__u32 io_pages; /* of the backing device */
	__u32 reserved;
};

#define TRIO_TRACE_LARGE_FOLIOS 1u /* the mapping may hold large folios */
#define TRIO_TRACE_PATH_TRUNCATED 2u /* the path did not fit and is left out */
#define TRIO_TRACE_NO_PATH 4u /* opened by the kernel for itself (e.g. copy-up), not by the container by a name */

struct trio_trace_open {
	struct trio_trace_record record;
	struct trio_trace_file file;
	__u32 bdi_ra_pages; /* what POSIX_FADV_NORMAL goes back to */
	__u32 flags; /* TRIO_TRACE_LARGE_FOLIOS, _PATH_TRUNCATED, _NO_PATH */
	__u32 mode; /* i_mode */
	__u32 nlink;
	__u32 fs_magic; /* s_magic of the file system that holds the pages */
	__u16 reserved;
	__u16 path_bytes;
	char path[]; /* not NUL-terminated */
};

struct trio_trace_read {
	struct trio_trace_record record;
	struct trio_trace_file file;
	__s64 pos;
	__u64 count; /* bytes asked for; the read ends at i_size */
	__u32 ki_flags;
	__u32 reserved;
};

struct trio_trace_splice {
	struct trio_trace_record record;
	struct trio_trace_file file;
	__s64 pos;
	__u64 count;
	__u32 pipe_slots_free; /* pages that the pipe takes before it is full */
	__u32 reserved;
};

struct trio_trace_fault {
	struct trio_trace_record record;
	struct trio_trace_file file;
	__u64 index; /* page of the file */
	__u64 mm;
	__u64 address;
	__u64 vm_start;
	__u64 vm_end;
	__u64 vm_pgoff;
	__u64 vm_flags;
	__u32 flags; /* enum fault_flag */
	__u32 reserved;
};

struct trio_trace_map_pages {
	struct trio_trace_record record;
	struct trio_trace_file file;
	__u64 first; /* pages of the file, both included */
	__u64 last;
	__u64 mm;
	__u64 address; /* that faulted */
};

struct trio_trace_advise {
	struct trio_trace_record record;
	struct trio_trace_file file;
	__s64 pos;
	__s64 count; /* 0: to the end */
	__s32 advice; /* POSIX_FADV_… */
	__u32 reserved;
};

struct trio_trace_read_page {
	struct trio_trace_record record;
	__u64 ino;
	__u64 index;
	__u32 dev;
	__u32 reserved;
};

struct trio_trace_write {
	struct trio_trace_record record;
	struct trio_trace_file file;
	__s64 pos;
	__u64 count;
};

/*
 * LOOKUP, STAT, READLINK, READDIR, EXEC. In an overlay only regular files lead to the layer's inode: others have the
 * overlay's device.
 */
struct trio_trace_name {
	struct trio_trace_record record;
	__u64 ino; /* of the inode that holds the data; 0: the name does not exist */
	__u64 inode_bytes;
	__u32 dev;
	__u32 mode; /* i_mode; 0 with ino 0 */
	__u32 nlink;
	__u32 flags; /* TRIO_TRACE_PATH_TRUNCATED */
	__u16 reserved[3];
	__u16 path_bytes;
	char path[]; /* not NUL-terminated */
};

struct trio_trace_fork {
	struct trio_trace_record record; /* tid: the parent */
	__u32 child_tgid;
	__u32 child_tid;
};

struct trio_trace_exit {
	struct trio_trace_record record;
};

struct trio_trace_switch {
	struct trio_trace_record record; /* tid: the thread that stops running */
	__u32 next_tid;
	__u32 prev_state; /* 0: still runnable (preempted), else the state it sleeps in */
};

struct trio_trace_wake {
	struct trio_trace_record record; /* tid: who runs on this CPU; the waker, unless in_interrupt */
	__u32 woken_tid;
	__u32 in_interrupt;
};

struct trio_trace_unmap {
	struct trio_trace_record record;
	__u64 mm;
	__u64 start;
	__u64 end;
};

struct trio_trace_copy_mm {
	struct trio_trace_record record;
	__u64 from_mm;
	__u64 to_mm;
	__u64 start;
	__u64 end;
	__u32 has_anon; /* the area has anonymous pages: its page tables are copied */
	__u32 reserved;
};

struct trio_trace_page {
	struct trio_trace_record record;
	__u64 ino;
	__u64 index; /* first page */
	__u32 dev;
	__u32 order; /* 2^order pages */
};

#endif
