// SPDX-License-Identifier: GPL-2.0
/* Request bodies and replies. */
#include "test.h"

#include <errno.h>

#include "api/fs_request.h"
#include "base/json.h"
#include "http/reply.h"

static int decode(const char *body, struct kefs_fs_request *request, struct kefs_err *err)
{
	return kefs_fs_request_decode(body, strlen(body), request, err);
}

static void test_bodies(void **state)
{
	static const struct {
		const char *body, *what;
	} bad[] = {
		{ "{", "not valid JSON" }, { "[]", "not a JSON object" }, { "\"x\"", "not valid JSON" }, { "nul", "not valid JSON" },
		{ "{\"Name\":1}", "Name must be a string" }, { "{\"Name\":\"a;b\"}", "Name contains" },
		{ "{\"Name\":\"a\\u0000b\"}", "not valid JSON" }, { "{\"Name\":\"a\",\"Name\":\"b\"}", "not valid JSON" },
		{ "{\"CreationToken\":\"\"}", "1 to 64" }, { "{\"CreationToken\":\"\\u00e4\"}", "printable" },
		{ "{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", "levels deep" },
		{ "{\"CreationToken\":\"01234567890123456789012345678901234567890123456789012345678901234\"}", "longer than 64" },
	};
	struct kefs_fs_request request;
	struct kefs_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(decode(bad[i].body, &request, &err), -EINVAL);
		assert_contains(err.text, bad[i].what);
	}
	assert_int_equal(decode("", &request, &err), 0);
	assert_string_equal(request.name, "");
	assert_int_equal(decode("{\"Name\":null,\"Other\":[1,{\"[[\":\"{{\"}]}", &request, &err), 0);
	assert_int_equal(decode("{\"Name\":\"n\",\"CreationToken\":\"t\"}", &request, &err), 0);
	assert_string_equal(request.name, "n");
	assert_string_equal(request.token, "t");
}

static void test_errors(void **state)
{
	struct kefs_http_reply reply = { .status = 0 };

	(void)state;
	kefs_reply_error(&reply, 409, "FileSystemAlreadyExists", "File system '%s' \xff", "fs-1");
	kefs_reply_add(&reply, "FileSystemId", "fs-1");
	assert_int_equal(reply.status, 409);
	assert_string_equal(reply.error, "FileSystemAlreadyExists");
	assert_string_equal(json_string_value(json_object_get(reply.body, "ErrorCode")), "FileSystemAlreadyExists");
	assert_string_equal(json_string_value(json_object_get(reply.body, "Message")), "File system 'fs-1' ?");
	assert_string_equal(json_string_value(json_object_get(reply.body, "FileSystemId")), "fs-1");
	kefs_reply_json(&reply, 200, NULL);
	assert_int_equal(reply.status, 500);
	kefs_reply_empty(&reply, 204);
	assert_null(reply.body);
	assert_null(reply.error);
	kefs_reply_free(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_bodies), cmocka_unit_test(test_errors) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
