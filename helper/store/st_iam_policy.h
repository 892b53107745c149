/* SPDX-License-Identifier: GPL-2.0 */
/* Policies of identities in the store: their own ones, managed ones, and who has which. */
#ifndef KEFS_STORE_ST_IAM_POLICY_H
#define KEFS_STORE_ST_IAM_POLICY_H

#include <stdbool.h>

#include "common/err.h"
#include "model/iam.h"
#include "store/db.h"

#define KEFS_MANAGED_PREFIX	"ANPA"	/* of the ids of managed policies that were made here */

/* Called for each: 0 or a -errno, which ends the listing. */
typedef int (*kefs_st_policy_fn)(void *ctx, const char *name, const char *document);

/*
 * All policies that hold for a user (its groups' too) or a role: document is "" for one of AWS's, which has the name.
 */
int kefs_st_policies_of(struct kefs_db *db, const char *identity_id, kefs_st_policy_fn each, void *ctx,
			struct kefs_err *err);

/* Sets or replaces one of an identity's own. 0; -EDQUOT without a text if all would have more than max characters. */
int kefs_st_inline_set(struct kefs_db *db, const char *identity_id, const char *name, const char *document, int64_t max,
		       struct kefs_err *err);

/* One, to be freed; removes one: -ENOENT without a text. All of one identity by name; documents are not given. */
int kefs_st_inline_get(struct kefs_db *db, const char *identity_id, const char *name, char **ret_document,
		       struct kefs_err *err);
int kefs_st_inline_delete(struct kefs_db *db, const char *identity_id, const char *name, struct kefs_err *err);
int kefs_st_inline_list(struct kefs_db *db, const char *identity_id, kefs_st_policy_fn each, void *ctx,
			struct kefs_err *err);

struct kefs_managed_policy {
	char id[KEFS_IAM_ID_SIZE];
	char name[KEFS_IAM_NAME_SIZE];
	char path[KEFS_IAM_PATH_SIZE];
	char description[KEFS_IAM_TEXT_SIZE];
	int64_t created_ms, updated_ms;
	uint32_t version;		/* the default one */
	uint32_t attached;		/* to so many identities */
};

/* Stores a new one with its first version. 0; -EEXIST or -EDQUOT without a text. */
int kefs_st_managed_insert(struct kefs_db *db, const struct kefs_managed_policy *policy, const char *document,
			   int64_t limit, struct kefs_err *err);

/* One by name in any case; -ENOENT without a text. */
int kefs_st_managed_get(struct kefs_db *db, const char *name, struct kefs_managed_policy *ret_policy,
			struct kefs_err *err);

/* Removes one; -ENOTEMPTY without a text if it is attached or has versions besides the default one. */
int kefs_st_managed_delete(struct kefs_db *db, const char *id, struct kefs_err *err);

/* Calls each for those behind the name after, by name, at most limit. */
int kefs_st_managed_list(struct kefs_db *db, const char *prefix, const char *after, unsigned int limit,
			 int (*each)(void *ctx, const struct kefs_managed_policy *policy), void *ctx, struct kefs_err *err);

/* To how many identities the policy with this id, or the AWS one of this name, is attached. */
int kefs_st_managed_attached(struct kefs_db *db, const char *policy_id, int64_t *ret_count, struct kefs_err *err);

/* Adds a version: 0 and its number, or -EDQUOT without a text if there are max. */
int kefs_st_version_add(struct kefs_db *db, const char *policy_id, const char *document, bool make_default, int64_t max,
			int64_t now_ms, uint32_t *ret_version, struct kefs_err *err);

/* A version's document, to be freed, and age; -ENOENT without a text. */
int kefs_st_version_get(struct kefs_db *db, const char *policy_id, uint32_t version, char **ret_document,
			int64_t *ret_created_ms, struct kefs_err *err);

/* Makes it the default one; removes it. -ENOENT without a text. */
int kefs_st_version_set_default(struct kefs_db *db, const char *policy_id, uint32_t version, int64_t now_ms,
				struct kefs_err *err);
int kefs_st_version_delete(struct kefs_db *db, const char *policy_id, uint32_t version, struct kefs_err *err);

/* Calls each for its versions, the newest first. */
int kefs_st_version_list(struct kefs_db *db, const char *policy_id,
			 int (*each)(void *ctx, uint32_t version, int64_t created_ms), void *ctx, struct kefs_err *err);

/* Attaches, if it is not attached yet: -EDQUOT without a text beyond max. Detaches: -ENOENT without a text. */
int kefs_st_attach(struct kefs_db *db, const char *identity_id, const char *policy_id, int64_t max,
		   struct kefs_err *err);
int kefs_st_detach(struct kefs_db *db, const char *identity_id, const char *policy_id, struct kefs_err *err);

/*
 * Calls each for what is attached to an identity, by name, AWS's behind an own one of that name: policy's name, and
 * path as document ("" for AWS's).
 */
int kefs_st_attached_list(struct kefs_db *db, const char *identity_id, kefs_st_policy_fn each, void *ctx,
			  struct kefs_err *err);

/* Whom a policy's principals mean: replaces all of an owner's. In the caller's transaction. */
int kefs_st_principals_clear(struct kefs_db *db, const char *owner_id, struct kefs_err *err);
int kefs_st_principal_set(struct kefs_db *db, const char *owner_id, const char *principal, const char *unique_id,
			  struct kefs_err *err);

/* What it meant when the policy was set (KEFS_IAM_ID_SIZE); -ENOENT without a text. */
int kefs_st_principal_get(struct kefs_db *db, const char *owner_id, const char *principal, char *ret_id,
			  struct kefs_err *err);

#endif
