/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AWS Signature Version 4, both sides: of HTTP requests, signed in the Authorization header or in the query, and of
 * the certificate of an NFS client. Pure but for OpenSSL's digests; the caller gives the clock and the keys.
 *
 * Verifying takes two steps, since the key must be found in between:
 *	fault = kefs_sigv4_parse(&request, &claim, &err);
 *	… look for claim.access_key; KEFS_SIGV4_UNKNOWN_KEY if there is none …
 *	fault = kefs_sigv4_verify(&request, &claim, &key, &rules, &err);
 * and kefs_sigv4_code() has the error that the service gives for a fault; err is its message.
 */
#ifndef KEFS_COMMON_SIGV4_H
#define KEFS_COMMON_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define KEFS_SIGV4_ACCESS_KEY_MAX	128
#define KEFS_SIGV4_TOKEN_MAX		4096
#define KEFS_SIGV4_SIGNED_HEADERS_MAX	1024
#define KEFS_SIGV4_SKEW			300	/* seconds that the clocks may be apart */
#define KEFS_SIGV4_EXPIRES_MAX		604800	/* a week: the longest life of a signature in a query */
#define KEFS_SIGV4_DATE_SIZE		17	/* "20260131T120000Z" */
#define KEFS_SIGV4_HEX_SIZE		65

struct kefs_sigv4_header {
	const char *name, *value;
};

/* A request as it is on the wire. */
struct kefs_sigv4_request {
	const char *method;
	const char *path;	/* raw, still percent-encoded, without the query */
	const char *query;	/* raw, behind the "?"; NULL or "": none */
	const struct kefs_sigv4_header *headers;	/* in their order, those of the same name too */
	size_t header_count;
	const void *body;
	size_t body_len;
};

/* Who says that he signed the request, and how. All are texts of checked form. */
struct kefs_sigv4_claim {
	bool in_query;
	char access_key[KEFS_SIGV4_ACCESS_KEY_MAX + 1];
	char scope_date[9], region[65], service[65], terminator[33];
	char date[KEFS_SIGV4_DATE_SIZE];
	int64_t time;			/* the same in seconds since the epoch */
	int64_t expires;		/* in_query: seconds from then */
	char signature[KEFS_SIGV4_HEX_SIZE];
	char signed_headers[KEFS_SIGV4_SIGNED_HEADERS_MAX + 1];
	char token[KEFS_SIGV4_TOKEN_MAX + 1];	/* "" if there is none */
};

struct kefs_sigv4_key {
	const char *access_key;
	const char *secret;
	const char *token;	/* NULL: a key for good */
	int64_t expires;	/* of a key with a token: seconds since the epoch */
};

struct kefs_sigv4_rules {
	const char *region, *service;	/* that the scope must name; NULL: any, the caller looks at the claim */
	int64_t now;			/* seconds since the epoch */
	unsigned int skew;		/* seconds; 0: KEFS_SIGV4_SKEW */
	bool in_query;			/* signatures in the query are taken too */
	bool s3;			/* S3's ways: the path is encoded once; the payload need not be signed */
};

enum kefs_sigv4_fault {
	KEFS_SIGV4_OK,
	KEFS_SIGV4_MISSING,		/* not signed at all */
	KEFS_SIGV4_INCOMPLETE,		/* something of the signature is missing or malformed */
	KEFS_SIGV4_UNKNOWN_KEY,		/* no such key, or not with this token */
	KEFS_SIGV4_INVALID,		/* wrong signature, scope or time */
	KEFS_SIGV4_EXPIRED_TOKEN,
	KEFS_SIGV4_INTERNAL,		/* no memory */
};

/* How a service writes its errors. */
enum kefs_sigv4_protocol { KEFS_SIGV4_JSON, KEFS_SIGV4_QUERY, KEFS_SIGV4_EC2 };

/* Finds the claim of a request. OK, MISSING, INCOMPLETE or UNKNOWN_KEY (no key is of that form), with err. */
enum kefs_sigv4_fault kefs_sigv4_parse(const struct kefs_sigv4_request *request, struct kefs_sigv4_claim *ret_claim,
				       struct kefs_err *err);

/*
 * Is the claim true of this request and key? Scope, clock, token and signature are checked, and that host and the
 * x-amz headers that say what the request means are signed. The key's access_key is not looked at.
 */
enum kefs_sigv4_fault kefs_sigv4_verify(const struct kefs_sigv4_request *request,
					const struct kefs_sigv4_claim *claim, const struct kefs_sigv4_key *key,
					const struct kefs_sigv4_rules *rules, struct kefs_err *err);

/* The service's code for a fault (not OK) and the HTTP status; valid for ever. */
const char *kefs_sigv4_code(enum kefs_sigv4_fault fault, enum kefs_sigv4_protocol protocol, unsigned int *ret_status);

/* The message of UNKNOWN_KEY, for the caller that has not found the key. */
#define KEFS_SIGV4_UNKNOWN_KEY_TEXT "The security token included in the request is invalid."

/* A time as signatures have it; -ERANGE outside the years 0 to 9999. */
int kefs_sigv4_date(int64_t time, char ret_date[KEFS_SIGV4_DATE_SIZE]);

/*
 * Signs a request, whose headers are all signed: Host and X-Amz-Date must be among them, and X-Amz-Security-Token if
 * the key has a token. 0 and the value of the Authorization header, to be freed; -EINVAL without those; -ENOMEM.
 */
int kefs_sigv4_sign(const struct kefs_sigv4_request *request, const struct kefs_sigv4_key *key, const char *region,
		    const char *service, bool s3, char **ret_authorization);

/*
 * Signs in the query, for some seconds from time. 0 and the whole new query, to be freed; -EINVAL without Host;
 * -ERANGE; -ENOMEM.
 */
int kefs_sigv4_presign(const struct kefs_sigv4_request *request, const struct kefs_sigv4_key *key,
		       const char *region, const char *service, bool s3, int64_t time, unsigned int expires,
		       char **ret_query);

/* What the client of a TLS mount signs, to be found in its certificate. */
struct kefs_sigv4_connect {
	const char *fs_id;		/* bare: "fs-…" */
	const char *public_key_hash;	/* SHA-1 of the certificate's public key, 40 lower-case hex digits */
	const char *region;
	const char *access_key;
	const char *token;		/* NULL or "": none */
	int64_t time;			/* of signing, seconds since the epoch */
};

/* The signature: 64 lower-case hex digits. 0, -ERANGE (time), -ENOMEM. */
int kefs_sigv4_connect_sign(const struct kefs_sigv4_connect *connect, const char *secret,
			    char ret_signature[KEFS_SIGV4_HEX_SIZE]);

/* Is it this one? In constant time. When it was made and whether the token is the key's are the caller's to check. */
bool kefs_sigv4_connect_verify(const struct kefs_sigv4_connect *connect, const char *secret, const char *signature);

/* Are the texts the same? Takes the same time for all texts of a's length; a is what a stranger sent. */
bool kefs_sigv4_equal(const char *a, const char *b);

#endif
