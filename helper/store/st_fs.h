/* SPDX-License-Identifier: GPL-2.0 */
/* File systems in the store. */
#ifndef KEFS_STORE_ST_FS_H
#define KEFS_STORE_ST_FS_H

#include "common/err.h"
#include "model/fs.h"
#include "store/db.h"

/*
 * Stores a new file system with the name and the tags of its request (NULL: none) in one transaction and gives it its
 * project id (written to fs). 0, or -EEXIST if the creation token is taken: ret_taken_id (KEFS_ID_SIZE) then has the id
 * of the one that has it; -EDQUOT if there are limit already.
 */
int kefs_st_fs_insert(struct kefs_db *db, struct kefs_fs *fs, const struct kefs_fs_request *request, uint32_t limit,
		      char *ret_taken_id, struct kefs_err *err);

/* Changes the state; -ENOENT if there is no such file system in state from. */
int kefs_st_fs_set_state(struct kefs_db *db, const char *id, enum kefs_fs_state from, enum kefs_fs_state to,
			 struct kefs_err *err);

/*
 * One that was being created is to be deleted instead: nobody was told of it, and who asked may ask again with the same
 * token. 0, -ENOENT.
 */
int kefs_st_fs_abandon(struct kefs_db *db, const char *id, struct kefs_err *err);

/*
 * From available to deleting: its mount targets and access points go at once. -ENOENT if it is not available.
 */
int kefs_st_fs_begin_delete(struct kefs_db *db, const char *id, struct kefs_err *err);

/*
 * Stores what can change of the options (throughput, protection, backup with its tag, lifecycle); -ENOENT if the
 * file system is not available.
 */
int kefs_st_fs_set_options(struct kefs_db *db, const char *id, const struct kefs_fs_options *options,
			   struct kefs_err *err);

/* Removes the row of a file system in state deleting; -ENOENT if there is none. */
int kefs_st_fs_delete(struct kefs_db *db, const char *id, struct kefs_err *err);

/* All file systems by creation time; the list is to be freed with kefs_fs_list_free(). */
int kefs_st_fs_list(struct kefs_db *db, struct kefs_fs_list *ret_list, struct kefs_err *err);

/* One of them; -ENOENT. The caller wipes its key. */
int kefs_st_fs_get(struct kefs_db *db, const char *id, struct kefs_fs *ret_fs, struct kefs_err *err);

#endif
