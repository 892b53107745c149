/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of this folder share. */
#ifndef KEFS_FILES_INTERNAL_H
#define KEFS_FILES_INTERNAL_H

#include <linux/fs.h>
#include "name.h"

/* VFS calls that could not break a lease or delegation at once say -EWOULDBLOCK. */
static inline int kefs_lease_err(int err)
{
	return err == -EWOULDBLOCK ? -KEFS_ERR_LEASE : err;
}

/*
 * Bracket of a change in @dir: write access to the mount, then the directory's lock, @cinfo->before and ->after inside.
 * After an error from _begin_ nothing is held.
 */
int kefs_name_begin_change(const struct kefs_grant *grant, struct dentry *dir, const char *name, u32 len,
			   struct kefs_cinfo *cinfo);
void kefs_name_end_change(const struct kefs_grant *grant, struct dentry *dir, struct kefs_cinfo *cinfo);

/* Sets all of @set, with the inode's lock held and write access to the mount. May change what @set asks in the way of
 * set-id bits only. @ret_set as in kefs_attr_set(). */
int kefs_attr_set_locked(struct dentry *dentry, const struct kefs_setattr *set, u32 *ret_set);

#endif
