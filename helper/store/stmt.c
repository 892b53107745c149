// SPDX-License-Identifier: GPL-2.0
/*
 * Statements are prepared once and kept: listing a page of objects asks for the tags of each, and preparing costs
 * more than running. The key is the address of the text, which is why callers give literals only.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/fail.h"
#include "internal.h"

void kefs_store_forget(struct kefs_db *db)
{
	for (size_t i = 0; i < KEFS_STORE_KEPT; i++) {
		(void)sqlite3_finalize(db->kept[i].stmt);
		db->kept[i].stmt = NULL;
		db->kept[i].sql = NULL;
	}
}

/* *ret_kept: it goes back to its place by kefs_store_reset, instead of being finalized. */
static int get(struct kefs_db *db, const char *sql, sqlite3_stmt **ret_stmt, bool *ret_kept, const char *what,
	       struct kefs_err *err)
{
	size_t at = ((uintptr_t)sql >> 4) % KEFS_STORE_KEPT;
	int rc;

	*ret_kept = false;
	if (db->kept[at].sql == sql && !sqlite3_stmt_busy(db->kept[at].stmt)) {
		*ret_stmt = db->kept[at].stmt;
		*ret_kept = true;
		return 0;
	}
	rc = kefs_store_prepare(db, sql, ret_stmt, what, err);
	if (rc < 0 || (db->kept[at].stmt && sqlite3_stmt_busy(db->kept[at].stmt)))
		return rc;
	(void)sqlite3_finalize(db->kept[at].stmt);
	db->kept[at].sql = sql;
	db->kept[at].stmt = *ret_stmt;
	*ret_kept = true;
	return 0;
}

static void bind(sqlite3_stmt *stmt, const char *types, va_list ap)
{
	for (int i = 1; *types; types++, i++) {
		const void *data;

		switch (*types) {
		case 't':
			(void)sqlite3_bind_text(stmt, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
			break;
		case 'i':
			(void)sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
			break;
		case 'd':
			(void)sqlite3_bind_double(stmt, i, va_arg(ap, double));
			break;
		case 'b':
			data = va_arg(ap, const void *);
			(void)sqlite3_bind_blob64(stmt, i, data, va_arg(ap, size_t), SQLITE_TRANSIENT);
			break;
		default:
			(void)sqlite3_bind_null(stmt, i);
			break;
		}
	}
}

/* Runs it to its end, row by row. */
static int run(struct kefs_db *db, sqlite3_stmt *stmt, kefs_store_row_fn row, void *ctx, const char *what,
	       struct kefs_err *err)
{
	int rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		int each = row ? row(ctx, stmt) : 0;

		if (each == -EUCLEAN)
			return kefs_err_set(err, each, "database %s: %s: a row is not valid; was it edited by hand?", db->path, what);
		if (each < 0)
			return kefs_err_sys(err, each, "%s", what);
	}
	return rc == SQLITE_DONE ? 0 : kefs_store_fail(db, rc, what, err);
}

static int query(struct kefs_db *db, kefs_store_row_fn row, void *ctx, const char *what, struct kefs_err *err,
		 const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *stmt = NULL;
	bool kept;
	int rc = get(db, sql, &stmt, &kept, what, err);
	bool alone;

	if (rc < 0)
		return rc;
	bind(stmt, types, ap);
	/* A change by itself, which is stored when the statement has run */
	alone = !db->depth && !sqlite3_stmt_readonly(stmt);
	if (alone)
		kefs_fail_point("store-write");
	rc = run(db, stmt, row, ctx, what, err);
	if (alone)
		kefs_fail_point("store-written");
	if (kept) {
		(void)sqlite3_reset(stmt);
		(void)sqlite3_clear_bindings(stmt);
	} else {
		(void)sqlite3_finalize(stmt);
	}
	return rc;
}

int kefs_store_query(struct kefs_db *db, kefs_store_row_fn row, void *ctx, const char *what, struct kefs_err *err,
		     const char *sql, const char *types, ...)
{
	va_list ap;
	int rc;

	va_start(ap, types);
	rc = query(db, row, ctx, what, err, sql, types, ap);
	va_end(ap);
	return rc;
}

static int take_copy(void *ctx, sqlite3_stmt *stmt)
{
	const char *text = (const char *)sqlite3_column_text(stmt, 0);
	char *copy = strdup(text ? text : "");

	if (!copy)
		return -ENOMEM;
	free(*(char **)ctx);
	*(char **)ctx = copy;
	return 0;
}

int kefs_store_get_text(struct kefs_db *db, char **ret_text, const char *what, struct kefs_err *err, const char *sql,
			const char *types, ...)
{
	char *text = NULL;
	va_list ap;
	int rc;

	va_start(ap, types);
	rc = query(db, take_copy, &text, what, err, sql, types, ap);
	va_end(ap);
	if (rc < 0) {
		free(text);
		return rc;
	}
	if (!text)
		return -ENOENT;
	*ret_text = text;
	return 0;
}

int kefs_store_changed(struct kefs_db *db, int rc)
{
	return rc == 0 && !sqlite3_changes(db->sql) ? -ENOENT : rc;
}

int kefs_store_take_int(void *ctx, sqlite3_stmt *stmt)
{
	*(int64_t *)ctx = sqlite3_column_int64(stmt, 0);
	return 0;
}

int kefs_store_text(sqlite3_stmt *stmt, int column, char *buf, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return text && kefs_str_copy(buf, size, text) == 0 ? 0 : -EUCLEAN;
}
