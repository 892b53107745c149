// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include "fattr.h"

#define OWNER_MAX 1024		/* longest owner string that is looked at */
#define ID_DIGITS 10

struct row {
	u8 needs;		/* KEFS_FATTR_* */
	u8 size;		/* most bytes on the wire; filehandle: see kefs_fattr_size() */
	bool write_only;
	void (*put)(struct kefs_xdr_out *out, const struct kefs_fattr *fa);
	bool (*take)(struct kefs_xdr_in *in, struct kefs_settable *set);
};

static void put_time(struct kefs_xdr_out *out, const struct kefs_nfstime *t)
{
	kefs_xdr_put_u64(out, (u64)t->sec);
	kefs_xdr_put_u32(out, t->nsec);
}

/* Numeric owner strings (RFC 8881 §5.9): what the Linux client sends and takes with AUTH_SYS. */
static void put_id(struct kefs_xdr_out *out, u32 id)
{
	char digits[ID_DIGITS];
	unsigned int n = 0;

	do {
		digits[ID_DIGITS - ++n] = (char)('0' + id % 10);
		id /= 10;
	} while (id);
	kefs_xdr_put_opaque(out, digits + ID_DIGITS - n, n);
}

#define PUT_U32(name, expr) \
	static void put_##name(struct kefs_xdr_out *out, const struct kefs_fattr *fa) { kefs_xdr_put_u32(out, expr); }
#define PUT_U64(name, expr) \
	static void put_##name(struct kefs_xdr_out *out, const struct kefs_fattr *fa) { kefs_xdr_put_u64(out, expr); }
#define PUT_TIME(name) \
	static void put_##name(struct kefs_xdr_out *out, const struct kefs_fattr *fa) { put_time(out, &fa->name); }

PUT_U32(type, fa->type)
PUT_U32(fh_expire_type, FH4_PERSISTENT)
PUT_U64(change, fa->change)
PUT_U64(size, fa->size)
PUT_U32(true, 1)
PUT_U32(false, 0)
PUT_U32(lease_time, fa->lease_time)
PUT_U32(rdattr_error, fa->rdattr_error)
PUT_U64(fileid, fa->fileid)
PUT_U64(files_avail, fa->files_avail)
PUT_U64(files_free, fa->files_free)
PUT_U64(files_total, fa->files_total)
PUT_U64(maxfilesize, fa->maxfilesize)
PUT_U32(maxlink, fa->maxlink)
PUT_U32(maxname, fa->maxname)
PUT_U64(maxread, fa->max_read)
PUT_U64(maxwrite, fa->max_write)
PUT_U32(mode, fa->mode)
PUT_U32(numlinks, fa->numlinks)
PUT_U64(space_avail, fa->space_avail)
PUT_U64(space_free, fa->space_free)
PUT_U64(space_total, fa->space_total)
PUT_U64(space_used, fa->space_used)
PUT_U64(mounted_on_fileid, fa->mounted_on_fileid)
PUT_U32(charset_cap, FSCHARSET_CAP4_CONTAINS_NON_UTF8)
PUT_TIME(atime)
PUT_TIME(mtime)
PUT_TIME(ctime)
PUT_TIME(btime)

static void put_supported(struct kefs_xdr_out *out, const struct kefs_fattr *fa)
{
	kefs_xdr_put_bitmap(out, kefs_fattr_supported.w, KEFS_BITMAP_WORDS);
}

static void put_exclcreat(struct kefs_xdr_out *out, const struct kefs_fattr *fa)
{
	kefs_xdr_put_bitmap(out, kefs_fattr_exclcreat.w, KEFS_BITMAP_WORDS);
}

static void put_fsid(struct kefs_xdr_out *out, const struct kefs_fattr *fa)
{
	kefs_xdr_put_u64(out, fa->fsid_major);
	kefs_xdr_put_u64(out, 0);
}

static void put_filehandle(struct kefs_xdr_out *out, const struct kefs_fattr *fa)
{
	kefs_xdr_put_opaque(out, fa->fh, fa->fh_len);
}

static void put_owner(struct kefs_xdr_out *out, const struct kefs_fattr *fa)
{
	put_id(out, fa->uid);
}

static void put_owner_group(struct kefs_xdr_out *out, const struct kefs_fattr *fa)
{
	put_id(out, fa->gid);
}

static void put_rawdev(struct kefs_xdr_out *out, const struct kefs_fattr *fa)
{
	kefs_xdr_put_u32(out, fa->rdev_major);
	kefs_xdr_put_u32(out, fa->rdev_minor);
}

/* The finest step that the backing file systems keep. */
static void put_time_delta(struct kefs_xdr_out *out, const struct kefs_fattr *fa)
{
	put_time(out, &(const struct kefs_nfstime){ 0, 1 });
}

static bool take_size(struct kefs_xdr_in *in, struct kefs_settable *set)
{
	set->size = kefs_xdr_u64(in);
	return !in->bad;
}

static bool take_mode(struct kefs_xdr_in *in, struct kefs_settable *set)
{
	set->mode = kefs_xdr_u32(in);
	if (set->mode & ~07777u)
		set->error = set->error ?: -EINVAL;
	return !in->bad;
}

/* RFC 8881 §6.2.5: bits that a mode has not are wrong in both words, and only one of the two ways may be gone. */
static bool take_mode_set_masked(struct kefs_xdr_in *in, struct kefs_settable *set)
{
	set->masked_mode = kefs_xdr_u32(in);
	set->mode_mask = kefs_xdr_u32(in);
	if ((set->masked_mode | set->mode_mask) & ~07777u || kefs_bitmap_test(&set->mask, FATTR4_MODE))
		set->error = set->error ?: -EINVAL;
	return !in->bad;
}

/* "1000", also with "@domain" behind it as some clients send; names have no meaning with AUTH_SYS. */
static bool take_id(struct kefs_xdr_in *in, struct kefs_settable *set, u32 *id)
{
	u64 v = 0;
	u32 len, i;
	const u8 *p = kefs_xdr_opaque(in, OWNER_MAX, &len);

	if (!p)
		return false;
	for (i = 0; i < len && i <= ID_DIGITS && p[i] >= '0' && p[i] <= '9'; i++)
		v = v * 10 + (p[i] - '0');
	if (!len) {
		set->error = set->error ?: -EINVAL;
	} else if (i == 0 || i > ID_DIGITS || (i < len && p[i] != '@') || v >= 0xffffffffULL) {
		set->error = set->error ?: -KEFS_ERR_BADOWNER;
	}
	*id = (u32)v;
	return true;
}

static bool take_owner(struct kefs_xdr_in *in, struct kefs_settable *set)
{
	return take_id(in, set, &set->uid);
}

static bool take_owner_group(struct kefs_xdr_in *in, struct kefs_settable *set)
{
	return take_id(in, set, &set->gid);
}

static bool take_settime(struct kefs_xdr_in *in, struct kefs_settable *set, bool *now, struct kefs_nfstime *t)
{
	u32 how = kefs_xdr_u32(in);

	*now = how == SET_TO_SERVER_TIME4;
	if (how == SET_TO_CLIENT_TIME4) {
		t->sec = (s64)kefs_xdr_u64(in);
		t->nsec = kefs_xdr_u32(in);
		if (t->nsec >= 1000000000)
			set->error = set->error ?: -EINVAL;
	}
	return !in->bad && how <= SET_TO_CLIENT_TIME4;
}

static bool take_atime(struct kefs_xdr_in *in, struct kefs_settable *set)
{
	return take_settime(in, set, &set->atime_now, &set->atime);
}

static bool take_mtime(struct kefs_xdr_in *in, struct kefs_settable *set)
{
	return take_settime(in, set, &set->mtime_now, &set->mtime);
}

#define NEED_STAT KEFS_FATTR_STAT
#define NEED_FS KEFS_FATTR_FS
static const struct row rows[FATTR4_COUNT] = {
	[FATTR4_SUPPORTED_ATTRS]	= { 0, 16, false, put_supported },
	[FATTR4_TYPE]			= { NEED_STAT, 4, false, put_type },
	[FATTR4_FH_EXPIRE_TYPE]		= { 0, 4, false, put_fh_expire_type },
	[FATTR4_CHANGE]			= { NEED_STAT, 8, false, put_change },
	[FATTR4_SIZE]			= { NEED_STAT, 8, false, put_size, take_size },
	[FATTR4_LINK_SUPPORT]		= { 0, 4, false, put_true },
	[FATTR4_SYMLINK_SUPPORT]	= { 0, 4, false, put_true },
	[FATTR4_NAMED_ATTR]		= { 0, 4, false, put_false },
	[FATTR4_FSID]			= { NEED_STAT, 16, false, put_fsid },
	[FATTR4_UNIQUE_HANDLES]		= { 0, 4, false, put_true },
	[FATTR4_LEASE_TIME]		= { NEED_STAT, 4, false, put_lease_time },
	[FATTR4_RDATTR_ERROR]		= { NEED_STAT, 4, false, put_rdattr_error },
	[FATTR4_ACLSUPPORT]		= { 0, 4, false, put_false },
	[FATTR4_CANSETTIME]		= { 0, 4, false, put_true },
	[FATTR4_CASE_INSENSITIVE]	= { 0, 4, false, put_false },
	[FATTR4_CASE_PRESERVING]	= { 0, 4, false, put_true },
	[FATTR4_CHOWN_RESTRICTED]	= { 0, 4, false, put_true },
	[FATTR4_FILEHANDLE]		= { KEFS_FATTR_FH, 4 + KEFS_FH_MAX, false, put_filehandle },
	[FATTR4_FILEID]			= { NEED_STAT, 8, false, put_fileid },
	[FATTR4_FILES_AVAIL]		= { NEED_FS, 8, false, put_files_avail },
	[FATTR4_FILES_FREE]		= { NEED_FS, 8, false, put_files_free },
	[FATTR4_FILES_TOTAL]		= { NEED_FS, 8, false, put_files_total },
	[FATTR4_HOMOGENEOUS]		= { 0, 4, false, put_true },
	[FATTR4_MAXFILESIZE]		= { NEED_STAT, 8, false, put_maxfilesize },
	[FATTR4_MAXLINK]		= { NEED_STAT, 4, false, put_maxlink },
	[FATTR4_MAXNAME]		= { NEED_FS, 4, false, put_maxname },
	[FATTR4_MAXREAD]		= { NEED_STAT, 8, false, put_maxread },
	[FATTR4_MAXWRITE]		= { NEED_STAT, 8, false, put_maxwrite },
	[FATTR4_MODE]			= { NEED_STAT, 4, false, put_mode, take_mode },
	[FATTR4_NO_TRUNC]		= { 0, 4, false, put_true },
	[FATTR4_NUMLINKS]		= { NEED_STAT, 4, false, put_numlinks },
	[FATTR4_OWNER]			= { NEED_STAT, 16, false, put_owner, take_owner },
	[FATTR4_OWNER_GROUP]		= { NEED_STAT, 16, false, put_owner_group, take_owner_group },
	[FATTR4_RAWDEV]			= { NEED_STAT, 8, false, put_rawdev },
	[FATTR4_SPACE_AVAIL]		= { NEED_FS, 8, false, put_space_avail },
	[FATTR4_SPACE_FREE]		= { NEED_FS, 8, false, put_space_free },
	[FATTR4_SPACE_TOTAL]		= { NEED_FS, 8, false, put_space_total },
	[FATTR4_SPACE_USED]		= { NEED_STAT, 8, false, put_space_used },
	[FATTR4_TIME_ACCESS]		= { NEED_STAT, 12, false, put_atime },
	[FATTR4_TIME_ACCESS_SET]	= { 0, 0, true, NULL, take_atime },
	[FATTR4_TIME_CREATE]		= { NEED_STAT, 12, false, put_btime },
	[FATTR4_TIME_DELTA]		= { 0, 12, false, put_time_delta },
	[FATTR4_TIME_METADATA]		= { NEED_STAT, 12, false, put_ctime },
	[FATTR4_TIME_MODIFY]		= { NEED_STAT, 12, false, put_mtime },
	[FATTR4_TIME_MODIFY_SET]	= { 0, 0, true, NULL, take_mtime },
	[FATTR4_MOUNTED_ON_FILEID]	= { NEED_STAT, 8, false, put_mounted_on_fileid },
	[FATTR4_MODE_SET_MASKED]	= { 0, 0, true, NULL, take_mode_set_masked },
	[FATTR4_SUPPATTR_EXCLCREAT]	= { 0, 16, false, put_exclcreat },
	[FATTR4_FS_CHARSET_CAP]		= { 0, 4, false, put_charset_cap },
};

#define B(n) (1u << ((n) % 32))
const struct kefs_bitmap kefs_fattr_supported = { .w = {
	B(FATTR4_SUPPORTED_ATTRS) | B(FATTR4_TYPE) | B(FATTR4_FH_EXPIRE_TYPE) | B(FATTR4_CHANGE) | B(FATTR4_SIZE) |
	B(FATTR4_LINK_SUPPORT) | B(FATTR4_SYMLINK_SUPPORT) | B(FATTR4_NAMED_ATTR) | B(FATTR4_FSID) |
	B(FATTR4_UNIQUE_HANDLES) | B(FATTR4_LEASE_TIME) | B(FATTR4_RDATTR_ERROR) | B(FATTR4_ACLSUPPORT) |
	B(FATTR4_CANSETTIME) | B(FATTR4_CASE_INSENSITIVE) | B(FATTR4_CASE_PRESERVING) | B(FATTR4_CHOWN_RESTRICTED) |
	B(FATTR4_FILEHANDLE) | B(FATTR4_FILEID) | B(FATTR4_FILES_AVAIL) | B(FATTR4_FILES_FREE) |
	B(FATTR4_FILES_TOTAL) | B(FATTR4_HOMOGENEOUS) | B(FATTR4_MAXFILESIZE) | B(FATTR4_MAXLINK) |
	B(FATTR4_MAXNAME) | B(FATTR4_MAXREAD) | B(FATTR4_MAXWRITE),
	B(FATTR4_MODE) | B(FATTR4_NO_TRUNC) | B(FATTR4_NUMLINKS) | B(FATTR4_OWNER) | B(FATTR4_OWNER_GROUP) |
	B(FATTR4_RAWDEV) | B(FATTR4_SPACE_AVAIL) | B(FATTR4_SPACE_FREE) | B(FATTR4_SPACE_TOTAL) |
	B(FATTR4_SPACE_USED) | B(FATTR4_TIME_ACCESS) | B(FATTR4_TIME_ACCESS_SET) | B(FATTR4_TIME_CREATE) |
	B(FATTR4_TIME_DELTA) | B(FATTR4_TIME_METADATA) | B(FATTR4_TIME_MODIFY) | B(FATTR4_TIME_MODIFY_SET) |
	B(FATTR4_MOUNTED_ON_FILEID),
	B(FATTR4_MODE_SET_MASKED) | B(FATTR4_SUPPATTR_EXCLCREAT) | B(FATTR4_FS_CHARSET_CAP) } };

/* The verifier of an exclusive create is kept in the times, so those cannot be set with it. */
const struct kefs_bitmap kefs_fattr_exclcreat = { .w = {
	B(FATTR4_SIZE),
	B(FATTR4_MODE) | B(FATTR4_OWNER) | B(FATTR4_OWNER_GROUP),
	0 } };

/* Calls @body with `bit` for each supported attribute of @want, in order. */
#define for_each_attr(bit, word, i, want) \
	for (i = 0; i < KEFS_BITMAP_WORDS; i++) \
		for (word = (want)->w[i] & kefs_fattr_supported.w[i]; \
		     word && (bit = 32 * i + (unsigned int)__builtin_ctz(word), true); word &= word - 1)

unsigned int kefs_fattr_needs(const struct kefs_bitmap *want)
{
	unsigned int i, bit, needs = 0;
	u32 word;

	for_each_attr(bit, word, i, want)
		needs |= rows[bit].needs;
	return needs;
}

size_t kefs_fattr_size(const struct kefs_bitmap *want)
{
	size_t size = 4 + 4 * KEFS_BITMAP_WORDS + 4;
	unsigned int i, bit;
	u32 word;

	for_each_attr(bit, word, i, want)
		size += rows[bit].size;
	return size;
}

void kefs_fattr_encode(struct kefs_xdr_out *out, const struct kefs_bitmap *want, const struct kefs_fattr *fa)
{
	struct kefs_bitmap have = { .w = { 0 } };
	unsigned int i, bit;
	u8 *len, *vals;
	u32 word;

	for_each_attr(bit, word, i, want)
		if (rows[bit].put && (bit != FATTR4_TIME_CREATE || fa->has_btime))
			kefs_bitmap_set(&have, bit);
	kefs_xdr_put_bitmap(out, have.w, KEFS_BITMAP_WORDS);
	len = kefs_xdr_reserve(out, 4);
	vals = out->p;
	for_each_attr(bit, word, i, &have)
		rows[bit].put(out, fa);
	if (!out->full)
		kefs_xdr_poke_u32(len, (u32)(out->p - vals));
}

/* The first attribute that cannot be set decides; what follows it cannot be parsed, so nothing does. */
static int settable(const struct kefs_bitmap *mask)
{
	unsigned int i;

	if (mask->high)
		return -KEFS_ERR_ATTRNOTSUPP;
	for (i = 0; i < 32 * KEFS_BITMAP_WORDS; i++) {
		if (!kefs_bitmap_test(mask, i) || rows[i].take)
			continue;
		return kefs_bitmap_test(&kefs_fattr_supported, i) ? -EINVAL : -KEFS_ERR_ATTRNOTSUPP;
	}
	return 0;
}

bool kefs_fattr_decode(struct kefs_xdr_in *in, struct kefs_settable *set)
{
	struct kefs_xdr_in vals;
	unsigned int i, bit;
	const u8 *p;
	u32 word, len;

	memset(set, 0, sizeof(*set));
	if (!kefs_xdr_bitmap(in, set->mask.w, KEFS_BITMAP_WORDS, &set->mask.high))
		return false;
	p = kefs_xdr_opaque(in, KEFS_RECORD_MAX, &len);
	if (!p)
		return false;
	set->error = settable(&set->mask);
	if (set->error)
		return true;
	kefs_xdr_in_init(&vals, p, len);
	for_each_attr(bit, word, i, &set->mask)
		if (!rows[bit].take(&vals, set))
			return false;
	return !kefs_xdr_left(&vals);
}

bool kefs_fattr_write_only(const struct kefs_bitmap *want)
{
	unsigned int i, bit;
	u32 word;

	for_each_attr(bit, word, i, want)
		if (rows[bit].write_only)
			return true;
	return false;
}

int kefs_fattr_comparable(const struct kefs_bitmap *mask)
{
	unsigned int i;

	if (mask->high)
		return -KEFS_ERR_ATTRNOTSUPP;
	if (kefs_bitmap_test(mask, FATTR4_RDATTR_ERROR))
		return -EINVAL;
	for (i = 0; i < 32 * KEFS_BITMAP_WORDS; i++) {
		if (!kefs_bitmap_test(mask, i))
			continue;
		if (!kefs_bitmap_test(&kefs_fattr_supported, i))
			return -KEFS_ERR_ATTRNOTSUPP;
		if (rows[i].write_only)
			return -EINVAL;
	}
	return 0;
}
