// SPDX-License-Identifier: GPL-2.0
/* fattr4 with values to set: what is taken, what is refused with which error, what is not XDR. */
#include <stdlib.h>
#include "nfs4_fattr.h"

#define MODE (1 << 1)
#define OWNER (1 << 4)
#define GROUP (1 << 5)
#define ATIME_SET (1 << 16)
#define MTIME_SET (1 << 22)
#define SIZE (1 << 4)

/* mode_set_masked alone. */
#define MASKED(...) W(3), W(0), W(0), W(1 << 10), W(8), __VA_ARGS__
/* Bitmaps of the second word and of both. */
#define WORD1(mask) W(2), W(0), W(mask)
#define WORDS(mask0, mask1) W(2), W(mask0), W(mask1)

static bool decode(const u8 *bytes, size_t len, struct kefs_settable *set, size_t *left)
{
	u8 *copy = malloc(len);
	struct kefs_xdr_in in;
	bool ok;

	assert_non_null(copy);
	if (len)
		memcpy(copy, bytes, len);
	memset(set, 0xa5, sizeof(*set));
	kefs_xdr_in_init(&in, copy, len);
	ok = kefs_fattr_decode(&in, set);
	if (left)
		*left = kefs_xdr_left(&in);
	free(copy);
	return ok;
}

#define DECODE(set, ...) do { \
	static const u8 b[] = { __VA_ARGS__ }; \
	size_t left; \
	assert_true(decode(b, sizeof(b), set, &left)); \
	assert_int_equal(left, 0); \
} while (0)

static void one_by_one(void)
{
	struct kefs_settable set;

	DECODE(&set, W(0), W(0));
	assert_int_equal(set.error, 0);
	assert_true(kefs_bitmap_empty(&set.mask));
	DECODE(&set, W(1), W(SIZE), W(8), D(0xffffffffffffffffULL));
	assert_int_equal(set.error, 0);
	assert_true(set.size == ~0ULL);
	DECODE(&set, WORD1(MODE), W(4), W(07777));
	assert_int_equal(set.error, 0);
	assert_int_equal(set.mode, 07777);
	DECODE(&set, MASKED(W(04000), W(06000)));
	assert_int_equal(set.error, 0);
	assert_true(set.masked_mode == 04000 && set.mode_mask == 06000);
	DECODE(&set, WORD1(OWNER), W(8), W(1), '0', 0, 0, 0);
	assert_int_equal(set.error, 0);
	assert_int_equal(set.uid, 0);
	DECODE(&set, WORD1(GROUP), W(16), W(10), '4', '2', '9', '4', '9', '6', '7', '2', '9', '4', 0, 0);
	assert_int_equal(set.error, 0);
	assert_int_equal(set.gid, 4294967294u);
	DECODE(&set, WORD1(OWNER), W(24), W(17), '1', '0', '0', '0', '@', 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.',
	       'o', 'r', 'g', '.', 0, 0, 0);
	assert_int_equal(set.error, 0);
	assert_int_equal(set.uid, 1000);
	DECODE(&set, WORD1(ATIME_SET), W(4), W(SET_TO_SERVER_TIME4));
	assert_int_equal(set.error, 0);
	assert_true(set.atime_now);
	DECODE(&set, WORD1(MTIME_SET), W(16), W(SET_TO_CLIENT_TIME4), D(1), W(2));
	assert_int_equal(set.error, 0);
	assert_false(set.mtime_now);
	assert_true(set.mtime.sec == 1 && set.mtime.nsec == 2);
}

/* The order of the values is that of the bits, whatever the order of the fields is. */
void test_decode_values(void **state)
{
	struct kefs_settable set;

	one_by_one();
	DECODE(&set, WORDS(SIZE, MODE | OWNER | GROUP | ATIME_SET | MTIME_SET), W(8 + 4 + 8 + 8 + 16 + 4),
	       D(42), W(0640), W(2), '1', '2', 0, 0, W(1), '7', 0, 0, 0,
	       W(SET_TO_CLIENT_TIME4), D(0x8000000000000000ULL), W(0), W(SET_TO_SERVER_TIME4));
	assert_int_equal(set.error, 0);
	assert_int_equal(set.mask.w[0], SIZE);
	assert_int_equal(set.mask.w[1], MODE | OWNER | GROUP | ATIME_SET | MTIME_SET);
	assert_int_equal(set.mask.w[2], 0);
	assert_true(set.size == 42 && set.mode == 0640 && set.uid == 12 && set.gid == 7);
	assert_false(set.atime_now);
	assert_true(set.atime.sec == INT64_MIN && set.atime.nsec == 0);
	assert_true(set.mtime_now);
}

struct refused {
	const char *why;
	int error;
	const u8 *bytes;
	size_t len;
};

#define E(why, error, ...) { why, error, (const u8[]){ __VA_ARGS__ }, sizeof((u8[]){ __VA_ARGS__ }) }
#define OWNER_IS(...) \
	WORD1(OWNER), W(4 + sizeof((u8[]){ __VA_ARGS__ })), W(sizeof((u8[]){ __VA_ARGS__ })), __VA_ARGS__

static const struct refused errors[] = {
	E("acl", -KEFS_ERR_ATTRNOTSUPP, W(1), W(1 << 12), W(4), W(0)),
	E("archive", -KEFS_ERR_ATTRNOTSUPP, W(1), W(1 << 14), W(4), W(1)),
	E("mode_set_masked, value", -EINVAL, MASKED(W(010000), W(0))),
	E("mode_set_masked, mask", -EINVAL, MASKED(W(0), W(0x80000000))),
	E("mode twice", -EINVAL, W(3), W(0), W(MODE), W(1 << 10), W(12), W(0644), W(0), W(0)),
	E("retention_hold", -KEFS_ERR_ATTRNOTSUPP, W(3), W(0), W(0), W(1 << 9), W(8), D(0)),
	E("attribute 96", -KEFS_ERR_ATTRNOTSUPP, W(4), W(0), W(0), W(0), W(1), W(0)),
	E("attribute 255 besides mode", -KEFS_ERR_ATTRNOTSUPP,
	  W(8), W(0), W(MODE), W(0), W(0), W(0), W(0), W(0), W(0x80000000), W(4), W(0644)),
	E("type", -EINVAL, W(1), W(1 << 1), W(4), W(1)),
	E("change", -EINVAL, W(1), W(1 << 3), W(8), D(1)),
	E("time_modify", -EINVAL, WORD1(1 << 21), W(12), D(1), W(1)),
	E("suppattr_exclcreat", -EINVAL, W(3), W(0), W(0), W(1 << 11), W(4), W(0)),
	E("read-only before unknown", -EINVAL, W(1), W(1 << 1 | 1 << 12), W(4), W(0)),
	E("unknown before read-only", -KEFS_ERR_ATTRNOTSUPP, W(1), W(1 << 12 | 1 << 20), W(4), W(0)),
	E("values of a refused set are not looked at", -EINVAL, W(1), W(1 << 1), W(0)),
	E("mode with a type", -EINVAL, WORD1(MODE), W(4), W(0100644)),
	E("mode, high bit", -EINVAL, WORD1(MODE), W(4), W(0x80000000)),
	E("mode 010000", -EINVAL, WORD1(MODE), W(4), W(010000)),
	E("owner by name", -KEFS_ERR_BADOWNER, OWNER_IS('r', 'o', 'o', 't')),
	E("owner by name in a domain", -KEFS_ERR_BADOWNER, OWNER_IS('r', 'o', 'o', 't', '@', 'a', '.', 'b')),
	E("domain alone", -KEFS_ERR_BADOWNER, OWNER_IS('@', 'a', '.', 'b')),
	E("sign", -KEFS_ERR_BADOWNER, OWNER_IS('-', '1', '0', '0')),
	E("blank", -KEFS_ERR_BADOWNER, OWNER_IS(' ', '1', '0', '0')),
	E("blank behind", -KEFS_ERR_BADOWNER, OWNER_IS('1', '0', '0', ' ')),
	E("NUL behind", -KEFS_ERR_BADOWNER, OWNER_IS('1', '0', '0', 0)),
	E("hex", -KEFS_ERR_BADOWNER, OWNER_IS('0', 'x', '1', '0')),
	E("characters beside digits", -KEFS_ERR_BADOWNER, OWNER_IS('/', ':', '9', '9')),
	E("(uid_t)-1", -KEFS_ERR_BADOWNER, WORD1(OWNER), W(16), W(10),
	  '4', '2', '9', '4', '9', '6', '7', '2', '9', '5', 0, 0),
	E("2^32", -KEFS_ERR_BADOWNER, WORD1(OWNER), W(16), W(10),
	  '4', '2', '9', '4', '9', '6', '7', '2', '9', '6', 0, 0),
	E("2^64", -KEFS_ERR_BADOWNER, OWNER_IS('1', '8', '4', '4', '6', '7', '4', '4', '0', '7', '3', '7', '0', '9',
					       '5', '5', '1', '6', '1', '6')),
	E("2^64 + 1 in a domain", -KEFS_ERR_BADOWNER,
	  OWNER_IS('1', '8', '4', '4', '6', '7', '4', '4', '0', '7', '3', '7', '0', '9', '5', '5', '1', '6', '1', '7',
		   '@', 'a', '.', 'b')),
	E("empty owner", -EINVAL, WORD1(OWNER), W(4), W(0)),
	E("group by name", -KEFS_ERR_BADOWNER, WORD1(GROUP), W(8), W(4), 'a', 'd', 'm', '1'),
	E("empty group", -EINVAL, WORD1(GROUP), W(4), W(0)),
	E("nsec of atime", -EINVAL, WORD1(ATIME_SET), W(16), W(1), D(0), W(1000000000)),
	E("nsec of mtime", -EINVAL, WORD1(MTIME_SET), W(16), W(1), D(0), W(0xffffffff)),
	E("the first error stays", -EINVAL, WORD1(MODE | OWNER), W(12), W(0100000), W(4), 'r', 'o', 'o', 't'),
	E("the first error stays, owners", -KEFS_ERR_BADOWNER, WORD1(OWNER | GROUP), W(12),
	  W(4), 'r', 'o', 'o', 't', W(0)),
};

void test_decode_errors(void **state)
{
	struct kefs_settable set;
	size_t i, left;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		const struct refused *r = &errors[i];

		if (!decode(r->bytes, r->len, &set, &left))
			fail_msg("%s: not XDR", r->why);
		if (left || set.error != r->error)
			fail_msg("%s: %d, not %d; %zu bytes left", r->why, set.error, r->error, left);
	}
}

static const struct refused not_xdr[] = {
	E("9 words of bitmap", 0, W(9), D(0), D(0), D(0), D(0), W(0), W(0)),
	E("bytes without attributes", 0, W(0), W(4), W(0)),
	E("bytes behind the last value", 0, WORD1(MODE), W(8), W(0644), W(0)),
	E("one byte behind the last value", 0, WORD1(MODE), W(5), W(0644), 0, 0, 0, 0),
	E("no value", 0, WORD1(MODE), W(0)),
	E("short mode", 0, WORD1(MODE), W(3), W(0644)),
	E("short size", 0, W(1), W(SIZE), W(4), W(0)),
	E("second value missing", 0, WORDS(SIZE, MODE), W(8), D(0)),
	E("owner longer than the values", 0, WORD1(OWNER), W(8), W(5), '1', '2', '3', '4'),
	E("owner's padding missing", 0, WORD1(OWNER), W(5), W(1), '1', 0, 0, 0),
	E("owner's length alone cut", 0, WORD1(OWNER), W(2), 0, 0, 0, 0),
	E("owner's length absurd", 0, WORD1(OWNER), W(8), W(0xffffffff), '1', '2', '3', '4'),
	E("time_how 2", 0, WORD1(ATIME_SET), W(4), W(2)),
	E("time_how -1", 0, WORD1(MTIME_SET), W(16), W(-1), D(0), W(0)),
	E("client's time missing", 0, WORD1(ATIME_SET), W(4), W(1)),
	E("client's time without nsec", 0, WORD1(ATIME_SET), W(12), W(1), D(0)),
	E("a value behind server's time", 0, WORD1(ATIME_SET), W(16), W(0), D(0), W(0)),
	E("length of the values absurd", 0, WORD1(MODE), W(0xffffffff), W(0644)),
	E("length of the values absurd, attribute unknown", 0, W(1), W(1 << 12), W(0xfffffffc), W(0644)),
	E("values longer than the record", 0, WORD1(MODE), W(8), W(0644)),
};

void test_decode_refused(void **state)
{
	struct kefs_settable set;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(not_xdr); i++)
		if (decode(not_xdr[i].bytes, not_xdr[i].len, &set, NULL))
			fail_msg("%s: passes", not_xdr[i].why);
}

/* A prefix is never enough, whatever is wrong with the whole. */
void test_decode_cut(void **state)
{
	struct kefs_settable set;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		for (len = 0; len < errors[i].len; len++)
			if (decode(errors[i].bytes, len, &set, NULL))
				fail_msg("%s: %zu bytes are enough", errors[i].why, len);
}

/* Each attribute alone: settable, read-only or unknown as the table says; nothing is set but what can be. */
void test_decode_every_bit(void **state)
{
	static const unsigned int settable[] = { 4, 33, 36, 37, 48, 54, 74 };
	struct kefs_settable set;
	unsigned int bit, i;

	for (bit = 0; bit < 32 * KEFS_BITMAP_WORDS_MAX; bit++) {
		u8 bytes[4 + 4 * KEFS_BITMAP_WORDS_MAX + 4] = { W(KEFS_BITMAP_WORDS_MAX) };
		bool can = false, ok;
		int want;

		bytes[4 + bit / 32 * 4 + 3 - bit % 32 / 8] = (u8)(1 << bit % 8);
		for (i = 0; i < ARRAY_SIZE(settable); i++)
			can = can || settable[i] == bit;
		ok = decode(bytes, sizeof(bytes), &set, NULL);
		want = bit < FATTR4_COUNT && kefs_bitmap_test(&kefs_fattr_supported, bit) ?
			-EINVAL : -KEFS_ERR_ATTRNOTSUPP;
		if (can ? ok : !ok || set.error != want)	/* no values: not XDR for what would be set */
			fail_msg("attribute %u: %s, error %d", bit, ok ? "XDR" : "not XDR", set.error);
	}
}

/* The longest owner string that is looked at. */
void test_owner_limit(void **state)
{
	static u8 bytes[12 + 4 + 4 + 1028];
	struct kefs_settable set;
	u32 n;

	for (n = 1020; n <= 1028; n++) {
		u32 padded = (n + 3) & ~3u;
		const u8 head[] = { WORD1(OWNER), W(4 + padded), W(n), '1', '2', '@' };
		bool ok;

		memset(bytes, 'd', sizeof(bytes));
		memcpy(bytes, head, sizeof(head));
		ok = decode(bytes, 20 + padded, &set, NULL);
		assert_int_equal(ok, n <= 1024);
		if (ok)
			assert_true(!set.error && set.uid == 12);
	}
}
