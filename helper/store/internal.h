/* SPDX-License-Identifier: GPL-2.0 */
/* Inside store/ only: the handle and helpers around SQLite's statements. */
#ifndef KEFS_STORE_INTERNAL_H
#define KEFS_STORE_INTERNAL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/str.h"

#define KEFS_STORE_KEPT 61	/* prepared statements that are kept */

struct kefs_db {
	sqlite3 *sql;
	char *path;
	unsigned int depth;	/* of changes within changes */
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} kept[KEFS_STORE_KEPT];
};

/* Called for each row of a query. 0; -EUCLEAN for a row that cannot be; another -errno. Either ends the query. */
typedef int (*kefs_store_row_fn)(void *ctx, sqlite3_stmt *stmt);

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

/*
 * Runs one statement, which is a literal: values for ?1, ?2, … follow types, a letter each: t const char *,
 * i int64_t, d double, b const void * and size_t, n NULL without a value. row may be NULL. 0 or -errno with err.
 */
int kefs_store_query(struct kefs_db *db, kefs_store_row_fn row, void *ctx, const char *what, struct kefs_err *err,
		     const char *sql, const char *types, ...);

/* A row function: the first column into the int64_t that ctx points to. */
int kefs_store_take_int(void *ctx, sqlite3_stmt *stmt);

/* Copies a column's text: 0, or -EUCLEAN if it is NULL or does not fit. */
int kefs_store_text(sqlite3_stmt *stmt, int column, char *buf, size_t size);

/* The first column of the last row as text, to be freed; -ENOENT without a text if there is no row. */
int kefs_store_get_text(struct kefs_db *db, char **ret_text, const char *what, struct kefs_err *err, const char *sql,
			const char *types, ...);

/* What the last statement came to: rc if it failed, -ENOENT if it changed no row, else 0. */
int kefs_store_changed(struct kefs_db *db, int rc);

/* Finalizes the statements that are kept. */
void kefs_store_forget(struct kefs_db *db);

/* Reads the single integer that a query returns: 0 or -errno. */
int kefs_store_integer(struct kefs_db *db, const char *sql, int *ret_value, struct kefs_err *err);

/* Brings the tables up to the last of the steps, each in a transaction. 0, -EPROTO if the database is newer. */
int kefs_migrate_run(struct kefs_db *db, const char *const *steps, int count, struct kefs_err *err);

#endif
