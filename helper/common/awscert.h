/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The client certificate of EFS's mount helper: what its private extensions (arc 1.3.6.1.4.1.4843.7) say, read from a
 * certificate and put into one. It is self-signed: of what it says only the signature over the public key (struct
 * kefs_sigv4_connect in sigv4.h) proves anything. Needs libcrypto; no I/O, no clock.
 */
#ifndef KEFS_COMMON_AWSCERT_H
#define KEFS_COMMON_AWSCERT_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/id.h"
#include "common/sigv4.h"

#define KEFS_AWSCERT_OID_ACCESS_POINT	"1.3.6.1.4.1.4843.7.1"	/* UTF8String */
#define KEFS_AWSCERT_OID_AUTH		"1.3.6.1.4.1.4843.7.2"	/* SEQUENCE: see awscert.c */
#define KEFS_AWSCERT_OID_FILE_SYSTEM	"1.3.6.1.4.1.4843.7.3"	/* UTF8String */
#define KEFS_AWSCERT_OID_CLIENT		"1.3.6.1.4.1.4843.7.4"	/* SEQUENCE of source and version */

#define KEFS_AWSCERT_KEY_SIZE		129	/* an access key's id and a NUL */
#define KEFS_AWSCERT_TOKEN_SIZE		4097	/* a session token and a NUL */
#define KEFS_AWSCERT_HASH_SIZE		41	/* SHA-1 in hex and a NUL */
#define KEFS_AWSCERT_CLIENT_SIZE	101	/* source or version and a NUL */
#define KEFS_AWSCERT_EXTENSIONS_MAX	32	/* in one certificate; the helper's has 5 */

/* Texts are "" where the certificate says nothing. */
struct kefs_awscert {
	char public_key_hash[KEFS_AWSCERT_HASH_SIZE];	/* computed from the key; SHA-1, lower-case hex */
	int64_t not_before, not_after;			/* seconds since the epoch */
	char fs_id[KEFS_ID_SIZE];
	char access_point[KEFS_ID_SIZE];
	bool has_auth;					/* else the client is anonymous; the next four are empty */
	char access_key[KEFS_AWSCERT_KEY_SIZE];
	char signature[KEFS_SIGV4_HEX_SIZE];		/* as it stands: 64 lower-case hex digits */
	int64_t signed_at;				/* seconds since the epoch */
	char token[KEFS_AWSCERT_TOKEN_SIZE];		/* "": a key for good */
	char source[KEFS_AWSCERT_CLIENT_SIZE];		/* for logs; without the blanks of renewed certificates */
	char version[KEFS_AWSCERT_CLIENT_SIZE];
};

/*
 * Reads a certificate. Extensions that are not the four are skipped; of the client's source and version it takes what
 * it can. Nothing is verified: no signature, no time, no form of an id beyond its characters being printable ASCII.
 * 0, -EBADMSG with err if one of the first three extensions is malformed, too long or twice there, or there are more
 * than KEFS_AWSCERT_EXTENSIONS_MAX; -ENOMEM.
 */
int kefs_awscert_read(const X509 *cert, struct kefs_awscert *ret_cert, struct kefs_err *err);

/*
 * Puts the extensions that cert has texts for into a certificate that is being made, in the mount helper's order;
 * public_key_hash and the times of validity are not looked at. 0, -EINVAL (signed_at outside the years 1950 to 2049),
 * -ENOMEM.
 */
int kefs_awscert_extend(X509 *x509, const struct kefs_awscert *cert);

/* SHA-1 of a certificate's public key as the signature has it; of cert, whose key is set. 0 or -EIO. */
int kefs_awscert_key_hash(const X509 *cert, char ret_hash[KEFS_AWSCERT_HASH_SIZE]);

/* What was signed, as sigv4.h signs and verifies it; good as long as cert and region. */
struct kefs_sigv4_connect kefs_awscert_connect(const struct kefs_awscert *cert, const char *region);

#endif
