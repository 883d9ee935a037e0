/* SPDX-License-Identifier: GPL-2.0 */
/* All that differs between Linux 6.1, 6.6 and 6.12 for this module. */
#ifndef RIO_COMPAT_H
#define RIO_COMPAT_H

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/version.h>

#ifdef CONFIG_X86_KERNEL_IBT
#include <asm/ibt.h>
#endif

/*
 * sendfile and splice of page cache files; before, they come as filemap_read with a pipe as the
 * iterator.
 */
#define RIO_HAS_SPLICE_READ (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0))

/*
 * Functions that eBPF programs may call; a module without BTF (its build had no vmlinux or pahole)
 * cannot offer any.
 */
#define RIO_HAS_KFUNCS                                                                             \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0) && IS_ENABLED(CONFIG_DEBUG_INFO_BTF_MODULES))

/*
 * The path by which user space opened the file. Below an overlay, the layer's file carries the
 * overlay's path in f_path until 6.6 and beside it since.
 */
static inline const struct path *rio_user_path(const struct file *file)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return file_user_path(file);
#else
	return &file->f_path;
#endif
}

/*
 * Whether that path is another file's: this one stands behind it, as a layer's file behind an
 * overlay's.
 */
static inline bool rio_stands_behind(const struct file *file)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return file->f_mode & FMODE_BACKING;
#else
	return d_inode(file->f_path.dentry) != file_inode(file);
#endif
}

/*
 * The inode that holds a name's data. Only regular files have another than the overlay's own.
 *
 * Must not sleep. Since 6.6 overlayfs may look a data-only layer up on first use when it is asked
 * for the data. From 6.9 on it can be asked for the metadata's inode, which is there at once and
 * the same unless the overlay is mounted with metacopy=on. On 6.6, do not trace data-only layers.
 */
static inline struct inode *rio_real_inode(struct dentry *dentry)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	return d_inode(d_real(dentry, D_REAL_METADATA));
#else
	return d_real_inode(dentry);
#endif
}

/*
 * What a kprobe at a function's entry found, as something that can be called: such a probe sits
 * behind the landing pad of indirect branches.
 */
static inline void *rio_function_at(void *address)
{
#ifdef CONFIG_X86_KERNEL_IBT
	u32 *pad = address - ENDBR_INSN_SIZE;

	if (*pad == gen_endbr())
		return pad;
#endif
	return address;
}

#endif
