// SPDX-License-Identifier: GPL-2.0
#include "st_identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define COLUMNS "id, kind, name, path, created_ms, description, session_sec"
#define CHUNK 16

static int insert(struct kefs_db *db, const struct kefs_identity *identity, const char *trust_policy, int64_t limit,
		  struct kefs_err *err)
{
	const char *kind = kefs_identity_kind_name(identity->kind);
	int64_t count = 0, taken = 0;
	int rc = kefs_store_query(db, kefs_store_take_int, &taken, "looking for a name", err,
				  "SELECT count(*) FROM identities WHERE kind = ?1 AND name = ?2", "tt", kind,
				  identity->name);

	if (rc == 0)
		rc = kefs_store_query(db, kefs_store_take_int, &count, "counting identities", err,
				      "SELECT count(*) FROM identities WHERE kind = ?1", "t", kind);
	if (rc == 0 && taken)
		rc = -EEXIST;
	if (rc == 0 && count >= limit)
		rc = -EDQUOT;
	if (rc < 0)
		return rc;
	return kefs_store_query(db, NULL, NULL, "storing an identity", err,
				"INSERT INTO identities (" COLUMNS ", trust_policy) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
				"ttttitit", identity->id, kind, identity->name, identity->path, identity->created_ms,
				identity->description, (int64_t)identity->session_sec, trust_policy);
}

int kefs_st_identity_insert(struct kefs_db *db, const struct kefs_identity *identity, const char *trust_policy,
			    int64_t limit, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	return kefs_db_end(db, insert(db, identity, trust_policy, limit, err), err);
}

static int take_identity(void *ctx, sqlite3_stmt *stmt)
{
	struct kefs_identity *identity = ctx;
	char kind[8];

	if (kefs_store_text(stmt, 0, identity->id, sizeof(identity->id)) < 0 ||
	    kefs_store_text(stmt, 1, kind, sizeof(kind)) < 0 ||
	    kefs_store_text(stmt, 2, identity->name, sizeof(identity->name)) < 0 ||
	    kefs_store_text(stmt, 3, identity->path, sizeof(identity->path)) < 0 ||
	    kefs_store_text(stmt, 5, identity->description, sizeof(identity->description)) < 0)
		return -EUCLEAN;
	identity->kind = *kind == 'u' ? KEFS_IDENTITY_USER : *kind == 'g' ? KEFS_IDENTITY_GROUP : KEFS_IDENTITY_ROLE;
	identity->created_ms = sqlite3_column_int64(stmt, 4);
	identity->session_sec = (uint32_t)sqlite3_column_int64(stmt, 6);
	return 0;
}

int kefs_st_identity_get(struct kefs_db *db, enum kefs_identity_kind kind, const char *name,
			 struct kefs_identity *ret_identity, struct kefs_err *err)
{
	int rc;

	ret_identity->id[0] = '\0';
	rc = kefs_store_query(db, take_identity, ret_identity, "looking for an identity", err,
			      "SELECT " COLUMNS " FROM identities WHERE kind = ?1 AND name = ?2", "tt",
			      kefs_identity_kind_name(kind), name);
	return rc == 0 && !*ret_identity->id ? -ENOENT : rc;
}

int kefs_st_identity_by_id(struct kefs_db *db, const char *id, struct kefs_identity *ret_identity,
			   struct kefs_err *err)
{
	int rc;

	ret_identity->id[0] = '\0';
	rc = kefs_store_query(db, take_identity, ret_identity, "looking for an identity", err,
			      "SELECT " COLUMNS " FROM identities WHERE id = ?1", "t", id);
	return rc == 0 && !*ret_identity->id ? -ENOENT : rc;
}

static int update(struct kefs_db *db, const struct kefs_identity *identity, struct kefs_err *err)
{
	int64_t taken = 0;
	int rc = kefs_store_query(db, kefs_store_take_int, &taken, "looking for a name", err,
				  "SELECT count(*) FROM identities WHERE kind = ?1 AND name = ?2 AND id != ?3", "ttt",
				  kefs_identity_kind_name(identity->kind), identity->name, identity->id);

	if (rc == 0 && taken)
		rc = -EEXIST;
	return rc < 0 ? rc : kefs_store_query(db, NULL, NULL, "changing an identity", err,
					      "UPDATE identities SET name = ?2, path = ?3, description = ?4, session_sec = ?5 "
					      "WHERE id = ?1", "tttti", identity->id, identity->name, identity->path,
					      identity->description, (int64_t)identity->session_sec);
}

int kefs_st_identity_update(struct kefs_db *db, const struct kefs_identity *identity, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	return kefs_db_end(db, update(db, identity, err), err);
}

static int remove_empty(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int64_t left = 0;
	int rc = kefs_store_query(db, kefs_store_take_int, &left, "looking at an identity", err,
				  "SELECT (SELECT count(*) FROM access_keys WHERE user_id = ?1)"
				  " + (SELECT count(*) FROM inline_policies WHERE identity_id = ?1)"
				  " + (SELECT count(*) FROM attached_policies WHERE identity_id = ?1)"
				  " + (SELECT count(*) FROM group_members WHERE user_id = ?1 OR group_id = ?1)", "t", id);

	if (rc == 0 && left)
		rc = -ENOTEMPTY;
	return rc < 0 ? rc : kefs_store_query(db, NULL, NULL, "removing an identity", err,
					      "DELETE FROM identities WHERE id = ?1", "t", id);
}

int kefs_st_identity_delete(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	return kefs_db_end(db, remove_empty(db, id, err), err);
}

static int take_listed(void *ctx, sqlite3_stmt *stmt)
{
	struct kefs_identity_list *list = ctx;
	struct kefs_identity *grown;

	if (list->count == list->size) {
		grown = reallocarray(list->list, list->size + CHUNK, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		list->list = grown;
		list->size += CHUNK;
	}
	return take_identity(&list->list[list->count++], stmt);
}

int kefs_st_identity_list(struct kefs_db *db, const struct kefs_identity_query *query,
			  struct kefs_identity_list *ret_list, struct kefs_err *err)
{
	struct kefs_identity_list list = { .list = NULL };
	int rc = kefs_store_query(db, take_listed, &list, "listing identities", err,
				  "SELECT " COLUMNS " FROM identities WHERE kind = ?1 AND name > ?3 "
				  "AND substr(path, 1, length(?2)) = ?2 "
				  "AND (?4 = '' OR id IN (SELECT user_id FROM group_members WHERE group_id = ?4)) "
				  "AND (?5 = '' OR id IN (SELECT group_id FROM group_members WHERE user_id = ?5)) "
				  "ORDER BY name LIMIT ?6", "tttt" "ti", kefs_identity_kind_name(query->kind),
				  query->prefix ? query->prefix : "", query->after ? query->after : "",
				  query->group_id ? query->group_id : "", query->user_id ? query->user_id : "",
				  (int64_t)query->limit);

	if (rc < 0)
		free(list.list);
	else
		*ret_list = list;
	return rc;
}

int kefs_st_identity_trust(struct kefs_db *db, const char *id, char **ret_policy, struct kefs_err *err)
{
	return kefs_store_get_text(db, ret_policy, "reading a trust policy", err,
				   "SELECT trust_policy FROM identities WHERE id = ?1 AND trust_policy != ''", "t", id);
}

int kefs_st_identity_set_trust(struct kefs_db *db, const char *id, const char *policy, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "storing a trust policy", err,
				"UPDATE identities SET trust_policy = ?2 WHERE id = ?1", "tt", id, policy);
}

int kefs_st_member_add(struct kefs_db *db, const char *user_id, const char *group_id, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "adding a member", err,
				"INSERT INTO group_members (user_id, group_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING", "tt",
				user_id, group_id);
}

int kefs_st_member_remove(struct kefs_db *db, const char *user_id, const char *group_id, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "removing a member", err,
				  "DELETE FROM group_members WHERE user_id = ?1 AND group_id = ?2", "tt", user_id, group_id);

	return kefs_store_changed(db, rc);
}
