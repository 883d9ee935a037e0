// SPDX-License-Identifier: GPL-2.0
/*
 * The published trace: a line path,ino,offset,length for each read and each fault, in order over
 * all CPUs, kept in memory and written to the file of `tracker_output` on request.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "rio_tracker.h"

/*
 * Open from load to unload: a relative name means the folder of who loads the module, and a module
 * that could not write its output must not load.
 */
static struct file *rio_output;

/* Guards the numbers; bytes in [0, used) do not change but by reset. */
static DEFINE_SPINLOCK(rio_text_lock);
static char *rio_text;
static size_t rio_text_capacity;
static size_t rio_text_used;
static u64 rio_text_dropped;

int rio_text_init(const char *output, size_t buffer_bytes)
{
	struct file *file;
	int error = 0;

	file = filp_open(output, O_CREAT | O_WRONLY | O_TRUNC | O_LARGEFILE, 0644);
	if (IS_ERR(file)) {
		pr_err("cannot create tracker_output %s: %ld\n", output, PTR_ERR(file));
		return PTR_ERR(file);
	}
	if (!S_ISREG(file_inode(file)->i_mode)) {
		pr_err("tracker_output %s is not a regular file\n", output);
		error = -EINVAL;
		goto close;
	}
	rio_text = vzalloc(buffer_bytes);
	if (!rio_text) {
		error = -ENOMEM;
		goto close;
	}
	rio_text_capacity = buffer_bytes;
	rio_output = file;
	return 0;
close:
	filp_close(file, NULL);
	return error;
}

void rio_text_exit(void)
{
	filp_close(rio_output, NULL);
	vfree(rio_text);
}

/* A path with a newline cannot be said in this format: it counts as dropped. */
void rio_text_add(const struct file *file, const struct path *root, u64 offset, u64 length)
{
	char numbers[3 * 21 + 1]; /* a comma or newline with each */
	size_t path_bytes = 0, bytes;
	unsigned long flags;
	const char *path;

	path = rio_path(rio_user_path(file)->dentry, root, &path_bytes);
	bytes = scnprintf(numbers, sizeof(numbers), ",%lu,%llu,%llu\n", file_inode(file)->i_ino,
			  offset, length);

	spin_lock_irqsave(&rio_text_lock, flags);
	if (!path || memchr(path, '\n', path_bytes) ||
	    path_bytes + bytes > rio_text_capacity - rio_text_used) {
		rio_text_dropped++;
	} else {
		memcpy(rio_text + rio_text_used, path, path_bytes);
		memcpy(rio_text + rio_text_used + path_bytes, numbers, bytes);
		rio_text_used += path_bytes + bytes;
	}
	spin_unlock_irqrestore(&rio_text_lock, flags);
}

/* Makes the output file hold what the buffer holds now. Excluded against reset by main.c. */
int rio_text_dump(void)
{
	size_t used, done;
	loff_t pos = 0;
	ssize_t wrote;
	int error;

	spin_lock_irq(&rio_text_lock);
	used = rio_text_used;
	spin_unlock_irq(&rio_text_lock);

	error = vfs_truncate(&rio_output->f_path, 0);
	if (error)
		return error;
	for (done = 0; done < used; done += wrote) {
		wrote = kernel_write(rio_output, rio_text + done, used - done, &pos);
		if (wrote <= 0)
			return wrote ?: -EIO;
	}
	return 0;
}

void rio_text_reset(void)
{
	spin_lock_irq(&rio_text_lock);
	rio_text_used = 0;
	rio_text_dropped = 0;
	spin_unlock_irq(&rio_text_lock);
}

u64 rio_text_drops(void)
{
	u64 dropped;

	spin_lock_irq(&rio_text_lock);
	dropped = rio_text_dropped;
	spin_unlock_irq(&rio_text_lock);
	return dropped;
}
