// SPDX-License-Identifier: GPL-2.0
#include <linux/fileattr.h>
#include <linux/fs.h>
#include <linux/projid.h>
#include <linux/quota.h>
#include "space.h"

u32 kefs_space_project(const struct path *root)
{
	struct fileattr fa = {};

	return vfs_fileattr_get(root->dentry, &fa) ? 0 : fa.fsx_projid;
}

/* O(1), however many files there are; what is written and has no blocks yet is in it. */
static int project_usage(const struct kefs_volume *volume, u64 *ret)
{
	struct super_block *sb = volume->root.mnt->mnt_sb;
	struct qc_dqblk used;
	int err;

	if (!volume->project || !sb->s_qcop || !sb->s_qcop->get_dqblk)
		return -EOPNOTSUPP;
	err = sb->s_qcop->get_dqblk(sb, make_kqid_projid(make_kprojid(&init_user_ns, volume->project)), &used);
	if (err == -ENOENT) {	/* XFS: nothing was ever written under this id */
		used.d_space = 0;
		err = 0;
	}
	if (!err)
		*ret = used.d_space;
	return err;
}

void kefs_space_of(const struct kefs_volume *volume, const struct kstatfs *fs, struct kefs_space *ret)
{
	u64 block = (u64)fs->f_bsize, used;

	if (!(volume->flags & KEFS_VOLUME_F_ELASTIC)) {
		*ret = (struct kefs_space){ fs->f_blocks * block, fs->f_bfree * block, fs->f_bavail * block };
		return;
	}
	if (project_usage(volume, &used))
		used = (fs->f_blocks - fs->f_bfree) * block;
	ret->total = S64_MAX;
	ret->free = S64_MAX - min_t(u64, used, S64_MAX);
	ret->avail = ret->free;
}
