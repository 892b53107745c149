// SPDX-License-Identifier: GPL-2.0
/* Names that go or move: remove, rename, link. Declared in name.h. */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include "../core/kefs.h"
#include "internal.h"
#include "fh.h"
#include "fhcache.h"
#include "opencache.h"

/* What is about to lose a link: kept until the directory's lock is gone, so that freeing it happens outside. */
struct victim {
	struct inode *inode;
	struct kefs_fid fid;
};

static void victim_hold(struct victim *victim, struct dentry *dentry)
{
	if (kefs_fid_of(dentry, &victim->fid))
		return;
	victim->inode = d_inode(dentry);
	ihold(victim->inode);
}

static void victim_release(struct victim *victim, const struct kefs_grant *grant)
{
	if (!victim->inode)
		return;
	if (!victim->inode->i_nlink) {
		kefs_fhcache_forget(grant->volume, &victim->fid);
		kefs_bfile_evict(grant->volume, &victim->fid);
	}
	iput(victim->inode);
}

static int remove_locked(struct dentry *dir, struct dentry *child)
{
	lockdep_assert_held_write(&d_inode(dir)->i_rwsem);
	if (d_really_is_negative(child))
		return -ENOENT;
	if (d_is_dir(child))
		return vfs_rmdir(&nop_mnt_idmap, d_inode(dir), child);
	return kefs_lease_err(vfs_unlink(&nop_mnt_idmap, d_inode(dir), child, NULL));
}

int kefs_name_remove(const struct kefs_grant *grant, struct dentry *dir, const char *name, u32 len,
		     struct kefs_cinfo *cinfo, struct kefs_commit *commit)
{
	struct victim victim = { .inode = NULL };
	struct dentry *child;
	int err;

	err = kefs_name_begin_change(grant, dir, name, len, cinfo);
	if (err)
		return err;
	child = lookup_one_len(name, dir, len);
	if (IS_ERR(child)) {
		err = PTR_ERR(child);
	} else {
		if (d_really_is_positive(child))
			victim_hold(&victim, child);
		err = remove_locked(dir, child);
		dput(child);
	}
	kefs_name_end_change(grant, dir, cinfo);
	victim_release(&victim, grant);
	if (!err)
		kefs_commit_add(commit, d_inode(dir));
	return err;
}

static int rename_dentries(struct kefs_rename *args, struct dentry *trap, struct dentry *from, struct dentry *to)
{
	struct renamedata rd = {
		.old_mnt_idmap = &nop_mnt_idmap,
		.old_dir = d_inode(args->from_dir),
		.old_dentry = from,
		.new_mnt_idmap = &nop_mnt_idmap,
		.new_dir = d_inode(args->to_dir),
		.new_dentry = to,
	};

	if (d_really_is_negative(from))
		return -ENOENT;
	if (from == trap)	/* into itself or below */
		return -EINVAL;
	if (to == trap)		/* onto a directory that it is in */
		return -ENOTEMPTY;
	return kefs_lease_err(vfs_rename(&rd));
}

/* With both directories locked by lock_rename(), which gave @trap. */
static int rename_locked(struct kefs_rename *args, struct dentry *trap, struct victim *victim)
{
	struct dentry *from, *to;
	int err;

	lockdep_assert_held_write(&d_inode(args->from_dir)->i_rwsem);
	lockdep_assert_held_write(&d_inode(args->to_dir)->i_rwsem);
	from = lookup_one_len(args->from, args->from_dir, args->from_len);
	if (IS_ERR(from))
		return PTR_ERR(from);
	to = lookup_one_len(args->to, args->to_dir, args->to_len);
	if (IS_ERR(to)) {
		dput(from);
		return PTR_ERR(to);
	}
	if (d_really_is_positive(to))
		victim_hold(victim, to);
	err = rename_dentries(args, trap, from, to);
	dput(to);
	dput(from);
	return err;
}

static int rename_check(const struct kefs_grant *grant, const struct kefs_rename *args)
{
	int err;

	err = kefs_grant_writable(grant);
	if (!err && (!d_is_dir(args->from_dir) || !d_is_dir(args->to_dir)))
		err = -ENOTDIR;
	if (!err)
		err = kefs_component_check(args->from, args->from_len);
	return err ?: kefs_component_check(args->to, args->to_len);
}

int kefs_name_rename(const struct kefs_grant *grant, struct kefs_rename *args, struct kefs_commit *commit)
{
	struct victim victim = { .inode = NULL };
	struct dentry *trap;
	int err;

	err = rename_check(grant, args);
	if (!err)
		err = mnt_want_write(grant->root.mnt);
	if (err)
		return err;
	trap = lock_rename(args->to_dir, args->from_dir);
	if (IS_ERR(trap)) {
		err = PTR_ERR(trap);
		goto out_drop;
	}
	args->ret_from.atomic = args->ret_to.atomic = true;
	args->ret_from.before = kefs_attr_change(grant, args->from_dir);
	args->ret_to.before = kefs_attr_change(grant, args->to_dir);
	err = rename_locked(args, trap, &victim);
	args->ret_from.after = kefs_attr_change(grant, args->from_dir);
	args->ret_to.after = kefs_attr_change(grant, args->to_dir);
	unlock_rename(args->to_dir, args->from_dir);
out_drop:
	mnt_drop_write(grant->root.mnt);
	victim_release(&victim, grant);
	if (!err) {
		kefs_commit_add(commit, d_inode(args->from_dir));
		kefs_commit_add(commit, d_inode(args->to_dir));
	}
	return err;
}

int kefs_name_link(const struct kefs_grant *grant, struct dentry *dentry, struct dentry *dir, const char *name, u32 len,
		   struct kefs_cinfo *cinfo, struct kefs_commit *commit)
{
	struct dentry *child;
	int err;

	err = kefs_grant_writable(grant);
	if (!err && d_is_dir(dentry))
		err = -EISDIR;
	if (!err)
		err = kefs_name_begin_change(grant, dir, name, len, cinfo);
	if (err)
		return err;
	child = lookup_one_len(name, dir, len);
	if (IS_ERR(child)) {
		err = PTR_ERR(child);
	} else {
		err = kefs_lease_err(vfs_link(dentry, &nop_mnt_idmap, d_inode(dir), child, NULL));
		dput(child);
	}
	kefs_name_end_change(grant, dir, cinfo);
	if (!err) {
		kefs_commit_add(commit, d_inode(dir));
		kefs_commit_add(commit, d_inode(dentry));
	}
	return err;
}
