// SPDX-License-Identifier: GPL-2.0
/* Page tables unmapped or copied: with these, mmap_miss of an open file can be followed exactly. */
#include <linux/mm.h>

#include "rio_tracker.h"

static void add_unmap(const struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct trio_trace_unmap unmap = {};

	if (!rio_in_container(current))
		return;
	unmap.mm = (uintptr_t)vma->vm_mm;
	unmap.start = start;
	unmap.end = end;
	rio_stream_add(&unmap.record, TRIO_TRACE_UNMAP, sizeof(unmap), NULL, 0);
}

/* unmap_vmas(tlb, areas, vma, start, end, ...) */
int rio_on_unmap(struct kprobe *probe, struct pt_regs *regs)
{
	add_unmap(rio_argument(regs, 2, struct vm_area_struct *),
		  rio_argument(regs, 3, unsigned long), rio_argument(regs, 4, unsigned long));
	return 0;
}

/* zap_page_range_single(vma, address, size, details) */
int rio_on_zap(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned long start = rio_argument(regs, 1, unsigned long);

	add_unmap(rio_argument(regs, 0, struct vm_area_struct *), start,
		  start + rio_argument(regs, 2, unsigned long));
	return 0;
}

/* copy_page_range(dst_vma, src_vma) */
int rio_on_copy_mm(struct kprobe *probe, struct pt_regs *regs)
{
	const struct vm_area_struct *to = rio_argument(regs, 0, struct vm_area_struct *);
	const struct vm_area_struct *from = rio_argument(regs, 1, struct vm_area_struct *);
	struct trio_trace_copy_mm copy = {};

	if (!rio_in_container(current))
		return 0;
	copy.from_mm = (uintptr_t)from->vm_mm;
	copy.to_mm = (uintptr_t)to->vm_mm;
	copy.start = from->vm_start;
	copy.end = from->vm_end;
	copy.has_anon = !!from->anon_vma;
	rio_stream_add(&copy.record, TRIO_TRACE_COPY_MM, sizeof(copy), NULL, 0);
	return 0;
}
