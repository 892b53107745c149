// SPDX-License-Identifier: GPL-2.0
#include "issue.h"

#include <arpa/inet.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "common/buf.h"

#define DAY		86400
#define AUTHORITY_LIFE	(20 * 365 * (time_t)DAY)
#define SERIAL_BYTES	16
#define NAMES_MAX	16384

/* 127 random bits: positive, and not the same twice. */
static bool set_serial(X509 *cert)
{
	unsigned char bytes[SERIAL_BYTES];
	BIGNUM *number;
	bool fine;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] &= 0x7f;
	bytes[SERIAL_BYTES - 1] |= 1;
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	fine = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
	BN_free(number);
	return fine;
}

static bool set_times(X509 *cert, time_t from, time_t to)
{
	return ASN1_TIME_set(X509_getm_notBefore(cert), from) && ASN1_TIME_set(X509_getm_notAfter(cert), to);
}

static bool add(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;
	bool fine;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	fine = extension && X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
	return fine;
}

static bool add_name(X509_NAME *name, const char *field, const char *value)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, (const unsigned char *)value, -1, -1, 0);
}

static X509 *begin(EVP_PKEY *key, const char *common_name)
{
	X509 *cert = X509_new();

	if (cert && X509_set_version(cert, 2) && set_serial(cert) && X509_set_pubkey(cert, key) &&
	    add_name(X509_get_subject_name(cert), "O", "Kefs") &&
	    add_name(X509_get_subject_name(cert), "CN", common_name))
		return cert;
	X509_free(cert);
	return NULL;
}

X509 *kefs_issue_authority(EVP_PKEY *key, time_t now)
{
	X509 *cert = begin(key, "Kefs authority");

	if (cert && set_times(cert, now - DAY, now + AUTHORITY_LIFE) &&
	    X509_set_issuer_name(cert, X509_get_subject_name(cert)) &&
	    add(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	    add(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    add(cert, cert, NID_subject_key_identifier, "hash") && X509_sign(cert, key, EVP_sha256()))
		return cert;
	X509_free(cert);
	return NULL;
}

/* "DNS:a,DNS:b,IP:192.0.2.1" */
static int alternative_names(const char *names, const struct kefs_addr *local, struct kefs_buf *out)
{
	char ip[INET6_ADDRSTRLEN];
	uint8_t host[16];
	size_t len;
	int rc = 0;

	kefs_addr_host(local, host);
	if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)host))
		(void)inet_ntop(AF_INET, host + 12, ip, sizeof(ip));
	else
		(void)inet_ntop(AF_INET6, host, ip, sizeof(ip));
	for (; *names && rc == 0; names += len) {
		names += strspn(names, ", \t");
		len = strcspn(names, ", \t");
		if (len)
			rc = kefs_buf_format(out, "DNS:%.*s,", (int)len, names);
	}
	return rc < 0 ? rc : kefs_buf_format(out, "IP:%s", ip);
}

X509 *kefs_issue_leaf(X509 *authority, EVP_PKEY *authority_key, EVP_PKEY *key, const char *names,
		      const struct kefs_addr *local, time_t now)
{
	struct kefs_buf alt = { .cap = NAMES_MAX };
	X509 *cert = begin(key, "Kefs server");
	bool fine;

	fine = cert && alternative_names(names, local, &alt) == 0 && set_times(cert, now - DAY, now + KEFS_ISSUE_LIFE) &&
	       X509_set_issuer_name(cert, X509_get_subject_name(authority)) &&
	       add(cert, authority, NID_basic_constraints, "critical,CA:FALSE") &&
	       add(cert, authority, NID_key_usage, "critical,digitalSignature") &&
	       add(cert, authority, NID_ext_key_usage, "serverAuth") &&
	       add(cert, authority, NID_subject_key_identifier, "hash") &&
	       add(cert, authority, NID_authority_key_identifier, "keyid") &&
	       add(cert, authority, NID_subject_alt_name, alt.data) && X509_sign(cert, authority_key, EVP_sha256());
	kefs_buf_free(&alt);
	if (fine)
		return cert;
	X509_free(cert);
	return NULL;
}
