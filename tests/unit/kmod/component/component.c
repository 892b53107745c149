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
#include "files/component.h"

/* In memory of exactly that size, so that ASan sees a byte read too far. */
static int check(const char *name, size_t len)
{
	char *copy = malloc(len ? len : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, name, len);
	ret = kefs_component_check(copy, len);
	free(copy);
	return ret;
}

static void test_names(void **state)
{
	char longest[256];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(check("", 0), -EINVAL);
	assert_int_equal(check(".", 1), -KEFS_ERR_BADNAME);
	assert_int_equal(check("..", 2), -KEFS_ERR_BADNAME);
	assert_int_equal(check("...", 3), 0);
	assert_int_equal(check(".a", 2), 0);
	assert_int_equal(check("a/b", 3), -KEFS_ERR_BADCHAR);
	assert_int_equal(check("a\0b", 3), -KEFS_ERR_BADCHAR);
	assert_int_equal(check(longest, 255), 0);
	assert_int_equal(check(longest, 256), -ENAMETOOLONG);
	assert_int_equal(check("\xc3\xa4", 2), 0);
	assert_int_equal(check("\xff", 1), 0);	/* a name is bytes */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
