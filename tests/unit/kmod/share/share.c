// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "state/share.h"

#define LIMIT	(64u << 20)
#define ASSURED	(16u << 10)
#define STEP	2048

/* Takes all it can get in small steps: how much that was. */
static uint64_t greedy(struct kefs_share_held *held)
{
	uint64_t got = 0;

	while (kefs_share_room(LIMIT, ASSURED, held) >= STEP) {
		held->all += STEP;
		held->domain += STEP;
		held->address += STEP;
		got += STEP;
	}
	return got;
}

static void one_address_leaves_half(void **state)
{
	struct kefs_share_held held = { 0, 0, 0 };
	uint64_t got = greedy(&held);

	(void)state;
	assert_in_range(got, LIMIT / 5 * 2, LIMIT / 2);
}

/* Many addresses of a domain, and then an address of another */
static void one_domain_leaves_a_third(void **state)
{
	struct kefs_share_held held = { 0, 0, 0 };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		held.address = 0;
		greedy(&held);
	}
	assert_in_range(held.domain, LIMIT / 2, LIMIT / 3 * 2 + STEP);
	held.domain = 0;
	held.address = 0;
	assert_in_range(greedy(&held), LIMIT / 20, LIMIT / 3);
}

/* However many have taken all they can get, there are small shares for those who come with little */
static void something_for_the_last(void **state)
{
	struct kefs_share_held held = { 0, 0, 0 };

	(void)state;
	for (int i = 0; i < 30; i++) {
		held.domain = 0;
		held.address = 0;
		greedy(&held);
	}
	held.domain = 0;
	held.address = 0;
	assert_in_range(LIMIT - held.all, LIMIT / 64, LIMIT / 16);
	assert_int_equal(kefs_share_room(LIMIT, ASSURED, &held), ASSURED);
}

/* Who has much already is not held back by others before they have as much */
static void a_large_domain_grows(void **state)
{
	struct kefs_share_held held = { LIMIT / 10 * 6, LIMIT / 10 * 3, 0 };

	(void)state;
	assert_in_range(kefs_share_room(LIMIT, ASSURED, &held), LIMIT / 4, LIMIT / 2);
}

static void never_more_than_there_is(void **state)
{
	struct kefs_share_held full = { LIMIT, 0, 0 }, over = { LIMIT + 5, 10, 10 }, last = { LIMIT - 100, 0, 0 };

	(void)state;
	assert_int_equal(kefs_share_room(LIMIT, ASSURED, &full), 0);
	assert_int_equal(kefs_share_room(LIMIT, ASSURED, &over), 0);
	assert_int_equal(kefs_share_room(LIMIT, ASSURED, &last), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_leaves_half),
		cmocka_unit_test(one_domain_leaves_a_third),
		cmocka_unit_test(something_for_the_last),
		cmocka_unit_test(a_large_domain_grows),
		cmocka_unit_test(never_more_than_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
