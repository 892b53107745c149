// SPDX-License-Identifier: GPL-2.0
/*
 * fattr4 as a client may send it, to be set. What is taken is written again, by hand as settable attributes and by
 * kefs_fattr_encode() as readable ones, and must come back the same.
 */
#include <linux/errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nfs4/fattr.h"

#define SETTABLE0 0x00000010u		/* size */
#define SETTABLE1 0x00410032u		/* mode, owner, owner_group, time_access_set, time_modify_set */
#define SETTABLE2 0x00000400u		/* mode_set_masked */
#define BUF 2048

#define CHECK(x) do { \
	if (!(x)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
		abort(); \
	} \
} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has(const struct kefs_settable *set, unsigned int bit)
{
	return kefs_bitmap_test(&set->mask, bit);
}

static bool same_time(bool now1, const struct kefs_nfstime *t1, bool now2, const struct kefs_nfstime *t2)
{
	return now1 == now2 && (now1 || (t1->sec == t2->sec && t1->nsec == t2->nsec));
}

static bool same_mode(const struct kefs_settable *a, const struct kefs_settable *b)
{
	return (!has(a, FATTR4_MODE) || a->mode == b->mode) &&
	       (!has(a, FATTR4_MODE_SET_MASKED) || (a->masked_mode == b->masked_mode && a->mode_mask == b->mode_mask));
}

static bool same(const struct kefs_settable *a, const struct kefs_settable *b)
{
	return !memcmp(a->mask.w, b->mask.w, sizeof(a->mask.w)) && a->error == b->error &&
	       (!has(a, FATTR4_SIZE) || a->size == b->size) &&
	       same_mode(a, b) &&
	       (!has(a, FATTR4_OWNER) || a->uid == b->uid) &&
	       (!has(a, FATTR4_OWNER_GROUP) || a->gid == b->gid) &&
	       (!has(a, FATTR4_TIME_ACCESS_SET) || same_time(a->atime_now, &a->atime, b->atime_now, &b->atime)) &&
	       (!has(a, FATTR4_TIME_MODIFY_SET) || same_time(a->mtime_now, &a->mtime, b->mtime_now, &b->mtime));
}

static u8 *put(u8 *p, u64 v, unsigned int bytes)
{
	while (bytes--)
		*p++ = (u8)(v >> 8 * bytes);
	return p;
}

static u8 *put_id(u8 *p, u32 id)
{
	char text[16];
	unsigned int n = (unsigned int)snprintf(text, sizeof(text), "%u", id);

	p = put(p, n, 4);
	memcpy(p, text, n);
	memset(p + n, 0, -n & 3);
	return p + ((n + 3) & ~3u);
}

static u8 *put_settime(u8 *p, bool now, const struct kefs_nfstime *t)
{
	p = put(p, now ? SET_TO_SERVER_TIME4 : SET_TO_CLIENT_TIME4, 4);
	return now ? p : put(put(p, (u64)t->sec, 8), t->nsec, 4);
}

/* fattr4 of settable attributes; its length. */
static size_t write_settable(const struct kefs_settable *set, u8 *buf)
{
	u8 *p = put(put(put(buf, 3, 4), set->mask.w[0], 4), set->mask.w[1], 4), *len;

	len = put(p, set->mask.w[2], 4);
	p = len + 4;
	if (has(set, FATTR4_SIZE))
		p = put(p, set->size, 8);
	if (has(set, FATTR4_MODE))
		p = put(p, set->mode, 4);
	if (has(set, FATTR4_OWNER))
		p = put_id(p, set->uid);
	if (has(set, FATTR4_OWNER_GROUP))
		p = put_id(p, set->gid);
	if (has(set, FATTR4_TIME_ACCESS_SET))
		p = put_settime(p, set->atime_now, &set->atime);
	if (has(set, FATTR4_TIME_MODIFY_SET))
		p = put_settime(p, set->mtime_now, &set->mtime);
	if (has(set, FATTR4_MODE_SET_MASKED))
		p = put(put(p, set->masked_mode, 4), set->mode_mask, 4);
	put(len, (u64)(p - len - 4), 4);
	return (size_t)(p - buf);
}

/* In memory of exactly its size; *ret_left: bytes behind. */
static bool decode(const u8 *bytes, size_t len, struct kefs_settable *set, size_t *ret_left)
{
	u8 *copy = malloc(len);
	struct kefs_xdr_in in;
	bool ok;

	CHECK(copy);
	if (len)
		memcpy(copy, bytes, len);
	memset(set, 0x5a, sizeof(*set));
	kefs_xdr_in_init(&in, copy, len);
	ok = kefs_fattr_decode(&in, set);
	*ret_left = kefs_xdr_left(&in);
	CHECK(!ok || !in.bad);
	free(copy);
	return ok;
}

static void check_settable(const struct kefs_settable *set)
{
	CHECK(!set->mask.high && !(set->mask.w[2] & ~SETTABLE2));
	CHECK(!(set->mask.w[0] & ~SETTABLE0) && !(set->mask.w[1] & ~SETTABLE1));
	CHECK(!has(set, FATTR4_MODE) || !has(set, FATTR4_MODE_SET_MASKED));
	CHECK(!has(set, FATTR4_MODE_SET_MASKED) || (set->masked_mode | set->mode_mask) <= 07777);
	CHECK(!has(set, FATTR4_MODE) || set->mode <= 07777);
	CHECK(!has(set, FATTR4_OWNER) || set->uid != ~0u);
	CHECK(!has(set, FATTR4_OWNER_GROUP) || set->gid != ~0u);
	CHECK(!has(set, FATTR4_TIME_ACCESS_SET) || set->atime_now || set->atime.nsec < 1000000000);
	CHECK(!has(set, FATTR4_TIME_MODIFY_SET) || set->mtime_now || set->mtime.nsec < 1000000000);
}

/* Through kefs_fattr_encode() in exactly the room it asks for; returns the length. */
static size_t encode(const struct kefs_bitmap *want, const struct kefs_fattr *fa, u8 *to)
{
	size_t size = kefs_fattr_size(want), used;
	struct kefs_xdr_out out;
	u8 *buf = malloc(size);

	CHECK(buf && size <= BUF);
	kefs_xdr_out_init(&out, buf, size);
	kefs_fattr_encode(&out, want, fa);
	used = kefs_xdr_used(&out);
	CHECK(!out.full && used % 4 == 0);
	memcpy(to, buf, used);
	free(buf);
	return used;
}

static void check_encoding(const struct kefs_settable *set, const u8 *garbage, size_t len)
{
	struct kefs_settable again, readable = *set;
	struct kefs_fattr fa;
	static u8 buf[BUF];
	size_t left;

	memset(&fa, 0, sizeof(fa));
	fa.fh = garbage;
	fa.fh_len = (u32)(len < KEFS_FH_MAX ? len : KEFS_FH_MAX);
	fa.size = set->size;
	fa.mode = set->mode;
	fa.uid = set->uid;
	fa.gid = set->gid;
	fa.has_btime = true;
	readable.mask.w[1] &= ~(1u << (FATTR4_TIME_ACCESS_SET - 32) | 1u << (FATTR4_TIME_MODIFY_SET - 32));
	readable.mask.w[2] = 0;
	readable.mask.high = false;
	if (!set->error) {
		len = encode(&set->mask, &fa, buf);
		CHECK(decode(buf, len, &again, &left) && !left && same(&readable, &again));
	}
	/* Whatever was asked for: it fits, and nothing that is not supported is in it. */
	left = encode(&set->mask, &fa, buf);
	CHECK(left >= 8 && buf[0] == 0 && buf[1] == 0 && buf[2] == 0 && buf[3] <= KEFS_BITMAP_WORDS);
	CHECK(kefs_fattr_comparable(&set->mask) <= 0);
	CHECK(kefs_fattr_needs(&set->mask) <= (KEFS_FATTR_STAT | KEFS_FATTR_FS | KEFS_FATTR_FH));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kefs_settable set, again;
	static u8 buf[BUF];
	size_t left, len;

	if (!decode(data, size, &set, &left))
		return 0;
	CHECK(left <= size && (size - left) % 4 == 0);
	if (!set.error) {
		check_settable(&set);
		len = write_settable(&set, buf);
		CHECK(decode(buf, len, &again, &left) && !left && same(&set, &again));
	} else {
		CHECK(set.error == -EINVAL || set.error == -KEFS_ERR_ATTRNOTSUPP || set.error == -KEFS_ERR_BADOWNER);
	}
	check_encoding(&set, data, size);
	return 0;
}
