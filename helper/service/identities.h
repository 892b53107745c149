/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who somebody is, and what policies hold for him: from the access key that signed a request or a client's
 * certificate to a principal, from a principal to its compiled policies. Loop thread only.
 *
 * To verify who comes:
 *	rc = kefs_identities_find(identities, access_key, token, now, &who, &err);
 *	… the signature with who.secret …
 *	explicit_bzero(who.secret, sizeof(who.secret));
 *	rc = kefs_identities_policies(identities, &who, &set, &err);
 *	set.resource = …; decide
 * and later, when something has changed, for one who was verified and whose access key was kept:
 *	rc = kefs_identities_recall(identities, access_key, now, &who, &err);
 */
#ifndef KEFS_SERVICE_IDENTITIES_H
#define KEFS_SERVICE_IDENTITIES_H

#include <stdint.h>

#include "common/err.h"
#include "model/topology.h"
#include "policy/caller.h"
#include "policy/policy.h"
#include "store/db.h"
#include "store/st_identity.h"
#include "store/st_key.h"

struct kefs_identities;

struct kefs_identities_parts {
	struct kefs_db *db;
	const struct kefs_topology *topology;
	/* Identities, keys or policies are other ones: what was decided by them must be decided anew. */
	void (*changed)(void *ctx);
	void *ctx;
};

/* Not to be copied: the principal points into it. */
struct kefs_who {
	struct kefs_caller caller;
	char access_key[KEFS_KEY_ID_SIZE];	/* "": nobody's, the account itself by another way */
	char secret[KEFS_KEY_SECRET_SIZE];	/* of find() and look_up() only; to be wiped */
	char token[KEFS_SESSION_TOKEN_SIZE];	/* of look_up() only, as well; "": a key for good */
	char identity_id[KEFS_IAM_ID_SIZE];	/* of the user or the role; "": the account */
	bool session;				/* the key is one that ends */
	int64_t expires;			/* seconds since the epoch; 0: never */
};

/* 0 or -ENOMEM. db and topology stay the caller's and outlive it. */
int kefs_identities_new(const struct kefs_identities_parts *parts, struct kefs_identities **ret_identities,
			struct kefs_err *err);

/* NULL is fine. */
void kefs_identities_free(struct kefs_identities *identities);

/*
 * Who the key stands for, and its secret. token is what came with it, NULL or "" if nothing did; now in seconds since
 * the epoch. 0; without a text: -ENOENT unknown or switched off, -EACCES the token is wrong, missing, or one too many,
 * -EKEYEXPIRED; another -errno with one.
 */
int kefs_identities_find(struct kefs_identities *identities, const char *access_key, const char *token, int64_t now,
			 struct kefs_who *ret_who, struct kefs_err *err);

/*
 * The same for who compares the token himself, after the signature, and looks whether it has ended: 0, -ENOENT, -errno.
 */
int kefs_identities_look_up(struct kefs_identities *identities, const char *access_key, struct kefs_who *ret_who,
			    struct kefs_err *err);

/* The same without secret and token, for a key that was verified before: 0, -ENOENT, -EKEYEXPIRED; "": the account. */
int kefs_identities_recall(struct kefs_identities *identities, const char *access_key, int64_t now,
			   struct kefs_who *ret_who, struct kefs_err *err);

/*
 * Who is named by an account's number, the ARN of its root, a user, a role's session, or of a role, which stands for a
 * session "session" of it: to ask what he may. 0; -ENOENT nobody; -EINVAL it is no such name, with err; -errno.
 */
int kefs_identities_named(struct kefs_identities *identities, const char *name, struct kefs_who *ret_who,
			  struct kefs_err *err);

/*
 * The identity's side of a decision: identity, session and keys of ret_set are filled, the rest is empty. What it
 * points to stays good until identities change or the next call for somebody else. 0; -EUCLEAN: a policy in the store
 * cannot be understood, and he must get nothing; -errno.
 */
int kefs_identities_policies(struct kefs_identities *identities, const struct kefs_who *who,
			     struct kefs_policy_set *ret_set, struct kefs_err *err);

/*
 * Who a principal of a policy is, as kefs_policy_rules.resolve wants it (ctx: struct kefs_identities); of other
 * accounts only the account itself is known.
 */
int kefs_identities_resolve(void *ctx, const char *principal, char ret_id[KEFS_POLICY_ID_SIZE]);

/* Whom the principals of an owner's policy meant when it was set: ctx of the next one. */
struct kefs_principals_owner {
	struct kefs_db *db;
	const char *id;		/* of a file system or a role */
};

/* The same for a policy that comes from the store: the ids are those of then. */
int kefs_identities_resolve_stored(void *ctx, const char *principal, char ret_id[KEFS_POLICY_ID_SIZE]);

/* Stores whom a policy's principals mean now. In the caller's transaction. */
int kefs_identities_store_principals(struct kefs_db *db, const char *owner_id, const struct kefs_policy *policy,
				     struct kefs_err *err);

/* Whoever changes identities, keys or their policies calls this afterwards. */
void kefs_identities_changed(struct kefs_identities *identities);

/* The ARN of a user, group or role; ret_arn has KEFS_IAM_ARN_SIZE bytes. */
void kefs_identities_arn(const struct kefs_identities *identities, const struct kefs_identity *identity, char *ret_arn);

#endif
