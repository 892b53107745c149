/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names: lookup, create, remove, rename, link. All run with the caller's credentials in force. Names are pointer and
 * length (the bytes of the request, no NUL). A directory that is none: -ENOTDIR; from lookup and parent a symlink is
 * -KEFS_ERR_SYMLINK.
 * Changing operations on a read-only grant or volume are -EROFS before anything else; they add to @commit what must be
 * flushed before the answer.
 *
 * Errors of a name: -EINVAL empty, -ENAMETOOLONG, -KEFS_ERR_BADCHAR '/' or NUL, -KEFS_ERR_BADNAME "."
 * or "..".
 */
#ifndef KEFS_FILES_NAME_H
#define KEFS_FILES_NAME_H

#include <linux/dcache.h>
#include "attr.h"
#include "commit.h"
#include "grant.h"
#include "component.h"

struct kefs_cinfo {			/* change_info4 */
	bool atomic;
	u64 before, after;
};

/* The positive child @name, referenced; ERR_PTR(-ENOENT). A mount point gives the directory that it covers. */
struct dentry *kefs_name_lookup(const struct kefs_grant *grant, struct dentry *dir, const char *name, u32 len);
/* For READDIR: an entry just read from @dir. As above but a name that the file system gave is not checked. */
struct dentry *kefs_name_lookup_entry(struct dentry *dir, const char *name, u32 len);
/* LOOKUPP: the parent of a directory, never above the grant's root (-ENOENT). Referenced. */
struct dentry *kefs_name_parent(const struct kefs_grant *grant, struct dentry *dir);

enum kefs_create_kind {
	KEFS_CREATE_DIR,
	KEFS_CREATE_SYMLINK,
	KEFS_CREATE_FIFO,
	KEFS_CREATE_SOCK,
	KEFS_CREATE_BLK,
	KEFS_CREATE_CHR,
};

struct kefs_create {
	enum kefs_create_kind kind;
	const char *name;
	u32 name_len;
	const char *target;		/* symlink text, no NUL */
	u32 target_len;
	u32 rdev_major, rdev_minor;
	struct kefs_setattr attr;	/* initial; size is ignored */
	u32 ret_set;			/* KEFS_SET_* that hold now */
};

/* The new object, referenced. -EEXIST … */
struct dentry *kefs_name_create(const struct kefs_grant *grant, struct dentry *dir, struct kefs_create *args,
				struct kefs_cinfo *cinfo, struct kefs_commit *commit);

enum kefs_open_how {
	KEFS_OPEN_UNCHECKED,		/* createmode4's numbers */
	KEFS_OPEN_GUARDED,
	KEFS_OPEN_EXCLUSIVE,
	KEFS_OPEN_EXCLUSIVE4_1,
};

struct kefs_open_create {
	enum kefs_open_how how;
	const char *name;
	u32 name_len;
	struct kefs_setattr attr;	/* initial; not used by KEFS_OPEN_EXCLUSIVE */
	u8 verifier[8];			/* exclusive kinds: kept in atime and mtime, so these cannot be set */
	bool ret_created;		/* by this request, or by an earlier transmission of it */
	u32 ret_set;			/* KEFS_SET_* that hold now */
};

/*
 * OPEN with OPEN4_CREATE: the regular file, made or found, referenced. Found by KEFS_OPEN_UNCHECKED: ret_created false
 * and nothing set (the caller then checks permission, and truncates if attr asks for size 0); may be of any type.
 * -EEXIST.
 */
struct dentry *kefs_name_open_create(const struct kefs_grant *grant, struct dentry *dir, struct kefs_open_create *args,
				     struct kefs_cinfo *cinfo, struct kefs_commit *commit);

/* REMOVE, of a file or an empty directory. Open files stay usable. */
int kefs_name_remove(const struct kefs_grant *grant, struct dentry *dir, const char *name, u32 len,
		     struct kefs_cinfo *cinfo, struct kefs_commit *commit);

struct kefs_rename {
	struct dentry *from_dir, *to_dir;
	const char *from, *to;
	u32 from_len, to_len;
	struct kefs_cinfo ret_from, ret_to;
};

int kefs_name_rename(const struct kefs_grant *grant, struct kefs_rename *args, struct kefs_commit *commit);
/* A further link to @dentry (not a directory: -EISDIR). */
int kefs_name_link(const struct kefs_grant *grant, struct dentry *dentry, struct dentry *dir, const char *name, u32 len,
		   struct kefs_cinfo *cinfo, struct kefs_commit *commit);
/* Text of a symlink into @buf: its length, or -EINVAL (not a symlink), -ENAMETOOLONG (does not fit). Adds no NUL. */
ssize_t kefs_name_readlink(const struct kefs_grant *grant, struct dentry *dentry, char *buf, size_t size);

#endif
