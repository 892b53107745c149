/* SPDX-License-Identifier: GPL-2.0 */
/* Users, groups and roles, and who is in which group, in the store. */
#ifndef KEFS_STORE_ST_IDENTITY_H
#define KEFS_STORE_ST_IDENTITY_H

#include "common/err.h"
#include "model/iam.h"
#include "store/db.h"

/* A list; to be freed. */
struct kefs_identity_list {
	struct kefs_identity *list;
	size_t count, size;
};

/*
 * Stores a new one; trust_policy is "" but for a role. 0; -EEXIST without a text if the name is taken; -EDQUOT
 * without a text if there are limit of the kind.
 */
int kefs_st_identity_insert(struct kefs_db *db, const struct kefs_identity *identity, const char *trust_policy,
			    int64_t limit, struct kefs_err *err);

/* One, by its name in any case, or by its id; -ENOENT without a text. */
int kefs_st_identity_get(struct kefs_db *db, enum kefs_identity_kind kind, const char *name,
			 struct kefs_identity *ret_identity, struct kefs_err *err);
int kefs_st_identity_by_id(struct kefs_db *db, const char *id, struct kefs_identity *ret_identity,
			   struct kefs_err *err);

/* Name, path, and a role's description and session length. 0, -EEXIST without a text if the name is taken. */
int kefs_st_identity_update(struct kefs_db *db, const struct kefs_identity *identity, struct kefs_err *err);

/* Removes one that has nothing left. 0; -ENOTEMPTY without a text: keys, policies or members are there. */
int kefs_st_identity_delete(struct kefs_db *db, const char *id, struct kefs_err *err);

/*
 * Those of a kind whose path starts with prefix, in the order of their names, behind the name after ("" = from the
 * first), at most limit. group_id, if not "": users that are in this group; user_id: groups that the user is in.
 */
struct kefs_identity_query {
	enum kefs_identity_kind kind;
	const char *prefix, *after, *group_id, *user_id;
	unsigned int limit;
};
int kefs_st_identity_list(struct kefs_db *db, const struct kefs_identity_query *query,
			  struct kefs_identity_list *ret_list, struct kefs_err *err);

/* A role's trust policy, to be freed; -ENOENT without a text. */
int kefs_st_identity_trust(struct kefs_db *db, const char *id, char **ret_policy, struct kefs_err *err);
int kefs_st_identity_set_trust(struct kefs_db *db, const char *id, const char *policy, struct kefs_err *err);

/* Puts a user into a group, in which it may be already, or takes it out: -ENOENT without a text if it was not in it. */
int kefs_st_member_add(struct kefs_db *db, const char *user_id, const char *group_id, struct kefs_err *err);
int kefs_st_member_remove(struct kefs_db *db, const char *user_id, const char *group_id, struct kefs_err *err);

#endif
