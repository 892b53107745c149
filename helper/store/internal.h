/* SPDX-License-Identifier: GPL-2.0 */
/* Inside store/ only: the handle and helpers around SQLite's statements. */
#ifndef KEFS_STORE_INTERNAL_H
#define KEFS_STORE_INTERNAL_H

#include <sqlite3.h>

#include "common/err.h"

struct kefs_db {
	sqlite3 *sql;
	char *path;
};

/* One step of the schema: the text of schema/NNN.sql. Generated into schema.c at build time, in order, 1 first. */
extern const char *const kefs_schema_steps[];
extern const int kefs_schema_count;

/* Turns an SQLite result that is not OK, ROW or DONE into a negative errno and a text with the remedy. */
int kefs_store_fail(const struct kefs_db *db, int sqlite_rc, const char *what, struct kefs_err *err);

/* Runs statements that return nothing. 0 or -errno. */
int kefs_store_exec(struct kefs_db *db, const char *sql, const char *what, struct kefs_err *err);

/* Prepares one statement: 0 or -errno; *ret_stmt to be finalized. */
int kefs_store_prepare(struct kefs_db *db, const char *sql, sqlite3_stmt **ret_stmt, const char *what,
		       struct kefs_err *err);

/* Reads the single integer that a query returns: 0 or -errno. */
int kefs_store_integer(struct kefs_db *db, const char *sql, int *ret_value, struct kefs_err *err);

/* Brings the tables up to the last of the steps, each in a transaction. 0, -EPROTO if the database is newer. */
int kefs_migrate_run(struct kefs_db *db, const char *const *steps, int count, struct kefs_err *err);

#endif
