// SPDX-License-Identifier: GPL-2.0
/* Each attribute's value as RFC 8881 §5.8 and RFC 5662 put it on the wire. */
#include <stdlib.h>
#include "nfs4_fattr.h"

#define ST KEFS_FATTR_STAT
#define FS KEFS_FATTR_FS
#define FH KEFS_FATTR_FH

static const u8 handle[] = { 1, 2, 3, 4, 5 };

/* Every value another one, and none that fits a smaller type than its own. */
static const struct kefs_fattr sample = {
	.type = NF4DIR, .change = 0x0303030313131313ULL, .size = 0x0404040414141414ULL,
	.fileid = 0x1414141424242424ULL, .mounted_on_fileid = 0x3737373747474747ULL,
	.fsid_major = 0x0808080818181818ULL, .mode = 04755, .numlinks = 0x23232323,
	.uid = 1000, .gid = 4294967294u, .rdev_major = 0x41, .rdev_minor = 0x42,
	.space_used = 0x2d2d2d2d3d3d3d3dULL,
	.atime = { 0x2f2f2f2f2f2f2fLL, 111111111 }, .mtime = { -2, 222222222 },
	.ctime = { 0x100000000LL, 333333333 }, .btime = { 0, 999999999 }, .has_btime = true,
	.files_avail = 0x1515151525252525ULL, .files_free = 0x1616161626262626ULL,
	.files_total = 0x1717171727272727ULL,
	.space_avail = 0x2a2a2a2a3a3a3a3aULL, .space_free = 0x2b2b2b2b3b3b3b3bULL,
	.space_total = 0x2c2c2c2c3c3c3c3cULL,
	.maxfilesize = 0x7fffffffffffffffULL, .maxlink = 65000, .maxname = 255, .lease_time = 90,
	.max_read = 0x100000, .max_write = 0x100001,
	.fh = handle, .fh_len = sizeof(handle), .rdattr_error = NFS4ERR_ACCESS,
};

struct value {
	unsigned int bit, needs;
	const u8 *bytes;
	size_t len;
};

#define V(bit, needs, ...) { bit, needs, (const u8[]){ __VA_ARGS__ }, sizeof((u8[]){ __VA_ARGS__ }) }
#define TRUE_ W(1)
#define FALSE_ W(0)
/* Bits of supported_attrs' words, spelled out: a change of what is served must be made here too. */
#define WORD0 0xfcffafffu
#define WORD1 0x00fdbe3eu
#define WORD2 0x00001c00u

static const struct value values[] = {
	V(0, 0, W(3), W(WORD0), W(WORD1), W(WORD2)),			/* supported_attrs */
	V(1, ST, W(2)),							/* type: NF4DIR */
	V(2, 0, W(0)),							/* fh_expire_type: FH4_PERSISTENT */
	V(3, ST, D(0x0303030313131313ULL)),				/* change */
	V(4, ST, D(0x0404040414141414ULL)),				/* size */
	V(5, 0, TRUE_),							/* link_support */
	V(6, 0, TRUE_),							/* symlink_support */
	V(7, 0, FALSE_),						/* named_attr */
	V(8, ST, D(0x0808080818181818ULL), D(0)),			/* fsid */
	V(9, 0, TRUE_),							/* unique_handles */
	V(10, ST, W(90)),						/* lease_time */
	V(11, ST, W(13)),						/* rdattr_error */
	V(13, 0, W(0)),							/* aclsupport */
	V(15, 0, TRUE_),						/* cansettime */
	V(16, 0, FALSE_),						/* case_insensitive */
	V(17, 0, TRUE_),						/* case_preserving */
	V(18, 0, TRUE_),						/* chown_restricted */
	V(19, FH, W(5), 1, 2, 3, 4, 5, 0, 0, 0),			/* filehandle */
	V(20, ST, D(0x1414141424242424ULL)),				/* fileid */
	V(21, FS, D(0x1515151525252525ULL)),				/* files_avail */
	V(22, FS, D(0x1616161626262626ULL)),				/* files_free */
	V(23, FS, D(0x1717171727272727ULL)),				/* files_total */
	V(26, 0, TRUE_),						/* homogeneous */
	V(27, ST, D(0x7fffffffffffffffULL)),				/* maxfilesize */
	V(28, ST, W(65000)),						/* maxlink */
	V(29, FS, W(255)),						/* maxname */
	V(30, ST, D(0x100000)),						/* maxread */
	V(31, ST, D(0x100001)),						/* maxwrite */
	V(33, ST, W(04755)),						/* mode */
	V(34, 0, TRUE_),						/* no_trunc */
	V(35, ST, W(0x23232323)),					/* numlinks */
	V(36, ST, W(4), '1', '0', '0', '0'),				/* owner */
	V(37, ST, W(10), '4', '2', '9', '4', '9', '6', '7', '2', '9', '4', 0, 0),	/* owner_group */
	V(41, ST, W(0x41), W(0x42)),					/* rawdev */
	V(42, FS, D(0x2a2a2a2a3a3a3a3aULL)),				/* space_avail */
	V(43, FS, D(0x2b2b2b2b3b3b3b3bULL)),				/* space_free */
	V(44, FS, D(0x2c2c2c2c3c3c3c3cULL)),				/* space_total */
	V(45, ST, D(0x2d2d2d2d3d3d3d3dULL)),				/* space_used */
	V(47, ST, D(0x2f2f2f2f2f2f2fULL), W(111111111)),		/* time_access */
	V(50, ST, D(0), W(999999999)),					/* time_create */
	V(51, 0, D(0), W(1)),						/* time_delta */
	V(52, ST, D(0x100000000ULL), W(333333333)),			/* time_metadata */
	V(53, ST, D(-2), W(222222222)),					/* time_modify */
	V(55, ST, D(0x3737373747474747ULL)),				/* mounted_on_fileid */
	V(75, 0, W(2), W(0x10), W(0x32)),				/* suppattr_exclcreat */
	V(76, 0, W(1)),							/* fs_charset_cap: names need not be UTF-8 */
};

static const struct value *value_of(unsigned int bit)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		if (values[i].bit == bit)
			return &values[i];
	return NULL;
}

/* fattr4 of @want by hand: bitmap without trailing zero words, length, values in order. Its length. */
static size_t expected(const struct kefs_bitmap *want, u8 *to)
{
	struct kefs_bitmap have = { .w = { 0 } };
	unsigned int bit, words = 0, i;
	size_t len = 0;
	u8 vals[2048];

	for (bit = 0; bit < FATTR4_COUNT; bit++) {
		const struct value *v = value_of(bit);

		if (!v || !(want->w[bit / 32] & 1u << bit % 32))
			continue;
		have.w[bit / 32] |= 1u << bit % 32;
		words = bit / 32 + 1;
		memcpy(vals + len, v->bytes, v->len);
		len += v->len;
	}
	memcpy(to, (u8[]){ W(words) }, 4);
	for (i = 0; i < words; i++)
		memcpy(to + 4 + 4 * i, (u8[]){ W(have.w[i]) }, 4);
	memcpy(to + 4 + 4 * words, (u8[]){ W(len) }, 4);
	memcpy(to + 8 + 4 * words, vals, len);
	return 8 + 4 * words + len;
}

/* In exactly the room that kefs_fattr_size() asks for. */
static void check(const struct kefs_bitmap *want)
{
	size_t size = kefs_fattr_size(want), len;
	u8 *buf = malloc(size), wanted[2048];
	struct kefs_xdr_out out;

	assert_non_null(buf);
	len = expected(want, wanted);
	kefs_xdr_out_init(&out, buf, size);
	kefs_fattr_encode(&out, want, &sample);
	assert_false(out.full);
	if (kefs_xdr_used(&out) != len || memcmp(buf, wanted, len))
		fail_msg("%08x %08x %08x: other bytes", want->w[0], want->w[1], want->w[2]);
	free(buf);
}

void test_each(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		struct kefs_bitmap want = only(values[i].bit);

		check(&want);
	}
}

void test_all(void **state)
{
	struct kefs_bitmap all = { .w = { ~0u, ~0u, ~0u }, .high = true };

	check(&kefs_fattr_supported);
	check(&all);
	assert_int_equal(kefs_fattr_supported.w[0], WORD0);
	assert_int_equal(kefs_fattr_supported.w[1], WORD1);	/* with time_access_set and time_modify_set */
	assert_int_equal(kefs_fattr_supported.w[2], WORD2);
}

static u32 next_random(u64 *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(*seed >> 32);
}

static struct kefs_bitmap random_bitmap(u64 *seed)
{
	struct kefs_bitmap b = { .w = { 0 } };
	unsigned int i;

	for (i = 0; i < KEFS_BITMAP_WORDS; i++) {
		b.w[i] = next_random(seed);
		if (next_random(seed) & 1)	/* also sparse ones */
			b.w[i] &= next_random(seed) & next_random(seed);
	}
	return b;
}

void test_order(void **state)
{
	u64 seed = 1;
	int i;

	for (i = 0; i < 20000; i++) {
		struct kefs_bitmap want = random_bitmap(&seed);

		check(&want);
	}
}

/* What is not supported or cannot be read is left out, bit and value. */
void test_unsupported(void **state)
{
	unsigned int bit;

	for (bit = 0; bit < FATTR4_COUNT; bit++) {
		struct kefs_bitmap want = only(bit);

		if (!value_of(bit))
			check(&want);
	}
}

void test_no_btime(void **state)
{
	static const u8 without[] = { W(2), W(0), W(1 << 1), W(4), W(0700) };
	struct kefs_bitmap want = only(FATTR4_TIME_CREATE);
	struct kefs_fattr fa = { .mode = 0700 };
	struct kefs_xdr_out out;
	u8 buf[64];

	kefs_bitmap_set(&want, FATTR4_MODE);
	kefs_xdr_out_init(&out, buf, sizeof(buf));
	kefs_fattr_encode(&out, &want, &fa);
	assert_int_equal(kefs_xdr_used(&out), sizeof(without));
	assert_memory_equal(buf, without, sizeof(without));
}

/* Numeric owners of every length. */
void test_ids(void **state)
{
	static const struct {
		u32 id;
		const char *text;
	} ids[] = {
		{ 0, "0" }, { 9, "9" }, { 10, "10" }, { 99, "99" }, { 100, "100" }, { 65534, "65534" },
		{ 999999, "999999" }, { 1000000, "1000000" }, { 12345678, "12345678" },
		{ 999999999, "999999999" }, { 1000000000, "1000000000" }, { 4294967295u, "4294967295" },
	};
	struct kefs_bitmap want = only(FATTR4_OWNER);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		struct kefs_fattr fa = { .uid = ids[i].id };
		size_t n = strlen(ids[i].text), pad = -n & 3;
		struct kefs_xdr_out out;
		u8 buf[64];

		memset(buf, 0xee, sizeof(buf));
		kefs_xdr_out_init(&out, buf, sizeof(buf));
		kefs_fattr_encode(&out, &want, &fa);
		assert_int_equal(kefs_xdr_used(&out), 12 + 4 + 4 + n + pad);
		assert_memory_equal(buf, ((u8[]){ W(2), W(0), W(1 << 4), W(4 + n + pad), W(n) }), 20);
		assert_memory_equal(buf + 20, ids[i].text, n);
		assert_memory_equal(buf + 20 + n, "\0\0\0", pad);
	}
}

/* Too little room: said so, and nothing written behind it. */
void test_room(void **state)
{
	u8 wanted[2048];
	size_t len = expected(&kefs_fattr_supported, wanted), room;
	struct kefs_xdr_out out;

	for (room = 0; room < len; room++) {
		u8 *buf = malloc(room);

		kefs_xdr_out_init(&out, buf, room);
		kefs_fattr_encode(&out, &kefs_fattr_supported, &sample);
		assert_true(out.full);
		assert_true(kefs_xdr_used(&out) <= room);
		free(buf);
	}
}

/* Bytes of @bit's value alone in what kefs_fattr_encode() writes. */
static size_t value_len(unsigned int bit, const struct kefs_fattr *fa)
{
	struct kefs_bitmap want = only(bit);
	struct kefs_xdr_out out;
	u8 buf[1024];
	size_t head;

	kefs_xdr_out_init(&out, buf, sizeof(buf));
	kefs_fattr_encode(&out, &want, fa);
	assert_false(out.full);
	head = 4 + 4 * (size_t)buf[3] + 4;
	return kefs_xdr_used(&out) - head;
}

/* Each row by itself, not covered by what others have to spare; around them bitmap and length at their longest. */
static void check_rows(const struct kefs_fattr *fa)
{
	const struct kefs_bitmap none = { .w = { 0 } };
	size_t base = kefs_fattr_size(&none);
	unsigned int bit;

	assert_true(base >= 4 + 4 * KEFS_BITMAP_WORDS + 4);
	for (bit = 0; bit < FATTR4_COUNT; bit++) {
		struct kefs_bitmap want = only(bit);

		if (kefs_fattr_size(&want) - base < value_len(bit, fa))
			fail_msg("attribute %u: more than %zu bytes", bit, kefs_fattr_size(&want) - base);
	}
}

/* With the longest values that there can be. */
void test_size_bound(void **state)
{
	static const u8 longest[KEFS_FH_MAX];
	struct kefs_fattr fa = sample;
	u64 seed = 2;
	int i;

	fa.uid = ~0u;
	fa.gid = ~0u;
	fa.fh = longest;
	fa.fh_len = KEFS_FH_MAX;
	check_rows(&fa);
	for (i = 0; i < 20000; i++) {
		struct kefs_bitmap want = random_bitmap(&seed);
		size_t size = kefs_fattr_size(&want);
		u8 *buf = malloc(size);
		struct kefs_xdr_out out;

		assert_non_null(buf);
		kefs_xdr_out_init(&out, buf, size);
		kefs_fattr_encode(&out, &want, &fa);
		if (out.full)
			fail_msg("%08x %08x %08x: more than %zu", want.w[0], want.w[1], want.w[2], size);
		free(buf);
	}
}

void test_needs(void **state)
{
	unsigned int bit, sum, i, j;
	u64 seed = 3;

	for (bit = 0; bit < FATTR4_COUNT; bit++) {
		struct kefs_bitmap want = only(bit);

		assert_int_equal(kefs_fattr_needs(&want), value_of(bit) ? value_of(bit)->needs : 0);
	}
	for (i = 0; i < 1000; i++) {
		struct kefs_bitmap want = random_bitmap(&seed);

		for (sum = 0, j = 0; j < ARRAY_SIZE(values); j++)
			if (kefs_bitmap_test(&want, values[j].bit))
				sum |= values[j].needs;
		assert_int_equal(kefs_fattr_needs(&want), sum);
	}
}

/* Only what the needs name is looked at: everything else may be garbage. */
void test_needs_suffice(void **state)
{
	struct kefs_fattr fa;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		struct kefs_bitmap want = only(values[i].bit);
		struct kefs_xdr_out out;
		u8 buf[256], wanted[2048];
		size_t len = expected(&want, wanted);

		if (values[i].needs & KEFS_FATTR_STAT)
			continue;
		memset(&fa, 0xa5, sizeof(fa));
		if (values[i].needs & KEFS_FATTR_FS) {
			fa.files_avail = sample.files_avail;
			fa.files_free = sample.files_free;
			fa.files_total = sample.files_total;
			fa.space_avail = sample.space_avail;
			fa.space_free = sample.space_free;
			fa.space_total = sample.space_total;
			fa.maxname = sample.maxname;
		}
		if (values[i].needs & KEFS_FATTR_FH) {
			fa.fh = sample.fh;
			fa.fh_len = sample.fh_len;
		}
		fa.has_btime = false;
		kefs_xdr_out_init(&out, buf, sizeof(buf));
		kefs_fattr_encode(&out, &want, &fa);
		assert_int_equal(kefs_xdr_used(&out), len);
		assert_memory_equal(buf, wanted, len);
	}
}
