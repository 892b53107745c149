// SPDX-License-Identifier: GPL-2.0
/* Is a client who its certificate says it is? Each way in which it is not. */
#include "test.h"

#include <errno.h>

#include "common/str.h"
#include "service/client_auth.h"

#define KEY	"AKIAIOSFODNN7EXAMPLE"
#define SECRET	"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define FS	"fs-0123456789abcdef0"
#define NOW	INT64_C(1767323045)
#define HASH	"cb74442b365f1add48915fad846e34b72573fc58"

static int find_result;
static unsigned int held;
static char found_token[64];

static int find(void *ctx, const char *access_key, const char *token, struct kefs_known_client *ret_client,
		struct kefs_err *err)
{
	(void)ctx;
	(void)snprintf(found_token, sizeof(found_token), "%s", token);
	if (find_result < 0)
		return kefs_err_set(err, find_result, "test");
	if (strcmp(access_key, KEY))
		return -ENOENT;
	(void)kefs_str_copy(ret_client->secret, sizeof(ret_client->secret), SECRET);
	held++;
	return kefs_caller_parse("arn:aws:iam::123456789012:root", NULL, NULL, &ret_client->caller, err);
}

static void release(void *ctx, struct kefs_known_client *client)
{
	(void)ctx;
	(void)client;
	held--;
}

static const struct kefs_client_source source = { .find = find, .release = release };
static const struct kefs_client_place place = { .fs_id = FS, .region = "us-east-1", .now = NOW };
static struct kefs_known_client client;
static struct kefs_awscert cert;
static enum kefs_refusal reason;
static bool known;
static struct kefs_err err;

/* A certificate that is right, made just now. */
static int set_up(void **state)
{
	struct kefs_sigv4_connect connect;

	(void)state;
	cert = (struct kefs_awscert) {
		.public_key_hash = HASH, .not_before = NOW - 900, .not_after = NOW + 10800, .fs_id = FS, .has_auth = true,
		.access_key = KEY, .signed_at = NOW,
	};
	connect = kefs_awscert_connect(&cert, "us-east-1");
	assert_int_equal(kefs_sigv4_connect_sign(&connect, SECRET, cert.signature), 0);
	find_result = 0;
	held = 0;
	return 0;
}

static int auth_at(int64_t now)
{
	const struct kefs_client_place then = { .fs_id = FS, .region = "us-east-1", .now = now };
	int rc = kefs_client_auth(&cert, &then, &source, &client, &known, &reason, &err);

	assert_string_equal(client.secret, "");
	if (rc == 0 && known)
		kefs_client_auth_release(&source, &client);
	assert_int_equal(held, 0);
	return rc;
}

static void assert_refused(enum kefs_refusal wanted)
{
	assert_int_equal(auth_at(NOW), -EACCES);
	assert_int_equal(reason, wanted);
}

static void test_right(void **state)
{
	(void)state;
	assert_int_equal(kefs_client_auth(&cert, &place, &source, &client, &known, &reason, &err), 0);
	assert_true(known);
	assert_int_equal(client.caller.principal.type, KEFS_PRINCIPAL_ROOT);
	assert_string_equal(client.secret, "");
	assert_string_equal(found_token, "");
	assert_int_equal(held, 1);
	kefs_client_auth_release(&source, &client);
	assert_int_equal(held, 0);
}

/* Nobody in particular, with or without a file system named. */
static void test_anonymous(void **state)
{
	(void)state;
	cert.has_auth = false;
	assert_int_equal(auth_at(NOW), 0);
	assert_false(known);
	cert.fs_id[0] = '\0';
	assert_int_equal(auth_at(NOW), 0);
	assert_false(known);
	(void)kefs_str_copy(cert.fs_id, sizeof(cert.fs_id), "fs-00000000000000000");
	assert_refused(KEFS_REFUSED_FILE_SYSTEM);
}

static void test_clocks(void **state)
{
	(void)state;
	/* The client's is ahead, by as much as the certificate is dated back and our own grace; then by more */
	cert.not_before = NOW - 900;
	assert_int_equal(auth_at(NOW - 900), 0);
	assert_int_equal(auth_at(NOW - 901), -EACCES);
	assert_int_equal(reason, KEFS_REFUSED_TIME);
	assert_int_equal(auth_at(NOW - 1801), -EACCES);
	assert_int_equal(reason, KEFS_REFUSED_TIME);
	/* The certificate ends */
	assert_int_equal(auth_at(NOW + 10800 + 900), 0);
	assert_int_equal(auth_at(NOW + 10800 + 901), -EACCES);
	assert_int_equal(reason, KEFS_REFUSED_TIME);
	/* One that is good for years has a signature that is not */
	cert.not_after = NOW + 100 * 86400;
	assert_int_equal(auth_at(NOW + 86400), 0);
	assert_int_equal(auth_at(NOW + 86401), -EACCES);
	assert_int_equal(reason, KEFS_REFUSED_TIME);
	/* The anonymous are held to their certificate too */
	cert.has_auth = false;
	assert_int_equal(auth_at(NOW + 101 * 86400), -EACCES);
	assert_int_equal(reason, KEFS_REFUSED_TIME);
}

static void test_wrong_signature(void **state)
{
	(void)state;
	cert.signature[10] = cert.signature[10] == '0' ? '1' : '0';
	assert_refused(KEFS_REFUSED_SIGNATURE);
}

/* Somebody else's extensions in a certificate of one's own. */
static void test_replayed_with_another_key(void **state)
{
	(void)state;
	(void)kefs_str_copy(cert.public_key_hash, sizeof(cert.public_key_hash), "cb74442b365f1add48915fad846e34b72573fc59");
	assert_refused(KEFS_REFUSED_SIGNATURE);
}

static void test_signed_for_another(void **state)
{
	struct kefs_sigv4_connect connect = kefs_awscert_connect(&cert, "eu-central-1");

	(void)state;
	assert_int_equal(kefs_sigv4_connect_sign(&connect, SECRET, cert.signature), 0);
	assert_refused(KEFS_REFUSED_SIGNATURE);
	assert_contains(err.text, "us-east-1");
	connect = kefs_awscert_connect(&cert, "us-east-1");
	connect.fs_id = "fs-00000000000000000";
	assert_int_equal(kefs_sigv4_connect_sign(&connect, SECRET, cert.signature), 0);
	assert_refused(KEFS_REFUSED_SIGNATURE);
	cert.fs_id[0] = '\0';
	assert_refused(KEFS_REFUSED_FILE_SYSTEM);
}

static void test_token(void **state)
{
	struct kefs_sigv4_connect connect;

	(void)state;
	(void)kefs_str_copy(cert.token, sizeof(cert.token), "token/+=");
	assert_refused(KEFS_REFUSED_SIGNATURE);	/* it is signed too */
	connect = kefs_awscert_connect(&cert, "us-east-1");
	assert_int_equal(kefs_sigv4_connect_sign(&connect, SECRET, cert.signature), 0);
	assert_int_equal(auth_at(NOW), 0);
	assert_string_equal(found_token, "token/+=");
}

static void test_unknown_key(void **state)
{
	(void)state;
	(void)kefs_str_copy(cert.access_key, sizeof(cert.access_key), "AKIA0000000000000000");
	assert_refused(KEFS_REFUSED_KEY);
	assert_contains(err.text, "AKIA0000000000000000");
}

/* Not the client's fault, and not to be held against it. */
static void test_store_fails(void **state)
{
	(void)state;
	find_result = -EIO;
	assert_int_equal(auth_at(NOW), -EIO);
}

#define FRESH(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(test_right), FRESH(test_anonymous), FRESH(test_clocks), FRESH(test_wrong_signature),
		FRESH(test_replayed_with_another_key), FRESH(test_signed_for_another), FRESH(test_token),
		FRESH(test_unknown_key), FRESH(test_store_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
