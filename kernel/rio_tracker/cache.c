// SPDX-License-Identifier: GPL-2.0
/*
 * Ground truth: pages entering and leaving the page cache, for any task and any file. Deletions
 * come with interrupts disabled and the mapping's lock held.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "rio_tracker.h"

static void add_page(u16 type, struct folio *folio)
{
	const struct inode *inode = folio->mapping->host;
	struct trio_trace_page page = {};

	page.ino = inode->i_ino;
	page.index = folio->index;
	page.dev = inode->i_sb->s_dev;
	page.order = folio_order(folio);
	rio_stream_add(&page.record, type, sizeof(page), NULL, 0);
}

void rio_on_insert(void *data, struct folio *folio)
{
	add_page(TRIO_TRACE_INSERT, folio);
}

void rio_on_delete(void *data, struct folio *folio)
{
	add_page(TRIO_TRACE_DELETE, folio);
}
