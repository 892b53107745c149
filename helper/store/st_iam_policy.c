// SPDX-License-Identifier: GPL-2.0
#include "st_iam_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "internal.h"

#define COLUMNS "p.id, p.name, p.path, p.description, p.created_ms, p.updated_ms, p.default_version, " \
		"(SELECT count(*) FROM attached_policies WHERE policy_id = p.id)"

struct each {
	kefs_st_policy_fn fn;
	void *ctx;
};

static int give(void *ctx, sqlite3_stmt *stmt)
{
	const char *name = (const char *)sqlite3_column_text(stmt, 0), *text = (const char *)sqlite3_column_text(stmt, 1);
	const struct each *each = ctx;

	return name && text ? each->fn(each->ctx, name, text) : -EUCLEAN;
}

int kefs_st_policies_of(struct kefs_db *db, const char *identity_id, kefs_st_policy_fn each, void *ctx,
			struct kefs_err *err)
{
	struct each all = { each, ctx };

	return kefs_store_query(db, give, &all, "reading an identity's policies", err,
				"WITH who (id) AS (SELECT ?1 UNION SELECT group_id FROM group_members WHERE user_id = ?1) "
				"SELECT name, document FROM inline_policies WHERE identity_id IN (SELECT id FROM who) "
				"UNION ALL SELECT p.name, v.document FROM managed_policies p "
				"JOIN managed_policy_versions v ON v.policy_id = p.id AND v.version = p.default_version "
				"WHERE p.id IN (SELECT policy_id FROM attached_policies WHERE identity_id IN (SELECT id FROM who)) "
				"UNION ALL SELECT DISTINCT policy_id, '' FROM attached_policies "
				"WHERE identity_id IN (SELECT id FROM who) AND policy_id NOT GLOB '" KEFS_MANAGED_PREFIX "*'",
				"t", identity_id);
}

/* --- an identity's own --- */

static int set_inline(struct kefs_db *db, const char *identity_id, const char *name, const char *document, int64_t max,
		      struct kefs_err *err)
{
	int64_t bytes = 0;
	int rc = kefs_store_query(db, NULL, NULL, "storing a policy", err,
				  "INSERT INTO inline_policies (identity_id, name, document) VALUES (?1, ?2, ?3) "
				  "ON CONFLICT (identity_id, name) DO UPDATE SET document = excluded.document", "ttt",
				  identity_id, name, document);

	if (rc == 0)
		rc = kefs_store_query(db, kefs_store_take_int, &bytes, "measuring policies", err,
				      "SELECT coalesce(sum(length(document)), 0) FROM inline_policies WHERE identity_id = ?1",
				      "t", identity_id);
	return rc == 0 && bytes > max ? -EDQUOT : rc;
}

int kefs_st_inline_set(struct kefs_db *db, const char *identity_id, const char *name, const char *document, int64_t max,
		       struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	return rc < 0 ? rc : kefs_db_end(db, set_inline(db, identity_id, name, document, max, err), err);
}

int kefs_st_inline_get(struct kefs_db *db, const char *identity_id, const char *name, char **ret_document,
		       struct kefs_err *err)
{
	return kefs_store_get_text(db, ret_document, "reading a policy", err,
				   "SELECT document FROM inline_policies WHERE identity_id = ?1 AND name = ?2", "tt",
				   identity_id, name);
}

int kefs_st_inline_delete(struct kefs_db *db, const char *identity_id, const char *name, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "removing a policy", err,
				  "DELETE FROM inline_policies WHERE identity_id = ?1 AND name = ?2", "tt", identity_id, name);

	return kefs_store_changed(db, rc);
}

int kefs_st_inline_list(struct kefs_db *db, const char *identity_id, kefs_st_policy_fn each, void *ctx,
			struct kefs_err *err)
{
	struct each all = { each, ctx };

	return kefs_store_query(db, give, &all, "listing policies", err,
				"SELECT name, '' FROM inline_policies WHERE identity_id = ?1 "
				"ORDER BY name COLLATE NOCASE, name", "t", identity_id);
}

/* --- managed ones --- */

static int insert_managed(struct kefs_db *db, const struct kefs_managed_policy *policy, const char *document,
			  int64_t limit, struct kefs_err *err)
{
	int64_t taken = 0, count = 0;
	int rc = kefs_store_query(db, kefs_store_take_int, &taken, "looking for a policy", err,
				  "SELECT count(*) FROM managed_policies WHERE name = ?1", "t", policy->name);

	if (rc == 0)
		rc = kefs_store_query(db, kefs_store_take_int, &count, "counting policies", err,
				      "SELECT count(*) FROM managed_policies", "");
	if (rc == 0 && taken)
		rc = -EEXIST;
	if (rc == 0 && count >= limit)
		rc = -EDQUOT;
	if (rc == 0)
		rc = kefs_store_query(db, NULL, NULL, "storing a policy", err,
				      "INSERT INTO managed_policies (id, name, path, description, created_ms, updated_ms, "
				      "default_version, last_version) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1, 1)", "ttt" "ti",
				      policy->id, policy->name, policy->path, policy->description, policy->created_ms);
	return rc < 0 ? rc : kefs_store_query(db, NULL, NULL, "storing a policy", err,
					      "INSERT INTO managed_policy_versions (policy_id, version, document, created_ms) "
					      "VALUES (?1, 1, ?2, ?3)", "tti", policy->id, document, policy->created_ms);
}

int kefs_st_managed_insert(struct kefs_db *db, const struct kefs_managed_policy *policy, const char *document,
			   int64_t limit, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	return rc < 0 ? rc : kefs_db_end(db, insert_managed(db, policy, document, limit, err), err);
}

static int take_managed(void *ctx, sqlite3_stmt *stmt)
{
	struct kefs_managed_policy *policy = ctx;

	policy->created_ms = sqlite3_column_int64(stmt, 4);
	policy->updated_ms = sqlite3_column_int64(stmt, 5);
	policy->version = (uint32_t)sqlite3_column_int64(stmt, 6);
	policy->attached = (uint32_t)sqlite3_column_int64(stmt, 7);
	return kefs_store_text(stmt, 0, policy->id, sizeof(policy->id)) < 0 ||
		       kefs_store_text(stmt, 1, policy->name, sizeof(policy->name)) < 0 ||
		       kefs_store_text(stmt, 2, policy->path, sizeof(policy->path)) < 0 ||
		       kefs_store_text(stmt, 3, policy->description, sizeof(policy->description)) < 0 ? -EUCLEAN : 0;
}

int kefs_st_managed_get(struct kefs_db *db, const char *name, struct kefs_managed_policy *ret_policy,
			struct kefs_err *err)
{
	int rc;

	ret_policy->id[0] = '\0';
	rc = kefs_store_query(db, take_managed, ret_policy, "looking for a policy", err,
			      "SELECT " COLUMNS " FROM managed_policies p WHERE p.name = ?1", "t", name);
	return rc == 0 && !*ret_policy->id ? -ENOENT : rc;
}

static int remove_managed(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int64_t left = 0;
	int rc = kefs_store_query(db, kefs_store_take_int, &left, "looking at a policy", err,
				  "SELECT (SELECT count(*) FROM attached_policies WHERE policy_id = ?1) + "
				  "(SELECT count(*) - 1 FROM managed_policy_versions WHERE policy_id = ?1)", "t", id);

	if (rc == 0 && left)
		rc = -ENOTEMPTY;
	return rc < 0 ? rc : kefs_store_query(db, NULL, NULL, "removing a policy", err,
					      "DELETE FROM managed_policies WHERE id = ?1", "t", id);
}

int kefs_st_managed_delete(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	return rc < 0 ? rc : kefs_db_end(db, remove_managed(db, id, err), err);
}

struct each_managed {
	int (*fn)(void *ctx, const struct kefs_managed_policy *policy);
	void *ctx;
};

static int give_managed(void *ctx, sqlite3_stmt *stmt)
{
	const struct each_managed *each = ctx;
	struct kefs_managed_policy policy;
	int rc = take_managed(&policy, stmt);

	return rc < 0 ? rc : each->fn(each->ctx, &policy);
}

int kefs_st_managed_list(struct kefs_db *db, const char *prefix, const char *after, unsigned int limit,
			 int (*each)(void *ctx, const struct kefs_managed_policy *policy), void *ctx, struct kefs_err *err)
{
	struct each_managed all = { each, ctx };

	return kefs_store_query(db, give_managed, &all, "listing policies", err,
				"SELECT " COLUMNS " FROM managed_policies p WHERE p.name > ?2 "
				"AND substr(p.path, 1, length(?1)) = ?1 ORDER BY p.name LIMIT ?3", "tti", prefix, after,
				(int64_t)limit);
}

int kefs_st_managed_attached(struct kefs_db *db, const char *policy_id, int64_t *ret_count, struct kefs_err *err)
{
	return kefs_store_query(db, kefs_store_take_int, ret_count, "counting who has a policy", err,
				"SELECT count(*) FROM attached_policies WHERE policy_id = ?1", "t", policy_id);
}

/* --- versions --- */

static int set_default(struct kefs_db *db, const char *policy_id, int64_t version, int64_t now_ms,
		       struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "changing a policy", err,
				"UPDATE managed_policies SET default_version = ?2, updated_ms = ?3 WHERE id = ?1", "tii",
				policy_id, version, now_ms);
}

static int add_version(struct kefs_db *db, const char *policy_id, const char *document, bool make_default, int64_t max,
		       int64_t now_ms, int64_t *ret_version, struct kefs_err *err)
{
	int64_t count = 0;
	int rc = kefs_store_query(db, kefs_store_take_int, &count, "counting versions", err,
				  "SELECT count(*) FROM managed_policy_versions WHERE policy_id = ?1", "t", policy_id);

	if (rc == 0 && count >= max)
		rc = -EDQUOT;
	if (rc == 0)
		rc = kefs_store_query(db, kefs_store_take_int, ret_version, "numbering a version", err,
				      "UPDATE managed_policies SET last_version = last_version + 1 WHERE id = ?1 "
				      "RETURNING last_version", "t", policy_id);
	if (rc == 0)
		rc = kefs_store_query(db, NULL, NULL, "storing a version", err,
				      "INSERT INTO managed_policy_versions (policy_id, version, document, created_ms) "
				      "VALUES (?1, ?2, ?3, ?4)", "titi", policy_id, *ret_version, document, now_ms);
	return rc == 0 && make_default ? set_default(db, policy_id, *ret_version, now_ms, err) : rc;
}

int kefs_st_version_add(struct kefs_db *db, const char *policy_id, const char *document, bool make_default, int64_t max,
			int64_t now_ms, uint32_t *ret_version, struct kefs_err *err)
{
	int64_t version = 0;
	int rc = kefs_db_begin(db, err);

	if (rc == 0)
		rc = kefs_db_end(db, add_version(db, policy_id, document, make_default, max, now_ms, &version, err), err);
	if (rc == 0)
		*ret_version = (uint32_t)version;
	return rc;
}

int kefs_st_version_get(struct kefs_db *db, const char *policy_id, uint32_t version, char **ret_document,
			int64_t *ret_created_ms, struct kefs_err *err)
{
	int rc = kefs_store_query(db, kefs_store_take_int, ret_created_ms, "looking at a version", err,
				  "SELECT created_ms FROM managed_policy_versions WHERE policy_id = ?1 AND version = ?2", "ti",
				  policy_id, (int64_t)version);

	return rc < 0 ? rc : kefs_store_get_text(db, ret_document, "reading a version", err,
						 "SELECT document FROM managed_policy_versions "
						 "WHERE policy_id = ?1 AND version = ?2", "ti", policy_id, (int64_t)version);
}

int kefs_st_version_set_default(struct kefs_db *db, const char *policy_id, uint32_t version, int64_t now_ms,
				struct kefs_err *err)
{
	CLEANUP_FREE char *document = NULL;
	int64_t created_ms;
	int rc = kefs_st_version_get(db, policy_id, version, &document, &created_ms, err);

	return rc < 0 ? rc : set_default(db, policy_id, version, now_ms, err);
}

int kefs_st_version_delete(struct kefs_db *db, const char *policy_id, uint32_t version, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "removing a version", err,
				  "DELETE FROM managed_policy_versions WHERE policy_id = ?1 AND version = ?2", "ti", policy_id,
				  (int64_t)version);

	return kefs_store_changed(db, rc);
}

struct each_version {
	int (*fn)(void *ctx, uint32_t version, int64_t created_ms);
	void *ctx;
};

static int give_version(void *ctx, sqlite3_stmt *stmt)
{
	const struct each_version *each = ctx;

	return each->fn(each->ctx, (uint32_t)sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1));
}

int kefs_st_version_list(struct kefs_db *db, const char *policy_id,
			 int (*each)(void *ctx, uint32_t version, int64_t created_ms), void *ctx, struct kefs_err *err)
{
	struct each_version all = { each, ctx };

	return kefs_store_query(db, give_version, &all, "listing versions", err,
				"SELECT version, created_ms FROM managed_policy_versions WHERE policy_id = ?1 "
				"ORDER BY version DESC", "t", policy_id);
}

/* --- who has them --- */

static int attach(struct kefs_db *db, const char *identity_id, const char *policy_id, int64_t max,
		  struct kefs_err *err)
{
	int64_t count = 0;
	int rc = kefs_store_query(db, NULL, NULL, "attaching a policy", err,
				  "INSERT INTO attached_policies (identity_id, policy_id) VALUES (?1, ?2) "
				  "ON CONFLICT DO NOTHING", "tt", identity_id, policy_id);

	if (rc == 0)
		rc = kefs_store_query(db, kefs_store_take_int, &count, "counting policies", err,
				      "SELECT count(*) FROM attached_policies WHERE identity_id = ?1", "t", identity_id);
	return rc == 0 && count > max ? -EDQUOT : rc;
}

int kefs_st_attach(struct kefs_db *db, const char *identity_id, const char *policy_id, int64_t max,
		   struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	return rc < 0 ? rc : kefs_db_end(db, attach(db, identity_id, policy_id, max, err), err);
}

int kefs_st_detach(struct kefs_db *db, const char *identity_id, const char *policy_id, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "detaching a policy", err,
				  "DELETE FROM attached_policies WHERE identity_id = ?1 AND policy_id = ?2", "tt", identity_id,
				  policy_id);

	return kefs_store_changed(db, rc);
}

int kefs_st_attached_list(struct kefs_db *db, const char *identity_id, kefs_st_policy_fn each, void *ctx,
			  struct kefs_err *err)
{
	struct each all = { each, ctx };

	return kefs_store_query(db, give, &all, "listing attached policies", err,
				"SELECT coalesce(p.name, a.policy_id), coalesce(p.path, '') FROM attached_policies a "
				"LEFT JOIN managed_policies p ON p.id = a.policy_id WHERE a.identity_id = ?1 "
				"ORDER BY 1 COLLATE NOCASE, p.id IS NULL", "t", identity_id);
}

/* --- principals --- */

int kefs_st_principals_clear(struct kefs_db *db, const char *owner_id, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "forgetting a policy's principals", err,
				"DELETE FROM policy_principals WHERE owner_id = ?1", "t", owner_id);
}

int kefs_st_principal_set(struct kefs_db *db, const char *owner_id, const char *principal, const char *unique_id,
			  struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "storing a policy's principal", err,
				"INSERT INTO policy_principals (owner_id, principal, unique_id) VALUES (?1, ?2, ?3) "
				"ON CONFLICT DO NOTHING", "ttt", owner_id, principal, unique_id);
}

static int take_id(void *ctx, sqlite3_stmt *stmt)
{
	return kefs_store_text(stmt, 0, ctx, KEFS_IAM_ID_SIZE);
}

int kefs_st_principal_get(struct kefs_db *db, const char *owner_id, const char *principal, char *ret_id,
			  struct kefs_err *err)
{
	int rc;

	ret_id[0] = '\0';
	rc = kefs_store_query(db, take_id, ret_id, "reading a policy's principal", err,
			      "SELECT unique_id FROM policy_principals WHERE owner_id = ?1 AND principal = ?2", "tt", owner_id,
			      principal);
	return rc == 0 && !*ret_id ? -ENOENT : rc;
}
