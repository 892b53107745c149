// SPDX-License-Identifier: GPL-2.0
/*
 * The DER inside the extensions is libcrypto's to read, from the templates below. What it finds there a stranger wrote:
 * every text is copied into a buffer of ours with its length and its characters checked.
 */
#include "awscert.h"

#include <errno.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/str.h"

#define UTC_TIME_LEN	13	/* YYMMDDHHMMSSZ */

/* Who the client is: the access key, the signature in hex, when it was made, the session token. */
struct auth {
	ASN1_UTF8STRING *access_key;
	ASN1_OCTET_STRING *signature;
	ASN1_UTCTIME *signed_at;
	ASN1_UTF8STRING *token;
};

ASN1_SEQUENCE(auth_template) = {
	ASN1_SIMPLE(struct auth, access_key, ASN1_UTF8STRING),
	ASN1_SIMPLE(struct auth, signature, ASN1_OCTET_STRING),
	ASN1_SIMPLE(struct auth, signed_at, ASN1_UTCTIME),
	ASN1_EXP_OPT(struct auth, token, ASN1_UTF8STRING, 0),
} static_ASN1_SEQUENCE_END_name(struct auth, auth_template)

/* What program it is. */
struct client {
	ASN1_UTF8STRING *source;
	ASN1_UTF8STRING *version;
};

ASN1_SEQUENCE(client_template) = {
	ASN1_SIMPLE(struct client, source, ASN1_UTF8STRING),
	ASN1_SIMPLE(struct client, version, ASN1_UTF8STRING),
} static_ASN1_SEQUENCE_END_name(struct client, client_template)

/* --- reading --- */

static int malformed(struct kefs_err *err, const char *what)
{
	return kefs_err_set(err, -EBADMSG, "the client's certificate is malformed: %s", what);
}

/* A text of printable ASCII without blanks, at least one character: 0 or -EBADMSG. */
static int take_text(const ASN1_STRING *from, char *buf, size_t size)
{
	const unsigned char *data = ASN1_STRING_get0_data(from);
	int len = ASN1_STRING_length(from);

	if (len <= 0 || (size_t)len >= size)
		return -EBADMSG;
	for (int i = 0; i < len; i++) {
		if (data[i] <= ' ' || data[i] > '~')
			return -EBADMSG;
	}
	memcpy(buf, data, (size_t)len);
	buf[len] = '\0';
	return 0;
}

/* What there is of it for a log: cut, without blanks at its ends, other than printable ASCII as '?'. */
static void take_remark(const ASN1_STRING *from, char *buf, size_t size)
{
	const unsigned char *data = ASN1_STRING_get0_data(from);
	size_t len = (size_t)ASN1_STRING_length(from), i;

	while (len && *data == ' ') {
		data++;
		len--;
	}
	while (len && data[len - 1] == ' ')
		len--;
	for (i = 0; i < len && i + 1 < size; i++)
		buf[i] = data[i] < ' ' || data[i] > '~' ? '?' : (char)data[i];
	buf[i] = '\0';
}

static int take_time(const ASN1_TIME *from, int64_t *ret_time)
{
	struct tm tm = { .tm_isdst = 0 };

	if (!ASN1_TIME_to_tm(from, &tm))
		return -EBADMSG;
	*ret_time = timegm(&tm);
	return 0;
}

/* The extension's content; *ret_data NULL if it is not there. -EBADMSG if it is there twice. */
static int find(const X509 *cert, const char *oid, const unsigned char **ret_data, long *ret_len)
{
	const ASN1_OCTET_STRING *value;
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at, again;

	*ret_data = NULL;
	if (!object)
		return -ENOMEM;
	at = X509_get_ext_by_OBJ(cert, object, -1);
	again = at < 0 ? -1 : X509_get_ext_by_OBJ(cert, object, at);
	ASN1_OBJECT_free(object);
	if (at < 0)
		return 0;
	if (again >= 0)
		return -EBADMSG;
	value = X509_EXTENSION_get_data(X509_get_ext(cert, at));
	*ret_data = ASN1_STRING_get0_data(value);
	*ret_len = ASN1_STRING_length(value);
	return *ret_data ? 0 : -EBADMSG;
}

/* The extension's DER as the template's struct, or NULL with 0 if it is not there; -EBADMSG for bytes behind it too. */
static int decode(const X509 *cert, const char *oid, const ASN1_ITEM *template, ASN1_VALUE **ret_value)
{
	const unsigned char *data, *end;
	long len = 0;
	int rc = find(cert, oid, &data, &len);

	*ret_value = NULL;
	if (rc < 0 || !data)
		return rc;
	end = data + len;
	*ret_value = ASN1_item_d2i(NULL, &data, len, template);
	if (*ret_value && data == end)
		return 0;
	ASN1_item_free(*ret_value, template);
	*ret_value = NULL;
	ERR_clear_error();
	return -EBADMSG;
}

static int read_id(const X509 *cert, const char *oid, char *ret_id)
{
	const ASN1_ITEM *template = ASN1_ITEM_rptr(ASN1_UTF8STRING);
	ASN1_VALUE *value;
	int rc = decode(cert, oid, template, &value);

	if (rc < 0 || !value)
		return rc;
	rc = take_text((const ASN1_STRING *)value, ret_id, KEFS_ID_SIZE);
	ASN1_item_free(value, template);
	return rc;
}

static int take_auth(const struct auth *auth, struct kefs_awscert *cert)
{
	int rc = take_text(auth->access_key, cert->access_key, sizeof(cert->access_key));

	if (rc == 0)
		rc = take_text(auth->signature, cert->signature, sizeof(cert->signature));
	if (rc == 0 && strspn(cert->signature, "0123456789abcdef") != sizeof(cert->signature) - 1)
		rc = -EBADMSG;
	if (rc == 0 && ASN1_STRING_length(auth->signed_at) != UTC_TIME_LEN)
		rc = -EBADMSG;
	if (rc == 0)
		rc = take_time(auth->signed_at, &cert->signed_at);
	if (rc == 0 && auth->token)
		rc = take_text(auth->token, cert->token, sizeof(cert->token));
	return rc;
}

static int read_auth(const X509 *x509, struct kefs_awscert *cert)
{
	const ASN1_ITEM *template = ASN1_ITEM_rptr(auth_template);
	ASN1_VALUE *value;
	int rc = decode(x509, KEFS_AWSCERT_OID_AUTH, template, &value);

	if (rc < 0 || !value)
		return rc;
	rc = take_auth((const struct auth *)value, cert);
	cert->has_auth = rc == 0;
	ASN1_item_free(value, template);
	return rc;
}

static int read_client(const X509 *x509, struct kefs_awscert *cert)
{
	const ASN1_ITEM *template = ASN1_ITEM_rptr(client_template);
	ASN1_VALUE *value;
	const struct client *client;
	int rc = decode(x509, KEFS_AWSCERT_OID_CLIENT, template, &value);

	if (rc == -ENOMEM)
		return rc;
	if (!value)
		return 0;
	client = (const struct client *)value;
	take_remark(client->source, cert->source, sizeof(cert->source));
	take_remark(client->version, cert->version, sizeof(cert->version));
	ASN1_item_free(value, template);
	return 0;
}

int kefs_awscert_key_hash(const X509 *cert, char ret_hash[KEFS_AWSCERT_HASH_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (!X509_pubkey_digest(cert, EVP_sha1(), digest, &len) || 2 * len + 1 != KEFS_AWSCERT_HASH_SIZE) {
		ERR_clear_error();
		return -EIO;
	}
	kefs_str_hex(digest, len, ret_hash);
	return 0;
}

int kefs_awscert_read(const X509 *x509, struct kefs_awscert *ret_cert, struct kefs_err *err)
{
	CLEANUP_FREE struct kefs_awscert *cert = calloc(1, sizeof(*cert));
	int rc;

	if (!cert)
		return kefs_err_sys(err, -ENOMEM, "reading a certificate");
	if (X509_get_ext_count(x509) > KEFS_AWSCERT_EXTENSIONS_MAX)
		return malformed(err, "too many extensions");
	if (kefs_awscert_key_hash(x509, cert->public_key_hash) < 0)
		return malformed(err, "public key");
	if (take_time(X509_get0_notBefore(x509), &cert->not_before) < 0 ||
	    take_time(X509_get0_notAfter(x509), &cert->not_after) < 0)
		return malformed(err, "time of validity");
	rc = read_id(x509, KEFS_AWSCERT_OID_FILE_SYSTEM, cert->fs_id);
	if (rc == -EBADMSG)
		return malformed(err, "file system id");
	rc = rc < 0 ? rc : read_id(x509, KEFS_AWSCERT_OID_ACCESS_POINT, cert->access_point);
	if (rc == -EBADMSG)
		return malformed(err, "access point id");
	rc = rc < 0 ? rc : read_auth(x509, cert);
	if (rc == -EBADMSG)
		return malformed(err, "client authentication");
	rc = rc < 0 ? rc : read_client(x509, cert);
	if (rc < 0)
		return kefs_err_sys(err, rc, "reading a certificate");
	*ret_cert = *cert;
	return 0;
}

struct kefs_sigv4_connect kefs_awscert_connect(const struct kefs_awscert *cert, const char *region)
{
	return (struct kefs_sigv4_connect) {
		.fs_id = cert->fs_id,
		.public_key_hash = cert->public_key_hash,
		.region = region,
		.access_key = cert->access_key,
		.token = cert->token,
		.time = cert->signed_at,
	};
}

/* --- writing --- */

static bool set_text(ASN1_STRING *string, const char *text)
{
	return string && ASN1_STRING_set(string, text, (int)strlen(text));
}

/* Puts a value's DER into an extension. */
static int add(X509 *x509, const char *oid, const ASN1_VALUE *value, const ASN1_ITEM *template)
{
	ASN1_OCTET_STRING *der = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *extension = NULL;
	unsigned char *data = NULL;
	int len = ASN1_item_i2d(value, &data, template);
	int rc = -ENOMEM;

	if (len > 0 && der && object && ASN1_STRING_set(der, data, len))
		extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, der);
	if (extension && X509_add_ext(x509, extension, -1))
		rc = 0;
	X509_EXTENSION_free(extension);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(der);
	OPENSSL_free(data);
	return rc;
}

static int add_text(X509 *x509, const char *oid, const char *text)
{
	ASN1_UTF8STRING *string = ASN1_UTF8STRING_new();
	int rc = set_text(string, text) ? add(x509, oid, (const ASN1_VALUE *)string, ASN1_ITEM_rptr(ASN1_UTF8STRING))
					: -ENOMEM;

	ASN1_UTF8STRING_free(string);
	return rc;
}

static int fill_auth(struct auth *auth, const struct kefs_awscert *cert)
{
	if (!set_text(auth->access_key, cert->access_key) || !set_text(auth->signature, cert->signature))
		return -ENOMEM;
	if (!ASN1_UTCTIME_set(auth->signed_at, (time_t)cert->signed_at))
		return -EINVAL;
	if (!*cert->token)
		return 0;
	auth->token = ASN1_UTF8STRING_new();
	return set_text(auth->token, cert->token) ? 0 : -ENOMEM;
}

static int add_auth(X509 *x509, const struct kefs_awscert *cert)
{
	const ASN1_ITEM *template = ASN1_ITEM_rptr(auth_template);
	ASN1_VALUE *value = ASN1_item_new(template);
	int rc = value ? fill_auth((struct auth *)value, cert) : -ENOMEM;

	if (rc == 0)
		rc = add(x509, KEFS_AWSCERT_OID_AUTH, value, template);
	ASN1_item_free(value, template);
	return rc;
}

static int add_client(X509 *x509, const struct kefs_awscert *cert)
{
	const ASN1_ITEM *template = ASN1_ITEM_rptr(client_template);
	ASN1_VALUE *value = ASN1_item_new(template);
	struct client *client = (struct client *)value;
	int rc = -ENOMEM;

	if (client && set_text(client->source, cert->source) && set_text(client->version, cert->version))
		rc = add(x509, KEFS_AWSCERT_OID_CLIENT, value, template);
	ASN1_item_free(value, template);
	return rc;
}

int kefs_awscert_extend(X509 *x509, const struct kefs_awscert *cert)
{
	int rc = 0;

	if (*cert->access_point)
		rc = add_text(x509, KEFS_AWSCERT_OID_ACCESS_POINT, cert->access_point);
	if (rc == 0 && cert->has_auth)
		rc = add_auth(x509, cert);
	if (rc == 0 && *cert->fs_id)
		rc = add_text(x509, KEFS_AWSCERT_OID_FILE_SYSTEM, cert->fs_id);
	if (rc == 0 && (*cert->source || *cert->version))
		rc = add_client(x509, cert);
	ERR_clear_error();
	return rc;
}
