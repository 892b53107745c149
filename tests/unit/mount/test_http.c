// SPDX-License-Identifier: GPL-2.0
/* URLs, answers, and what the API says of mount targets. */
#include "test.h"

#include <errno.h>

#include "http.h"
#include "resolve.h"
#include "web.h"

static void test_url(void **state)
{
	static const char *const bad[] = { "", "ftp://x", "http://", "http:///x", "http://a:0", "http://a:65536",
					   "http://[::1", "http://[::1]x", "http://u@h/", "http://h/a b", "http://h/#f" };
	struct http_url url;
	struct kefs_err err;

	(void)state;
	assert_int_equal(http_url_parse("https://api.example.test/x?y=z", &url, &err), 0);
	assert_true(url.tls);
	assert_string_equal(url.host, "api.example.test");
	assert_string_equal(url.port, "443");
	assert_string_equal(url.path, "/x?y=z");
	assert_int_equal(http_url_parse("http://[2001:db8::1]:8049", &url, &err), 0);
	assert_string_equal(url.host, "2001:db8::1");
	assert_string_equal(url.port, "8049");
	assert_string_equal(url.authority, "[2001:db8::1]:8049");
	assert_string_equal(url.path, "/");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(http_url_parse(bad[i], &url, &err), -EINVAL);
}

static int answer(const char *text, char *ret_body, size_t *ret_len)
{
	char copy[512], *body;
	unsigned int status;
	int rc;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	rc = http_answer_parse(copy, strlen(copy), &status, &body, ret_len);
	if (rc < 0)
		return rc;
	memcpy(ret_body, body, *ret_len);
	ret_body[*ret_len] = '\0';
	return (int)status;
}

static void test_answer(void **state)
{
	static const char *const bad[] = { "", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 200 OK\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nab" };
	char body[512];
	size_t len;

	(void)state;
	assert_int_equal(answer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabc", body, &len), 200);
	assert_string_equal(body, "ab");
	assert_int_equal(answer("HTTP/1.1 404 No\r\n\r\nabc", body, &len), 404);
	assert_string_equal(body, "abc");
	assert_int_equal(answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x\r\ncde\r\n0\r\n\r\n",
				body, &len), 200);
	assert_string_equal(body, "abcde");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(answer(bad[i], body, &len), -EBADMSG);
}

static void test_pick(void **state)
{
	json_t *all = json_loads("{\"MountTargets\": ["
		"{\"LifeCycleState\": \"creating\", \"AvailabilityZoneName\": \"b\", \"IpAddress\": \"192.0.2.1\"},"
		"{\"LifeCycleState\": \"available\", \"AvailabilityZoneName\": \"a\", \"IpAddress\": \"192.0.2.2\"},"
		"{\"LifeCycleState\": \"available\", \"AvailabilityZoneName\": \"b\", \"AvailabilityZoneId\": \"idb\", "
		"\"Ipv6Address\": \"2001:db8::3\"}]}", 0, NULL);
	json_t *none = json_loads("{\"MountTargets\": [{\"LifeCycleState\": 1}, 7]}", 0, NULL);

	(void)state;
	assert_string_equal(resolve_pick(all, ""), "192.0.2.2");
	assert_string_equal(resolve_pick(all, "b"), "2001:db8::3");
	assert_string_equal(resolve_pick(all, "idb"), "2001:db8::3");
	assert_string_equal(resolve_pick(all, "c"), "192.0.2.2");
	assert_null(resolve_pick(none, ""));
	json_decref(all);
	json_decref(none);
}

/* A name that DNS does not know: the API is asked, signed, and its address is tried. */
static void test_fallback(void **state)
{
	static const char *const answers[] = { "HTTP/1.1 200 OK\r\n\r\n{\"MountTargets\": [{\"LifeCycleState\": "
					       "\"available\", \"IpAddress\": \"127.0.0.1\"}]}", "", NULL };
	struct plan *plan = calloc(1, sizeof(*plan));
	struct places *places = calloc(1, sizeof(*places));
	char dir[256], target[NAME_SIZE];
	struct failure failure;
	struct web web;
	const char *asked;

	(void)state;
	test_mkdir(dir);
	web_start(&web, dir, answers);
	(void)snprintf(places->efs_url, sizeof(places->efs_url), "http://127.0.0.1:%u", web.port);
	(void)snprintf(plan->name, sizeof(plan->name), "fs-0123456789abcdef0.invalid");
	(void)snprintf(plan->region, sizeof(plan->region), "us-east-1");
	(void)snprintf(plan->device.fs_id, sizeof(plan->device.fs_id), "fs-0123456789abcdef0");
	plan->fallback = true;
	assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1), 0);
	assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "s", 1), 0);
	if (resolve_target(plan, web.port, places, target, &failure) < 0)
		fail_msg("%s", failure.text);
	assert_string_equal(target, "127.0.0.1");
	asked = web_stop(&web);
	assert_contains(asked, "GET /2015-02-01/mount-targets?FileSystemId=fs-0123456789abcdef0 HTTP/1.1\r\n");
	assert_contains(asked, "/us-east-1/elasticfilesystem/aws4_request, SignedHeaders=accept;host;x-amz-date");
	/* Now nobody answers */
	assert_true(resolve_target(plan, web.port, places, target, &failure) < 0);
	assert_contains(failure.text, "cannot resolve 'fs-0123456789abcdef0.invalid'");
	assert_contains(failure.text, "no mount target's address could be had: 127.0.0.1");
	plan->fallback = false;
	assert_true(resolve_target(plan, web.port, places, target, &failure) < 0);
	assert_contains(failure.text, "mounttargetip");
	test_rmdir(dir);
	free(plan);
	free(places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url), cmocka_unit_test(test_answer), cmocka_unit_test(test_pick),
		cmocka_unit_test(test_fallback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
