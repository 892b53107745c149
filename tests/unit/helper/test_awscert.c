// SPDX-License-Identifier: GPL-2.0
/* The mount helper's certificate: one that openssl made as the public helper has it made, and ones made here. */
#include "test.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "common/awscert.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define SIGNED_AT INT64_C(1767323045)	/* 2026-01-02T03:04:05Z */

static EVP_PKEY *key;

static X509 *load(const char *path)
{
	FILE *file = fopen(path, "r");
	X509 *x509;

	assert_non_null(file);
	x509 = PEM_read_X509(file, NULL, NULL, NULL);
	assert_int_equal(fclose(file), 0);
	assert_non_null(x509);
	return x509;
}

/* A certificate with no extensions. */
static X509 *bare(void)
{
	X509 *x509 = X509_new();

	assert_non_null(x509);
	assert_true(X509_set_version(x509, 2));
	assert_true(X509_set_pubkey(x509, key));
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), -900));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), 10800));
	return x509;
}

static void add(X509 *x509, const char *oid, const void *der, size_t len)
{
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *extension;

	assert_true(ASN1_OCTET_STRING_set(octets, der, (int)len));
	extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, octets);
	assert_non_null(extension);
	assert_true(X509_add_ext(x509, extension, -1));
	X509_EXTENSION_free(extension);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(octets);
}

/* What reading gives of a bare certificate with this one extension. */
static int read_one(const char *oid, const void *der, size_t len, struct kefs_awscert *ret_cert)
{
	X509 *x509 = bare();
	struct kefs_err err = { "" };
	int rc;

	add(x509, oid, der, len);
	rc = kefs_awscert_read(x509, ret_cert, &err);
	if (rc < 0)
		assert_contains(err.text, "malformed");
	X509_free(x509);
	return rc;
}

#define READ_ONE(oid, der, cert) read_one(oid, der, sizeof(der) - 1, cert)

static void test_openssl_made_it(void **state)
{
	X509 *x509 = load("data/mount_helper.pem");
	struct kefs_sigv4_connect connect;
	struct kefs_awscert cert;

	(void)state;
	assert_int_equal(kefs_awscert_read(x509, &cert, NULL), 0);
	assert_string_equal(cert.public_key_hash, "5d3c3282d6ac930c25568f8296b538e44892e123");
	assert_string_equal(cert.fs_id, "fs-0123456789abcdef0");
	assert_string_equal(cert.access_point, "fsap-0123456789abcdef0");
	assert_true(cert.has_auth);
	assert_string_equal(cert.access_key, "AKIAIOSFODNN7EXAMPLE");
	assert_string_equal(cert.token, "FwoGZXIvYXdzEBYaD+//abc==");
	assert_int_equal(cert.signed_at, SIGNED_AT);
	assert_int_equal(cert.not_before, SIGNED_AT - 15 * 60);
	assert_int_equal(cert.not_after, SIGNED_AT + 3 * 3600);
	assert_string_equal(cert.source, "unknown");	/* written with a blank before it, as renewed ones are */
	assert_string_equal(cert.version, "3.2.0");
	connect = kefs_awscert_connect(&cert, "us-east-1");
	assert_true(kefs_sigv4_connect_verify(&connect, SECRET, cert.signature));
	connect.region = "eu-central-1";
	assert_false(kefs_sigv4_connect_verify(&connect, SECRET, cert.signature));
	X509_free(x509);
}

static const struct kefs_awscert full = {
	.fs_id = "fs-00000000000000001", .access_point = "fsap-00000000000000002", .has_auth = true,
	.access_key = "AKIDEXAMPLE", .token = "tok", .signed_at = SIGNED_AT, .source = "kefs", .version = "1.2",
	.signature = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
};

static void test_what_is_written_is_read(void **state)
{
	X509 *x509 = bare(), *plain = bare();
	struct kefs_awscert cert, none = { .fs_id = "" };

	(void)state;
	assert_int_equal(kefs_awscert_extend(x509, &full), 0);
	assert_int_equal(X509_get_ext_count(x509), 4);
	assert_int_equal(kefs_awscert_read(x509, &cert, NULL), 0);
	assert_string_equal(cert.fs_id, full.fs_id);
	assert_string_equal(cert.access_point, full.access_point);
	assert_string_equal(cert.access_key, full.access_key);
	assert_string_equal(cert.signature, full.signature);
	assert_string_equal(cert.token, full.token);
	assert_int_equal(cert.signed_at, full.signed_at);
	assert_string_equal(cert.source, full.source);
	assert_string_equal(cert.version, full.version);
	assert_int_equal(kefs_awscert_extend(plain, &none), 0);
	assert_int_equal(X509_get_ext_count(plain), 0);
	assert_int_equal(kefs_awscert_read(plain, &cert, NULL), 0);
	assert_false(cert.has_auth);
	assert_string_equal(cert.fs_id, "");
	X509_free(x509);
	X509_free(plain);
}

/* The order and the tags of the public helper's, byte by byte. */
static void test_der(void **state)
{
	static const unsigned char file_system[] = "\x0c\x14" "fs-00000000000000001";
	static const unsigned char auth[] = "\x30\x65\x0c\x0b" "AKIDEXAMPLE" "\x04\x40"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" "\x17\x0d" "260102030405Z"
		"\xa0\x05\x0c\x03tok";
	const ASN1_OCTET_STRING *value;
	X509 *x509 = bare();

	(void)state;
	assert_int_equal(kefs_awscert_extend(x509, &full), 0);
	value = X509_EXTENSION_get_data(X509_get_ext(x509, 1));
	assert_int_equal(ASN1_STRING_length(value), sizeof(auth) - 1);
	assert_memory_equal(ASN1_STRING_get0_data(value), auth, sizeof(auth) - 1);
	value = X509_EXTENSION_get_data(X509_get_ext(x509, 2));
	assert_int_equal(ASN1_STRING_length(value), sizeof(file_system) - 1);
	assert_memory_equal(ASN1_STRING_get0_data(value), file_system, sizeof(file_system) - 1);
	X509_free(x509);
}

static void test_bad_ids(void **state)
{
	char longest[2 + KEFS_ID_SIZE + 1] = { 0x0c, KEFS_ID_SIZE - 1 };
	struct kefs_awscert cert;

	(void)state;
	memset(longest + 2, 'f', KEFS_ID_SIZE);
	assert_int_equal(read_one(KEFS_AWSCERT_OID_FILE_SYSTEM, longest, KEFS_ID_SIZE + 1, &cert), 0);
	assert_int_equal(strlen(cert.fs_id), KEFS_ID_SIZE - 1);
	longest[1]++;
	assert_int_equal(read_one(KEFS_AWSCERT_OID_FILE_SYSTEM, longest, KEFS_ID_SIZE + 2, &cert), -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_FILE_SYSTEM, "", &cert), -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_FILE_SYSTEM, "\x0c\x00", &cert), -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_FILE_SYSTEM, "\x0c\x05" "fs-1", &cert), -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_FILE_SYSTEM, "\x0c\x04" "fs-1x", &cert), -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_FILE_SYSTEM, "\x0c\x04" "fs\0" "1", &cert), -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_ACCESS_POINT, "\x0c\x04" "a\nb ", &cert), -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_ACCESS_POINT, "\x04\x04" "fs-1", &cert), -EBADMSG);
}

static void test_bad_auth(void **state)
{
#define KEY "\x0c\x01" "A"
#define SIGNATURE "\x04\x40" "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TIME "\x17\x0d" "260102030405Z"
	struct kefs_awscert cert;

	(void)state;
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_AUTH, "\x30\x54" KEY SIGNATURE TIME, &cert), 0);
	assert_true(cert.has_auth);
	assert_string_equal(cert.token, "");
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_AUTH, "\x30\x45" KEY SIGNATURE, &cert), -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_AUTH, "\x30\x57" KEY SIGNATURE TIME KEY, &cert), -EBADMSG);
	/* Capitals; 32 raw bytes; a time with an offset, without seconds, of a 13th month */
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_AUTH, "\x30\x54" KEY "\x04\x40"
				  "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef" TIME, &cert), -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_AUTH, "\x30\x34" KEY "\x04\x20" "0123456789abcdef0123456789abcdef" TIME,
				  &cert), -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_AUTH, "\x30\x58" KEY SIGNATURE "\x17\x11" "260102030405+0100", &cert),
			 -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_AUTH, "\x30\x52" KEY SIGNATURE "\x17\x0b" "2601020304Z", &cert),
			 -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_AUTH, "\x30\x54" KEY SIGNATURE "\x17\x0d" "261302030405Z", &cert),
			 -EBADMSG);
	/* The token not in a tag of its own; an empty one */
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_AUTH, "\x30\x57" KEY SIGNATURE TIME "\x0c\x01t", &cert), -EBADMSG);
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_AUTH, "\x30\x58" KEY SIGNATURE TIME "\xa0\x02\x0c\x00", &cert), -EBADMSG);
}

static void test_oversized(void **state)
{
	struct kefs_awscert *big = calloc(1, sizeof(*big)), cert;
	X509 *x509 = bare();
	struct kefs_err err;

	(void)state;
	*big = full;
	memset(big->token, 't', sizeof(big->token) - 1);
	assert_int_equal(kefs_awscert_extend(x509, big), 0);
	assert_int_equal(kefs_awscert_read(x509, &cert, &err), 0);
	assert_int_equal(strlen(cert.token), KEFS_AWSCERT_TOKEN_SIZE - 1);
	X509_free(x509);
	x509 = bare();
	for (int i = 0; i <= KEFS_AWSCERT_EXTENSIONS_MAX; i++)
		add(x509, "1.2.3.4", "\x05\x00", 2);
	assert_int_equal(kefs_awscert_read(x509, &cert, &err), -EBADMSG);
	assert_contains(err.text, "extensions");
	X509_free(x509);
	free(big);
}

/* Which of two would be meant? */
static void test_twice(void **state)
{
	X509 *x509 = bare();
	struct kefs_awscert cert;
	struct kefs_err err;

	(void)state;
	add(x509, KEFS_AWSCERT_OID_FILE_SYSTEM, "\x0c\x04" "fs-1", 6);
	add(x509, KEFS_AWSCERT_OID_FILE_SYSTEM, "\x0c\x04" "fs-2", 6);
	assert_int_equal(kefs_awscert_read(x509, &cert, &err), -EBADMSG);
	X509_free(x509);
}

/* The client's program is a remark: what cannot be read of it is left out, what logs do not bear is replaced. */
static void test_remarks(void **state)
{
	struct kefs_awscert cert;

	(void)state;
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_CLIENT, "\x30\x0c\x0c\x05" " a\nb " "\x0c\x03" "   ", &cert), 0);
	assert_string_equal(cert.source, "a?b");
	assert_string_equal(cert.version, "");
	assert_int_equal(READ_ONE(KEFS_AWSCERT_OID_CLIENT, "\x30\x03\x0c\x01" "a", &cert), 0);
	assert_string_equal(cert.source, "");
}

static void test_times_that_cannot_be_written(void **state)
{
	struct kefs_awscert cert = full;
	X509 *x509 = bare();

	(void)state;
	cert.signed_at = INT64_C(2556144000);	/* 2051 */
	assert_int_equal(kefs_awscert_extend(x509, &cert), -EINVAL);
	X509_free(x509);
}

static int make_key(void **state)
{
	(void)state;
	key = EVP_RSA_gen(2048);
	return key ? 0 : -1;
}

static int free_key(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openssl_made_it), cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_der), cmocka_unit_test(test_bad_ids), cmocka_unit_test(test_bad_auth),
		cmocka_unit_test(test_oversized), cmocka_unit_test(test_twice), cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_times_that_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, make_key, free_key);
}
