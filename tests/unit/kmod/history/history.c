// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "state/history.h"

#define FILE_A	0x1234567800000001ULL
#define ALICE	0x1111111100000001ULL
#define BOB	0x1111111100000002ULL

static struct kefs_history h;

static int fresh(void **state)
{
	(void)state;
	memset(&h, 0, sizeof(h));
	return 0;
}

static bool reads(u64 client, u32 now)
{
	return kefs_history_open(&h, FILE_A, client, false, now);
}

static bool writes(u64 client, u32 now)
{
	return kefs_history_open(&h, FILE_A, client, true, now);
}

static void test_second_open(void **state)
{
	(void)state;
	assert_false(reads(ALICE, 1));
	assert_true(reads(ALICE, 2));
	assert_true(writes(ALICE, 3));
	assert_false(reads(BOB, 4));
	assert_true(reads(BOB, 5));
	assert_true(reads(ALICE, 6));
}

static void test_window(void **state)
{
	(void)state;
	assert_false(reads(ALICE, 1));
	assert_true(reads(ALICE, 1 + KEFS_HISTORY_WINDOW));
	assert_false(reads(ALICE, 2 + 2 * KEFS_HISTORY_WINDOW));
}

/* A file that several pass to one another is nobody's. */
static void test_shared_writing(void **state)
{
	u32 now;

	(void)state;
	for (now = 1; now < 100; now += 2) {
		assert_false(writes(ALICE, now));
		assert_false(reads(BOB, now + 1));
	}
	for (; now < 200; now += 2) {
		assert_false(writes(ALICE, now));
		assert_false(writes(BOB, now + 1));
	}
}

static void test_writer_alone_again(void **state)
{
	(void)state;
	assert_false(reads(BOB, 1));
	assert_false(writes(ALICE, 2));
	assert_true(writes(ALICE, 3));
}

static void test_many_readers(void **state)
{
	u64 client;

	(void)state;
	for (client = 1; client <= KEFS_HISTORY_CLIENTS; client++)
		assert_false(reads(client, 1));
	for (client = 1; client <= KEFS_HISTORY_CLIENTS; client++)
		assert_true(reads(client, 2));
}

static void test_calm(void **state)
{
	u32 now = 10, calm = KEFS_HISTORY_CALM, i;

	(void)state;
	for (i = 0; i < 20; i++) {
		kefs_history_recall(&h, FILE_A, now);
		kefs_history_recall(&h, FILE_A, now + 1);	/* the same conflict's next client */
		assert_true(kefs_history_contended(&h, FILE_A, now + calm - 1));
		reads(ALICE, now + calm - 2);
		assert_false(reads(ALICE, now + calm - 1));
		assert_true(reads(ALICE, now + calm));
		assert_false(kefs_history_contended(&h, FILE_A, now + calm));
		now += calm + 10;
		calm = calm * 2 < KEFS_HISTORY_CALM_MAX ? calm * 2 : KEFS_HISTORY_CALM_MAX;
	}
	/* forgiven after an hour */
	now += 3600;
	kefs_history_recall(&h, FILE_A, now);
	assert_false(kefs_history_contended(&h, FILE_A, now + KEFS_HISTORY_CALM));
	assert_false(kefs_history_contended(&h, FILE_A + 1, now));
}

/* However many files there are: those of a full set push one another out, the oldest first, and nothing else. */
static void test_full(void **state)
{
	u64 key, step = KEFS_HISTORY_SETS;
	u32 now = 1;

	(void)state;
	assert_int_equal(kefs_history_set(0), kefs_history_set(step));
	for (key = 0; key < KEFS_HISTORY_WAYS * step; key += step)
		assert_false(kefs_history_open(&h, key, ALICE, false, now++));
	for (key = 0; key < KEFS_HISTORY_WAYS * step; key += step)
		assert_true(kefs_history_open(&h, key, ALICE, false, now++));
	assert_false(kefs_history_open(&h, key, ALICE, false, now++));
	assert_true(kefs_history_open(&h, key, ALICE, false, now++));
	assert_true(kefs_history_open(&h, step, ALICE, false, now++));
	assert_false(kefs_history_open(&h, 0, ALICE, false, now++));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_second_open, fresh),
		cmocka_unit_test_setup(test_window, fresh),
		cmocka_unit_test_setup(test_shared_writing, fresh),
		cmocka_unit_test_setup(test_writer_alone_again, fresh),
		cmocka_unit_test_setup(test_many_readers, fresh),
		cmocka_unit_test_setup(test_calm, fresh),
		cmocka_unit_test_setup(test_full, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
