// SPDX-License-Identifier: GPL-2.0
#include "test.h"

#include <errno.h>

#include "http/route.h"

static const struct kefs_route routes[] = {
	{ "GET", "/v1/fs", NULL },		{ "POST", "/v1/fs", NULL },
	{ "GET", "/v1/fs/replication", NULL },	{ "GET", "/v1/fs/{id}", NULL },
	{ "DELETE", "/v1/fs/{id}", NULL },	{ "PUT", "/v1/fs/{id}/policy/{x}", NULL },
	{ "GET", "/tags/{id}/", NULL },		{ "GET", "/", NULL },
};

static int find(const char *method, const char *path, struct kefs_route_match *match)
{
	return kefs_route_find(routes, sizeof(routes) / sizeof(routes[0]), method, path, match);
}

static void test_matching(void **state)
{
	static const struct {
		const char *method, *path;
		int rc, row;
		const char *params[2];
	} cases[] = {
		{ "GET", "/v1/fs", 0, 0, { NULL } },
		{ "POST", "/v1/fs", 0, 1, { NULL } },
		{ "GET", "/v1/fs/replication", 0, 2, { NULL } },
		{ "GET", "/v1/fs/fs-1", 0, 3, { "fs-1" } },
		{ "DELETE", "/v1/fs/fs-1", 0, 4, { "fs-1" } },
		{ "PUT", "/v1/fs/a%2Fb/policy/c%20d", 0, 5, { "a/b", "c d" } },
		{ "GET", "/tags/x/", 0, 6, { "x" } },
		{ "GET", "/", 0, 7, { NULL } },
		{ "GET", "/%761/fs", 0, 0, { NULL } },
		{ "PUT", "/v1/fs", -EOPNOTSUPP, 0, { NULL } },
		{ "GET", "/v1/fs/", -ENOENT, 0, { NULL } },
		{ "GET", "/v1/fs/a/b", -ENOENT, 0, { NULL } },
		{ "GET", "/tags/x", -ENOENT, 0, { NULL } },
		{ "GET", "//v1/fs", -ENOENT, 0, { NULL } },
		{ "GET", "", -ENOENT, 0, { NULL } },
		{ "GET", "*", -ENOENT, 0, { NULL } },
		{ "GET", "/v1/fs/%", -EINVAL, 0, { NULL } },
		{ "GET", "/v1/fs/%4", -EINVAL, 0, { NULL } },
		{ "GET", "/v1/fs/%zz", -EINVAL, 0, { NULL } },
		{ "GET", "/v1/fs/%00", -EINVAL, 0, { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kefs_route_match match;

		assert_int_equal(find(cases[i].method, cases[i].path, &match), cases[i].rc);
		if (cases[i].rc)
			continue;
		assert_ptr_equal(match.route, &routes[cases[i].row]);
		for (int p = 0; p < 2 && cases[i].params[p]; p++)
			assert_string_equal(match.params[p], cases[i].params[p]);
	}
}

static void test_lengths(void **state)
{
	struct kefs_route_match match;
	char path[600] = "/v1/fs/";

	(void)state;
	memset(path + 7, 'a', KEFS_ROUTE_PARAM_SIZE - 1);
	assert_int_equal(find("GET", path, &match), 0);
	path[7 + KEFS_ROUTE_PARAM_SIZE - 1] = 'a';
	assert_int_equal(find("GET", path, &match), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_matching), cmocka_unit_test(test_lengths) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
