// SPDX-License-Identifier: GPL-2.0
/* ACCESS, GETATTR, SETATTR, VERIFY, NVERIFY (RFC 8881 §18.1, §18.7, §18.15, §18.30, §18.31). */
#include <linux/fs.h>
#include <linux/slab.h>
#include "../state/state.h"
#include "../state/stateid.h"
#include "op_attr.h"
#include "op_deleg.h"
#include "ops.h"

static_assert(KEFS_ACCESS_READ == ACCESS4_READ && KEFS_ACCESS_EXECUTE == ACCESS4_EXECUTE);

int kefs_run_access(struct kefs_compound *c)
{
	struct dentry *dentry = kefs_compound_dentry(c, &c->cur);
	u32 asked = c->args.access.access;

	if (asked & ~ACCESS4_ALL)
		return -EINVAL;
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	return kefs_access_check(c->env.grant, dentry, asked, &c->res.access.supported, &c->res.access.access);
}

void kefs_attr_to_set(const struct kefs_settable *from, struct kefs_setattr *to)
{
	memset(to, 0, sizeof(*to));
	if (kefs_bitmap_test(&from->mask, FATTR4_SIZE))
		to->mask |= KEFS_SET_SIZE;
	if (kefs_bitmap_test(&from->mask, FATTR4_MODE))
		to->mask |= KEFS_SET_MODE;
	if (kefs_bitmap_test(&from->mask, FATTR4_MODE_SET_MASKED))
		to->mask |= KEFS_SET_MODE_MASKED;
	if (kefs_bitmap_test(&from->mask, FATTR4_OWNER))
		to->mask |= KEFS_SET_UID;
	if (kefs_bitmap_test(&from->mask, FATTR4_OWNER_GROUP))
		to->mask |= KEFS_SET_GID;
	if (kefs_bitmap_test(&from->mask, FATTR4_TIME_ACCESS_SET))
		to->mask |= from->atime_now ? KEFS_SET_ATIME_NOW : KEFS_SET_ATIME;
	if (kefs_bitmap_test(&from->mask, FATTR4_TIME_MODIFY_SET))
		to->mask |= from->mtime_now ? KEFS_SET_MTIME_NOW : KEFS_SET_MTIME;
	to->size = from->size;
	to->mode = to->mask & KEFS_SET_MODE_MASKED ? from->masked_mode : from->mode;
	to->mode_mask = from->mode_mask;
	to->uid = from->uid;
	to->gid = from->gid;
	to->atime = (struct timespec64){ from->atime.sec, from->atime.nsec };
	to->mtime = (struct timespec64){ from->mtime.sec, from->mtime.nsec };
}

void kefs_attr_set_bits(u32 set, struct kefs_bitmap *bitmap)
{
	memset(bitmap, 0, sizeof(*bitmap));
	if (set & KEFS_SET_SIZE)
		kefs_bitmap_set(bitmap, FATTR4_SIZE);
	if (set & KEFS_SET_MODE)
		kefs_bitmap_set(bitmap, FATTR4_MODE);
	if (set & KEFS_SET_MODE_MASKED)
		kefs_bitmap_set(bitmap, FATTR4_MODE_SET_MASKED);
	if (set & KEFS_SET_UID)
		kefs_bitmap_set(bitmap, FATTR4_OWNER);
	if (set & KEFS_SET_GID)
		kefs_bitmap_set(bitmap, FATTR4_OWNER_GROUP);
	if (set & (KEFS_SET_ATIME | KEFS_SET_ATIME_NOW))
		kefs_bitmap_set(bitmap, FATTR4_TIME_ACCESS_SET);
	if (set & (KEFS_SET_MTIME | KEFS_SET_MTIME_NOW))
		kefs_bitmap_set(bitmap, FATTR4_TIME_MODIFY_SET);
}

static u32 ftype(umode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:	return NF4DIR;
	case S_IFBLK:	return NF4BLK;
	case S_IFCHR:	return NF4CHR;
	case S_IFLNK:	return NF4LNK;
	case S_IFSOCK:	return NF4SOCK;
	case S_IFIFO:	return NF4FIFO;
	default:	return NF4REG;
	}
}

static struct kefs_nfstime nfstime(struct timespec64 t)
{
	return (struct kefs_nfstime){ t.tv_sec, (u32)t.tv_nsec };
}

static void fill_stat(struct kefs_fattr *fa, const struct kefs_attrs *attrs)
{
	const struct kstat *st = &attrs->stat;

	fa->type = ftype(st->mode);
	fa->change = attrs->change;
	fa->size = (u64)st->size;
	fa->fileid = st->ino;
	fa->mounted_on_fileid = st->ino;
	fa->mode = st->mode & 07777;
	fa->numlinks = st->nlink;
	fa->uid = from_kuid_munged(&init_user_ns, st->uid);
	fa->gid = from_kgid_munged(&init_user_ns, st->gid);
	fa->rdev_major = MAJOR(st->rdev);
	fa->rdev_minor = MINOR(st->rdev);
	fa->space_used = (u64)st->blocks << 9;
	fa->atime = nfstime(st->atime);
	fa->mtime = nfstime(st->mtime);
	fa->ctime = nfstime(st->ctime);
	fa->has_btime = st->result_mask & STATX_BTIME;
	fa->btime = nfstime(st->btime);
}

static void fill_fs(struct kefs_fattr *fa, const struct kefs_attrs *attrs)
{
	const struct kstatfs *fs = &attrs->fs;

	fa->files_avail = fs->f_ffree;
	fa->files_free = fs->f_ffree;
	fa->files_total = fs->f_files;
	fa->space_avail = attrs->space.avail;
	fa->space_free = attrs->space.free;
	fa->space_total = attrs->space.total;
	fa->maxname = (u32)fs->f_namelen;
}

int kefs_attr_fill(struct kefs_compound *c, struct dentry *dentry, const struct kefs_bitmap *want,
		   struct kefs_fattr *fa, struct kefs_fh *fh)
{
	const struct super_block *sb = dentry->d_sb;
	unsigned int needs = kefs_fattr_needs(want);
	struct kefs_attrs attrs;
	int err;

	if (needs & (KEFS_FATTR_STAT | KEFS_FATTR_FS)) {
		err = kefs_attr_get(c->env.grant, dentry, needs & KEFS_FATTR_FS, &attrs);
		if (err)
			return err;
		fill_stat(fa, &attrs);
		if (needs & KEFS_FATTR_FS)
			fill_fs(fa, &attrs);
	}
	if (needs & KEFS_FATTR_FH) {
		err = kefs_fh_compose(c->env.grant, dentry, fh, NULL);
		if (err)
			return err;
		fa->fh = fh->data;
		fa->fh_len = fh->len;
	}
	fa->fsid_major = c->env.grant->volume->id;
	fa->rdattr_error = NFS4_OK;
	fa->lease_time = kefs_client_lease(c->client);
	fa->maxfilesize = (u64)sb->s_maxbytes;
	fa->maxlink = sb->s_max_links ?: 65000;		/* file systems that state none keep ext4's */
	fa->max_read = KEFS_IO_MAX;
	fa->max_write = KEFS_IO_MAX;
	return 0;
}

/* kefs_attr_fill() of the current file, which another client may have changed in its cache: see kefs_holder_attrs(). */
static int fill_current(struct kefs_compound *c, struct dentry *dentry, const struct kefs_bitmap *want,
			struct kefs_fattr *fa, struct kefs_fh *fh)
{
	u64 size;
	int err, held;

	held = kefs_holder_attrs(c, dentry, want, &size);
	if (held < 0)
		return held;
	err = kefs_attr_fill(c, dentry, want, fa, fh);
	if (held && !err)
		fa->size = size;
	return err;
}

/* What is said of it: to who has no access, that it is a directory. */
static void leave_out(const struct kefs_compound *c, struct kefs_bitmap *want)
{
	bool type = kefs_bitmap_test(want, FATTR4_TYPE);

	if (!(c->env.grant->flags & KEFS_GRANT_F_NO_ACCESS))
		return;
	memset(want, 0, sizeof(*want));
	if (type)
		kefs_bitmap_set(want, FATTR4_TYPE);
}

int kefs_run_getattr(struct kefs_compound *c)
{
	struct kefs_bitmap *want = &c->args.getattr.want;
	struct dentry *dentry = kefs_compound_dentry(c, &c->cur);
	struct kefs_fattr fa;
	struct kefs_fh fh;
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	/* RFC 8881 §18.7.3: to ask for what can only be set is an error. */
	if (kefs_fattr_write_only(want))
		return -EINVAL;
	leave_out(c, want);
	err = kefs_compound_reserve(c, kefs_fattr_size(want));
	if (!err)
		err = fill_current(c, dentry, want, &fa, &fh);
	if (!err)
		kefs_fattr_encode(&c->call.out, want, &fa);
	return err;
}

/* A new size is a write: the stateid must allow it (RFC 8881 §18.30.3). */
static int check_size_stateid(struct kefs_compound *c, struct dentry *dentry)
{
	struct kefs_stateid stateid;
	struct kefs_io_pin pin;
	int err;

	if (!d_is_reg(dentry))
		return d_is_dir(dentry) ? -EISDIR : -EINVAL;
	err = kefs_compound_stateid(c, &c->args.setattr.stateid, &stateid);
	if (err)
		return err;
	err = kefs_stateid_io(c->client, &stateid, c->env.grant->volume, &c->cur.fid, dentry, KEFS_SHARE_WRITE, &pin);
	if (!err)
		kefs_stateid_io_end(&pin);
	return err;
}

int kefs_run_setattr(struct kefs_compound *c)
{
	const struct kefs_settable *attrs = &c->args.setattr.attrs;
	struct dentry *dentry = kefs_compound_dentry(c, &c->cur);
	struct kefs_setattr set;
	u32 done = 0;
	int err;

	memset(&c->res.setattr, 0, sizeof(c->res.setattr));
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (attrs->error)
		return attrs->error;
	kefs_attr_to_set(attrs, &set);
	if (set.mask & KEFS_SET_SIZE) {
		err = check_size_stateid(c, dentry);
		if (err)
			return err;
	}
	err = kefs_attr_set(c->env.grant, dentry, &set, &done, &c->commit);
	kefs_attr_set_bits(done, &c->res.setattr.attrset);
	return err;
}

/* Encode our own values for the same mask and compare the bytes. 1: the same, 0: not. */
static int same_attrs(struct kefs_compound *c)
{
	const struct args_verify *a = &c->args.verify;
	struct dentry *dentry = kefs_compound_dentry(c, &c->cur);
	struct kefs_xdr_out out;
	struct kefs_bitmap got;
	struct kefs_xdr_in in;
	struct kefs_fattr fa;
	struct kefs_fh fh;
	const u8 *vals;
	u8 *buf;
	u32 len;
	int ret;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	ret = kefs_fattr_comparable(&a->mask);
	if (ret)
		return ret;
	buf = kmalloc(kefs_fattr_size(&a->mask), GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	ret = fill_current(c, dentry, &a->mask, &fa, &fh);
	if (!ret) {
		kefs_xdr_out_init(&out, buf, kefs_fattr_size(&a->mask));
		kefs_fattr_encode(&out, &a->mask, &fa);
		kefs_xdr_in_init(&in, buf, kefs_xdr_used(&out));
		kefs_xdr_attr_bitmap(&in, &got);
		vals = kefs_xdr_opaque(&in, KEFS_RECORD_MAX, &len);
		ret = vals && len == a->vals_len && !memcmp(vals, a->vals, len);
	}
	kfree(buf);
	return ret;
}

int kefs_run_verify(struct kefs_compound *c)
{
	int ret = same_attrs(c);

	return ret < 0 ? ret : ret ? 0 : -KEFS_ERR_NOT_SAME;
}

int kefs_run_nverify(struct kefs_compound *c)
{
	int ret = same_attrs(c);

	return ret < 0 ? ret : ret ? -KEFS_ERR_SAME : 0;
}
