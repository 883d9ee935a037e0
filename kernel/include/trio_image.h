/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The metadata of a runtime image: what a start needs to know about the files of its container image, and where in
 * the runtime image's data their pages are. trio/image/FORMAT.md explains it; trio/image/layout.ts is the writer's
 * and reader's copy in TypeScript, and a test holds both equal.
 *
 * All numbers are little-endian. A reader trusts nothing: it checks what is said here before it uses it.
 */
#ifndef TRIO_IMAGE_H
#define TRIO_IMAGE_H

#include <linux/types.h>

#define TRIO_IMAGE_MAGIC 0x31474d494f495254ULL /* "TRIOIMG1" as bytes */
#define TRIO_IMAGE_VERSION 1

/* Bits that change the meaning of something: a reader refuses those that it does not know. */
#define TRIO_IMAGE_FEATURE_SHARED_DATA 1u /* extents may share pages of the data */
#define TRIO_IMAGE_FEATURES_KNOWN 1u

#define TRIO_IMAGE_PAGE_BYTES 4096
#define TRIO_IMAGE_META_BYTES_MAX 268435456
#define TRIO_IMAGE_LAYERS_MAX 500 /* as overlayfs */
/* An extent is read and checked as one; none crosses a multiple of this many pages of its file. */
#define TRIO_IMAGE_EXTENT_PAGES_MAX 256
#define TRIO_IMAGE_NAME_BYTES_MAX 255
#define TRIO_IMAGE_TARGET_BYTES_MAX 4095
#define TRIO_IMAGE_XATTR_NAME_BYTES_MAX 255
#define TRIO_IMAGE_XATTR_VALUE_BYTES_MAX 65536

/* In trio_image_dentry.inode: the layer has no such name. */
#define TRIO_IMAGE_NO_INODE 0xffffffffu

/* In trio_image_inode.flags. */
#define TRIO_IMAGE_DIR_COMPLETE 1u /* all names of the directory are here: others do not exist in this layer */

/* The sections, in the order in which they lie in the file. */
enum trio_image_section_id {
	TRIO_IMAGE_LAYERS = 0,
	TRIO_IMAGE_INODES = 1,
	TRIO_IMAGE_DENTRIES = 2,
	TRIO_IMAGE_EXTENTS = 3,
	TRIO_IMAGE_XATTRS = 4,
	TRIO_IMAGE_STRINGS = 5,
	TRIO_IMAGE_SECTIONS = 6,
};

struct trio_image_section {
	__le64 offset; /* of the first record, in bytes from the beginning of the file */
	__le32 count; /* records; bytes for TRIO_IMAGE_STRINGS */
	__le32 crc32c; /* of the records, without padding */
};

struct trio_image_header {
	__le64 magic;
	__le32 version;
	__le32 features;
	__le32 page_bytes;
	__le32 reserved;
	__u8 image_id[32];
	__u8 data_sha256[32];
	__le64 data_pages;
	__le64 meta_bytes; /* of this whole file */
	struct trio_image_section sections[6];
	__le32 reserved2;
	__le32 crc32c; /* of the header, up to here */
};

/* One layer of the container image; the lowest comes first. Its first inode is its root. */
struct trio_image_layer {
	__u8 diff_id[32];
	__le32 first_inode;
	__le32 inode_count;
	__le32 first_dentry;
	__le32 dentry_count;
	__le32 first_extent;
	__le32 extent_count;
	__le32 reserved;
	__le32 reserved2;
};

struct trio_image_inode {
	__le64 size_bytes; /* of a file's content or a symlink's target; else 0 */
	__le64 mtime_s; /* signed */
	__le32 mtime_ns;
	__le32 mode; /* as st_mode, with the type */
	__le32 uid;
	__le32 gid;
	__le32 nlink;
	__le32 flags;
	__le32 rdev_major;
	__le32 rdev_minor;
	__le32 first; /* dentry of a directory, extent of a file; a symlink's target in the strings */
	__le32 count; /* of dentries, extents, bytes */
	__le32 first_xattr;
	__le32 xattr_count;
};

/* A name in a directory. The names of a directory are sorted by their bytes. */
struct trio_image_dentry {
	__le32 inode;
	__le32 name; /* in the strings */
	__le16 name_bytes;
	__le16 reserved;
};

/* Pages of a file, in the data. The extents of a file are sorted and do not overlap. */
struct trio_image_extent {
	__le32 file_page;
	__le32 data_page;
	__le32 page_count;
	__le32 crc32c; /* of the pages, with the zeroes behind the end of the file */
};

/* An extended attribute. Those of an inode are sorted by the bytes of their names. */
struct trio_image_xattr {
	__le32 name; /* in the strings; the full name, e.g. security.capability */
	__le32 value; /* in the strings */
	__le32 value_bytes;
	__le16 name_bytes;
	__le16 reserved;
};

_Static_assert(sizeof(struct trio_image_section) == 16, "section");
_Static_assert(sizeof(struct trio_image_header) == 208, "header");
_Static_assert(sizeof(struct trio_image_layer) == 64, "layer");
_Static_assert(sizeof(struct trio_image_inode) == 64, "inode");
_Static_assert(sizeof(struct trio_image_dentry) == 12, "dentry");
_Static_assert(sizeof(struct trio_image_extent) == 16, "extent");
_Static_assert(sizeof(struct trio_image_xattr) == 16, "xattr");

#endif
