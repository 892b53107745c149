// SPDX-License-Identifier: GPL-2.0
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include "../core/kefs.h"
#include "../core/limits.h"
#include "internal.h"

static int check_dir(const struct dentry *dentry)
{
	if (d_is_dir(dentry))
		return 0;
	return d_is_symlink(dentry) ? -KEFS_ERR_SYMLINK : -ENOTDIR;
}

struct dentry *kefs_name_lookup(const struct kefs_grant *grant, struct dentry *dir, const char *name, u32 len)
{
	int err;

	err = check_dir(dir);
	if (!err)
		err = kefs_component_check(name, len);
	return err ? ERR_PTR(err) : lookup_positive_unlocked(name, dir, len);
}

struct dentry *kefs_name_lookup_entry(struct dentry *dir, const char *name, u32 len)
{
	return lookup_positive_unlocked(name, dir, len);
}

struct dentry *kefs_name_parent(const struct kefs_grant *grant, struct dentry *dir)
{
	struct dentry *parent;
	int err;

	err = check_dir(dir);
	if (err)
		return ERR_PTR(err);
	if (dir == grant->root.dentry)
		return ERR_PTR(-ENOENT);
	err = inode_permission(&nop_mnt_idmap, d_inode(dir), MAY_EXEC);
	if (err)
		return ERR_PTR(err);
	parent = dget_parent(dir);
	/* Since its handle was given out the directory may have been moved to where this grant does not reach. */
	if (!is_subdir(parent, grant->root.dentry)) {
		dput(parent);
		return ERR_PTR(-ENOENT);
	}
	return parent;
}

int kefs_name_begin_change(const struct kefs_grant *grant, struct dentry *dir, const char *name, u32 len,
			   struct kefs_cinfo *cinfo)
{
	int err;

	err = kefs_grant_writable(grant);
	if (!err && !d_is_dir(dir))
		err = -ENOTDIR;
	if (!err)
		err = kefs_component_check(name, len);
	if (!err)
		err = mnt_want_write(grant->root.mnt);
	if (err)
		return err;
	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	cinfo->atomic = true;
	cinfo->before = kefs_attr_change(grant, dir);
	return 0;
}

void kefs_name_end_change(const struct kefs_grant *grant, struct dentry *dir, struct kefs_cinfo *cinfo)
{
	cinfo->after = kefs_attr_change(grant, dir);
	inode_unlock(d_inode(dir));
	mnt_drop_write(grant->root.mnt);
}

/* Some file systems leave a new object's dentry unhashed or negative. Consumes *child if it replaces it. */
static int find_new(struct dentry *dir, struct dentry **child)
{
	struct dentry *found;

	if (!d_unhashed(*child) && d_really_is_positive(*child))
		return 0;
	found = lookup_one_len((*child)->d_name.name, dir, (*child)->d_name.len);
	if (IS_ERR(found))
		return PTR_ERR(found);
	dput(*child);
	*child = found;
	return d_really_is_positive(found) ? 0 : -ENOENT;
}

/* Who is not root can give his file to nobody, and to groups only that he is in. Other ids are left out, as in knfsd:
 * clients send them along with what they copied. */
static u32 settable_ids(const struct kefs_setattr *attr)
{
	if (uid_eq(current_fsuid(), GLOBAL_ROOT_UID))
		return KEFS_SET_UID | KEFS_SET_GID;
	return in_group_p(make_kgid(&init_user_ns, attr->gid)) ? KEFS_SET_GID : 0;
}

/*
 * The initial attributes that creation itself did not set (mode it did, and size 0). @child's lock nests in its
 * parent's, which the caller holds.
 */
static int set_initial(struct dentry *child, const struct kefs_setattr *attr, u32 *ret_set)
{
	struct kefs_setattr rest = *attr;
	u32 done;
	int err;

	rest.mask &= KEFS_SET_TIMES | settable_ids(attr) | (attr->size ? KEFS_SET_SIZE : 0);
	*ret_set = rest.mask | (attr->mask & KEFS_SET_MODE);
	if (attr->mask & KEFS_SET_SIZE && !attr->size)
		*ret_set |= KEFS_SET_SIZE;
	if (!rest.mask)
		return 0;
	inode_lock(d_inode(child));
	err = kefs_attr_set_locked(child, &rest, &done);
	inode_unlock(d_inode(child));
	return err;
}

static umode_t initial_mode(const struct kefs_setattr *attr, umode_t or_else)
{
	return attr->mask & KEFS_SET_MODE ? attr->mode & S_IALLUGO : or_else;
}

static int make_node(struct inode *dir, struct dentry *child, const struct kefs_create *args, umode_t type)
{
	bool device = type == S_IFCHR || type == S_IFBLK;
	dev_t rdev = device ? MKDEV(args->rdev_major, args->rdev_minor) : 0;

	if (device && (MAJOR(rdev) != args->rdev_major || MINOR(rdev) != args->rdev_minor))
		return -EINVAL;
	return vfs_mknod(&nop_mnt_idmap, dir, child, type | initial_mode(&args->attr, 0644), rdev);
}

static int make_symlink(struct inode *dir, struct dentry *child, const struct kefs_create *args)
{
	char *target;
	int err;

	target = kmemdup_nul(args->target, args->target_len, GFP_KERNEL);
	if (!target)
		return -ENOMEM;
	err = vfs_symlink(&nop_mnt_idmap, dir, child, target);
	kfree(target);
	return err;
}

static int make_object(struct inode *dir, struct dentry *child, const struct kefs_create *args)
{
	switch (args->kind) {
	case KEFS_CREATE_DIR:
		return vfs_mkdir(&nop_mnt_idmap, dir, child, initial_mode(&args->attr, 0755));
	case KEFS_CREATE_SYMLINK:
		return make_symlink(dir, child, args);
	case KEFS_CREATE_FIFO:
		return make_node(dir, child, args, S_IFIFO);
	case KEFS_CREATE_SOCK:
		return make_node(dir, child, args, S_IFSOCK);
	case KEFS_CREATE_BLK:
		return make_node(dir, child, args, S_IFBLK);
	case KEFS_CREATE_CHR:
		return make_node(dir, child, args, S_IFCHR);
	}
	return -KEFS_ERR_BADTYPE;
}

static int create_locked(struct dentry *dir, struct dentry **child, struct kefs_create *args)
{
	struct kefs_setattr attr = args->attr;
	int err;

	lockdep_assert_held_write(&d_inode(dir)->i_rwsem);
	if (d_really_is_positive(*child))
		return -EEXIST;
	err = make_object(d_inode(dir), *child, args);
	if (!err)
		err = find_new(dir, child);
	if (err)
		return err;
	attr.mask &= ~KEFS_SET_SIZE;
	if (args->kind == KEFS_CREATE_SYMLINK)
		attr.mask &= ~KEFS_SET_MODE;	/* symlinks have none of their own */
	return set_initial(*child, &attr, &args->ret_set);
}

static int check_target(const struct kefs_create *args)
{
	if (args->kind != KEFS_CREATE_SYMLINK)
		return 0;
	if (!args->target_len)
		return -EINVAL;
	if (args->target_len > KEFS_PATH_TARGET_MAX)
		return -ENAMETOOLONG;
	return memchr(args->target, 0, args->target_len) ? -EINVAL : 0;
}

/* Ends a change that made @child or failed: what it made goes to stable storage with the directory. */
static struct dentry *finish(struct dentry *dir, struct dentry *child, int err, struct kefs_commit *commit)
{
	if (err) {
		dput(child);
		return ERR_PTR(err);
	}
	kefs_commit_add(commit, d_inode(dir));
	kefs_commit_add(commit, d_inode(child));
	return child;
}

struct dentry *kefs_name_create(const struct kefs_grant *grant, struct dentry *dir, struct kefs_create *args,
				struct kefs_cinfo *cinfo, struct kefs_commit *commit)
{
	struct dentry *child;
	int err;

	args->ret_set = 0;
	err = check_target(args);
	if (!err)
		err = kefs_name_begin_change(grant, dir, args->name, args->name_len, cinfo);
	if (err)
		return ERR_PTR(err);
	child = lookup_one_len(args->name, dir, args->name_len);
	if (!IS_ERR(child))
		err = create_locked(dir, &child, args);
	kefs_name_end_change(grant, dir, cinfo);
	return IS_ERR(child) ? child : finish(dir, child, err, commit);
}

static bool is_exclusive(const struct kefs_open_create *args)
{
	return args->how == KEFS_OPEN_EXCLUSIVE || args->how == KEFS_OPEN_EXCLUSIVE4_1;
}

/* The verifier as times; the top bits are lost so that any file system can store them. */
static void verifier_times(const struct kefs_open_create *args, struct kefs_setattr *attr)
{
	attr->mtime = (struct timespec64){ .tv_sec = get_unaligned_be32(args->verifier) & 0x7fffffff };
	attr->atime = (struct timespec64){ .tv_sec = get_unaligned_be32(args->verifier + 4) & 0x7fffffff };
}

/* Was this file made by an earlier transmission of the same exclusive request, and not touched since? */
static bool is_retry(const struct kefs_grant *grant, struct dentry *child, const struct kefs_open_create *args)
{
	const struct path path = { .mnt = grant->root.mnt, .dentry = child };
	struct kefs_setattr times;
	struct kstat stat;

	if (!d_is_reg(child))
		return false;
	if (vfs_getattr_nosec(&path, &stat, STATX_SIZE | STATX_ATIME | STATX_MTIME, AT_STATX_SYNC_AS_STAT))
		return false;
	verifier_times(args, &times);
	return !stat.size && stat.mtime.tv_sec == times.mtime.tv_sec && stat.atime.tv_sec == times.atime.tv_sec;
}

/* Who has made a file owns it; root may have given it away at once. The verifier is no secret: times are to be seen. */
static bool is_own(const struct inode *inode)
{
	return uid_eq(inode->i_uid, current_fsuid()) || uid_eq(current_fsuid(), GLOBAL_ROOT_UID);
}

static int open_create_locked(struct dentry *dir, struct dentry **child, struct kefs_open_create *args)
{
	struct kefs_setattr attr = args->attr;
	int err;

	lockdep_assert_held_write(&d_inode(dir)->i_rwsem);
	if (args->how == KEFS_OPEN_EXCLUSIVE)
		attr.mask = 0;
	err = vfs_create(&nop_mnt_idmap, d_inode(dir), *child,
			 S_IFREG | initial_mode(&attr, args->how == KEFS_OPEN_EXCLUSIVE ? 0 : 0644), true);
	if (!err)
		err = find_new(dir, child);
	if (err)
		return err;
	args->ret_created = true;
	if (is_exclusive(args)) {
		verifier_times(args, &attr);
		attr.mask &= ~KEFS_SET_TIMES;
		attr.mask |= KEFS_SET_ATIME | KEFS_SET_MTIME;
	}
	err = set_initial(*child, &attr, &args->ret_set);
	if (is_exclusive(args))
		args->ret_set &= ~KEFS_SET_TIMES;
	return err;
}

static int reopen_locked(const struct kefs_grant *grant, struct dentry *dir, struct dentry *child,
			 struct kefs_open_create *args)
{
	struct kefs_setattr attr = args->attr;

	lockdep_assert_held_write(&d_inode(dir)->i_rwsem);
	if (args->how == KEFS_OPEN_UNCHECKED)
		return 0;
	if (args->how == KEFS_OPEN_GUARDED || !is_own(d_inode(child)) || !is_retry(grant, child, args))
		return -EEXIST;
	args->ret_created = true;
	if (args->how == KEFS_OPEN_EXCLUSIVE)
		return 0;
	/* Mode was set in the first go. The rest may not have been. */
	attr.mask &= ~KEFS_SET_TIMES;
	return set_initial(child, &attr, &args->ret_set);
}

/* A file that is there already needs no lock on the directory. */
static struct dentry *open_existing(const struct kefs_grant *grant, struct dentry *dir, struct kefs_open_create *args,
				    struct kefs_cinfo *cinfo)
{
	struct dentry *child;
	int err;

	err = kefs_grant_writable(grant);
	if (!err && !d_is_dir(dir))
		err = -ENOTDIR;
	if (err)
		return ERR_PTR(err);
	child = kefs_name_lookup(grant, dir, args->name, args->name_len);
	if (IS_ERR(child))
		return child;
	if (args->how == KEFS_OPEN_GUARDED) {
		dput(child);
		return ERR_PTR(-EEXIST);
	}
	cinfo->atomic = true;		/* one look, no change of ours */
	cinfo->before = cinfo->after = kefs_attr_change(grant, dir);
	return child;
}

struct dentry *kefs_name_open_create(const struct kefs_grant *grant, struct dentry *dir, struct kefs_open_create *args,
				     struct kefs_cinfo *cinfo, struct kefs_commit *commit)
{
	struct dentry *child;
	int err;

	args->ret_created = false;
	args->ret_set = 0;
	if (!is_exclusive(args)) {
		child = open_existing(grant, dir, args, cinfo);
		if (child != ERR_PTR(-ENOENT))
			return child;
	}
	err = kefs_name_begin_change(grant, dir, args->name, args->name_len, cinfo);
	if (err)
		return ERR_PTR(err);
	child = lookup_one_len(args->name, dir, args->name_len);
	if (!IS_ERR(child) && d_really_is_positive(child))
		err = reopen_locked(grant, dir, child, args);
	else if (!IS_ERR(child))
		err = open_create_locked(dir, &child, args);
	kefs_name_end_change(grant, dir, cinfo);
	if (IS_ERR(child) || (!err && !args->ret_created))
		return child;
	return finish(dir, child, err, commit);
}

ssize_t kefs_name_readlink(const struct kefs_grant *grant, struct dentry *dentry, char *buf, size_t size)
{
	const struct path path = { .mnt = grant->root.mnt, .dentry = dentry };
	DEFINE_DELAYED_CALL(done);
	const char *text;
	ssize_t len;

	if (!d_is_symlink(dentry))
		return -EINVAL;
	touch_atime(&path);
	text = vfs_get_link(dentry, &done);
	if (IS_ERR(text))
		return PTR_ERR(text);
	len = strnlen(text, size + 1);
	if (len > size)
		len = -ENAMETOOLONG;
	else
		memcpy(buf, text, len);
	do_delayed_call(&done);
	return len;
}
