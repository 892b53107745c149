/* SPDX-License-Identifier: GPL-2.0 */
/* The host's private key and a mount's certificate, as efs-utils makes them, by libcrypto. */
#ifndef KEFS_MOUNT_CERT_H
#define KEFS_MOUNT_CERT_H

#include <openssl/evp.h>
#include <stdint.h>

#include "common/err.h"
#include "creds.h"

#define CERT_KEY_PATH	"/etc/amazon/efs/privateKey.pem"
#define CERT_KEY_BITS	3072
#define CERT_BEFORE	(15 * 60)	/* seconds that it is valid before it is made: clocks differ */
#define CERT_LIFE	(3 * 60 * 60)	/* and after; or less: cert_end() */
#define CERT_LEAST	60

struct cert_request {
	const char *common_name;	/* of the host; the first 64 bytes count */
	const char *fs_id;
	const char *access_point;	/* "" = none */
	const char *region;		/* of the signature */
	const char *source, *version;	/* client info */
	const struct creds *creds;	/* NULL: an anonymous client */
	int64_t now;			/* seconds since the epoch */
};

/*
 * The private key in @path; made (RSA 3072, mode 0400) if there is none or it is empty, once, however many ask at the
 * same time. EVP_PKEY_free(). 0 or negative with err.
 */
int cert_key(const char *path, EVP_PKEY **ret_key, struct kefs_err *err);

/* When a certificate made @now with these credentials (NULL: none) ends: no later than they do, but not at once. */
int64_t cert_end(const struct creds *creds, int64_t now);

/* When the certificate of a file of PEM ends, seconds since the epoch. 0 or negative. */
int cert_read_end(const char *path, int64_t *ret_end);

/* A self-signed certificate, as PEM; free(). 0 or negative with err. No I/O. */
int cert_make(EVP_PKEY *key, const struct cert_request *request, char **ret_pem, struct kefs_err *err);

#endif
