// SPDX-License-Identifier: GPL-2.0
#include <linux/cred.h>
#include <linux/filelock.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/statfs.h>
#include "../core/kefs.h"
#include "internal.h"

/*
 * A counter from the file system where it has one. For regular files ctime is added, unless the counter survives
 * crashes: one that lost its last steps in a crash would count the same values again for other contents. knfsd does
 * the same.
 */
static u64 change_attr(const struct kstat *stat, struct inode *inode)
{
	u64 ctime = ((u64)stat->ctime.tv_sec << 30) + stat->ctime.tv_nsec;
	bool monotonic;
	u64 cookie;

	if (!kefs_change_cookie(stat, inode, &cookie, &monotonic))
		return ctime;
	return S_ISREG(stat->mode) && !monotonic ? cookie + ctime : cookie;
}

int kefs_attr_get(const struct kefs_grant *grant, struct dentry *dentry, bool want_fs, struct kefs_attrs *attrs)
{
	const struct path path = { .mnt = grant->root.mnt, .dentry = dentry };
	int err;

	err = vfs_getattr(&path, &attrs->stat, STATX_BASIC_STATS | STATX_BTIME | STATX_CHANGE_COOKIE,
			  AT_STATX_SYNC_AS_STAT);
	if (err)
		return err;
	attrs->change = change_attr(&attrs->stat, d_inode(dentry));
	attrs->have_fs = want_fs;
	if (!want_fs)
		return 0;
	err = vfs_statfs(&path, &attrs->fs);
	if (!err)
		kefs_space_of(grant->volume, &attrs->fs, &attrs->space);
	return err;
}

u64 kefs_attr_change(const struct kefs_grant *grant, struct dentry *dentry)
{
	const struct path path = { .mnt = grant->root.mnt, .dentry = dentry };
	struct kstat stat;

	if (vfs_getattr_nosec(&path, &stat, STATX_TYPE | STATX_CTIME | STATX_CHANGE_COOKIE, AT_STATX_SYNC_AS_STAT))
		return 0;
	return change_attr(&stat, d_inode(dentry));
}

static bool is_owner(const struct inode *inode)
{
	return uid_eq(inode->i_uid, current_fsuid());
}

/* A change of owner takes the set-id bits, a change of mode cannot smuggle them past it. */
static void fix_setid(const struct inode *inode, struct iattr *ia)
{
	if (S_ISDIR(inode->i_mode) || !(ia->ia_valid & (ATTR_UID | ATTR_GID)))
		return;
	ia->ia_valid |= ATTR_KILL_PRIV;
	if (!(ia->ia_valid & ATTR_MODE)) {
		ia->ia_valid |= ATTR_KILL_SUID | setattr_should_drop_sgid(&nop_mnt_idmap, inode);
		return;
	}
	ia->ia_mode &= ~S_ISUID;
	if (ia->ia_mode & S_IXGRP)
		ia->ia_mode &= ~S_ISGID;
}

static void fill_times(const struct kefs_setattr *set, struct iattr *ia)
{
	if (set->mask & (KEFS_SET_ATIME | KEFS_SET_ATIME_NOW))
		ia->ia_valid |= ATTR_ATIME;
	if (set->mask & KEFS_SET_ATIME) {
		ia->ia_valid |= ATTR_ATIME_SET;
		ia->ia_atime = set->atime;
	}
	if (set->mask & (KEFS_SET_MTIME | KEFS_SET_MTIME_NOW))
		ia->ia_valid |= ATTR_MTIME;
	if (set->mask & KEFS_SET_MTIME) {
		ia->ia_valid |= ATTR_MTIME_SET;
		ia->ia_mtime = set->mtime;
	}
}

static umode_t new_mode(const struct inode *inode, const struct kefs_setattr *set)
{
	u32 bits = set->mask & KEFS_SET_MODE ? S_IALLUGO : set->mode_mask & S_IALLUGO;

	return (inode->i_mode & ~bits) | (set->mode & bits);
}

static int fill_iattr(const struct inode *inode, const struct kefs_setattr *set, struct iattr *ia)
{
	*ia = (struct iattr){ .ia_valid = 0 };
	/* A symlink has no mode of its own in Linux; who sets one is not refused, by knfsd neither. */
	if (set->mask & (KEFS_SET_MODE | KEFS_SET_MODE_MASKED) && !S_ISLNK(inode->i_mode)) {
		ia->ia_valid |= ATTR_MODE;
		ia->ia_mode = new_mode(inode, set);
	}
	if (set->mask & KEFS_SET_UID) {
		ia->ia_valid |= ATTR_UID;
		ia->ia_uid = make_kuid(&init_user_ns, set->uid);
		if (!uid_valid(ia->ia_uid))
			return -EINVAL;
	}
	if (set->mask & KEFS_SET_GID) {
		ia->ia_valid |= ATTR_GID;
		ia->ia_gid = make_kgid(&init_user_ns, set->gid);
		if (!gid_valid(ia->ia_gid))
			return -EINVAL;
	}
	fill_times(set, ia);
	fix_setid(inode, ia);
	return 0;
}

/* File systems expect a size apart from other attributes. */
static int set_size_locked(struct dentry *dentry, u64 size)
{
	struct iattr ia = { .ia_valid = ATTR_SIZE | ATTR_CTIME | ATTR_MTIME, .ia_size = size };

	lockdep_assert_held_write(&d_inode(dentry)->i_rwsem);
	if (size > (u64)d_inode(dentry)->i_sb->s_maxbytes)
		return -EFBIG;
	return notify_change(&nop_mnt_idmap, dentry, &ia, NULL);
}

int kefs_attr_set_locked(struct dentry *dentry, const struct kefs_setattr *set, u32 *ret_set)
{
	struct inode *inode = d_inode(dentry);
	struct iattr ia;
	int err;

	lockdep_assert_held_write(&inode->i_rwsem);
	*ret_set = 0;
	err = fill_iattr(inode, set, &ia);
	if (err)
		return err;
	if (set->mask & KEFS_SET_SIZE) {
		err = set_size_locked(dentry, set->size);
		if (err)
			return kefs_lease_err(err);
		*ret_set = KEFS_SET_SIZE;
		if (!(ia.ia_valid & ~ATTR_MTIME))
			ia.ia_valid = 0;	/* mtime to now: just done */
	}
	if (ia.ia_valid) {
		ia.ia_valid |= ATTR_CTIME;
		err = kefs_lease_err(notify_change(&nop_mnt_idmap, dentry, &ia, NULL));
		if (err)
			return err;
	}
	*ret_set = set->mask;
	return 0;
}

static int may_set(struct inode *inode, u32 mask)
{
	bool touch = mask & KEFS_SET_TIMES && !(mask & (KEFS_SET_ATIME | KEFS_SET_MTIME));

	if (mask & KEFS_SET_SIZE) {
		if (S_ISDIR(inode->i_mode))
			return -EISDIR;
		if (!S_ISREG(inode->i_mode))
			return -EINVAL;
		if (IS_APPEND(inode))
			return -EPERM;
	}
	if (IS_IMMUTABLE(inode))
		return -EPERM;
	/* The owner may change size and times also with the write bit off: an open file of his lets him. */
	if (is_owner(inode) || !(mask & KEFS_SET_SIZE || touch))
		return 0;
	return inode_permission(&nop_mnt_idmap, inode, MAY_WRITE);
}

/* A size change is a write: it must not change a program that runs, nor what a lease promises not to change. */
static int begin_size(struct inode *inode)
{
	int err;

	err = get_write_access(inode);
	if (err)
		return err;
	err = kefs_lease_err(break_lease(inode, O_WRONLY | O_NONBLOCK));
	if (err)
		put_write_access(inode);
	return err;
}

int kefs_attr_set(const struct kefs_grant *grant, struct dentry *dentry, const struct kefs_setattr *set, u32 *ret_set,
		  struct kefs_commit *commit)
{
	struct inode *inode = d_inode(dentry);
	bool size = set->mask & KEFS_SET_SIZE;
	int err;

	*ret_set = 0;
	err = kefs_grant_writable(grant);
	if (err)
		return err;
	if (!set->mask)
		return 0;
	err = may_set(inode, set->mask);
	if (err)
		return err;
	err = mnt_want_write(grant->root.mnt);
	if (err)
		return err;
	if (size)
		err = begin_size(inode);
	if (err)
		goto out_drop;
	inode_lock(inode);
	err = kefs_attr_set_locked(dentry, set, ret_set);
	inode_unlock(inode);
	if (size)
		put_write_access(inode);
out_drop:
	mnt_drop_write(grant->root.mnt);
	if (*ret_set)
		kefs_commit_add(commit, inode);
	return err;
}

int kefs_attr_touch(const struct kefs_grant *grant, struct dentry *dentry)
{
	struct iattr ia = { .ia_valid = ATTR_MTIME | ATTR_CTIME };
	struct inode *inode = d_inode(dentry);
	int err;

	err = mnt_want_write(grant->root.mnt);
	if (err)
		return err;
	inode_lock(inode);
	err = kefs_lease_err(notify_change(&nop_mnt_idmap, dentry, &ia, NULL));
	inode_unlock(inode);
	mnt_drop_write(grant->root.mnt);
	return err;
}

static bool may(struct inode *inode, int mask)
{
	return !inode_permission(&nop_mnt_idmap, inode, mask);
}

static u32 access_bits_supported(const struct inode *inode)
{
	u32 bits = KEFS_ACCESS_READ | KEFS_ACCESS_MODIFY | KEFS_ACCESS_EXTEND;

	if (S_ISDIR(inode->i_mode))
		return bits | KEFS_ACCESS_LOOKUP | KEFS_ACCESS_DELETE;
	return bits | KEFS_ACCESS_EXECUTE;
}

int kefs_access_check(const struct kefs_grant *grant, struct dentry *dentry, u32 asked, u32 *ret_supported,
		      u32 *ret_granted)
{
	struct inode *inode = d_inode(dentry);
	const u32 changes = KEFS_ACCESS_MODIFY | KEFS_ACCESS_EXTEND | KEFS_ACCESS_DELETE;
	const u32 execs = KEFS_ACCESS_LOOKUP | KEFS_ACCESS_EXECUTE;
	u32 bits = asked & access_bits_supported(inode), granted = 0;

	*ret_supported = bits;
	if (bits & KEFS_ACCESS_READ && may(inode, MAY_READ))
		granted |= KEFS_ACCESS_READ;
	if (bits & execs && may(inode, MAY_EXEC))
		granted |= bits & execs;
	if (bits & changes && !kefs_grant_writable(grant) && !__mnt_is_readonly(grant->root.mnt) &&
	    may(inode, S_ISDIR(inode->i_mode) ? MAY_WRITE | MAY_EXEC : MAY_WRITE))
		granted |= bits & changes;
	if (IS_APPEND(inode))
		granted &= ~(KEFS_ACCESS_MODIFY | KEFS_ACCESS_DELETE);
	*ret_granted = granted;
	return 0;
}

static int check_regular(const struct inode *inode)
{
	if (S_ISREG(inode->i_mode))
		return 0;
	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	return S_ISLNK(inode->i_mode) ? -KEFS_ERR_SYMLINK : -KEFS_ERR_WRONG_TYPE;
}

static int check_rw(const struct kefs_grant *grant, struct inode *inode, bool read, bool write, bool owner_may)
{
	int err;

	err = check_regular(inode);
	if (err)
		return err;
	if (write) {
		err = kefs_grant_writable(grant);
		if (err)
			return err;
		if (__mnt_is_readonly(grant->root.mnt))
			return -EROFS;
		if (IS_IMMUTABLE(inode) || IS_APPEND(inode))
			return -EPERM;
	}
	if (owner_may && is_owner(inode))
		return 0;
	err = inode_permission(&nop_mnt_idmap, inode, (read ? MAY_READ : 0) | (write ? MAY_WRITE : 0));
	/* To run a program is to read it: a client cannot do the one without the other. */
	if (err == -EACCES && !write)
		err = inode_permission(&nop_mnt_idmap, inode, MAY_EXEC);
	return err;
}

int kefs_access_open(const struct kefs_grant *grant, struct dentry *dentry, bool read, bool write,
		     bool owner_may)
{
	return check_rw(grant, d_inode(dentry), read, write, owner_may);
}

int kefs_access_io(const struct kefs_grant *grant, struct dentry *dentry, bool read, bool write)
{
	return check_rw(grant, d_inode(dentry), read, write, true);
}
