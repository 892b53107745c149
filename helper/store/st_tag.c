// SPDX-License-Identifier: GPL-2.0
#include "st_tag.h"

#include <errno.h>

#include "internal.h"

int kefs_st_tag_set(struct kefs_db *db, const char *resource, const char *key, const char *value,
		    struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "storing a tag", err,
				"INSERT INTO tags (resource_id, position, key, value) VALUES (?1, "
				"(SELECT coalesce(max(position), 0) + 1 FROM tags WHERE resource_id = ?1), ?2, ?3) "
				"ON CONFLICT (resource_id, key) DO UPDATE SET value = excluded.value", "ttt", resource, key, value);
}

int kefs_st_tag_remove(struct kefs_db *db, const char *resource, const char *key, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "removing a tag", err,
				"DELETE FROM tags WHERE resource_id = ?1 AND key = ?2", "tt", resource, key);
}

static int take_tag(void *ctx, sqlite3_stmt *stmt)
{
	const char *key = (const char *)sqlite3_column_text(stmt, 0), *value = (const char *)sqlite3_column_text(stmt, 1);
	int rc = key && value ? kefs_tags_add(ctx, key, value, sqlite3_column_int64(stmt, 2)) : -EUCLEAN;

	return rc == -ENAMETOOLONG ? -EUCLEAN : rc;
}

int kefs_st_tag_list(struct kefs_db *db, const char *resource, int64_t after, unsigned int limit,
		     struct kefs_tags *ret_tags, struct kefs_err *err)
{
	struct kefs_tags tags = { .count = 0 };
	int rc = kefs_store_query(db, take_tag, &tags, "listing tags", err,
				  "SELECT key, value, position FROM tags WHERE resource_id = ?1 AND position > ?2 "
				  "ORDER BY position LIMIT ?3", "tii", resource, after, (int64_t)limit);

	if (rc < 0)
		kefs_tags_free(&tags);
	else
		*ret_tags = tags;
	return rc;
}

static int set_all(struct kefs_db *db, const char *resource, const struct kefs_tags *tags, struct kefs_err *err)
{
	int64_t count = 0;
	int rc = 0;

	for (size_t i = 0; i < tags->count && rc == 0; i++)
		rc = kefs_st_tag_set(db, resource, tags->tags[i].key, tags->tags[i].value, err);
	if (rc == 0)
		rc = kefs_store_query(db, kefs_store_take_int, &count, "counting tags", err,
				      "SELECT count(*) FROM tags WHERE resource_id = ?1 AND key NOT LIKE 'aws:%'", "t", resource);
	if (rc == 0 && count > KEFS_TAG_MAX)
		rc = kefs_err_set(err, -EDQUOT, "A resource can have at most %d tags", KEFS_TAG_MAX);
	return rc;
}

int kefs_st_tags_set(struct kefs_db *db, const char *resource, const struct kefs_tags *tags, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	return kefs_db_end(db, set_all(db, resource, tags, err), err);
}

int kefs_st_tags_remove(struct kefs_db *db, const char *resource, const char *const *keys, size_t count,
			struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = kefs_st_tag_remove(db, resource, keys[i], err);
	return kefs_db_end(db, rc, err);
}
