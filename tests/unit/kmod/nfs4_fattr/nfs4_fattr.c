// SPDX-License-Identifier: GPL-2.0
/* The attribute table: encoding and decoding against bytes written by hand, and which attributes there are at all. */
#include "nfs4_fattr.h"

static bool among(unsigned int bit, const unsigned int *bits, size_t n)
{
	while (n--)
		if (bits[n] == bit)
			return true;
	return false;
}

/* RFC 8881 §5.6: attributes that every server has. */
static void test_required(void **state)
{
	static const unsigned int required[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 19, 75 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(required); i++)
		assert_true(kefs_bitmap_test(&kefs_fattr_supported, required[i]));
	assert_false(kefs_fattr_supported.high);
}

/* What an exclusive create may set is settable, and is not where the verifier lies. */
static void test_exclcreat(void **state)
{
	static const unsigned int may[] = { 4, 33, 36, 37 };
	unsigned int bit;

	assert_false(kefs_fattr_exclcreat.high);
	for (bit = 0; bit < FATTR4_COUNT; bit++)
		assert_int_equal(kefs_bitmap_test(&kefs_fattr_exclcreat, bit), among(bit, may, ARRAY_SIZE(may)));
}

/* VERIFY and NVERIFY: RFC 8881 §18.30.3, §18.15.3; rdattr_error §5.8.1.12. */
static void test_comparable(void **state)
{
	static const unsigned int refused[] = { FATTR4_RDATTR_ERROR, FATTR4_TIME_ACCESS_SET, FATTR4_TIME_MODIFY_SET,
						 FATTR4_MODE_SET_MASKED };
	struct kefs_bitmap b = { .w = { 0 } };
	unsigned int bit;
	int want;

	assert_int_equal(kefs_fattr_comparable(&b), 0);
	for (bit = 0; bit < FATTR4_COUNT; bit++) {
		b = only(bit);
		want = !kefs_bitmap_test(&kefs_fattr_supported, bit) ? -KEFS_ERR_ATTRNOTSUPP :
			among(bit, refused, ARRAY_SIZE(refused)) ? -EINVAL : 0;
		if (kefs_fattr_comparable(&b) != want)
			fail_msg("attribute %u: %d, not %d", bit, kefs_fattr_comparable(&b), want);
		b.high = true;
		assert_int_equal(kefs_fattr_comparable(&b), -KEFS_ERR_ATTRNOTSUPP);
	}
	b = kefs_fattr_supported;
	for (bit = 0; bit < ARRAY_SIZE(refused); bit++)
		b.w[refused[bit] / 32] &= ~(1u << refused[bit] % 32);
	assert_int_equal(kefs_fattr_comparable(&b), 0);
	kefs_bitmap_set(&b, FATTR4_TIME_MODIFY_SET);
	assert_int_equal(kefs_fattr_comparable(&b), -EINVAL);
}

/* GETATTR: RFC 8881 §18.7.3. */
static void test_write_only(void **state)
{
	static const unsigned int set_only[] = { FATTR4_TIME_ACCESS_SET, FATTR4_TIME_MODIFY_SET, FATTR4_MODE_SET_MASKED };
	struct kefs_bitmap b;
	unsigned int bit;

	for (bit = 0; bit < FATTR4_COUNT; bit++) {
		b = only(bit);
		assert_int_equal(kefs_fattr_write_only(&b), among(bit, set_only, ARRAY_SIZE(set_only)));
		kefs_bitmap_set(&b, FATTR4_SIZE);
		assert_int_equal(kefs_fattr_write_only(&b), among(bit, set_only, ARRAY_SIZE(set_only)));
	}
}

static void test_bitmap(void **state)
{
	struct kefs_bitmap b = { .w = { 0 } };
	unsigned int bit;

	assert_true(kefs_bitmap_empty(&b));
	b.high = true;
	assert_false(kefs_bitmap_empty(&b));
	for (bit = 0; bit < FATTR4_COUNT; bit++) {
		b = only(bit);
		assert_false(kefs_bitmap_empty(&b));
		assert_true(kefs_bitmap_test(&b, bit));
		assert_int_equal(b.w[bit / 32], 1u << bit % 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_exclcreat),
		cmocka_unit_test(test_comparable),
		cmocka_unit_test(test_write_only),
		cmocka_unit_test(test_bitmap),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_no_btime),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_size_bound),
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_needs_suffice),
		cmocka_unit_test(test_decode_values),
		cmocka_unit_test(test_decode_errors),
		cmocka_unit_test(test_decode_refused),
		cmocka_unit_test(test_decode_cut),
		cmocka_unit_test(test_decode_every_bit),
		cmocka_unit_test(test_owner_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
