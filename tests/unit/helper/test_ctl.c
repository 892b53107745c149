// SPDX-License-Identifier: GPL-2.0
/* kefsctl's pure parts. */
#include "test.h"

#include <errno.h>

#include "ctl/client.h"
#include "ctl/format.h"
#include "ctl/options.h"
#include "ctl/table.h"

static void test_options(void **state)
{
	struct ctl_option options[] = {
		{ .name = "flag", .kind = CTL_OPTION_FLAG }, { .name = "value", .kind = CTL_OPTION_VALUE },
		{ .name = "number", .kind = CTL_OPTION_NUMBER },
	};
	char *argv[] = { "a", "--flag", "--value", "--x", "--number", "5", "b", "--", "--flag" };
	char *rest[4] = { NULL };
	struct kefs_err err;
	int count = 0;

	(void)state;
	assert_int_equal(ctl_options_parse(9, argv, options, 3, false, rest, 4, &count, &err), 0);
	assert_int_equal(count, 3);
	assert_string_equal(rest[0], "a");
	assert_string_equal(rest[1], "b");
	assert_string_equal(rest[2], "--flag");
	assert_true(options[0].given);
	assert_string_equal(options[1].value, "--x");
	assert_string_equal(options[2].value, "5");
}

static void test_optional_number(void **state)
{
	struct ctl_option options[] = { { .name = "watch", .kind = CTL_OPTION_NUMBER } };
	char *argv[] = { "--watch", "demo" };
	char *rest[1] = { NULL };
	struct kefs_err err;
	int count = 0;

	(void)state;
	assert_int_equal(ctl_options_parse(2, argv, options, 1, false, rest, 1, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_true(options[0].given);
	assert_null(options[0].value);
}

static void test_option_mistakes(void **state)
{
	static const struct {
		char *argv[3];
		int argc;
		const char *what;
	} cases[] = {
		{ { "--nope" }, 1, "unknown option '--nope'" }, { { "-x" }, 1, "unknown option '-x'" },
		{ { "--value" }, 1, "needs a value" },		{ { "--flag=1" }, 1, "takes no value" },
		{ { "--number=x" }, 1, "takes a number" },	{ { "--flag", "--flag" }, 2, "given twice" },
		{ { "a", "b" }, 2, "unexpected argument 'b'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ctl_option options[] = {
			{ .name = "flag", .kind = CTL_OPTION_FLAG }, { .name = "value", .kind = CTL_OPTION_VALUE },
			{ .name = "number", .kind = CTL_OPTION_NUMBER },
		};
		char *argv[3] = { cases[i].argv[0], cases[i].argv[1], cases[i].argv[2] }, *rest[1];
		struct kefs_err err;
		int count;

		assert_int_equal(ctl_options_parse(cases[i].argc, argv, options, 3, false, rest, 1, &count, &err), -EINVAL);
		assert_contains(err.text, cases[i].what);
	}
}

/* The first pass knows --json only and must leave the rest for the second, "--" included. */
static void test_two_passes(void **state)
{
	struct ctl_option first[] = { { .name = "json", .kind = CTL_OPTION_FLAG } };
	struct ctl_option second[] = { { .name = "name", .kind = CTL_OPTION_VALUE } };
	char *argv[] = { "fs", "create", "--name", "x", "--json", "--", "--json" };
	char *rest[8], *args[2];
	struct kefs_err err;
	int count, n;

	(void)state;
	assert_int_equal(ctl_options_parse(7, argv, first, 1, true, rest, 8, &count, &err), 0);
	assert_int_equal(count, 6);
	assert_true(first[0].given);
	assert_int_equal(ctl_options_parse(count - 2, rest + 2, second, 1, false, args, 2, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_string_equal(args[0], "--json");
	assert_string_equal(second[0].value, "x");
}

static void test_numbers(void **state)
{
	char buf[CTL_TEXT];

	(void)state;
	assert_string_equal(ctl_format_size(0, buf), "0 B");
	assert_string_equal(ctl_format_size(1023, buf), "1023 B");
	assert_string_equal(ctl_format_size(6144, buf), "6.0 KiB");
	assert_string_equal(ctl_format_size(1048575, buf), "1.0 MiB");
	assert_string_equal(ctl_format_size(UINT64_MAX, buf), "16.0 EiB");
	assert_string_equal(ctl_format_duration(999, buf), "999ms");
	assert_string_equal(ctl_format_duration(59999, buf), "59s");
	assert_string_equal(ctl_format_duration(185000, buf), "3m05s");
	assert_string_equal(ctl_format_duration(3600000, buf), "1h00m");
	assert_string_equal(ctl_format_duration(90000000, buf), "1d01h");
	assert_string_equal(ctl_format_count(9999999, buf), "9999999");
	assert_string_equal(ctl_format_count(12345678, buf), "12.3M");
	assert_string_equal(ctl_format_count(45678901234, buf), "45.7G");
}

static void test_tables(void **state)
{
	static const char *const headers[] = { "NAME", ">SIZE", "LAST" };
	static const char *const rows[][3] = { { "ä", "1", "x" }, { "long name", "12345", NULL }, { "a\033[2J", "", "y" } };
	struct ctl_table table;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	ctl_table_init(&table, headers, 3);
	for (int i = 0; i < 3; i++)
		ctl_table_add(&table, rows[i]);
	ctl_table_print(&table, out);
	ctl_table_free(&table);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
			    "NAME        SIZE  LAST\n"
			    "ä              1  x\n"
			    "long name  12345  \n"
			    "a?[2J             y\n");
	free(text);
}

static void test_answers(void **state)
{
	static const char good[] = "HTTP/1.1 200 OK\r\nA: b\r\ncontent-length: 2\r\n\r\n{}";
	static const char *const bad[] = {
		"", "HTTP/1.1 200 OK\r\n", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
	};
	const char *body;
	size_t len;
	int status;

	(void)state;
	assert_int_equal(ctl_client_parse(good, sizeof(good) - 1, &status, &body, &len), 0);
	assert_int_equal(status, 200);
	assert_int_equal(len, 2);
	assert_memory_equal(body, "{}", 2);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ctl_client_parse(bad[i], strlen(bad[i]), &status, &body, &len), -EBADMSG);
	/* Every prefix is refused or is whole: never read past. */
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		char *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, good, n);
		assert_int_equal(ctl_client_parse(copy, n, &status, &body, &len), -EBADMSG);
		free(copy);
	}
}

static void test_encoding(void **state)
{
	char buf[16];

	(void)state;
	assert_int_equal(ctl_client_encode("a/b ä", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "a%2Fb%20%C3%A4");
	assert_int_equal(ctl_client_encode("////////", buf, sizeof(buf)), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),	  cmocka_unit_test(test_optional_number), cmocka_unit_test(test_option_mistakes),
		cmocka_unit_test(test_two_passes), cmocka_unit_test(test_numbers),	  cmocka_unit_test(test_tables),
		cmocka_unit_test(test_answers),	  cmocka_unit_test(test_encoding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
