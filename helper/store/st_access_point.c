// SPDX-License-Identifier: GPL-2.0
#include "st_access_point.h"

#include <errno.h>
#include <stdlib.h>

#include "internal.h"
#include "model/fault.h"
#include "st_tag.h"

#define COLUMNS "id, file_system_id, client_token, created_ms, life_cycle_state, uid, gid, secondary_gids, path, " \
		"owner_uid, owner_gid, permissions"

static bool is_null(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL;
}

/* Identity and what the directory is made with. */
static int read_ids(sqlite3_stmt *stmt, struct kefs_access_point *point)
{
	const char *gids = (const char *)sqlite3_column_text(stmt, 7);

	point->has_user = !is_null(stmt, 5);
	if (point->has_user) {
		point->user.uid = (uint32_t)sqlite3_column_int64(stmt, 5);
		point->user.gid = (uint32_t)sqlite3_column_int64(stmt, 6);
		if (!gids || kefs_ap_gids_parse(gids, &point->user) < 0)
			return -EUCLEAN;
	}
	point->has_creation = !is_null(stmt, 9);
	if (!point->has_creation)
		return 0;
	point->creation.uid = (uint32_t)sqlite3_column_int64(stmt, 9);
	point->creation.gid = (uint32_t)sqlite3_column_int64(stmt, 10);
	if (kefs_store_text(stmt, 11, point->creation.permissions, sizeof(point->creation.permissions)) < 0 ||
	    kefs_ap_check_permissions(point->creation.permissions, NULL) < 0)
		return -EUCLEAN;
	return 0;
}

static int take_point(void *ctx, sqlite3_stmt *stmt)
{
	const char *state = (const char *)sqlite3_column_text(stmt, 4);
	struct kefs_access_point_list *list = ctx;
	struct kefs_access_point *point = &list->points[list->count];

	if (kefs_store_text(stmt, 0, point->id, sizeof(point->id)) < 0 ||
	    kefs_store_text(stmt, 1, point->fs_id, sizeof(point->fs_id)) < 0 ||
	    kefs_store_text(stmt, 2, point->token, sizeof(point->token)) < 0 ||
	    !state || kefs_state_parse(state, &point->state) < 0 ||
	    kefs_store_text(stmt, 8, point->path, sizeof(point->path)) < 0 || kefs_ap_check_path(point->path, NULL) < 0 ||
	    read_ids(stmt, point) < 0)
		return -EUCLEAN;
	point->created_ms = sqlite3_column_int64(stmt, 3);
	list->count++;
	return 0;
}

int kefs_st_access_point_get(struct kefs_db *db, const char *id, struct kefs_access_point *ret_point,
			     struct kefs_err *err)
{
	struct kefs_access_point point = { .has_user = false };
	struct kefs_access_point_list one = { .points = &point };
	int rc = kefs_store_query(db, take_point, &one, "reading an access point", err,
				  "SELECT " COLUMNS " FROM access_points WHERE id = ?1", "t", id);

	if (rc == 0 && !one.count)
		return -ENOENT;
	if (rc == 0)
		*ret_point = point;
	return rc;
}

int kefs_st_access_point_list(struct kefs_db *db, const char *fs_id, const struct kefs_page *page,
			      struct kefs_access_point_list *ret_list, struct kefs_err *err)
{
	struct kefs_access_point_list list = { .points = calloc(page->limit + 1, sizeof(*list.points)) };
	int rc;

	if (!list.points)
		return kefs_err_sys(err, -ENOMEM, "listing access points");
	if (*fs_id)
		rc = kefs_store_query(db, take_point, &list, "listing access points", err,
				      "SELECT " COLUMNS " FROM access_points WHERE file_system_id = ?1 AND "
				      "(created_ms, id) > (?2, ?3) ORDER BY created_ms, id LIMIT ?4", "titi", fs_id,
				      page->after_ms, page->after_id, (int64_t)page->limit + 1);
	else
		rc = kefs_store_query(db, take_point, &list, "listing access points", err,
				      "SELECT " COLUMNS " FROM access_points WHERE (created_ms, id) > (?1, ?2) "
				      "ORDER BY created_ms, id LIMIT ?3", "iti", page->after_ms, page->after_id,
				      (int64_t)page->limit + 1);
	if (rc < 0)
		free(list.points);
	else
		*ret_list = list;
	return rc;
}

int kefs_st_access_point_delete(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "removing an access point", err, "DELETE FROM access_points WHERE id = ?1",
				  "t", id);

	return rc == 0 && !sqlite3_changes(db->sql) ? -ENOENT : rc;
}

static int take_id(void *ctx, sqlite3_stmt *stmt)
{
	return kefs_store_text(stmt, 0, ctx, KEFS_ID_SIZE);
}

static int check(struct kefs_db *db, const struct kefs_access_point *point, uint32_t limit, char *ret_taken_id,
		 struct kefs_err *err)
{
	char taken[KEFS_ID_SIZE] = "";
	int64_t count = 0;
	int rc = kefs_store_query(db, take_id, taken, "looking for a token", err,
				  "SELECT id FROM access_points WHERE client_token = ?1", "t", point->token);

	if (rc == 0 && *taken) {
		(void)kefs_str_copy(ret_taken_id, KEFS_ID_SIZE, taken);
		return kefs_err_set(err, -KEFS_E_ACCESS_POINT_EXISTS, "Access point '%s' already exists with client token '%s'",
				    taken, point->token);
	}
	if (rc == 0)
		rc = kefs_store_query(db, kefs_store_take_int, &count, "counting access points", err,
				      "SELECT count(*) FROM access_points WHERE file_system_id = ?1", "t", point->fs_id);
	if (rc == 0 && count >= limit)
		return kefs_err_set(err, -KEFS_E_ACCESS_POINT_LIMIT,
				    "File system '%s' has %d access points already, which is the limit", point->fs_id, (int)count);
	return rc;
}

/* Then what may be NULL: SQLite has it so until it is set. */
static int set_ids(struct kefs_db *db, const struct kefs_access_point *point, struct kefs_err *err)
{
	char gids[KEFS_AP_GIDS_TEXT];
	int rc = 0;

	kefs_ap_gids_format(&point->user, gids);
	if (point->has_user)
		rc = kefs_store_query(db, NULL, NULL, "storing an access point", err,
				      "UPDATE access_points SET uid = ?2, gid = ?3, secondary_gids = ?4 WHERE id = ?1", "tiit",
				      point->id, (int64_t)point->user.uid, (int64_t)point->user.gid, gids);
	if (rc == 0 && point->has_creation)
		rc = kefs_store_query(db, NULL, NULL, "storing an access point", err,
				      "UPDATE access_points SET owner_uid = ?2, owner_gid = ?3, permissions = ?4 WHERE id = ?1",
				      "tiit", point->id, (int64_t)point->creation.uid, (int64_t)point->creation.gid,
				      point->creation.permissions);
	return rc;
}

static int insert(struct kefs_db *db, const struct kefs_access_point *point, const struct kefs_tags *tags,
		  uint32_t limit, char *ret_taken_id, struct kefs_err *err)
{
	int rc = check(db, point, limit, ret_taken_id, err);

	if (rc == 0)
		rc = kefs_store_query(db, NULL, NULL, "storing an access point", err,
				      "INSERT INTO access_points (id, file_system_id, client_token, created_ms, life_cycle_state, path) "
				      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)", "tttitt", point->id, point->fs_id, point->token,
				      point->created_ms, kefs_state_name(point->state), point->path);
	if (rc == 0)
		rc = set_ids(db, point, err);
	for (size_t i = 0; i < tags->count && rc == 0; i++)
		rc = kefs_st_tag_set(db, point->id, tags->tags[i].key, tags->tags[i].value, err);
	return rc;
}

int kefs_st_access_point_insert(struct kefs_db *db, const struct kefs_access_point *point, const struct kefs_tags *tags,
				uint32_t limit, char *ret_taken_id, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	return kefs_db_end(db, insert(db, point, tags, limit, ret_taken_id, err), err);
}
