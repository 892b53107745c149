/* SPDX-License-Identifier: GPL-2.0 */
/* Attributes between fattr.h's wire-ready values and files/attr.h's, for the operations that carry some. */
#ifndef KEFS_NFS4_OP_ATTR_H
#define KEFS_NFS4_OP_ATTR_H

#include "../files/attr.h"
#include "fattr.h"

struct kefs_compound;

void kefs_attr_to_set(const struct kefs_settable *from, struct kefs_setattr *to);
/* KEFS_SET_* as a bitmap of attributes that were set. */
void kefs_attr_set_bits(u32 set, struct kefs_bitmap *bitmap);
/* Values for kefs_fattr_encode() of the object @dentry; @fh must outlive @fa. */
int kefs_attr_fill(struct kefs_compound *c, struct dentry *dentry, const struct kefs_bitmap *want,
		   struct kefs_fattr *fa, struct kefs_fh *fh);

#endif
