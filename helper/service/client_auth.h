/* SPDX-License-Identifier: GPL-2.0 */
/* Is a client who its certificate says it is? */
#ifndef KEFS_SERVICE_CLIENT_AUTH_H
#define KEFS_SERVICE_CLIENT_AUTH_H

#include "common/awscert.h"
#include "common/err.h"
#include "model/server.h"
#include "policy/caller.h"
#include "policy/policy.h"
#include "store/st_key.h"

#define KEFS_CLIENT_SKEW	900	/* seconds that clocks may differ: how far the mount helper dates back */
#define KEFS_CLIENT_SIGNED_FOR	86400	/* seconds: the X-Amz-Expires that is signed */

/* A principal that has an access key, with what is needed to decide on it. */
struct kefs_known_client {
	char secret[KEFS_KEY_SECRET_SIZE];	/* of the key; not filled for one that was admitted before */
	struct kefs_caller caller;
	struct kefs_policy_set policies;	/* its own: resource is NULL. Good until release() */
	void *held;				/* the source's, for release() */
};

/* Where principals are known. */
struct kefs_client_source {
	/*
	 * Whose an access key is. With a token ("": none) the key must be active and belong with it; NULL stands for a
	 * client that was admitted before: the key must not have been deactivated or deleted since, nor its principal. 0
	 * and a client to be released; -ENOENT; another -errno if it cannot be found out now.
	 */
	int (*find)(void *ctx, const char *access_key, const char *token, struct kefs_known_client *ret_client,
		    struct kefs_err *err);
	/* Frees what find() gave; the caller wipes the secret. */
	void (*release)(void *ctx, struct kefs_known_client *client);
	void *ctx;
};

/* Who it is about, where and when. */
struct kefs_client_place {
	const char *fs_id, *region;
	int64_t now;		/* seconds since the epoch */
};

/*
 * Checks all that a certificate says but the access point: its time, its file system, the signature. 0, and
 * *ret_known says whether there is a client, to be released, or it is anonymous; -EACCES with *ret_reason and err;
 * another -errno if it cannot be found out now.
 */
int kefs_client_auth(const struct kefs_awscert *cert, const struct kefs_client_place *place,
		     const struct kefs_client_source *source, struct kefs_known_client *ret_client, bool *ret_known,
		     enum kefs_refusal *ret_reason, struct kefs_err *err);

/* Releases and wipes. */
void kefs_client_auth_release(const struct kefs_client_source *source, struct kefs_known_client *client);

#endif
