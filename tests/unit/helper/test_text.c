// SPDX-License-Identifier: GPL-2.0
/* common/: strings, buffers, ids, addresses. */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>

#include "common/addr.h"
#include "common/buf.h"
#include "common/id.h"
#include "common/str.h"

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0, 0 }, { "512", 0, 512 }, { "1K", 0, 1024 }, { "64G", 0, 64ull << 30 }, { "2 T", 0, 2ull << 40 },
		{ "3MiB", 0, 3ull << 20 }, { "3mb", 0, 3ull << 20 }, { "7B", 0, 7 }, { "", -EINVAL, 0 }, { "G", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 }, { "1.5G", -EINVAL, 0 }, { "1X", -EINVAL, 0 }, { "1Kx", -EINVAL, 0 }, { " 1", -EINVAL, 0 },
		{ "18446744073709551615", 0, UINT64_MAX }, { "18446744073709551616", -ERANGE, 0 },
		{ "16777216T", -ERANGE, 0 }, { "99999999999999999999999K", -ERANGE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bytes = 42;

		assert_int_equal(kefs_str_size(cases[i].text, &bytes), cases[i].rc);
		assert_int_equal(bytes, cases[i].rc ? 42 : cases[i].bytes);
	}
}

static void test_numbers(void **state)
{
	uint64_t value = 42;
	bool on = false;

	(void)state;
	assert_int_equal(kefs_str_u64("7", 1, 9, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(kefs_str_u64("10", 1, 9, &value), -ERANGE);
	assert_int_equal(kefs_str_u64("0", 1, 9, &value), -ERANGE);
	assert_int_equal(kefs_str_u64("7 ", 1, 9, &value), -EINVAL);
	assert_int_equal(kefs_str_u64("+7", 1, 9, &value), -EINVAL);
	assert_int_equal(value, 7);
	assert_int_equal(kefs_str_bool("YES", &on), 0);
	assert_true(on);
	assert_int_equal(kefs_str_bool("off", &on), 0);
	assert_false(on);
	assert_int_equal(kefs_str_bool("maybe", &on), -EINVAL);
}

static void test_cutting(void **state)
{
	char buf[4];

	(void)state;
	assert_int_equal(kefs_str_copy(buf, sizeof(buf), "abc"), 0);
	assert_int_equal(kefs_str_copy(buf, sizeof(buf), "abcd"), -ENAMETOOLONG);
	assert_string_equal(buf, "abc");
	assert_int_equal(kefs_str_format(buf, sizeof(buf), "%d", 1234), -ENAMETOOLONG);
	assert_string_equal(buf, "123");
	assert_string_equal(kefs_str_after("fs-1", "fs-"), "1");
	assert_null(kefs_str_after("f", "fs-"));
}

static void test_utf8(void **state)
{
	(void)state;
	assert_int_equal(kefs_str_utf8_chars(""), 0);
	assert_int_equal(kefs_str_utf8_chars("aä€😀"), 4);
	assert_int_equal(kefs_str_utf8_chars("\x80"), -EILSEQ);
	assert_int_equal(kefs_str_utf8_chars("\xc3"), -EILSEQ);
	assert_int_equal(kefs_str_utf8_chars("\xc0\xaf"), -EILSEQ);
	assert_int_equal(kefs_str_utf8_chars("\xed\xa0\x80"), -EILSEQ);
	assert_int_equal(kefs_str_utf8_chars("\xf4\x90\x80\x80"), -EILSEQ);
	assert_int_equal(kefs_str_utf8_chars("\xff"), -EILSEQ);
	assert_int_equal(kefs_str_utf8_chars("a\nb"), -EILSEQ);
}

static void test_ids(void **state)
{
	char a[KEFS_ID_SIZE], b[KEFS_ID_SIZE], uuid[KEFS_UUID_SIZE];

	(void)state;
	assert_int_equal(kefs_id_new("fs-", a), 0);
	assert_int_equal(kefs_id_new("fs-", b), 0);
	assert_int_equal(strlen(a), 3 + KEFS_ID_DIGITS);
	assert_true(kefs_id_valid(a, "fs-"));
	assert_string_not_equal(a, b);
	assert_true(kefs_id_valid("fs-01234567", "fs-"));
	assert_true(kefs_id_valid("fs-0123456789012345678901234567890123456789", "fs-"));
	assert_false(kefs_id_valid("fs-01234567890123456789012345678901234567890", "fs-"));
	assert_false(kefs_id_valid("fs-0123456", "fs-"));
	assert_false(kefs_id_valid("fs-0123456G", "fs-"));
	assert_false(kefs_id_valid("fs-ABCDEF01", "fs-"));
	assert_false(kefs_id_valid("fsap-01234567", "fs-"));
	assert_false(kefs_id_valid("fs-01234567/..", "fs-"));
	assert_string_equal(kefs_id_bare("fs-01234567", "fs-"), "fs-01234567");
	assert_string_equal(kefs_id_bare("arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-01234567", "fs-"),
			    "fs-01234567");
	assert_null(kefs_id_bare("arn:aws:elasticfilesystem", "fs-"));
	assert_null(kefs_id_bare("x/fs-01234567", "fs-"));
	assert_int_equal(kefs_id_uuid(uuid), 0);
	assert_int_equal(strlen(uuid), 36);
	assert_int_equal(uuid[14], '4');
}

static void test_addresses(void **state)
{
	static const struct {
		const char *text, *back;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1:2049" }, { "192.0.2.1:1", "192.0.2.1:1" }, { "::", "[::]:2049" },
		{ "[::1]:80", "[::1]:80" }, { "[2001:db8::1]", "[2001:db8::1]:2049" }, { "2001:db8::1", "[2001:db8::1]:2049" },
	};
	static const char *const bad[] = {
		"", ":", "foo", "1.2.3", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "[1.2.3.4]:1", "[::1", "[::1]x", "[::1]:", "[]:1",
		"1.2.3.4:1:2", "1111111111111111111111111111111111111111111111111111111111111111",
	};
	struct kefs_addr addr, other;
	char text[KEFS_ADDR_TEXT];
	uint8_t a[16], b[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(kefs_addr_parse(cases[i].text, 2049, &addr), 0);
		kefs_addr_format(&addr, text);
		assert_string_equal(text, cases[i].back);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(kefs_addr_parse(bad[i], 2049, &addr) < 0);
	assert_int_equal(kefs_addr_parse("192.0.2.1", 1, &addr), 0);
	assert_int_equal(kefs_addr_parse("::ffff:192.0.2.1", 1, &other), 0);
	kefs_addr_host(&addr, a);
	kefs_addr_host(&other, b);
	assert_memory_equal(a, b, 16);
	assert_int_equal(kefs_addr_set(&other, &addr.storage, 3), -EAFNOSUPPORT);
	assert_int_equal(kefs_addr_set(&other, &addr.storage, addr.len), 0);
	assert_true(kefs_addr_equal(&addr, &other));
	addr.len = 0;
	kefs_addr_format(&addr, text);
	assert_string_equal(text, "?");
}

static void test_buffers(void **state)
{
	struct kefs_buf buf = { .cap = 600 };

	(void)state;
	assert_int_equal(kefs_buf_format(&buf, "%0300d", 1), 0);
	assert_int_equal(buf.len, 300);
	assert_int_equal(kefs_buf_format(&buf, "%0301d", 1), -EMSGSIZE);
	assert_int_equal(buf.len, 300);
	assert_int_equal(kefs_buf_format(&buf, "%0300d", 1), 0);
	assert_int_equal(kefs_buf_add(&buf, "x", 1), -EMSGSIZE);
	assert_int_equal(kefs_buf_add(&buf, "", SIZE_MAX), -EMSGSIZE);
	assert_int_equal(buf.data[600], 0);
	kefs_buf_free(&buf);
	assert_null(buf.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	cmocka_unit_test(test_numbers),	  cmocka_unit_test(test_cutting),
		cmocka_unit_test(test_utf8),	cmocka_unit_test(test_ids),	  cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
