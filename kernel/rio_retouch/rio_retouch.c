// SPDX-License-Identifier: GPL-2.0
/*
 * A page that a program has mapped is touched unseen from the second time on. This module takes the mapped pages of
 * one file system out of all page tables again and again, so that each touch after that is a fault, which rio_tracker
 * sees: once in each interval for each page, as the accessed bit would tell. The pages stay in the page cache; private
 * copies stay mapped.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/path.h>

static char *path;
module_param(path, charp, 0444);
MODULE_PARM_DESC(path, "a path on the file system whose files are to be unmapped (required)");

static unsigned int interval_us = 10000;
module_param(interval_us, uint, 0444);
MODULE_PARM_DESC(interval_us, "microseconds between two rounds, 100 to 10000000 (default 10000)");

#define INTERVAL_US_MIN 100U
#define INTERVAL_US_MAX 10000000U

/* Held while the module is loaded: the file system cannot be unmounted. */
static struct path root;
static struct task_struct *thread;

/*
 * The inode before is put only when the next is held, and without the lock: the last put may sleep, and an inode that
 * is held keeps its place in the list.
 */
static void unmap_files(struct super_block *sb)
{
	struct inode *inode, *held = NULL;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		if (!mapping_mapped(inode->i_mapping) || !igrab(inode))
			continue;
		spin_unlock(&sb->s_inode_list_lock);

		unmap_mapping_range(inode->i_mapping, 0, 0, 0);
		iput(held);
		held = inode;
		cond_resched();

		spin_lock(&sb->s_inode_list_lock);
		if (kthread_should_stop())
			break;
	}
	spin_unlock(&sb->s_inode_list_lock);
	iput(held);
}

static int work(void *unused)
{
	while (!kthread_should_stop()) {
		unmap_files(root.mnt->mnt_sb);
		usleep_range(interval_us, interval_us);
	}
	return 0;
}

static int __init rio_retouch_init(void)
{
	int error;

	if (!path) {
		pr_err("path= is missing\n");
		return -EINVAL;
	}
	if (interval_us < INTERVAL_US_MIN || interval_us > INTERVAL_US_MAX) {
		pr_err("interval_us=%u is not in %u to %u\n", interval_us, INTERVAL_US_MIN,
		       INTERVAL_US_MAX);
		return -EINVAL;
	}
	error = kern_path(path, LOOKUP_FOLLOW, &root);
	if (error) {
		pr_err("%s: %d\n", path, error);
		return error;
	}
	thread = kthread_run(work, NULL, "rio_retouch");
	if (IS_ERR(thread)) {
		path_put(&root);
		return PTR_ERR(thread);
	}
	return 0;
}

static void __exit rio_retouch_exit(void)
{
	kthread_stop(thread);
	path_put(&root);
}

module_init(rio_retouch_init);
module_exit(rio_retouch_exit);
MODULE_DESCRIPTION("Makes every touch of mapped files a fault again, at intervals");
MODULE_LICENSE("GPL");
