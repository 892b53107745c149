// SPDX-License-Identifier: GPL-2.0
#include "cert.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/awscert.h"
#include "common/cleanup.h"
#include "common/str.h"
#include "file.h"

#define KEY_FILE_MAX	((size_t)64 * 1024)
#define COMMON_NAME_MAX	64		/* RFC 5280: ub-common-name */

static int openssl_error(struct kefs_err *err, const char *what)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	return kefs_err_set(err, -EIO, "%s: %s", what, reason ? reason : "OpenSSL says nothing");
}

static int load_key(const char *path, EVP_PKEY **ret_key, struct kefs_err *err)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;
	BIO *bio;
	int rc = file_read(path, KEY_FILE_MAX, &text, &len);

	if (rc == -ENOENT || (rc == 0 && !len))
		return -ENOENT;
	if (rc < 0)
		return kefs_err_sys(err, rc, "%s", path);
	bio = BIO_new_mem_buf(text, (int)len);
	*ret_key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	explicit_bzero(text, len);
	return *ret_key ? 0 : openssl_error(err, "it is no private key");
}

static int write_key(EVP_PKEY *key, const char *path, struct kefs_err *err)
{
	char *data = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	long len;
	int rc;

	if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1) {
		BIO_free(bio);
		return openssl_error(err, "writing it");
	}
	len = BIO_get_mem_data(bio, &data);
	rc = file_write(path, data, (size_t)len, 0400, 1);
	explicit_bzero(data, (size_t)len);
	BIO_free(bio);
	return rc < 0 ? kefs_err_sys(err, rc, "%s", path) : 0;
}

/*
 * Under a lock: mounts at boot come all at once, and each would make a key of its own. The lock is a descriptor's, so
 * that it ends with its owner.
 */
static int make_key(const char *path, EVP_PKEY **ret_key, struct kefs_err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	CLEANUP_CLOSE int fd = -1;
	char lock_path[PATH_MAX];
	EVP_PKEY *key;
	int rc;

	rc = kefs_str_format(lock_path, sizeof(lock_path), "%s.lock", path);
	if (rc < 0)
		return kefs_err_sys(err, rc, "%s", path);
	fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fcntl(fd, F_OFD_SETLKW, &lock) < 0)
		return kefs_err_sys(err, -errno, "%s", lock_path);
	rc = load_key(path, ret_key, err);
	if (rc != -ENOENT)
		return rc;
	key = EVP_RSA_gen(CERT_KEY_BITS);
	rc = key ? write_key(key, path, err) : openssl_error(err, "making it");
	if (rc < 0)
		EVP_PKEY_free(key);
	else
		*ret_key = key;
	return rc;
}

int cert_key(const char *path, EVP_PKEY **ret_key, struct kefs_err *err)
{
	int rc = load_key(path, ret_key, err);

	return rc == -ENOENT ? make_key(path, ret_key, err) : rc;
}

static int fill_auth(struct kefs_awscert *cert, const struct cert_request *request, struct kefs_err *err)
{
	struct kefs_sigv4_connect connect;
	int rc;

	if (!request->creds)
		return 0;
	cert->has_auth = true;
	cert->signed_at = request->now;
	rc = kefs_str_copy(cert->access_key, sizeof(cert->access_key), request->creds->access_key);
	if (rc == 0)
		rc = kefs_str_copy(cert->token, sizeof(cert->token), request->creds->token);
	if (rc == 0) {
		connect = kefs_awscert_connect(cert, request->region);
		rc = kefs_sigv4_connect_sign(&connect, request->creds->secret, cert->signature);
	}
	return rc < 0 ? kefs_err_sys(err, rc, "signing") : 0;
}

/* The private extensions. x509 has its key already. */
static int add_claims(X509 *x509, const struct cert_request *request, struct kefs_err *err)
{
	CLEANUP_FREE struct kefs_awscert *cert = calloc(1, sizeof(*cert));
	int rc;

	if (!cert)
		return kefs_err_sys(err, -ENOMEM, "the certificate");
	rc = kefs_awscert_key_hash(x509, cert->public_key_hash);
	if (rc == 0)
		rc = kefs_str_copy(cert->fs_id, sizeof(cert->fs_id), request->fs_id);
	if (rc == 0)
		rc = kefs_str_copy(cert->access_point, sizeof(cert->access_point), request->access_point);
	if (rc == 0)
		rc = kefs_str_copy(cert->source, sizeof(cert->source), request->source);
	if (rc == 0)
		rc = kefs_str_copy(cert->version, sizeof(cert->version), request->version);
	if (rc < 0)
		return kefs_err_sys(err, rc, "what the certificate says");
	rc = fill_auth(cert, request, err);
	if (rc == 0 && kefs_awscert_extend(x509, cert) < 0)
		rc = openssl_error(err, "its extensions");
	return rc;
}

static bool add_key_id(X509 *x509)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx(&ctx, x509, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_key_identifier, "hash");
	ok = extension && X509_add_ext(x509, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return ok;
}

int64_t cert_end(const struct creds *creds, int64_t now)
{
	int64_t end = now + CERT_LIFE;

	if (creds && creds->expires && creds->expires < end)
		end = creds->expires;
	return end < now + CERT_LEAST ? now + CERT_LEAST : end;
}

int cert_read_end(const char *path, int64_t *ret_end)
{
	CLEANUP_FREE char *text = NULL;
	struct tm tm = { 0 };
	X509 *x509;
	size_t len;
	BIO *bio;
	int rc = file_read(path, KEY_FILE_MAX, &text, &len);

	if (rc < 0)
		return rc;
	bio = BIO_new_mem_buf(text, (int)len);
	x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	rc = x509 && ASN1_TIME_to_tm(X509_get0_notAfter(x509), &tm) == 1 ? 0 : -EBADMSG;
	X509_free(x509);
	*ret_end = rc < 0 ? 0 : (int64_t)timegm(&tm);
	return rc;
}

/* All that is in every certificate: efs-utils' own, but for the serial, which there is 0 at first. */
static bool fill(X509 *x509, EVP_PKEY *key, const struct cert_request *request)
{
	size_t len = strnlen(request->common_name, COMMON_NAME_MAX);
	X509_NAME *name = X509_get_subject_name(x509);
	time_t now = (time_t)request->now, end = (time_t)cert_end(request->creds, request->now);

	return X509_set_version(x509, X509_VERSION_3) == 1 &&
		ASN1_INTEGER_set_int64(X509_get_serialNumber(x509), request->now) == 1 &&
		X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
					   (const unsigned char *)request->common_name, (int)len, -1, 0) == 1 &&
		X509_set_issuer_name(x509, name) == 1 &&
		X509_time_adj_ex(X509_getm_notBefore(x509), 0, -CERT_BEFORE, &now) &&
		X509_time_adj_ex(X509_getm_notAfter(x509), 0, 0, &end) &&
		X509_set_pubkey(x509, key) == 1 && add_key_id(x509);
}

static int to_pem(X509 *x509, char **ret_pem, struct kefs_err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len = 0;

	if (bio && PEM_write_bio_X509(bio, x509) == 1)
		len = BIO_get_mem_data(bio, &data);
	*ret_pem = len > 0 ? strndup(data, (size_t)len) : NULL;
	BIO_free(bio);
	return *ret_pem ? 0 : openssl_error(err, "writing it");
}

int cert_make(EVP_PKEY *key, const struct cert_request *request, char **ret_pem, struct kefs_err *err)
{
	X509 *x509 = X509_new();
	int rc = 0;

	if (!x509 || !fill(x509, key, request))
		rc = openssl_error(err, "filling it in");
	if (rc == 0)
		rc = add_claims(x509, request, err);
	if (rc == 0 && X509_sign(x509, key, EVP_sha256()) <= 0)
		rc = openssl_error(err, "signing it");
	if (rc == 0)
		rc = to_pem(x509, ret_pem, err);
	X509_free(x509);
	return rc;
}
