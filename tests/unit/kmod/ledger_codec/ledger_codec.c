// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/limits.h"
#include "state/ledger_codec.h"

static const siphash_key_t key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
static const siphash_key_t other_key = { { 1, 2 } };
static u8 domain[KEFS_LEDGER_DOMAIN_MAX], owner[KEFS_OPAQUE_MAX];

static struct kefs_ledger_entry entry_of(u32 domain_len, u32 owner_len)
{
	memset(domain, 'd', sizeof(domain));
	memset(owner, 'o', sizeof(owner));
	return (struct kefs_ledger_entry){
		.epoch = 0x0102030405060708, .flavor = 1, .uid = 1000, .line = 77, .domain_len = domain_len, .owner_len = owner_len,
		.domain = domain, .owner = owner,
	};
}

static void head_round_trip(void **state)
{
	const struct kefs_ledger_head head = { .serial = 7, .epoch = 1ull << 40, .floor = 3 };
	u8 block[KEFS_LEDGER_BLOCK];
	struct kefs_ledger_head got;

	(void)state;
	kefs_ledger_put_head(block, &head, &key);
	assert_int_equal(kefs_ledger_get_head(block, &got, &key), 0);
	assert_memory_equal(&got, &head, sizeof(head));
	assert_int_equal(kefs_ledger_get_head(block, &got, &other_key), -EUCLEAN);
}

static void entry_round_trip(void **state)
{
	static const u32 sizes[][2] = { { 1, 1 }, { KEFS_LEDGER_DOMAIN_MAX, KEFS_OPAQUE_MAX }, { 32, 7 } };
	u8 block[KEFS_LEDGER_BLOCK];
	struct kefs_ledger_entry got;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct kefs_ledger_entry entry = entry_of(sizes[i][0], sizes[i][1]);

		kefs_ledger_put_entry(block, &entry, &key);
		assert_int_equal(kefs_ledger_get_entry(block, &got, &key), 0);
		assert_int_equal(got.epoch, entry.epoch);
		assert_int_equal(got.flavor, 1);
		assert_int_equal(got.uid, 1000);
		assert_int_equal(got.line, 77);
		assert_int_equal(got.domain_len, entry.domain_len);
		assert_int_equal(got.owner_len, entry.owner_len);
		assert_memory_equal(got.domain, domain, entry.domain_len);
		assert_memory_equal(got.owner, owner, entry.owner_len);
		assert_int_equal(kefs_ledger_get_entry(block, &got, &other_key), -EUCLEAN);
	}
}

static void a_zero_block_is_free(void **state)
{
	u8 block[KEFS_LEDGER_BLOCK] = { 0 };
	struct kefs_ledger_entry entry;
	struct kefs_ledger_head head;

	(void)state;
	assert_int_equal(kefs_ledger_get_entry(block, &entry, &key), -ENOENT);
	assert_int_equal(kefs_ledger_get_head(block, &head, &key), -ENOENT);
}

static void one_kind_is_not_the_other(void **state)
{
	const struct kefs_ledger_entry entry = entry_of(8, 8);
	const struct kefs_ledger_head head = { .serial = 1, .epoch = 1, .floor = 1 };
	struct kefs_ledger_entry got_entry;
	struct kefs_ledger_head got_head;
	u8 block[KEFS_LEDGER_BLOCK];

	(void)state;
	kefs_ledger_put_entry(block, &entry, &key);
	assert_int_equal(kefs_ledger_get_head(block, &got_head, &key), -EUCLEAN);
	kefs_ledger_put_head(block, &head, &key);
	assert_int_equal(kefs_ledger_get_entry(block, &got_entry, &key), -EUCLEAN);
}

/* Whatever bit flips, nothing is believed; but for the first word, that can make it free. */
static void every_flipped_bit_is_seen(void **state)
{
	const struct kefs_ledger_entry entry = entry_of(16, 30);
	const size_t used = 32 + 16 + 30 + 8;
	u8 block[KEFS_LEDGER_BLOCK];
	struct kefs_ledger_entry got;

	(void)state;
	kefs_ledger_put_entry(block, &entry, &key);
	for (size_t bit = 0; bit < used * 8; bit++) {
		block[bit / 8] ^= (u8)(1u << bit % 8);
		assert_int_equal(kefs_ledger_get_entry(block, &got, &key), -EUCLEAN);
		block[bit / 8] ^= (u8)(1u << bit % 8);
	}
	assert_int_equal(kefs_ledger_get_entry(block, &got, &key), 0);
}

/* A write that the power cut short: the first sectors are new, the rest is as it was, whatever that is. */
static void torn_writes_are_seen(void **state)
{
	const struct kefs_ledger_entry old = entry_of(16, 1000), removed = entry_of(16, 1024);
	u8 new[KEFS_LEDGER_BLOCK], before[KEFS_LEDGER_BLOCK], torn[KEFS_LEDGER_BLOCK];
	struct kefs_ledger_entry got;

	(void)state;
	kefs_ledger_put_entry(before, &old, &key);
	kefs_ledger_put_entry(new, &removed, &key);
	for (size_t sectors = 1; sectors < 3; sectors++) {
		memcpy(torn, before, sizeof(torn));
		memcpy(torn, new, sectors * 512);
		assert_int_equal(kefs_ledger_get_entry(torn, &got, &key), -EUCLEAN);
		memcpy(torn, before, sizeof(torn));	/* a removal */
		memset(torn, 0, sectors * 512);
		assert_int_equal(kefs_ledger_get_entry(torn, &got, &key), -ENOENT);
	}
}

/* Lengths that lie must not be followed out of the block (the sanitizer watches). */
static void noise_is_refused(void **state)
{
	u8 *block = malloc(KEFS_LEDGER_BLOCK);
	const struct kefs_ledger_entry entry = entry_of(1, 1);
	struct kefs_ledger_entry got;

	(void)state;
	assert_non_null(block);
	kefs_ledger_put_entry(block, &entry, &key);
	for (u32 lens = 0; lens < 0x10000; lens += 0x101) {
		memcpy(block + 28, &lens, 2);
		memset(block + 30, 0xff, 2);
		assert_int_equal(kefs_ledger_get_entry(block, &got, &key), -EUCLEAN);
		memset(block + 28, 0xff, 2);
		memcpy(block + 30, &lens, 2);
		assert_int_equal(kefs_ledger_get_entry(block, &got, &key), -EUCLEAN);
	}
	free(block);
}

static void which_epochs_count(void **state)
{
	const struct kefs_ledger_head ended = { .epoch = 5, .floor = 5 }, cut = { .epoch = 5, .floor = 4 };

	(void)state;
	assert_true(kefs_ledger_counts(&ended, 5));
	assert_false(kefs_ledger_counts(&ended, 4));
	assert_true(kefs_ledger_counts(&cut, 4));
	assert_true(kefs_ledger_counts(&cut, 5));
	assert_false(kefs_ledger_counts(&cut, 3));
	assert_false(kefs_ledger_counts(&cut, 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head_round_trip),
		cmocka_unit_test(entry_round_trip),
		cmocka_unit_test(a_zero_block_is_free),
		cmocka_unit_test(one_kind_is_not_the_other),
		cmocka_unit_test(every_flipped_bit_is_seen),
		cmocka_unit_test(torn_writes_are_seen),
		cmocka_unit_test(noise_is_refused),
		cmocka_unit_test(which_epochs_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
