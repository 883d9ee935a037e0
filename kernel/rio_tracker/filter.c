// SPDX-License-Identifier: GPL-2.0
/*
 * Which tasks and files are the container's, and what a file is called inside.
 *
 * A task is the container's when its UTS nodename starts with the text in host_ns. Its files are
 * those that lie on the mount of its root directory, provided that this root is not the host's:
 * while a container is being set up, its first task has the new name and still the old root.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/utsname.h>

#include "compat.h"
#include "rio_tracker.h"

struct rio_prefix {
	struct rcu_head rcu;
	size_t bytes;
	char text[__NEW_UTS_LEN + 1];
};

/* NULL: nothing set, nothing traced. Changed under main.c's mutex. */
static struct rio_prefix __rcu *rio_prefix;

/* Root of the task that enabled tracing, pinned while enabled. */
static struct path rio_host_root;

/* For paths; used with preemption disabled by process context only. */
struct rio_scratch {
	char path[PATH_MAX];
	char base[PATH_MAX];
};

static struct rio_scratch __percpu *rio_scratch;

int rio_filter_init(void)
{
	rio_scratch = alloc_percpu(struct rio_scratch);
	return rio_scratch ? 0 : -ENOMEM;
}

void rio_filter_exit(void)
{
	kfree(rcu_dereference_protected(rio_prefix, true));
	free_percpu(rio_scratch);
}

int rio_filter_set_prefix(const char *prefix, size_t bytes)
{
	struct rio_prefix *new = NULL, *old;

	if (bytes > __NEW_UTS_LEN)
		return -ENAMETOOLONG;
	if (bytes) {
		new = kzalloc(sizeof(*new), GFP_KERNEL);
		if (!new)
			return -ENOMEM;
		new->bytes = bytes;
		memcpy(new->text, prefix, bytes);
	}
	old = rcu_replace_pointer(rio_prefix, new, true);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

ssize_t rio_filter_show_prefix(char *to)
{
	const struct rio_prefix *prefix;
	ssize_t bytes;

	rcu_read_lock();
	prefix = rcu_dereference(rio_prefix);
	bytes = sysfs_emit(to, "%s\n", prefix ? prefix->text : "");
	rcu_read_unlock();
	return bytes;
}

void rio_filter_start(void)
{
	get_fs_root(current->fs, &rio_host_root);
}

/* When no handler can run any more. */
void rio_filter_stop(void)
{
	path_put(&rio_host_root);
	memset(&rio_host_root, 0, sizeof(rio_host_root));
}

/* @task is current, or does not run (only a task itself changes its namespaces). */
bool rio_in_container(const struct task_struct *task)
{
	const struct nsproxy *namespaces = READ_ONCE(task->nsproxy);
	const struct rio_prefix *prefix;
	bool match = false;

	rcu_read_lock();
	prefix = rcu_dereference(rio_prefix);
	if (prefix && namespaces) /* a task that exits has none at its end */
		match = !strncmp(namespaces->uts_ns->name.nodename, prefix->text, prefix->bytes);
	rcu_read_unlock();
	return match;
}

/*
 * Whether current is the container's and has its own root, and that root. It is not pinned: it
 * stays while preemption is disabled, as dentries and mounts are freed by RCU.
 */
bool rio_container_root(struct path *root)
{
	struct fs_struct *fs = current->fs;
	unsigned int seq;

	if (!fs || !rio_in_container(current))
		return false;
	do {
		seq = read_seqcount_begin(&fs->seq);
		*root = fs->root;
	} while (read_seqcount_retry(&fs->seq, seq));
	/* A new mount namespace has copies of the host's mounts, but the same dentries. */
	return root->dentry != rio_host_root.dentry;
}

/*
 * Whether a dentry of the root's file system is inside of the root (which a chroot may put
 * anywhere).
 */
bool rio_below(struct dentry *dentry, const struct path *root)
{
	if (dentry->d_sb != root->dentry->d_sb)
		return false;
	return root->dentry == root->dentry->d_sb->s_root || is_subdir(dentry, root->dentry);
}

enum rio_file_kind rio_file_kind(const struct file *file, const struct path *root)
{
	const struct path *path = rio_user_path(file);
	const struct address_space_operations *ops = file->f_mapping->a_ops;

	/*
	 * An overlay's own file has no pages: they belong to the layer's file, which is probed by
	 * itself.
	 */
	if (!S_ISREG(file_inode(file)->i_mode) || (!ops->read_folio && !ops->readahead))
		return RIO_FILE_FOREIGN;
	if (path->mnt == root->mnt)
		return rio_below(path->dentry, root) ? RIO_FILE_NAMED : RIO_FILE_FOREIGN;
	/*
	 * Overlayfs copies a file up with its mounter's credentials, through private mounts of the
	 * layers.
	 */
	if (current_cred() != current_real_cred() && !rio_stands_behind(file))
		return RIO_FILE_INTERNAL;
	return RIO_FILE_FOREIGN;
}

/*
 * The path from the container's root, valid until preemption is enabled; NULL when it is longer
 * than PATH_MAX. Not d_path(): that goes through mounts and says "(deleted)".
 */
const char *rio_path(struct dentry *dentry, const struct path *root, size_t *bytes)
{
	struct rio_scratch *scratch = this_cpu_ptr(rio_scratch);
	const char *path, *base;
	size_t skip;

	path = dentry_path_raw(dentry, scratch->path, sizeof(scratch->path));
	if (IS_ERR(path))
		return NULL;
	if (root->dentry != root->dentry->d_sb->s_root) {
		base = dentry_path_raw(root->dentry, scratch->base, sizeof(scratch->base));
		if (IS_ERR(base))
			return NULL;
		skip = strlen(base);
		if (strncmp(path, base, skip))
			return NULL; /* renamed in between */
		path += skip;
		if (!*path)
			path = "/";
	}
	*bytes = strlen(path);
	return path;
}
