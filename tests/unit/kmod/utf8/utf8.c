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
#include "files/utf8.h"

/* In memory of exactly that size, so that ASan sees a byte read too far. */
static int check(const char *name, size_t len)
{
	char *copy = malloc(len ? len : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, name, len);
	ret = kefs_utf8_check_name(copy, len);
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
	assert_int_equal(check("\xff", 1), -EINVAL);
}

/* Encodes as RFC 3629 does, also what it forbids. */
static size_t encode(u32 c, size_t len, char *out)
{
	static const u8 lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t i;

	for (i = len - 1; i; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(len == 1 ? c : lead[len] | c);
	return len;
}

static size_t shortest(u32 c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static void test_all_code_points(void **state)
{
	static const u32 end[] = { 0, 0x80, 0x800, 0x10000, 0x200000 };
	char buf[4];
	size_t len;
	u32 c;
	bool good;

	(void)state;
	for (len = 1; len <= 4; len++) {
		for (c = 0; c < end[len]; c++) {
			good = len == shortest(c) && (c < 0xd800 || c > 0xdfff) && c <= 0x10ffff;
			encode(c, len, buf);
			if (kefs_utf8_valid(buf, len) != good)
				fail_msg("U+%x in %zu bytes", c, len);
			if (len > 1 && kefs_utf8_valid(buf, len - 1))
				fail_msg("U+%x cut short passes", c);
		}
	}
}

static void test_stray_bytes(void **state)
{
	unsigned int lead, second;
	char buf[2];

	(void)state;
	for (lead = 0x80; lead < 0x100; lead++) {
		buf[0] = (char)lead;
		assert_false(kefs_utf8_valid(buf, 1));
		for (second = 0; second < 0x100; second++) {
			buf[1] = (char)second;
			assert_int_equal(kefs_utf8_valid(buf, 2),
					 lead >= 0xc2 && lead <= 0xdf && second >= 0x80 && second <= 0xbf);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_all_code_points),
		cmocka_unit_test(test_stray_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
