// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses of the container to its files: what the model of the page cache is fed with.
 *
 * The file is always the one whose inode holds the pages and whose readahead state is used. Below
 * an overlay that is the layer's file, also in a memory mapping, where overlayfs puts it in place
 * of its own.
 */
#include <linux/backing-dev-defs.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pipe_fs_i.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "compat.h"
#include "rio_tracker.h"

static void describe(struct trio_trace_file *to, const struct file *file)
{
	const struct inode *inode = file->f_mapping->host;
	const struct file_ra_state *ra = &file->f_ra;

	*to = (struct trio_trace_file){
		.file = (uintptr_t)file,
		.ino = inode->i_ino,
		.inode_bytes = i_size_read(inode),
		.ra_prev_pos = ra->prev_pos,
		.ra_start = ra->start,
		.ra_size = ra->size,
		.ra_async_size = ra->async_size,
		.ra_pages = ra->ra_pages,
		.ra_mmap_miss = ra->mmap_miss,
		.dev = inode->i_sb->s_dev,
		.f_mode = (__force u32)file->f_mode,
		.io_pages = inode->i_sb->s_bdi->io_pages,
	};
}

static void text_read(const struct file *file, const struct path *root, loff_t pos, size_t count)
{
	if (count)
		rio_text_add(file, root, round_down(pos, PAGE_SIZE),
			     (count / PAGE_SIZE + 1) * PAGE_SIZE);
}

/*
 * file_ra_state_init(ra, mapping) is the last thing that opening a file does, but some file systems
 * also call it for a state of their own that is in no struct file. Then what would be the file's
 * fields is not even known to be mapped.
 */
static struct file *opening_file(struct file_ra_state *ra, struct address_space *mapping)
{
	struct file *file = container_of(ra, struct file, f_ra);
	struct address_space *its_mapping;
	struct inode *its_inode;

	if (get_kernel_nofault(its_mapping, &file->f_mapping) || its_mapping != mapping)
		return NULL;
	if (get_kernel_nofault(its_inode, &file->f_inode) || its_inode != mapping->host)
		return NULL;
	return file;
}

int rio_on_open(struct kprobe *probe, struct pt_regs *regs)
{
	struct address_space *mapping = rio_argument(regs, 1, struct address_space *);
	struct trio_trace_open open = {};
	const char *path = NULL;
	size_t path_bytes = 0;
	enum rio_file_kind kind;
	struct inode *inode;
	struct file *file;
	struct path root;

	if (!rio_container_root(&root))
		return 0;
	file = opening_file(rio_argument(regs, 0, struct file_ra_state *), mapping);
	if (!file)
		return 0;
	kind = rio_file_kind(file, &root);
	if (kind == RIO_FILE_FOREIGN)
		return 0;

	inode = mapping->host;
	describe(&open.file, file);
	/* What the probed function is about to set. */
	open.file.ra_pages = inode->i_sb->s_bdi->ra_pages;
	open.file.ra_prev_pos = -1;
	open.bdi_ra_pages = inode->i_sb->s_bdi->ra_pages;
	open.mode = inode->i_mode;
	open.nlink = inode->i_nlink;
	open.fs_magic = inode->i_sb->s_magic;
	if (mapping_large_folio_support(mapping))
		open.flags |= TRIO_TRACE_LARGE_FOLIOS;
	if (kind == RIO_FILE_INTERNAL) {
		open.flags |= TRIO_TRACE_NO_PATH;
	} else {
		path = rio_path(rio_user_path(file)->dentry, &root, &path_bytes);
		if (!path)
			open.flags |= TRIO_TRACE_PATH_TRUNCATED;
	}
	open.path_bytes = path_bytes;
	rio_stream_add(&open.record, TRIO_TRACE_OPEN, sizeof(open), path, path_bytes);
	return 0;
}

void rio_add_read(const struct kiocb *iocb, const struct iov_iter *iter)
{
	size_t count = iov_iter_count(iter);
	struct trio_trace_read read = {};
	enum rio_file_kind kind;
	struct path root;

	if (!rio_container_root(&root))
		return;
	kind = rio_file_kind(iocb->ki_filp, &root);
	if (kind == RIO_FILE_FOREIGN)
		return;
	if (kind == RIO_FILE_NAMED)
		text_read(iocb->ki_filp, &root, iocb->ki_pos, count);
	if (!rio_stream_wanted())
		return;
	describe(&read.file, iocb->ki_filp);
	read.pos = iocb->ki_pos;
	read.count = count;
	read.ki_flags = iocb->ki_flags;
	rio_stream_add(&read.record, TRIO_TRACE_READ, sizeof(read), NULL, 0);
}

/* filemap_read(iocb, iter, already_read) */
int rio_on_read(struct kprobe *probe, struct pt_regs *regs)
{
	rio_add_read(rio_argument(regs, 0, struct kiocb *),
		     rio_argument(regs, 1, struct iov_iter *));
	return 0;
}

void rio_add_splice(const struct file *file, loff_t pos, const struct pipe_inode_info *pipe,
		    size_t count)
{
	struct trio_trace_splice splice = {};
	unsigned int occupied = pipe_occupancy(pipe->head, pipe->tail);
	enum rio_file_kind kind;
	struct path root;

	if (!rio_container_root(&root))
		return;
	kind = rio_file_kind(file, &root);
	if (kind == RIO_FILE_FOREIGN)
		return;
	if (kind == RIO_FILE_NAMED)
		text_read(file, &root, pos, count);
	if (!rio_stream_wanted())
		return;
	describe(&splice.file, file);
	splice.pos = pos;
	splice.count = count;
	splice.pipe_slots_free = pipe->max_usage - min(occupied, pipe->max_usage);
	rio_stream_add(&splice.record, TRIO_TRACE_SPLICE, sizeof(splice), NULL, 0);
}

/* filemap_splice_read(in, ppos, pipe, len, flags) */
int rio_on_splice(struct kprobe *probe, struct pt_regs *regs)
{
	rio_add_splice(rio_argument(regs, 0, struct file *), *rio_argument(regs, 1, loff_t *),
		       rio_argument(regs, 2, struct pipe_inode_info *),
		       rio_argument(regs, 3, size_t));
	return 0;
}

/* Whether a fault is the container's on a file of its own. */
static enum rio_file_kind fault_kind(const struct vm_fault *vmf, struct path *root)
{
	if (!vmf->vma->vm_file || !rio_container_root(root))
		return RIO_FILE_FOREIGN;
	return rio_file_kind(vmf->vma->vm_file, root);
}

void rio_add_fault(const struct vm_fault *vmf)
{
	const struct vm_area_struct *vma = vmf->vma;
	struct trio_trace_fault fault = {};
	struct path root;

	if (!rio_stream_wanted() || fault_kind(vmf, &root) == RIO_FILE_FOREIGN)
		return;
	describe(&fault.file, vma->vm_file);
	fault.index = vmf->pgoff;
	fault.mm = (uintptr_t)vma->vm_mm;
	fault.address = vmf->address;
	fault.vm_start = vma->vm_start;
	fault.vm_end = vma->vm_end;
	fault.vm_pgoff = vma->vm_pgoff;
	fault.vm_flags = vma->vm_flags;
	fault.flags = vmf->flags;
	rio_stream_add(&fault.record, TRIO_TRACE_FAULT, sizeof(fault), NULL, 0);
}

/* filemap_fault(vmf) */
int rio_on_fault(struct kprobe *probe, struct pt_regs *regs)
{
	rio_add_fault(rio_argument(regs, 0, struct vm_fault *));
	return 0;
}

/*
 * The page is there and about to be mapped. Only for the published trace, whose unit is the folio.
 * A write to a private mapping maps a copy.
 */
void rio_add_mapped(const struct vm_fault *vmf)
{
	struct folio *folio;
	struct path root;

	if ((vmf->flags & FAULT_FLAG_WRITE) && !(vmf->vma->vm_flags & VM_SHARED))
		return;
	if (!vmf->page || fault_kind(vmf, &root) != RIO_FILE_NAMED)
		return;
	folio = page_folio(vmf->page);
	rio_text_add(vmf->vma->vm_file, &root, folio_pos(folio), folio_size(folio));
}

/* finish_fault(vmf) */
int rio_on_finish_fault(struct kprobe *probe, struct pt_regs *regs)
{
	rio_add_mapped(rio_argument(regs, 0, struct vm_fault *));
	return 0;
}

/* filemap_map_pages(vmf, start_pgoff, end_pgoff) */
int rio_on_map_pages(struct kprobe *probe, struct pt_regs *regs)
{
	const struct vm_fault *vmf = rio_argument(regs, 0, struct vm_fault *);
	struct trio_trace_map_pages map = {};
	struct path root;

	if (fault_kind(vmf, &root) == RIO_FILE_FOREIGN)
		return 0;
	describe(&map.file, vmf->vma->vm_file);
	map.first = rio_argument(regs, 1, pgoff_t);
	map.last = rio_argument(regs, 2, pgoff_t);
	map.mm = (uintptr_t)vmf->vma->vm_mm;
	map.address = vmf->address;
	rio_stream_add(&map.record, TRIO_TRACE_MAP_PAGES, sizeof(map), NULL, 0);
	return 0;
}

/* generic_fadvise(file, offset, len, advice) */
int rio_on_advise(struct kprobe *probe, struct pt_regs *regs)
{
	const struct file *file = rio_argument(regs, 0, struct file *);
	struct trio_trace_advise advise = {};
	struct path root;

	if (!rio_container_root(&root) || rio_file_kind(file, &root) == RIO_FILE_FOREIGN)
		return 0;
	describe(&advise.file, file);
	advise.pos = rio_argument(regs, 1, loff_t);
	advise.count = rio_argument(regs, 2, loff_t);
	advise.advice = rio_argument(regs, 3, int);
	rio_stream_add(&advise.record, TRIO_TRACE_ADVISE, sizeof(advise), NULL, 0);
	return 0;
}

/*
 * do_read_cache_folio(mapping, index, ...): there is no open file; whose page it is, the reader
 * knows by the inode.
 */
int rio_on_read_page(struct kprobe *probe, struct pt_regs *regs)
{
	const struct inode *inode = rio_argument(regs, 0, struct address_space *)->host;
	struct trio_trace_read_page read = {};
	struct path root;

	if (!rio_container_root(&root))
		return 0;
	read.ino = inode->i_ino;
	read.index = rio_argument(regs, 1, pgoff_t);
	read.dev = inode->i_sb->s_dev;
	rio_stream_add(&read.record, TRIO_TRACE_READ_PAGE, sizeof(read), NULL, 0);
	return 0;
}

/* generic_perform_write(iocb, iter) */
int rio_on_write(struct kprobe *probe, struct pt_regs *regs)
{
	const struct kiocb *iocb = rio_argument(regs, 0, struct kiocb *);
	struct trio_trace_write write = {};
	struct path root;

	if (!rio_container_root(&root) || rio_file_kind(iocb->ki_filp, &root) == RIO_FILE_FOREIGN)
		return 0;
	describe(&write.file, iocb->ki_filp);
	write.pos = iocb->ki_pos;
	write.count = iov_iter_count(rio_argument(regs, 1, struct iov_iter *));
	rio_stream_add(&write.record, TRIO_TRACE_WRITE, sizeof(write), NULL, 0);
	return 0;
}
