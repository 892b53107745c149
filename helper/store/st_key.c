// SPDX-License-Identifier: GPL-2.0
#include "st_key.h"

#include <errno.h>
#include <string.h>

#include "internal.h"

#define SELECT "SELECT id, secret, coalesce(user_name, ''), active FROM access_keys "

int kefs_st_key_insert(struct kefs_db *db, const struct kefs_access_key *key, int64_t now_ms, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "storing an access key", err,
				"INSERT INTO access_keys (id, secret, user_name, active, created_ms) "
				"VALUES (?1, ?2, nullif(?3, ''), ?4, ?5)", "tttii", key->id, key->secret, key->user,
				(int64_t)key->active, now_ms);
}

static int take_key(void *ctx, sqlite3_stmt *stmt)
{
	struct kefs_access_key *key = ctx;

	if (kefs_store_text(stmt, 0, key->id, sizeof(key->id)) < 0 ||
	    kefs_store_text(stmt, 1, key->secret, sizeof(key->secret)) < 0 ||
	    kefs_store_text(stmt, 2, key->user, sizeof(key->user)) < 0)
		return -EUCLEAN;
	key->active = sqlite3_column_int(stmt, 3) != 0;
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
				      SELECT "WHERE user_name IS NULL AND active = 1 ORDER BY created_ms, id LIMIT 1", ""),
		     &key, ret_key);
}
