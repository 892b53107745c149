// SPDX-License-Identifier: GPL-2.0
/* A certificate of mount.efs, read by the server's decoder and by openssl; the key's file. */
#include "test.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cert.h"
#include "common/awscert.h"
#include "common/str.h"
#include "file.h"

#define NOW 1767323045	/* 2026-01-02T03:04:05Z */

static const struct creds creds = { .access_key = "AKIAIOSFODNN7EXAMPLE",
				    .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", .token = "FwoGZXIvYXdzEBYaD+//abc==" };
static char dir[256];
static EVP_PKEY *key;

static int setup(void **state)
{
	char path[300];
	struct kefs_err err;

	(void)state;
	test_mkdir(dir);
	(void)snprintf(path, sizeof(path), "%s/key.pem", dir);
	return cert_key(path, &key, &err);
}

static int teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	test_rmdir(dir);
	return 0;
}

static struct cert_request request(const struct creds *with)
{
	return (struct cert_request){ .common_name = "host.example.test", .fs_id = "fs-0123456789abcdef0",
				      .access_point = with ? "fsap-0123456789abcdef0" : "", .region = "us-east-1",
				      .source = "unknown", .version = "1.2", .creds = with, .now = NOW };
}

static X509 *make(const struct cert_request *r)
{
	struct kefs_err err;
	char *pem;
	X509 *x509;
	BIO *bio;

	assert_int_equal(cert_make(key, r, &pem, &err), 0);
	bio = BIO_new_mem_buf(pem, -1);
	x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_non_null(x509);
	BIO_free(bio);
	free(pem);
	return x509;
}

static void test_claims(void **state)
{
	struct cert_request r = request(&creds);
	struct kefs_awscert *cert = calloc(1, sizeof(*cert));
	struct kefs_sigv4_connect connect;
	struct kefs_err err;
	X509 *x509 = make(&r);

	(void)state;
	assert_int_equal(kefs_awscert_read(x509, cert, &err), 0);
	assert_string_equal(cert->fs_id, r.fs_id);
	assert_string_equal(cert->access_point, r.access_point);
	assert_true(cert->has_auth);
	assert_string_equal(cert->access_key, creds.access_key);
	assert_string_equal(cert->token, creds.token);
	assert_string_equal(cert->source, "unknown");
	assert_string_equal(cert->version, "1.2");
	assert_int_equal(cert->signed_at, NOW);
	assert_int_equal(cert->not_before, NOW - 900);
	assert_int_equal(cert->not_after, NOW + 3 * 3600);
	connect = kefs_awscert_connect(cert, "us-east-1");
	assert_true(kefs_sigv4_connect_verify(&connect, creds.secret, cert->signature));
	connect = kefs_awscert_connect(cert, "us-east-2");
	assert_false(kefs_sigv4_connect_verify(&connect, creds.secret, cert->signature));
	X509_free(x509);
	free(cert);
}

static void test_anonymous(void **state)
{
	struct cert_request r = request(NULL);
	struct kefs_awscert *cert = calloc(1, sizeof(*cert));
	struct kefs_err err;
	X509 *x509 = make(&r);

	(void)state;
	assert_int_equal(kefs_awscert_read(x509, cert, &err), 0);
	assert_false(cert->has_auth);
	assert_string_equal(cert->access_point, "");
	assert_string_equal(cert->fs_id, r.fs_id);
	X509_free(x509);
	free(cert);
}

/* What efs-utils' certificates are: v3, self-signed, one CN, five extensions of which none is critical. */
static void test_form(void **state)
{
	static const char *const order[] = { "2.5.29.14", KEFS_AWSCERT_OID_ACCESS_POINT, KEFS_AWSCERT_OID_AUTH,
					     KEFS_AWSCERT_OID_FILE_SYSTEM, KEFS_AWSCERT_OID_CLIENT };
	struct cert_request r = request(&creds);
	X509 *x509;
	char text[80];

	(void)state;
	r.common_name = "a-name-that-is-longer-than-the-sixty-four-bytes-that-rfc-5280-allows-here.example.test";
	x509 = make(&r);
	assert_int_equal(X509_get_version(x509), X509_VERSION_3);
	assert_int_equal(X509_verify(x509, key), 1);
	assert_int_equal(X509_get_signature_nid(x509), NID_sha256WithRSAEncryption);
	assert_int_equal(X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)), 0);
	assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(x509)), 1);
	assert_int_equal(X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, text, sizeof(text)), 64);
	assert_int_equal(ASN1_INTEGER_get(X509_get0_serialNumber(x509)), NOW);
	assert_int_equal(X509_get_ext_count(x509), 5);
	for (int i = 0; i < 5; i++) {
		X509_EXTENSION *extension = X509_get_ext(x509, i);

		assert_true(OBJ_obj2txt(text, sizeof(text), X509_EXTENSION_get_object(extension), 1) > 0);
		assert_string_equal(text, order[i]);
		assert_false(X509_EXTENSION_get_critical(extension));
	}
	X509_free(x509);
}

/* It ends with the session that it is signed by, and is not over at once. */
static void test_end(void **state)
{
	struct creds session = creds;
	struct cert_request r = request(&session);
	struct kefs_err err;
	char path[300], *pem;
	int64_t end;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/certificate.pem", dir);
	session.expires = NOW + 900;
	assert_int_equal(cert_make(key, &r, &pem, &err), 0);
	assert_int_equal(file_write(path, pem, strlen(pem), 0600, 0), 0);
	free(pem);
	assert_int_equal(cert_read_end(path, &end), 0);
	assert_int_equal(end, NOW + 900);
	session.expires = NOW - 900;
	assert_int_equal(cert_end(&session, NOW), NOW + CERT_LEAST);
	session.expires = NOW + 9 * 3600;
	assert_int_equal(cert_end(&session, NOW), NOW + CERT_LIFE);
	assert_int_equal(file_write(path, "none", 4, 0600, 0), 0);
	assert_int_equal(cert_read_end(path, &end), -EBADMSG);
}

static void test_openssl_reads_it(void **state)
{
	struct cert_request r = request(&creds);
	char text[300], path[300], all[16384] = "";
	struct kefs_err err;
	char *pem;
	FILE *out;

	(void)state;
	assert_int_equal(cert_make(key, &r, &pem, &err), 0);
	(void)snprintf(path, sizeof(path), "%s/cert.pem", dir);
	assert_int_equal(file_write(path, pem, strlen(pem), 0600, 0), 0);
	free(pem);
	(void)snprintf(text, sizeof(text), "%s/text", dir);
	if (fork() == 0) {
		execlp("openssl", "openssl", "x509", "-in", path, "-noout", "-text", "-out", text, (char *)NULL);
		_exit(127);
	}
	assert_true(wait(NULL) > 0);
	out = fopen(text, "re");
	assert_non_null(out);
	all[fread(all, 1, sizeof(all) - 1, out)] = '\0';
	(void)fclose(out);
	assert_contains(all, "Version: 3 (0x2)");
	assert_contains(all, "sha256WithRSAEncryption");
	assert_contains(all, "Public-Key: (3072 bit)");
	assert_contains(all, "host.example.test");
	assert_contains(all, "Not Before: Jan  2 02:49:05 2026 GMT");
	assert_contains(all, "Not After : Jan  2 06:04:05 2026 GMT");
	assert_contains(all, "1.3.6.1.4.1.4843.7.2");
	assert_contains(all, "..fs-0123456789abcdef0");
}

/* Made once; root's alone; an empty file, which a full disk leaves, is no key. */
static void test_key_file(void **state)
{
	char path[300];
	struct kefs_err err;
	EVP_PKEY *one, *two;
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/key.pem", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(cert_key(path, &one, &err), 0);
	assert_int_equal(EVP_PKEY_eq(one, key), 1);
	EVP_PKEY_free(one);
	(void)snprintf(path, sizeof(path), "%s/empty.pem", dir);
	assert_int_equal(file_write(path, "", 0, 0600, 0), 0);
	assert_int_equal(cert_key(path, &two, &err), 0);
	assert_int_equal(EVP_PKEY_get_bits(two), 3072);
	EVP_PKEY_free(two);
	assert_int_equal(file_write(path, "no key\n", 7, 0600, 0), 0);
	assert_true(cert_key(path, &two, &err) < 0);
	assert_contains(err.text, "private key");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims), cmocka_unit_test(test_anonymous), cmocka_unit_test(test_form),
		cmocka_unit_test(test_openssl_reads_it), cmocka_unit_test(test_end), cmocka_unit_test(test_key_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
