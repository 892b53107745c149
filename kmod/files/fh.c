// SPDX-License-Identifier: GPL-2.0
#include <linux/cred.h>
#include <linux/exportfs.h>
#include <linux/fs.h>
#include <linux/sched/task.h>
#include "../core/kefs.h"
#include "fh.h"
#include "fhcache.h"
#include "opencache.h"

/*
 * Decoding a directory's handle may search its parents for its name. That is the server's business, not the caller's:
 * he needs no permission on the way.
 */
static const struct cred *decode_cred __ro_after_init;

int kefs_fid_of(struct dentry *dentry, struct kefs_fid *fid)
{
	int words = KEFS_FID_WORDS;
	int type;

	BUILD_BUG_ON(sizeof(*fid) != 32);	/* no hidden padding */
	memset(fid, 0, sizeof(*fid));
	type = exportfs_encode_fh(dentry, (struct fid *)fid->w, &words, 0);
	if (type <= FILEID_ROOT || type >= FILEID_INVALID || words <= 0 || words > KEFS_FID_WORDS)
		return -EOPNOTSUPP;
	fid->type = type;
	fid->len = words;
	memset(fid->w + words, 0, sizeof(u32) * (KEFS_FID_WORDS - words));
	return 0;
}

/* The grant's root has a fid of its own kind: it needs no decoding, and says nothing about the file system. */
static bool is_root(const struct kefs_fid *fid)
{
	return fid->type == FILEID_ROOT && !fid->len;
}

int kefs_fh_fid(const struct kefs_grant *grant, struct dentry *dentry, struct kefs_fid *fid)
{
	if (dentry != grant->root.dentry)
		return kefs_fid_of(dentry, fid);
	*fid = (struct kefs_fid){ .type = FILEID_ROOT };
	return 0;
}

int kefs_fh_compose(const struct kefs_grant *grant, struct dentry *dentry, struct kefs_fh *fh, struct kefs_fid *fid)
{
	struct kefs_fid own;
	int err;

	if (!fid)
		fid = &own;
	err = kefs_fh_fid(grant, dentry, fid);
	if (!err)
		kefs_fh_encode(fh, grant->volume->id, fid, &grant->fh_key);
	return err;
}

int kefs_fh_verify(const struct kefs_grant *grant, const void *data, size_t len, struct kefs_fid *fid)
{
	int err = kefs_fh_decode(data, len, grant->volume->id, &grant->fh_key, fid);

	if (err == -KEFS_ERR_BADHANDLE)
		kefs_count(KEFS_CNT_BAD_HANDLE);
	return err;
}

static int any_alias(void *context, struct dentry *dentry)
{
	return 1;
}

static struct dentry *decode(const struct kefs_grant *grant, const struct kefs_fid *fid)
{
	const struct cred *old = override_creds(decode_cred);
	struct dentry *dentry;

	dentry = exportfs_decode_fh_raw(grant->root.mnt, (struct fid *)fid->w, fid->len, fid->type, 0, any_alias,
					NULL);
	revert_creds(old);
	if (IS_ERR_OR_NULL(dentry))	/* some file systems say NULL for "gone" */
		return dentry == ERR_PTR(-ENOMEM) ? dentry : ERR_PTR(-ESTALE);
	/* Unlinked, and not open through us (those the open-file cache knows): for NFS it is gone. */
	if (!d_inode(dentry)->i_nlink) {
		dput(dentry);
		return ERR_PTR(-ESTALE);
	}
	return dentry;
}

struct dentry *kefs_fh_resolve(const struct kefs_grant *grant, const struct kefs_fid *fid)
{
	struct kefs_bfile *bf;
	struct dentry *dentry;

	if (is_root(fid))
		return dget(grant->root.dentry);
	dentry = kefs_fhcache_get(grant->volume, fid);
	if (dentry)
		return dentry;
	bf = kefs_bfile_find(grant->volume, fid);
	if (bf) {
		dentry = dget(bf->dentry);
		kefs_bfile_put(bf);
		return dentry;
	}
	dentry = decode(grant, fid);
	if (!IS_ERR(dentry))
		kefs_fhcache_put(grant->volume, fid, dentry);
	return dentry;
}

int __init kefs_fh_init(void)
{
	decode_cred = prepare_kernel_cred(&init_task);
	return decode_cred ? 0 : -ENOMEM;
}

void kefs_fh_exit(void)
{
	put_cred(decode_cred);
}
