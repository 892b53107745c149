// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "state/grace.h"

#define LEASE 90000

static void lasts_a_lease(void **state)
{
	(void)state;
	assert_int_equal(kefs_grace_left(0, LEASE, UINT64_MAX), LEASE);
	assert_int_equal(kefs_grace_left(LEASE - 1, LEASE, UINT64_MAX), 1);
	assert_int_equal(kefs_grace_left(LEASE, LEASE, UINT64_MAX), 0);
	assert_int_equal(kefs_grace_left(10 * LEASE, LEASE, UINT64_MAX), 0);
}

static void longer_while_somebody_reclaims(void **state)
{
	(void)state;
	/* Long ago: no more */
	assert_int_equal(kefs_grace_left(LEASE, LEASE, KEFS_GRACE_EXTEND_MS), 0);
	assert_int_equal(kefs_grace_left(LEASE, LEASE, KEFS_GRACE_EXTEND_MS - 1), 1);
	assert_int_equal(kefs_grace_left(LEASE, LEASE, 0), KEFS_GRACE_EXTEND_MS);
	/* A reclaim early on takes nothing away */
	assert_int_equal(kefs_grace_left(1000, LEASE, 1000), LEASE - 1000);
}

static void never_longer_than_two(void **state)
{
	(void)state;
	assert_int_equal(kefs_grace_left(2 * LEASE - 1, LEASE, 0), 1);
	assert_int_equal(kefs_grace_left(2 * LEASE, LEASE, 0), 0);
	assert_int_equal(kefs_grace_left(5 * LEASE, LEASE, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lasts_a_lease),
		cmocka_unit_test(longer_while_somebody_reclaims),
		cmocka_unit_test(never_longer_than_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
