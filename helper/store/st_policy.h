/* SPDX-License-Identifier: GPL-2.0 */
/* File system policies in the store, as their text. */
#ifndef KEFS_STORE_ST_POLICY_H
#define KEFS_STORE_ST_POLICY_H

#include "common/err.h"
#include "store/db.h"

/* Sets or replaces the policy of a file system that is there. */
int kefs_st_policy_set(struct kefs_db *db, const char *fs_id, const char *policy, struct kefs_err *err);

/* The policy, to be freed; -ENOENT without a text if none is set. */
int kefs_st_policy_get(struct kefs_db *db, const char *fs_id, char **ret_policy, struct kefs_err *err);

/* Removes it, if there is one. */
int kefs_st_policy_delete(struct kefs_db *db, const char *fs_id, struct kefs_err *err);

#endif
