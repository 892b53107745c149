/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attributes and permission. All run with the caller's credentials in force; @dentry is positive and of the grant's
 * volume.
 */
#ifndef KEFS_FILES_ATTR_H
#define KEFS_FILES_ATTR_H

#include <linux/stat.h>
#include <linux/statfs.h>
#include "commit.h"
#include "grant.h"
#include "space.h"

struct kefs_attrs {
	struct kstat stat;		/* btime valid if stat.result_mask & STATX_BTIME */
	u64 change;
	bool have_fs;
	struct kstatfs fs;		/* if have_fs: of the backing file system */
	struct kefs_space space;	/* likewise: of the volume */
};

int kefs_attr_get(const struct kefs_grant *grant, struct dentry *dentry, bool want_fs, struct kefs_attrs *attrs);
/* The change attribute alone; also right under the inode's lock. No permission or LSM check. */
u64 kefs_attr_change(const struct kefs_grant *grant, struct dentry *dentry);

#define KEFS_SET_MODE		(1u << 0)
#define KEFS_SET_UID		(1u << 1)
#define KEFS_SET_GID		(1u << 2)
#define KEFS_SET_SIZE		(1u << 3)
#define KEFS_SET_ATIME		(1u << 4)	/* to .atime */
#define KEFS_SET_ATIME_NOW	(1u << 5)
#define KEFS_SET_MTIME		(1u << 6)
#define KEFS_SET_MTIME_NOW	(1u << 7)
#define KEFS_SET_MODE_MASKED	(1u << 8)	/* the bits .mode_mask of it; not with KEFS_SET_MODE */
#define KEFS_SET_TIMES		(KEFS_SET_ATIME | KEFS_SET_ATIME_NOW | KEFS_SET_MTIME | KEFS_SET_MTIME_NOW)

struct kefs_setattr {
	u32 mask;
	u32 mode, mode_mask;		/* 07777 */
	u32 uid, gid;
	u64 size;
	struct timespec64 atime, mtime;
};

/*
 * -EROFS, -EPERM, -EACCES, -EISDIR / -EINVAL (size of something not regular), -EFBIG, -ETXTBSY, -KEFS_ERR_LEASE (one
 * is being broken) … Share reservations are the caller's concern. *@ret_set: the bits of @set->mask that were set; a
 * size may have been when the rest fails.
 */
int kefs_attr_set(const struct kefs_grant *grant, struct dentry *dentry, const struct kefs_setattr *set, u32 *ret_set,
		  struct kefs_commit *commit);

/* Times and change attribute move on, as if somebody had written: a client has, in its cache. Asks no permission. */
int kefs_attr_touch(const struct kefs_grant *grant, struct dentry *dentry);

#define KEFS_ACCESS_READ	0x01	/* numbers of ACCESS4_* */
#define KEFS_ACCESS_LOOKUP	0x02
#define KEFS_ACCESS_MODIFY	0x04
#define KEFS_ACCESS_EXTEND	0x08
#define KEFS_ACCESS_DELETE	0x10
#define KEFS_ACCESS_EXECUTE	0x20

/* Of the bits @asked: which have a meaning for this type, and which are granted. */
int kefs_access_check(const struct kefs_grant *grant, struct dentry *dentry, u32 asked, u32 *ret_supported,
		      u32 *ret_granted);
/*
 * May the caller OPEN it? -EISDIR, -KEFS_ERR_SYMLINK, -KEFS_ERR_WRONG_TYPE unless regular; -EROFS, -EACCES, -EPERM
 * (append-only, immutable). @owner_may: whatever the mode says; for a file that this very request created, and for
 * CLAIM_FH and reclaim. Reading needs read or execute permission.
 */
int kefs_access_open(const struct kefs_grant *grant, struct dentry *dentry, bool read, bool write,
		     bool owner_may);
/* I/O with a stateid that stands for no OPEN, LOCKT …: the owner always may; read or execute permission reads. */
int kefs_access_io(const struct kefs_grant *grant, struct dentry *dentry, bool read, bool write);

#endif
