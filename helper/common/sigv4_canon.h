/* SPDX-License-Identifier: GPL-2.0 */
/* What signer and verifier of SigV4 share: the canonical request and the signature over it. */
#ifndef KEFS_COMMON_SIGV4_CANON_H
#define KEFS_COMMON_SIGV4_CANON_H

#include "buf.h"
#include "sigv4.h"

#define SIGV4_ALGORITHM		"AWS4-HMAC-SHA256"
#define SIGV4_UNSIGNED		"UNSIGNED-PAYLOAD"
#define SIGV4_CANONICAL_MAX	((size_t)1024 * 1024)
#define SIGV4_PARAMETERS_MAX	1024

/* A parameter of a query, decoded; name and value end in a NUL and may have others inside. */
struct sigv4_parameter {
	char *name, *value;
	size_t name_len, value_len;
};

struct sigv4_query {
	struct sigv4_parameter *parameters;
	size_t count;
	char *text;		/* what they lie in */
};

/* Takes a raw query apart. 0, -EINVAL for a bad escape, -E2BIG, -ENOMEM. */
int sigv4_query_parse(const char *raw, struct sigv4_query *ret_query);
void sigv4_query_free(struct sigv4_query *query);
/* The value of the parameter that stands once: 0; -ENOENT; -EINVAL if it stands more often or has a NUL inside. */
int sigv4_query_find(const struct sigv4_query *query, const char *name, const char **ret_value);

/* Appends bytes percent-encoded, but for letters, digits, "-_.~" and those of keep. */
int sigv4_encode(struct kefs_buf *out, const char *text, size_t len, const char *keep);

/*
 * Appends the query in canonical form. without: a name that is left out, or NULL. The parameters are sorted by it.
 */
int sigv4_canonical_query(struct sigv4_query *query, const char *without, struct kefs_buf *out);

/* The header that stands once: 0, -ENOENT, -EINVAL if more often. */
int sigv4_header_find(const struct kefs_sigv4_request *request, const char *name, const char **ret_value);

/*
 * The canonical request: query in its canonical form, signed_headers ("a;b"), payload as it is to stand there. 0,
 * -ENOENT if a signed header is not there, -ENOMEM, -EMSGSIZE.
 */
int sigv4_canonical(const struct kefs_sigv4_request *request, const char *query, const char *signed_headers,
		    const char *payload, bool s3, struct kefs_buf *out);

/* SHA-256 in hex. 0 or -ENOMEM. */
int sigv4_hash(const void *data, size_t len, char ret_hex[KEFS_SIGV4_HEX_SIZE]);

/* The signature over a canonical request. date: as X-Amz-Date has it. 0 or -ENOMEM. */
int sigv4_signature(const char *secret, const char *date, const char *region, const char *service,
		    const struct kefs_buf *canonical, char ret_hex[KEFS_SIGV4_HEX_SIZE]);

#endif
