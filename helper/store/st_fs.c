// SPDX-License-Identifier: GPL-2.0
#include "st_fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "internal.h"

#define COLUMNS "id, volume_id, name, creation_token, handle_key, project_id, created_ms, life_cycle_state, directory"

/* Runs a prepared statement that returns no row, and finalizes it. */
static int run(struct kefs_db *db, sqlite3_stmt *stmt, const char *what, struct kefs_err *err)
{
	int rc = sqlite3_step(stmt);

	rc = rc == SQLITE_DONE ? 0 : kefs_store_fail(db, rc, what, err);
	(void)sqlite3_finalize(stmt);
	return rc;
}

static void bind_text(sqlite3_stmt *stmt, int index, const char *text)
{
	(void)sqlite3_bind_text(stmt, index, text, -1, SQLITE_TRANSIENT);
}

static int find_token(struct kefs_db *db, const char *token, char *ret_id, struct kefs_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = kefs_store_prepare(db, "SELECT id FROM file_systems WHERE creation_token = ?1", &stmt,
				    "looking for a token", err);

	if (rc < 0)
		return rc;
	bind_text(stmt, 1, token);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		rc = kefs_str_copy(ret_id, KEFS_ID_SIZE, (const char *)sqlite3_column_text(stmt, 0));
	else
		rc = rc == SQLITE_DONE ? -ENOENT : kefs_store_fail(db, rc, "looking for a token", err);
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int next_project(struct kefs_db *db, uint32_t *ret_project, struct kefs_err *err)
{
	static const char sql[] = "UPDATE settings SET value = CAST(value AS INTEGER) + 1 WHERE name = 'next_project_id' "
				  "RETURNING CAST(value AS INTEGER) - 1";
	sqlite3_stmt *stmt = NULL;
	int rc = kefs_store_prepare(db, sql, &stmt, "taking a project id", err);

	if (rc < 0)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*ret_project = (uint32_t)sqlite3_column_int64(stmt, 0);
		rc = sqlite3_step(stmt) == SQLITE_DONE ? 0 : -EIO;
	} else {
		rc = kefs_store_fail(db, rc, "taking a project id", err);
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int insert_row(struct kefs_db *db, const struct kefs_fs *fs, struct kefs_err *err)
{
	static const char sql[] = "INSERT INTO file_systems (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
	sqlite3_stmt *stmt = NULL;
	int rc = kefs_store_prepare(db, sql, &stmt, "storing a file system", err);

	if (rc < 0)
		return rc;
	bind_text(stmt, 1, fs->id);
	(void)sqlite3_bind_int64(stmt, 2, (sqlite3_int64)fs->volume_id);
	bind_text(stmt, 3, fs->name);
	bind_text(stmt, 4, fs->token);
	(void)sqlite3_bind_blob(stmt, 5, fs->key, sizeof(fs->key), SQLITE_TRANSIENT);
	(void)sqlite3_bind_int64(stmt, 6, fs->project_id);
	(void)sqlite3_bind_int64(stmt, 7, fs->created_ms);
	bind_text(stmt, 8, kefs_fs_state_name(fs->state));
	bind_text(stmt, 9, fs->directory);
	return run(db, stmt, "storing a file system", err);
}

static int insert_checked(struct kefs_db *db, struct kefs_fs *fs, char *ret_taken_id, struct kefs_err *err)
{
	int count = 0, rc;

	rc = find_token(db, fs->token, ret_taken_id, err);
	if (rc == 0)
		return kefs_err_set(err, -EEXIST, "File system '%s' already exists with creation token '%s'", ret_taken_id,
				    fs->token);
	if (rc != -ENOENT)
		return rc;
	rc = kefs_store_integer(db, "SELECT count(*) FROM file_systems", &count, err);
	if (rc < 0)
		return rc;
	if (count >= KEFS_FS_MAX)
		return kefs_err_set(err, -EDQUOT, "there are %d file systems already, which is the limit; delete one first",
				    count);
	rc = next_project(db, &fs->project_id, err);
	return rc < 0 ? rc : insert_row(db, fs, err);
}

int kefs_st_fs_insert(struct kefs_db *db, struct kefs_fs *fs, char *ret_taken_id, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = insert_checked(db, fs, ret_taken_id, err);
	if (rc == 0)
		rc = kefs_db_commit(db, err);
	if (rc < 0)
		kefs_db_rollback(db);
	return rc;
}

int kefs_st_fs_set_state(struct kefs_db *db, const char *id, enum kefs_fs_state from, enum kefs_fs_state to,
			 struct kefs_err *err)
{
	static const char sql[] = "UPDATE file_systems SET life_cycle_state = ?1 WHERE id = ?2 AND life_cycle_state = ?3";
	sqlite3_stmt *stmt = NULL;
	int rc = kefs_store_prepare(db, sql, &stmt, "storing a state", err);

	if (rc < 0)
		return rc;
	bind_text(stmt, 1, kefs_fs_state_name(to));
	bind_text(stmt, 2, id);
	bind_text(stmt, 3, kefs_fs_state_name(from));
	rc = run(db, stmt, "storing a state", err);
	if (rc == 0 && !sqlite3_changes(db->sql))
		rc = kefs_err_set(err, -ENOENT, "File system '%s' does not exist in state %s", id, kefs_fs_state_name(from));
	return rc;
}

int kefs_st_fs_delete(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = kefs_store_prepare(db, "DELETE FROM file_systems WHERE id = ?1 AND life_cycle_state = 'deleting'", &stmt,
				    "removing a file system", err);

	if (rc < 0)
		return rc;
	bind_text(stmt, 1, id);
	rc = run(db, stmt, "removing a file system", err);
	if (rc == 0 && !sqlite3_changes(db->sql))
		rc = kefs_err_set(err, -ENOENT, "File system '%s' does not exist", id);
	return rc;
}

static int copy_text(sqlite3_stmt *stmt, int column, char *buf, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return text ? kefs_str_copy(buf, size, text) : -EUCLEAN;
}

/* The table's CHECKs make a bad row impossible for us; one can come from a hand with an sqlite3 shell. */
static int read_row(sqlite3_stmt *stmt, struct kefs_fs *fs)
{
	const char *state = (const char *)sqlite3_column_text(stmt, 7);
	int rc = copy_text(stmt, 0, fs->id, sizeof(fs->id));

	fs->volume_id = (uint64_t)sqlite3_column_int64(stmt, 1);
	if (rc == 0)
		rc = copy_text(stmt, 2, fs->name, sizeof(fs->name));
	if (rc == 0)
		rc = copy_text(stmt, 3, fs->token, sizeof(fs->token));
	if (rc == 0 && sqlite3_column_bytes(stmt, 4) == KEFS_FS_KEY_SIZE)
		memcpy(fs->key, sqlite3_column_blob(stmt, 4), KEFS_FS_KEY_SIZE);
	else
		rc = -EUCLEAN;
	fs->project_id = (uint32_t)sqlite3_column_int64(stmt, 5);
	fs->created_ms = sqlite3_column_int64(stmt, 6);
	if (rc == 0)
		rc = state ? kefs_fs_state_parse(state, &fs->state) : -EUCLEAN;
	if (rc == 0)
		rc = copy_text(stmt, 8, fs->directory, sizeof(fs->directory));
	if (rc == 0 && (!kefs_id_valid(fs->id, KEFS_FS_PREFIX) || strstr(fs->directory, "..") || *fs->directory == '/'))
		rc = -EUCLEAN;
	return rc < 0 ? -EUCLEAN : 0;
}

/* Doubles the array; not by realloc(), because the old one's keys must be wiped. */
static int grow(struct kefs_fs_list *list)
{
	size_t count = list->count;
	struct kefs_fs *bigger = calloc(count ? 2 * count : 8, sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	if (count)
		memcpy(bigger, list->fs, count * sizeof(*bigger));
	kefs_fs_list_free(list);
	list->fs = bigger;
	list->count = count;
	return 0;
}

static int read_rows(struct kefs_db *db, sqlite3_stmt *stmt, struct kefs_fs_list *list, struct kefs_err *err)
{
	int rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		size_t n = list->count;

		/* Full at 0, 8, 16, 32, … */
		if ((!n || (n >= 8 && !(n & (n - 1)))) && grow(list) < 0)
			return kefs_err_sys(err, -ENOMEM, "listing file systems");
		list->count++;
		if (read_row(stmt, &list->fs[n]) < 0)
			return kefs_err_set(err, -EUCLEAN,
					    "database %s: the row of file system \"%s\" is not valid; was it edited by hand?",
					    db->path, list->fs[n].id);
	}
	return rc == SQLITE_DONE ? 0 : kefs_store_fail(db, rc, "listing file systems", err);
}

int kefs_st_fs_list(struct kefs_db *db, struct kefs_fs_list *ret_list, struct kefs_err *err)
{
	static const char sql[] = "SELECT " COLUMNS " FROM file_systems ORDER BY created_ms, id";
	struct kefs_fs_list list = { .count = 0 };
	sqlite3_stmt *stmt = NULL;
	int rc = kefs_store_prepare(db, sql, &stmt, "listing file systems", err);

	if (rc < 0)
		return rc;
	rc = read_rows(db, stmt, &list, err);
	(void)sqlite3_finalize(stmt);
	if (rc < 0) {
		kefs_fs_list_free(&list);
		return rc;
	}
	*ret_list = list;
	return 0;
}
