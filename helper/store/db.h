/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The database: SQLite in WAL mode with synchronous=FULL, so that a committed change survives a power cut. SQL is in
 * this folder only. Used from the loop's thread only. Every function fills err on failure with the file's name and
 * what to do.
 */
#ifndef KEFS_STORE_DB_H
#define KEFS_STORE_DB_H

#include <stdbool.h>

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

/*
 * Starts a change, which may write; stores it; undoes it (never fails). One that was begun is ended once, by
 * kefs_db_commit() that returns 0 or by kefs_db_rollback(). A change within a change is stored when the outer one is.
 */
int kefs_db_begin(struct kefs_db *db, struct kefs_err *err);
int kefs_db_commit(struct kefs_db *db, struct kefs_err *err);
void kefs_db_rollback(struct kefs_db *db);

/* Ends a change as what was done in it came to, rc: stores it for 0, else undoes it. rc, or what storing it came to. */
int kefs_db_end(struct kefs_db *db, int rc, struct kefs_err *err);

/*
 * Between the two all that is read is of one moment, and the file is locked once and not for each statement, which
 * costs six system calls. Not within a change; a change in between would be undone. False: it could not be begun, and
 * is not to be ended; what is read then is read one by one, and says what is wrong.
 */
bool kefs_db_begin_read(struct kefs_db *db);
void kefs_db_end_read(struct kefs_db *db);

/* The version of the tables that this program writes. */
int kefs_db_version(void);

#endif
