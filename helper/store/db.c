// SPDX-License-Identifier: GPL-2.0
#include "db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/fail.h"
#include "internal.h"

#define APPLICATION_ID	0x4b656673	/* "Kefs": tells our file from another program's database */
#define BUSY_MS		5000

/* Errors that say more than SQLite does: which errno, and what the administrator can do. */
static const struct {
	int sqlite, code;
	const char *remedy;
} failures[] = {
	{ SQLITE_CORRUPT, -EUCLEAN, "the database is damaged; restore it from a backup, or see what sqlite3's .recover saves" },
	{ SQLITE_NOTADB, -EUCLEAN, "this is not an SQLite database; restore it from a backup, or move it away to start empty" },
	{ SQLITE_READONLY, -EROFS, "the database cannot be written; check the file's and its directory's owner and mode, and that the disk is not mounted read-only" },
	{ SQLITE_CANTOPEN, -EACCES, "the database cannot be opened; check that its directory exists and is writable by root" },
	{ SQLITE_PERM, -EACCES, "permission denied; check the file's owner and mode" },
	{ SQLITE_FULL, -ENOSPC, "the disk is full; make room on it" },
	{ SQLITE_BUSY, -EBUSY, "another program holds the database; end it (is an sqlite3 shell open?)" },
	{ SQLITE_LOCKED, -EBUSY, "another program holds the database; end it (is an sqlite3 shell open?)" },
	{ SQLITE_NOMEM, -ENOMEM, "out of memory" },
	{ SQLITE_CONSTRAINT, -EEXIST, "a value is taken or not allowed" },
	{ SQLITE_IOERR, -EIO, "the disk reports an error; check the kernel log" },
};

int kefs_store_fail(const struct kefs_db *db, int sqlite_rc, const char *what, struct kefs_err *err)
{
	const char *detail = db->sql ? sqlite3_errmsg(db->sql) : sqlite3_errstr(sqlite_rc);

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].sqlite == (sqlite_rc & 0xff))
			return kefs_err_set(err, failures[i].code, "database %s: %s: %s (SQLite: %s)", db->path, what,
					    failures[i].remedy, detail);
	}
	return kefs_err_set(err, -EIO, "database %s: %s: SQLite: %s", db->path, what, detail);
}

int kefs_store_exec(struct kefs_db *db, const char *sql, const char *what, struct kefs_err *err)
{
	int rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : kefs_store_fail(db, rc, what, err);
}

int kefs_store_prepare(struct kefs_db *db, const char *sql, sqlite3_stmt **ret_stmt, const char *what,
		       struct kefs_err *err)
{
	int rc = sqlite3_prepare_v2(db->sql, sql, -1, ret_stmt, NULL);

	return rc == SQLITE_OK ? 0 : kefs_store_fail(db, rc, what, err);
}

int kefs_store_integer(struct kefs_db *db, const char *sql, int *ret_value, struct kefs_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = kefs_store_prepare(db, sql, &stmt, sql, err);

	if (rc < 0)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*ret_value = sqlite3_column_int(stmt, 0);
		rc = 0;
	} else {
		rc = kefs_store_fail(db, rc, sql, err);
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int check_intact(struct kefs_db *db, struct kefs_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = kefs_store_prepare(db, "PRAGMA quick_check(1)", &stmt, "checking it", err);

	if (rc < 0)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW)
		rc = kefs_store_fail(db, rc, "checking it", err);
	else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "ok"))
		rc = kefs_err_set(err, -EUCLEAN,
				  "database %s is damaged (%s); restore it from a backup, or see what sqlite3's .recover saves",
				  db->path, (const char *)sqlite3_column_text(stmt, 0));
	else
		rc = 0;
	(void)sqlite3_finalize(stmt);
	return rc;
}

/* A database with tables but without our mark is somebody else's; an empty one gets the mark with the first step. */
static int check_ours(struct kefs_db *db, struct kefs_err *err)
{
	int mark = 0, tables = 0, rc;

	rc = kefs_store_integer(db, "PRAGMA application_id", &mark, err);
	if (rc == 0)
		rc = kefs_store_integer(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
	if (rc < 0)
		return rc;
	if (mark != APPLICATION_ID && (mark || tables))
		return kefs_err_set(err, -EMEDIUMTYPE,
				    "%s is another program's SQLite database; move it away or set another state_dir", db->path);
	if (mark == APPLICATION_ID)
		return 0;
	return kefs_store_exec(db, "PRAGMA application_id = 1264936563", "setting it up", err);
}

static int set_up(struct kefs_db *db, struct kefs_err *err)
{
	int rc;

	(void)sqlite3_busy_timeout(db->sql, BUSY_MS);
	rc = check_intact(db, err);
	if (rc == 0)
		rc = check_ours(db, err);
	if (rc == 0)
		rc = kefs_store_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
				     "setting it up", err);
	if (rc == 0)
		rc = kefs_migrate_run(db, kefs_schema_steps, kefs_schema_count, err);
	/* Every later write would fail too: say so now. */
	if (rc == 0)
		rc = kefs_store_exec(db, "BEGIN IMMEDIATE; PRAGMA user_version; ROLLBACK", "trying to write", err);
	return rc;
}

int kefs_db_open(const char *path, struct kefs_db **ret_db, struct kefs_err *err)
{
	struct kefs_db *db = calloc(1, sizeof(*db));
	mode_t mask;
	int rc;

	if (db)
		db->path = strdup(path);
	if (!db || !db->path) {
		free(db);
		return kefs_err_sys(err, -ENOMEM, "database %s", path);
	}
	/* It holds the keys of file handles. */
	mask = umask(0077);
	rc = sqlite3_open_v2(path, &db->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	rc = rc == SQLITE_OK ? set_up(db, err) : kefs_store_fail(db, rc, "opening it", err);
	(void)umask(mask);
	if (rc < 0) {
		kefs_db_close(db);
		return rc;
	}
	*ret_db = db;
	return 0;
}

void kefs_db_close(struct kefs_db *db)
{
	if (!db)
		return;
	kefs_store_forget(db);
	(void)sqlite3_close_v2(db->sql);
	free(db->path);
	free(db);
}

int kefs_db_begin(struct kefs_db *db, struct kefs_err *err)
{
	int rc;

	kefs_fail_point("store-begin");
	rc = kefs_store_exec(db, db->depth ? "SAVEPOINT inner" : "BEGIN IMMEDIATE", "starting a change", err);
	if (rc == 0)
		db->depth++;
	return rc;
}

int kefs_db_commit(struct kefs_db *db, struct kefs_err *err)
{
	int rc;

	kefs_fail_point("store-commit");
	rc = kefs_store_exec(db, db->depth > 1 ? "RELEASE inner" : "COMMIT", "storing a change", err);
	if (rc < 0)
		return rc;
	db->depth--;
	kefs_fail_point("store-committed");
	return 0;
}

void kefs_db_rollback(struct kefs_db *db)
{
	/* Some errors make SQLite itself undo all of it */
	if (!sqlite3_get_autocommit(db->sql))
		(void)sqlite3_exec(db->sql, db->depth > 1 ? "ROLLBACK TO inner; RELEASE inner" : "ROLLBACK", NULL, NULL, NULL);
	db->depth--;
}

int kefs_db_end(struct kefs_db *db, int rc, struct kefs_err *err)
{
	if (rc == 0)
		rc = kefs_db_commit(db, err);
	if (rc < 0)
		kefs_db_rollback(db);
	return rc;
}

bool kefs_db_begin_read(struct kefs_db *db)
{
	if (kefs_store_exec(db, "BEGIN", "starting to read", NULL) < 0)
		return false;
	db->depth++;
	return true;
}

void kefs_db_end_read(struct kefs_db *db)
{
	kefs_db_rollback(db);
}

int kefs_db_version(void)
{
	return kefs_schema_count;
}
