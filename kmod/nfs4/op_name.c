// SPDX-License-Identifier: GPL-2.0
/* File handles and names (RFC 8881 §18.4, §18.8, §18.9, §18.13 to §18.21, §18.23 to §18.29, §18.45). */
#include <linux/slab.h>
#include "../files/name.h"
#include "../state/recovery.h"
#include "fattr.h"
#include "op_attr.h"
#include "ops.h"
#include "status.h"

static void cinfo_from(struct kefs_change_info *to, const struct kefs_cinfo *from)
{
	to->atomic = from->atomic;
	to->before = from->before;
	to->after = from->after;
}

int kefs_run_putfh(struct kefs_compound *c)
{
	const struct kefs_str *fh = &c->args.putfh.fh;
	struct kefs_fid fid;
	int err = kefs_fh_verify(c->env.grant, fh->data, fh->len, &fid);

	if (err)
		return err;
	if (c->cur.set && c->cur.dentry && kefs_fid_equal(&fid, &c->cur.fid))
		return 0;
	kefs_compound_clear_fh(&c->cur);
	c->cur.fid = fid;
	c->cur.set = true;
	return 0;
}

int kefs_run_putrootfh(struct kefs_compound *c)
{
	int err = kefs_compound_set_dentry(c, dget(c->env.grant->root.dentry));

	c->cur.at_door = !err;
	return err;
}

int kefs_run_getfh(struct kefs_compound *c)
{
	struct res_getfh *r = &c->res.getfh;
	struct kefs_fh fh;

	kefs_fh_encode(&fh, c->env.grant->volume->id, &c->cur.fid, &c->env.grant->fh_key);
	r->len = fh.len;
	memcpy(r->data, fh.data, fh.len);
	return 0;
}

static void copy_fh(struct kefs_cfh *to, const struct kefs_cfh *from)
{
	kefs_compound_clear_fh(to);
	*to = *from;
	if (to->dentry)
		dget(to->dentry);
}

int kefs_run_savefh(struct kefs_compound *c)
{
	copy_fh(&c->saved, &c->cur);
	return 0;
}

int kefs_run_restorefh(struct kefs_compound *c)
{
	if (!c->saved.set)
		return -KEFS_ERR_NOFILEHANDLE;
	copy_fh(&c->cur, &c->saved);
	return 0;
}

int kefs_run_lookup(struct kefs_compound *c)
{
	const struct kefs_str *name = &c->args.name.name;
	struct dentry *dir = kefs_compound_dentry(c, &c->cur), *child;

	if (IS_ERR(dir))
		return PTR_ERR(dir);
	child = kefs_name_lookup(c->env.grant, dir, (const char *)name->data, name->len);
	if (IS_ERR(child))
		return PTR_ERR(child);
	return kefs_compound_set_dentry(c, child);
}

int kefs_run_lookupp(struct kefs_compound *c)
{
	struct dentry *dir = kefs_compound_dentry(c, &c->cur), *parent;

	if (IS_ERR(dir))
		return PTR_ERR(dir);
	parent = kefs_name_parent(c->env.grant, dir);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	return kefs_compound_set_dentry(c, parent);
}

static int create_kind(u32 type, enum kefs_create_kind *kind)
{
	switch (type) {
	case NF4DIR:	*kind = KEFS_CREATE_DIR; return 0;
	case NF4LNK:	*kind = KEFS_CREATE_SYMLINK; return 0;
	case NF4FIFO:	*kind = KEFS_CREATE_FIFO; return 0;
	case NF4SOCK:	*kind = KEFS_CREATE_SOCK; return 0;
	case NF4BLK:	*kind = KEFS_CREATE_BLK; return 0;
	case NF4CHR:	*kind = KEFS_CREATE_CHR; return 0;
	default:	return -KEFS_ERR_BADTYPE;
	}
}

int kefs_run_create(struct kefs_compound *c)
{
	struct args_create *a = &c->args.create;
	struct kefs_create create = {
		.name = (const char *)a->name.data, .name_len = a->name.len,
		.target = (const char *)a->linkdata.data, .target_len = a->linkdata.len,
		.rdev_major = a->major, .rdev_minor = a->minor,
	};
	struct dentry *dir, *dentry;
	struct kefs_cinfo cinfo;
	int err;

	err = create_kind(a->type, &create.kind) ?: a->attrs.error;
	if (!err && kefs_fattr_only_later(&a->attrs.mask))
		err = -EINVAL;
	if (err)
		return err;
	kefs_attr_to_set(&a->attrs, &create.attr);
	dir = kefs_compound_dentry(c, &c->cur);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	dentry = kefs_name_create(c->env.grant, dir, &create, &cinfo, &c->commit);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	cinfo_from(&c->res.create.cinfo, &cinfo);
	kefs_attr_set_bits(create.ret_set, &c->res.create.attrset);
	return kefs_compound_set_dentry(c, dentry);
}

int kefs_run_remove(struct kefs_compound *c)
{
	const struct kefs_str *name = &c->args.name.name;
	struct dentry *dir = kefs_compound_dentry(c, &c->cur);
	struct kefs_cinfo cinfo;
	int err;

	if (IS_ERR(dir))
		return PTR_ERR(dir);
	/* An open that is still to be reclaimed names the file by its handle (RFC 8881 §8.4.2.1; knfsd does so, too). */
	err = kefs_recovery_settled(c->env.grant->volume);
	if (err)
		return err;
	err = kefs_name_remove(c->env.grant, dir, (const char *)name->data, name->len, &cinfo, &c->commit);
	if (!err)
		cinfo_from(&c->res.cinfo.cinfo, &cinfo);
	return err;
}

int kefs_run_rename(struct kefs_compound *c)
{
	const struct args_rename *a = &c->args.rename;
	struct kefs_rename args = {
		.from = (const char *)a->oldname.data, .from_len = a->oldname.len,
		.to = (const char *)a->newname.data, .to_len = a->newname.len,
	};
	int err;

	if (!c->saved.set)
		return -KEFS_ERR_NOFILEHANDLE;
	err = kefs_recovery_settled(c->env.grant->volume);
	if (err)
		return err;
	args.from_dir = kefs_compound_dentry(c, &c->saved);
	args.to_dir = kefs_compound_dentry(c, &c->cur);
	if (IS_ERR(args.from_dir) || IS_ERR(args.to_dir))
		return PTR_ERR(IS_ERR(args.from_dir) ? args.from_dir : args.to_dir);
	err = kefs_name_rename(c->env.grant, &args, &c->commit);
	if (!err) {
		cinfo_from(&c->res.rename.source, &args.ret_from);
		cinfo_from(&c->res.rename.target, &args.ret_to);
	}
	return err;
}

int kefs_run_link(struct kefs_compound *c)
{
	const struct kefs_str *name = &c->args.name.name;
	struct dentry *dir, *dentry;
	struct kefs_cinfo cinfo;
	int err;

	if (!c->saved.set)
		return -KEFS_ERR_NOFILEHANDLE;
	dentry = kefs_compound_dentry(c, &c->saved);
	dir = kefs_compound_dentry(c, &c->cur);
	if (IS_ERR(dentry) || IS_ERR(dir))
		return PTR_ERR(IS_ERR(dentry) ? dentry : dir);
	err = kefs_name_link(c->env.grant, dentry, dir, (const char *)name->data, name->len, &cinfo, &c->commit);
	if (!err)
		cinfo_from(&c->res.cinfo.cinfo, &cinfo);
	return err;
}

int kefs_run_readlink(struct kefs_compound *c)
{
	struct dentry *dentry = kefs_compound_dentry(c, &c->cur);
	ssize_t len;
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (!c->readlink)
		c->readlink = kmalloc(KEFS_PATH_TARGET_MAX, GFP_KERNEL);
	if (!c->readlink)
		return -ENOMEM;
	len = kefs_name_readlink(c->env.grant, dentry, c->readlink, KEFS_PATH_TARGET_MAX);
	if (len == -EINVAL && !d_is_symlink(dentry))
		return -KEFS_ERR_WRONG_TYPE;		/* RFC 8881 §18.24.4; Linux clients never ask */
	if (len < 0)
		return (int)len;
	err = kefs_compound_reserve(c, 4 + KEFS_XDR_PAD((size_t)len));
	c->res.readlink.data = c->readlink;
	c->res.readlink.len = (u32)len;
	return err;
}

/* Both consume the current filehandle (RFC 8881 §18.29.3, §18.45.3). */
int kefs_run_secinfo(struct kefs_compound *c)
{
	int err = kefs_run_lookup(c);

	if (!err)
		kefs_compound_clear_fh(&c->cur);
	return err;
}

int kefs_run_secinfo_no_name(struct kefs_compound *c)
{
	int err = 0;

	if (c->args.secinfo_no_name.style == SECINFO_STYLE4_PARENT)
		err = kefs_run_lookupp(c);
	if (!err)
		kefs_compound_clear_fh(&c->cur);
	return err;
}
