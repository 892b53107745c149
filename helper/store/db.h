/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The database: SQLite in WAL mode with synchronous=FULL, so that a committed change survives a power cut. SQL is in
 * this folder only. Used from the loop's thread only. Every function fills err on failure with the file's name and
 * what to do.
 */
#ifndef KEFS_STORE_DB_H
#define KEFS_STORE_DB_H

#include "common/err.h"

struct kefs_db;

/*
 * Opens the database at path, makes it if it is not there, and brings its tables up to this program's version.
 * 0, or: -EUCLEAN damaged, -EMEDIUMTYPE no database of ours, -EPROTO made by a newer version, -EROFS or -EACCES not
 * writable, -ENOSPC, -EBUSY, -EIO.
 */
int kefs_db_open(const char *path, struct kefs_db **ret_db, struct kefs_err *err);

/* Closes it. NULL is fine. */
void kefs_db_close(struct kefs_db *db);

/* Starts a transaction that may write; commits it; undoes it (never fails). They do not nest. */
int kefs_db_begin(struct kefs_db *db, struct kefs_err *err);
int kefs_db_commit(struct kefs_db *db, struct kefs_err *err);
void kefs_db_rollback(struct kefs_db *db);

/* The version of the tables that this program writes. */
int kefs_db_version(void);

#endif
