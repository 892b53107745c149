// SPDX-License-Identifier: GPL-2.0
/* Where credentials are found, in which order, how they are had again, and what is said when there are none. */
#include "test.h"

#include "creds.h"
#include "file.h"
#include "web.h"

#define ROLE_JSON "{\"Credentials\": {\"AccessKeyId\": \"ASIAROLE\", \"SecretAccessKey\": \"rolesecret\", " \
	"\"SessionToken\": \"roletoken\", \"Expiration\": 1.767326645E9}}"
#define OK "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"

static char dir[256], credentials[300], config[300], url[64];
static const char *environment[8];	/* "NAME=value" */

static const char *env(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < 8 && environment[i]; i++)
		if (!strncmp(environment[i], name, len) && environment[i][len] == '=')
			return environment[i] + len + 1;
	return NULL;
}

static const struct creds_places places = { credentials, config, "us-east-1", url, NULL, env };

static int setup(void **state)
{
	(void)state;
	test_mkdir(dir);
	(void)snprintf(credentials, sizeof(credentials), "%s/credentials", dir);
	(void)snprintf(config, sizeof(config), "%s/config", dir);
	(void)memset(environment, 0, sizeof(environment));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_rmdir(dir);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	assert_int_equal(file_write(path, text, strlen(text), 0600, 0), 0);
}

#define ROLE_END 1767326645

static void find_until(const struct creds_request *request, const char *key, const char *method, int64_t end)
{
	struct failure failure = { 0 };
	struct creds creds = { 0 }, again = { 0 };

	if (creds_find(request, &places, &creds, &failure) < 0)
		fail_msg("%s", failure.text);
	assert_string_equal(creds.access_key, key);
	assert_string_equal(creds.method, method);
	assert_int_equal(creds.expires, end);
	if (!strchr(method, ':') || !strncmp(method, "named", 5) || !strncmp(method, "web", 3))
		return;
	assert_int_equal(creds_again(method, &places, &again, &failure), 0);
	assert_memory_equal(&creds, &again, sizeof(creds));
}

static void find(const struct creds_request *request, const char *key, const char *method)
{
	find_until(request, key, method, 0);
}

static void test_default_profile(void **state)
{
	(void)state;
	write_file(credentials, "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key=s\n"
		   "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = s\naws_session_token = t\n");
	find(&(struct creds_request){ { 0 } }, "AKIADEFAULT", "credentials:default");
	find(&(struct creds_request){ .profile = "work" }, "AKIAWORK", "credentials:work");
	find(&(struct creds_request){ .profile = "work", .profile_given = true }, "AKIAWORK", "credentials:work");
}

static void test_config_file(void **state)
{
	(void)state;
	write_file(config, "[profile work]\nregion = x\ns3 =\n  key = v\naws_access_key_id = AKIACONFIG\n"
		   "aws_secret_access_key = s\n");
	find(&(struct creds_request){ .profile = "work" }, "AKIACONFIG", "config:work");
}

/* Keys of the environment come before a profile that nobody named, and after one that was given. */
static void test_environment(void **state)
{
	struct creds_request given = { .profile = "work", .profile_given = true };

	(void)state;
	write_file(credentials, "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key=s\n"
		   "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = s\n");
	environment[0] = "AWS_ACCESS_KEY_ID=AKIAENV";
	environment[1] = "AWS_SECRET_ACCESS_KEY=s";
	find(&(struct creds_request){ { 0 } }, "AKIAENV", "environment");
	find(&given, "AKIAWORK", "credentials:work");
}

static void test_kept_keys(void **state)
{
	struct failure failure = { 0 };
	struct creds creds;
	char path[300], method[400];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/kept", dir);
	write_file(path, "[environment]\naws_access_key_id = AKIAENV\naws_secret_access_key = s\naws_session_token = \n");
	(void)snprintf(method, sizeof(method), "file:%s", path);
	assert_int_equal(creds_again(method, &places, &creds, &failure), 0);
	assert_string_equal(creds.access_key, "AKIAENV");
	assert_string_equal(creds.token, "");
}

/* With nothing anywhere, the message names each place and what was wrong there. */
static void test_nothing(void **state)
{
	struct failure failure = { 0 };
	struct creds creds;

	(void)state;
	environment[0] = "AWS_ROLE_ARN=arn:aws:iam::123456789012:role/r";
	environment[1] = "AWS_WEB_IDENTITY_TOKEN_FILE=/nowhere/token";
	assert_true(creds_find(&(struct creds_request){ { 0 } }, &places, &creds, &failure) < 0);
	assert_int_equal(failure.status, 1);
	assert_contains(failure.text, "the environment (AWS_ACCESS_KEY_ID and");
	assert_contains(failure.text, "profile 'default' (no keys or role in");
	assert_contains(failure.text, "AWS_ROLE_ARN (/nowhere/token: No such file");
}

static void test_given_profile_is_missing(void **state)
{
	struct failure failure = { 0 };
	struct creds creds;

	(void)state;
	environment[0] = "AWS_ACCESS_KEY_ID=AKIAENV";
	environment[1] = "AWS_SECRET_ACCESS_KEY=s";
	assert_true(creds_find(&(struct creds_request){ .profile = "no", .profile_given = true }, &places, &creds,
			       &failure) < 0);
	assert_contains(failure.text, "no credentials from no: no keys or role");
}

static void test_bad_keys(void **state)
{
	struct failure failure = { 0 };
	struct creds creds;

	(void)state;
	write_file(credentials, "[default]\naws_access_key_id = AKIA X\naws_secret_access_key=s\n");
	assert_true(creds_find(&(struct creds_request){ { 0 } }, &places, &creds, &failure) < 0);
	assert_contains(failure.text, "blanks inside");
	write_file(credentials, "[default\n");
	assert_true(creds_find(&(struct creds_request){ { 0 } }, &places, &creds, &failure) < 0);
	assert_contains(failure.text, "credentials:1:");
}

static void test_assume_role(void **state)
{
	static const char *const answers[] = { OK "{\"AssumeRoleResponse\": {\"AssumeRoleResult\": " ROLE_JSON "}}", NULL };
	struct web web;
	const char *asked;

	(void)state;
	write_file(config, "[profile deep]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n"
		   "external_id = e/1\n[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n");
	web_start(&web, dir, answers);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", web.port);
	find_until(&(struct creds_request){ .profile = "deep" }, "ASIAROLE", "named_profile:deep", ROLE_END);
	asked = web_stop(&web);
	assert_contains(asked, "POST / HTTP/1.1\r\n");
	assert_contains(asked, "Authorization: AWS4-HMAC-SHA256 Credential=AKIABASE/");
	assert_contains(asked, "/us-east-1/sts/aws4_request");
	assert_contains(asked, "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr");
	assert_contains(asked, "&ExternalId=e%2F1");
}

/* AWS's tools allow it: the keys are beside the role. */
static void test_own_source(void **state)
{
	static const char *const answers[] = { OK "{\"AssumeRoleResponse\": {\"AssumeRoleResult\": " ROLE_JSON "}}", NULL };
	struct failure failure = { 0 };
	struct creds creds;
	struct web web;

	(void)state;
	write_file(config, "[profile own]\nrole_arn = arn:x\nsource_profile = own\naws_access_key_id = AKIAOWN\n"
		   "aws_secret_access_key = s\n[profile bare]\nrole_arn = arn:x\nsource_profile = bare\n");
	web_start(&web, dir, answers);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", web.port);
	find_until(&(struct creds_request){ .profile = "own" }, "ASIAROLE", "named_profile:own", ROLE_END);
	assert_contains(web_stop(&web), "Authorization: AWS4-HMAC-SHA256 Credential=AKIAOWN/");
	assert_true(creds_find(&(struct creds_request){ .profile = "bare", .profile_given = true }, &places, &creds,
			       &failure) < 0);
	assert_contains(failure.text, "has no keys");
}

static void test_role_loop(void **state)
{
	struct failure failure = { 0 };
	struct creds creds;

	(void)state;
	write_file(config, "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n");
	assert_true(creds_find(&(struct creds_request){ .profile = "a", .profile_given = true }, &places, &creds,
			       &failure) < 0);
	assert_contains(failure.text, "leads on and on");
}

static void test_web_identity(void **state)
{
	static const char *const answers[] = {
		OK "{\"AssumeRoleWithWebIdentityResponse\": {\"AssumeRoleWithWebIdentityResult\": " ROLE_JSON "}}", NULL };
	struct creds_request request = { .role_arn = "arn:x" };
	char method[5000];
	struct web web;
	const char *asked;

	(void)state;
	(void)snprintf(request.jwt_path, sizeof(request.jwt_path), "%s/jwt", dir);
	write_file(request.jwt_path, "token.text\n");
	web_start(&web, dir, answers);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", web.port);
	(void)snprintf(method, sizeof(method), "webidentity:arn:x,%s", request.jwt_path);
	find_until(&request, "ASIAROLE", method, ROLE_END);
	asked = web_stop(&web);
	assert_contains(asked, "Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Ax");
	assert_contains(asked, "WebIdentityToken=token.text");
	assert_null(strstr(asked, "Authorization"));
}

static void test_pod_identity(void **state)
{
	static const char answer[] = OK "{\"AccessKeyId\": \"ASIAPOD\", \"SecretAccessKey\": \"s\", \"Token\": \"t\", "
				     "\"Expiration\": \"2026-01-02T03:04:05Z\"}";
	static const char *const answers[] = { answer, answer, NULL };
	char uri[128], file[300], file_env[400], method[512];
	struct web web;
	const char *asked;

	(void)state;
	(void)snprintf(file, sizeof(file), "%s/podtoken", dir);
	write_file(file, "podtoken\n");
	web_start(&web, dir, answers);
	(void)snprintf(uri, sizeof(uri), "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:%u/v1/c", web.port);
	(void)snprintf(file_env, sizeof(file_env), "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=%s", file);
	environment[0] = uri;
	environment[1] = file_env;
	(void)snprintf(method, sizeof(method), "podidentity:%s,%s", strchr(uri, '=') + 1, file);
	find_until(&(struct creds_request){ { 0 } }, "ASIAPOD", method, 1767323045);
	asked = web_stop(&web);
	assert_contains(asked, "GET /v1/c HTTP/1.1\r\n");
	assert_contains(asked, "Authorization: podtoken\r\n");
}

static void test_refused_role(void **state)
{
	static const char *const answers[] = { "HTTP/1.1 403 Forbidden\r\n\r\n{\"Error\": {\"Code\": \"AccessDenied\", "
					       "\"Message\": \"not you\"}}", NULL };
	struct failure failure = { 0 };
	struct creds creds;
	struct web web;

	(void)state;
	write_file(config, "[profile d]\nrole_arn = arn:r\nsource_profile = base\n"
		   "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n");
	web_start(&web, dir, answers);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", web.port);
	assert_true(creds_find(&(struct creds_request){ .profile = "d", .profile_given = true }, &places, &creds,
			       &failure) < 0);
	(void)web_stop(&web);
	assert_contains(failure.text, "AccessDenied not you");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_default_profile), TEST(test_config_file), TEST(test_environment), TEST(test_kept_keys),
		TEST(test_nothing), TEST(test_given_profile_is_missing), TEST(test_bad_keys), TEST(test_assume_role),
		TEST(test_own_source),
		TEST(test_role_loop), TEST(test_web_identity), TEST(test_pod_identity), TEST(test_refused_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
