// SPDX-License-Identifier: GPL-2.0
/* Names that the container asked for. */
#include <linux/binfmts.h>
#include <linux/fs.h>

#include "compat.h"
#include "rio_tracker.h"

static void add_name(u16 type, struct dentry *dentry, const struct path *root)
{
	struct trio_trace_name name = {};
	size_t path_bytes = 0;
	const char *path;

	if (d_really_is_positive(dentry)) {
		const struct inode *inode = rio_real_inode(dentry);

		name.ino = inode->i_ino;
		name.inode_bytes = i_size_read(inode);
		name.dev = inode->i_sb->s_dev;
		name.mode = inode->i_mode;
		name.nlink = inode->i_nlink;
	}
	path = rio_path(dentry, root, &path_bytes);
	if (!path)
		name.flags |= TRIO_TRACE_PATH_TRUNCATED;
	name.path_bytes = path_bytes;
	rio_stream_add(&name.record, type, sizeof(name), path, path_bytes);
}

/*
 * d_splice_alias(inode, dentry) ends the lookup of a name that was not in the dentry cache. It is
 * probed at its return: before, the dentry does not yet lead to the layer's inode. Lookups that an
 * overlay does in its layers on the way are on other superblocks.
 */
int rio_on_lookup_entry(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct rio_lookup *lookup = (struct rio_lookup *)instance->data;
	struct path root;

	lookup->dentry = rio_argument(regs, 1, struct dentry *);
	/* Nonzero: its return is of no interest. */
	return !rio_container_root(&root) || !rio_below(lookup->dentry, &root);
}

int rio_on_lookup(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct rio_lookup *lookup = (struct rio_lookup *)instance->data;
	struct dentry *alias = (struct dentry *)regs_return_value(regs);
	struct path root;

	if (!IS_ERR(alias) && rio_container_root(&root))
		add_name(TRIO_TRACE_LOOKUP, alias ?: lookup->dentry, &root);
	return 0;
}

static void add_path(u16 type, const struct path *path)
{
	struct path root;

	if (rio_container_root(&root) && path->mnt == root.mnt && rio_below(path->dentry, &root))
		add_name(type, path->dentry, &root);
}

/* vfs_getattr_nosec(path, ...): vfs_getattr() is inlined where stat(2) calls it. */
int rio_on_stat(struct kprobe *probe, struct pt_regs *regs)
{
	add_path(TRIO_TRACE_STAT, rio_argument(regs, 0, struct path *));
	return 0;
}

/* iterate_dir(file, ...): once for each getdents */
int rio_on_readdir(struct kprobe *probe, struct pt_regs *regs)
{
	add_path(TRIO_TRACE_READDIR, rio_user_path(rio_argument(regs, 0, struct file *)));
	return 0;
}

/* vfs_readlink(dentry, ...) */
int rio_on_readlink(struct kprobe *probe, struct pt_regs *regs)
{
	struct dentry *dentry = rio_argument(regs, 0, struct dentry *);
	struct path root;

	if (rio_container_root(&root) && rio_below(dentry, &root))
		add_name(TRIO_TRACE_READLINK, dentry, &root);
	return 0;
}

void rio_on_exec(void *data, struct task_struct *task, pid_t old_pid, struct linux_binprm *binprm)
{
	add_path(TRIO_TRACE_EXEC, rio_user_path(binprm->file));
}
