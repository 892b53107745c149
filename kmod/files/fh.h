/* SPDX-License-Identifier: GPL-2.0 */
/*
 * File handles to dentries and back. The MAC is what keeps a client inside its grant's root: it can only present
 * handles that it was given, so resolving needs no search for the root.
 */
#ifndef KEFS_FILES_FH_H
#define KEFS_FILES_FH_H

#include <linux/dcache.h>
#include "fh_codec.h"
#include "grant.h"

/* The fid of a positive @dentry of the volume. -EOPNOTSUPP if the file system gives none. Does no I/O. */
int kefs_fid_of(struct dentry *dentry, struct kefs_fid *fid);
/* The fid that @dentry's handle carries: the grant's root has one of its own kind. */
int kefs_fh_fid(const struct kefs_grant *grant, struct dentry *dentry, struct kefs_fid *fid);
/* Handle and, unless @fid is NULL, fid of @dentry. */
int kefs_fh_compose(const struct kefs_grant *grant, struct dentry *dentry, struct kefs_fh *fh, struct kefs_fid *fid);
/* Checks a handle that a client presents: 0, -KEFS_ERR_BADHANDLE (counted), -ESTALE. */
int kefs_fh_verify(const struct kefs_grant *grant, const void *data, size_t len, struct kefs_fid *fid);
/*
 * The file of a verified handle: referenced, positive, maybe disconnected if it is not a directory, maybe unlinked if
 * something holds it open. ERR_PTR(-ESTALE) if it is gone, -ENOMEM. Independent of the caller's credentials.
 */
struct dentry *kefs_fh_resolve(const struct kefs_grant *grant, const struct kefs_fid *fid);

int __init kefs_fh_init(void);
void kefs_fh_exit(void);

#endif
