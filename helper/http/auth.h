/* SPDX-License-Identifier: GPL-2.0 */
/* Who may ask: root at the other end of a UNIX socket, or whoever signs with a key that is known (SigV4). */
#ifndef KEFS_HTTP_AUTH_H
#define KEFS_HTTP_AUTH_H

#include <stdint.h>

#include "http/server.h"

#define KEFS_AUTH_SECRET_SIZE 129
#define KEFS_AUTH_TOKEN_SIZE 129

/* A key that signs. */
struct kefs_auth_key {
	char secret[KEFS_AUTH_SECRET_SIZE];	/* wiped after use, as is the token */
	char token[KEFS_AUTH_TOKEN_SIZE];	/* that must come with it; "": none may */
	int64_t expires;			/* if it has a token: seconds since the epoch */
	char arn[KEFS_HTTP_ARN_SIZE];		/* of whom it stands for */
};

struct kefs_auth_parts {
	const char *account;		/* everybody's: 12 digits */
	const char *region;		/* that signatures must be for */
	/* Looks for an access key. 0; -ENOENT no such key, or it is switched off; another -errno is an internal error. */
	int (*find)(void *ctx, const char *access_key, struct kefs_auth_key *ret_key);
	void *ctx;
};

/* For a UNIX socket; of parts only account is looked at. Parts stay the caller's. */
struct kefs_http_auth kefs_auth_local(struct kefs_auth_parts *parts);

/* For requests from anywhere. */
struct kefs_http_auth kefs_auth_signed(struct kefs_auth_parts *parts);

#endif
