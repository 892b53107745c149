// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "state/modes.h"

static bool can(u16 set, u32 access, u32 deny)
{
	u32 a, d;

	kefs_modes_within(set, access, deny, &a, &d);
	return a == access && d == deny;
}

static void test_examples(void **state)
{
	u16 set = kefs_modes_add(0, 1, 0);
	u32 a, d;

	(void)state;
	assert_true(can(set, 1, 0));
	assert_false(can(set, 2, 0));	/* never opened so */
	assert_false(can(set, 3, 0));
	assert_false(can(set, 1, 1));
	set = kefs_modes_add(set, 2, 1);
	assert_true(can(set, 1, 0));
	assert_true(can(set, 2, 1));
	assert_true(can(set, 3, 1));
	assert_false(can(set, 3, 0));	/* write came with a deny */
	assert_false(can(set, 1, 1));
	/* one open for both is not two */
	set = kefs_modes_add(0, 3, 0);
	assert_false(can(set, 1, 0));
	assert_false(can(set, 2, 0));
	assert_true(can(set, 3, 0));
	/* what is given up is forgotten */
	set = kefs_modes_within(kefs_modes_add(set, 1, 0), 1, 0, &a, &d);
	assert_int_equal(set, kefs_modes_add(0, 1, 0));
	assert_false(can(set, 3, 0));
}

/* Against the definition: the union of some subset, tried out. */
static bool some_subset(const u32 *access, const u32 *deny, unsigned int n, u32 want_access, u32 want_deny)
{
	unsigned int subset, i;

	for (subset = 1; subset < 1u << n; subset++) {
		u32 a = 0, d = 0;

		for (i = 0; i < n; i++) {
			if (subset & 1u << i) {
				a |= access[i];
				d |= deny[i];
			}
		}
		if (a == want_access && d == want_deny)
			return true;
	}
	return false;
}

static void test_definition(void **state)
{
	u32 access[12], deny[12], set, a, d;
	unsigned int n, i;

	(void)state;
	for (set = 1; set < 1u << 12; set++) {
		u16 built = 0;

		for (i = n = 0; i < 12; i++) {
			if (!(set & 1u << i))
				continue;
			access[n] = i / 4 + 1;
			deny[n] = i % 4;
			built = kefs_modes_add(built, access[n], deny[n]);
			n++;
		}
		if (n > 6)
			continue;
		for (a = 1; a <= 3; a++)
			for (d = 0; d <= 3; d++)
				assert_int_equal(can(built, a, d), some_subset(access, deny, n, a, d));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
