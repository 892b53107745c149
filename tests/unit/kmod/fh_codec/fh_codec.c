// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/kefs.h"
#include "files/fh_codec.h"

#define VOLUME 0x0123456789abcdefULL

static const siphash_key_t key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
static const siphash_key_t other_key = { { 1, 2 } };

static struct kefs_fid make_fid(u8 type, u8 len)
{
	struct kefs_fid fid;
	unsigned int i;

	memset(&fid, 0, sizeof(fid));
	fid.type = type;
	fid.len = len;
	for (i = 0; i < len; i++)
		fid.w[i] = 0x11111111u * (i + 1);
	return fid;
}

/* In memory of exactly that size, so that ASan sees a byte read too far. */
static int decode(const void *data, size_t len, u64 volume, const siphash_key_t *with, struct kefs_fid *fid)
{
	void *copy = malloc(len ? len : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, data, len);
	ret = kefs_fh_decode(copy, len, volume, with, fid);
	free(copy);
	return ret;
}

static void test_siphash_vector(void **state)
{
	u8 in[15];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(in); i++)
		in[i] = i;
	assert_true(siphash(in, sizeof(in), &key) == 0xa129ca6149be45e5);	/* the paper's example */
}

static void test_round_trip(void **state)
{
	struct kefs_fid fid, got;
	struct kefs_fh fh;
	unsigned int len;

	(void)state;
	for (len = 0; len <= KEFS_FID_WORDS; len++) {
		fid = make_fid(len ? 0x81 : 0, len);
		kefs_fh_encode(&fh, VOLUME, &fid, &key);
		assert_int_equal(fh.len, KEFS_FH_MIN + 4 * len);
		memset(&got, 0xff, sizeof(got));
		assert_int_equal(decode(fh.data, fh.len, VOLUME, &key, &got), 0);
		assert_memory_equal(&got, &fid, sizeof(fid));
		assert_true(kefs_fid_equal(&got, &fid));
	}
}

static void test_layout(void **state)
{
	const u8 head[] = { 1, 0x81, 0, 1, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x11, 0x11, 0x11, 0x11 };
	struct kefs_fid fid = make_fid(0x81, 1);
	struct kefs_fh fh;

	(void)state;
	kefs_fh_encode(&fh, VOLUME, &fid, &key);
	assert_int_equal(fh.len, sizeof(head) + 8);
	assert_memory_equal(fh.data, head, sizeof(head));
}

/* Every handle that differs in a bit is refused, and @fid stays as it was. */
static void test_any_bit(void **state)
{
	struct kefs_fid fid = make_fid(1, 2), got, untouched;
	struct kefs_fh fh;
	unsigned int bit;
	int ret;

	(void)state;
	memset(&untouched, 0x5a, sizeof(untouched));
	got = untouched;
	kefs_fh_encode(&fh, VOLUME, &fid, &key);
	for (bit = 0; bit < fh.len * 8u; bit++) {
		fh.data[bit / 8] ^= 1u << bit % 8;
		ret = decode(fh.data, fh.len, VOLUME, &key, &got);
		if (bit >= 4 * 8 && bit < 12 * 8)	/* the volume's id */
			assert_int_equal(ret, -ESTALE);
		else
			assert_int_equal(ret, -KEFS_ERR_BADHANDLE);
		assert_memory_equal(&got, &untouched, sizeof(got));
		fh.data[bit / 8] ^= 1u << bit % 8;
	}
}

static void test_any_length(void **state)
{
	struct kefs_fid fid = make_fid(1, 3), got;
	u8 buf[KEFS_FH_SIZE + 80];
	struct kefs_fh fh;
	size_t len;

	(void)state;
	memset(buf, 0, sizeof(buf));
	kefs_fh_encode(&fh, VOLUME, &fid, &key);
	memcpy(buf, fh.data, fh.len);
	for (len = 0; len <= sizeof(buf); len++)
		assert_int_equal(decode(buf, len, VOLUME, &key, &got), len == fh.len ? 0 : -KEFS_ERR_BADHANDLE);
}

static void test_foreign(void **state)
{
	struct kefs_fid fid = make_fid(1, 2), got;
	struct kefs_fh fh;

	(void)state;
	kefs_fh_encode(&fh, VOLUME, &fid, &key);
	assert_int_equal(decode(fh.data, fh.len, VOLUME + 1, &key, &got), -ESTALE);
	assert_int_equal(decode(fh.data, fh.len, VOLUME, &other_key, &got), -KEFS_ERR_BADHANDLE);
}

static void test_too_many_words(void **state)
{
	u8 buf[256];
	struct kefs_fid got;
	unsigned int words;
	u64 mac;
	size_t len;
	unsigned int i;

	(void)state;
	for (words = KEFS_FID_WORDS + 1; words < 60; words++) {
		memset(buf, 0, sizeof(buf));
		buf[0] = 1;
		buf[3] = words;
		for (i = 0; i < 8; i++)
			buf[4 + i] = (u8)(VOLUME >> (56 - 8 * i));
		len = 12 + 4 * words;
		if (len + 8 > sizeof(buf))
			break;
		mac = siphash(buf, len, &key);
		for (i = 0; i < 8; i++)
			buf[len + i] = (u8)(mac >> (56 - 8 * i));
		assert_int_equal(decode(buf, len + 8, VOLUME, &key, &got), -KEFS_ERR_BADHANDLE);
	}
}

static void test_hash(void **state)
{
	struct kefs_fid a = make_fid(1, 2), b = a;
	unsigned int i, used = 0;
	u8 seen[256] = { 0 };

	(void)state;
	assert_int_equal(kefs_fid_hash(&a, 7), kefs_fid_hash(&b, 7));
	assert_int_not_equal(kefs_fid_hash(&a, 7), kefs_fid_hash(&a, 8));
	/* Inode numbers in a row, as ext4 gives them, spread over the low bits. */
	for (i = 0; i < 256; i++) {
		b.w[0] = 12 + i;
		seen[kefs_fid_hash(&b, 0) & 255] = 1;
	}
	for (i = 0; i < 256; i++)
		used += seen[i];
	assert_in_range(used, 140, 256);	/* 162 is what chance gives */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash_vector), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_layout), cmocka_unit_test(test_any_bit),
		cmocka_unit_test(test_any_length), cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_too_many_words), cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
