/* SPDX-License-Identifier: GPL-2.0 */
/*
 * File attributes (RFC 8881 §5): one table, a row per attribute. Pure: op_attr.c fills struct kefs_fattr from the
 * kernel's objects and acts on struct kefs_settable.
 */
#ifndef KEFS_NFS4_FATTR_H
#define KEFS_NFS4_FATTR_H

#include "args.h"

/* What a set of attributes asks of the backing store. */
#define KEFS_FATTR_STAT	1	/* the object's attributes */
#define KEFS_FATTR_FS	2	/* the file system's space and inodes */
#define KEFS_FATTR_FH	4	/* the object's file handle */

/* Values in host order; only those that the needs of the wanted set name must be filled. */
struct kefs_fattr {
	u32 type;			/* enum nfs_ftype4 */
	u64 change, size, fileid, mounted_on_fileid;
	u64 fsid_major;
	u32 mode, numlinks, uid, gid, rdev_major, rdev_minor;
	u64 space_used;
	struct kefs_nfstime atime, mtime, ctime, btime;
	bool has_btime;
	u64 files_avail, files_free, files_total;
	u64 space_avail, space_free, space_total;
	u64 maxfilesize;
	u32 maxlink, maxname, lease_time, max_read, max_write;
	const u8 *fh;
	u32 fh_len;
	u32 rdattr_error;
};

extern const struct kefs_bitmap kefs_fattr_supported;
extern const struct kefs_bitmap kefs_fattr_exclcreat;	/* may be set by EXCLUSIVE4_1 */

static inline bool kefs_bitmap_test(const struct kefs_bitmap *b, unsigned int bit)
{
	return b->w[bit / 32] & (1u << (bit % 32));
}

static inline void kefs_bitmap_set(struct kefs_bitmap *b, unsigned int bit)
{
	b->w[bit / 32] |= 1u << (bit % 32);
}

static inline bool kefs_bitmap_empty(const struct kefs_bitmap *b)
{
	return !(b->w[0] | b->w[1] | b->w[2]) && !b->high;
}

/* KEFS_FATTR_* of the supported ones among @want. */
unsigned int kefs_fattr_needs(const struct kefs_bitmap *want);
/* Upper bound of what kefs_fattr_encode() writes for @want. */
size_t kefs_fattr_size(const struct kefs_bitmap *want);
/* fattr4 of the supported ones among @want: bitmap, length, values in order. */
void kefs_fattr_encode(struct kefs_xdr_out *out, const struct kefs_bitmap *want, const struct kefs_fattr *fa);
/*
 * fattr4 with values to set. False: not XDR. Otherwise set->error is 0, or -KEFS_ERR_ATTRNOTSUPP (unknown attribute),
 * -EINVAL (not settable), -KEFS_ERR_BADOWNER, -EINVAL (a value out of its range): RFC 8881 §5.5, §18.30.
 */
bool kefs_fattr_decode(struct kefs_xdr_in *in, struct kefs_settable *set);
/* What SETATTR may set, but not a request that makes the object (RFC 8881 §6.2.5). */
static inline bool kefs_fattr_only_later(const struct kefs_bitmap *mask)
{
	return kefs_bitmap_test(mask, FATTR4_MODE_SET_MASKED);
}

/* Some of @want can only be set. */
bool kefs_fattr_write_only(const struct kefs_bitmap *want);
/* VERIFY, NVERIFY: may these attributes be compared? 0, -KEFS_ERR_ATTRNOTSUPP, -EINVAL (write-only, rdattr_error). */
int kefs_fattr_comparable(const struct kefs_bitmap *mask);

#endif
