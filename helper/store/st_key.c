// SPDX-License-Identifier: GPL-2.0
#include "st_key.h"

#include <errno.h>
#include <string.h>

#include "internal.h"

#define SELECT "SELECT id, secret, coalesce(user_id, ''), active, created_ms FROM access_keys "

int kefs_st_key_insert(struct kefs_db *db, const struct kefs_access_key *key, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "storing an access key", err,
				"INSERT INTO access_keys (id, secret, user_id, active, created_ms) "
				"VALUES (?1, ?2, nullif(?3, ''), ?4, ?5)", "tttii", key->id, key->secret, key->user_id,
				(int64_t)key->active, key->created_ms);
}

static int take_key(void *ctx, sqlite3_stmt *stmt)
{
	struct kefs_access_key *key = ctx;

	if (kefs_store_text(stmt, 0, key->id, sizeof(key->id)) < 0 ||
	    kefs_store_text(stmt, 1, key->secret, sizeof(key->secret)) < 0 ||
	    kefs_store_text(stmt, 2, key->user_id, sizeof(key->user_id)) < 0)
		return -EUCLEAN;
	key->active = sqlite3_column_int(stmt, 3) != 0;
	key->created_ms = sqlite3_column_int64(stmt, 4);
	return 0;
}

static int found(int rc, struct kefs_access_key *key, struct kefs_access_key *ret_key)
{
	if (rc == 0 && !*key->id)
		rc = -ENOENT;
	if (rc == 0)
		*ret_key = *key;
	explicit_bzero(key, sizeof(*key));
	return rc;
}

int kefs_st_key_get(struct kefs_db *db, const char *id, struct kefs_access_key *ret_key, struct kefs_err *err)
{
	struct kefs_access_key key = { .id = "" };

	return found(kefs_store_query(db, take_key, &key, "looking for an access key", err, SELECT "WHERE id = ?1", "t", id),
		     &key, ret_key);
}

int kefs_st_key_root(struct kefs_db *db, struct kefs_access_key *ret_key, struct kefs_err *err)
{
	struct kefs_access_key key = { .id = "" };

	return found(kefs_store_query(db, take_key, &key, "looking for the administrator's key", err,
				      SELECT "WHERE user_id IS NULL AND active = 1 ORDER BY created_ms, id LIMIT 1", ""),
		     &key, ret_key);
}

struct key_list {
	struct kefs_access_key *keys;
	size_t count, max;
};

static int take_listed(void *ctx, sqlite3_stmt *stmt)
{
	struct key_list *list = ctx;
	struct kefs_access_key *key = &list->keys[list->count];

	if (list->count == list->max)
		return 0;
	list->count++;
	*key = (struct kefs_access_key) { .active = sqlite3_column_int(stmt, 2) != 0 };
	key->created_ms = sqlite3_column_int64(stmt, 3);
	return kefs_store_text(stmt, 0, key->id, sizeof(key->id)) < 0 ||
		       kefs_store_text(stmt, 1, key->user_id, sizeof(key->user_id)) < 0 ? -EUCLEAN : 0;
}

int kefs_st_key_list(struct kefs_db *db, const char *user_id, struct kefs_access_key *ret_keys, size_t max,
		     size_t *ret_count, struct kefs_err *err)
{
	struct key_list list = { .keys = ret_keys, .max = max };
	int rc = kefs_store_query(db, take_listed, &list, "listing access keys", err,
				  "SELECT id, coalesce(user_id, ''), active, created_ms FROM access_keys "
				  "WHERE user_id IS nullif(?1, '') ORDER BY created_ms, id", "t", user_id);

	if (rc == 0)
		*ret_count = list.count;
	return rc;
}

int kefs_st_key_set_active(struct kefs_db *db, const char *user_id, const char *id, bool active, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "changing an access key", err,
				  "UPDATE access_keys SET active = ?3 WHERE id = ?2 AND user_id IS nullif(?1, '')", "tti",
				  user_id, id, (int64_t)active);

	return kefs_store_changed(db, rc);
}

int kefs_st_key_delete(struct kefs_db *db, const char *user_id, const char *id, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "removing an access key", err,
				  "DELETE FROM access_keys WHERE id = ?2 AND user_id IS nullif(?1, '')", "tt", user_id, id);

	return kefs_store_changed(db, rc);
}

static int check_sessions(struct kefs_db *db, const struct kefs_session *session,
			  const struct kefs_session_limits *limits, struct kefs_err *err)
{
	int64_t all = 0, own = 0;
	int rc = kefs_store_query(db, kefs_store_take_int, &all, "counting sessions", err,
				  "SELECT count(*) FROM sessions WHERE expires_sec > ?1", "i", session->issued_sec);

	if (rc == 0)
		rc = kefs_store_query(db, kefs_store_take_int, &own, "counting sessions", err,
				      "SELECT count(*) FROM sessions WHERE identity_id IS nullif(?1, '') AND expires_sec > ?2",
				      "ti", session->identity_id, session->issued_sec);
	return rc == 0 && (all >= limits->all || own >= limits->each) ? -EDQUOT : rc;
}

static int insert_session(struct kefs_db *db, const struct kefs_session *session, const char *policy,
			  const struct kefs_session_limits *limits, struct kefs_err *err)
{
	int rc = check_sessions(db, session, limits, err);

	if (rc == 0)
		rc = kefs_store_query(db, NULL, NULL, "storing a session", err,
				      "INSERT INTO sessions (id, secret, token, identity_id, name, policy, expires_sec, issued_sec) "
				      "VALUES (?1, ?2, ?3, nullif(?4, ''), ?5, ?6, ?7, ?8)", "ttttt" "tii", session->id,
				      session->secret, session->token, session->identity_id, session->name, policy,
				      session->expires_sec, session->issued_sec);
	return rc;
}

int kefs_st_session_insert(struct kefs_db *db, const struct kefs_session *session, const char *policy,
			   const struct kefs_session_limits *limits, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	return kefs_db_end(db, insert_session(db, session, policy, limits, err), err);
}

int kefs_st_sessions_forget(struct kefs_db *db, int64_t now, const struct kefs_session_memory *memory,
			    const char *keep, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "forgetting sessions", err,
				"DELETE FROM sessions WHERE id NOT IN (SELECT value FROM json_each(?4)) AND (expires_sec < ?1 OR "
				"id IN (SELECT id FROM sessions WHERE expires_sec <= ?2 ORDER BY expires_sec DESC "
				"LIMIT -1 OFFSET ?3))", "iiit", now - memory->sec, now, memory->most, keep);
}

static int take_session(void *ctx, sqlite3_stmt *stmt)
{
	struct kefs_session *session = ctx;

	session->expires_sec = sqlite3_column_int64(stmt, 5);
	session->issued_sec = sqlite3_column_int64(stmt, 6);
	return kefs_store_text(stmt, 0, session->id, sizeof(session->id)) < 0 ||
		       kefs_store_text(stmt, 1, session->secret, sizeof(session->secret)) < 0 ||
		       kefs_store_text(stmt, 2, session->token, sizeof(session->token)) < 0 ||
		       kefs_store_text(stmt, 3, session->identity_id, sizeof(session->identity_id)) < 0 ||
		       kefs_store_text(stmt, 4, session->name, sizeof(session->name)) < 0 ? -EUCLEAN : 0;
}

int kefs_st_session_get(struct kefs_db *db, const char *id, struct kefs_session *ret_session, struct kefs_err *err)
{
	struct kefs_session session = { .id = "" };
	int rc = kefs_store_query(db, take_session, &session, "looking for a session", err,
				  "SELECT id, secret, token, coalesce(identity_id, ''), name, expires_sec, issued_sec FROM sessions "
				  "WHERE id = ?1", "t", id);

	if (rc == 0 && !*session.id)
		rc = -ENOENT;
	if (rc == 0)
		*ret_session = session;
	explicit_bzero(&session, sizeof(session));
	return rc;
}

int kefs_st_session_policy(struct kefs_db *db, const char *id, char **ret_policy, struct kefs_err *err)
{
	return kefs_store_get_text(db, ret_policy, "reading a session's policy", err,
				   "SELECT policy FROM sessions WHERE id = ?1 AND policy != ''", "t", id);
}
