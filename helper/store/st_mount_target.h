/* SPDX-License-Identifier: GPL-2.0 */
/* Mount targets and their security groups in the store. */
#ifndef KEFS_STORE_ST_MOUNT_TARGET_H
#define KEFS_STORE_ST_MOUNT_TARGET_H

#include <stdbool.h>

#include "common/err.h"
#include "model/mount_target.h"
#include "model/page.h"
#include "store/db.h"

struct kefs_mount_target_list {
	struct kefs_mount_target *targets;	/* to be freed */
	size_t count;
};

/*
 * Stores a new one with its groups, in one transaction with the checks: a file system has one at most in each zone,
 * all of them in one VPC, which has no more than limit. An address of 0 is replaced by the lowest free one of the
 * subnet. 0, -KEFS_E_MOUNT_TARGET_CONFLICT, -KEFS_E_ADDRESS_IN_USE, -KEFS_E_NO_FREE_ADDRESS, -KEFS_E_INTERFACE_LIMIT.
 */
int kefs_st_mount_target_insert(struct kefs_db *db, struct kefs_mount_target *target, const struct kefs_groups *groups,
				const struct kefs_subnet *subnet, uint32_t limit, struct kefs_err *err);

/* One; -ENOENT without a text. */
int kefs_st_mount_target_get(struct kefs_db *db, const char *id, struct kefs_mount_target *ret_target,
			     struct kefs_err *err);

/* The file system whose mount target has the address, to ret_fs_id (KEFS_ID_SIZE); -ENOENT without a text. */
int kefs_st_mount_target_fs(struct kefs_db *db, uint32_t address, char *ret_fs_id, struct kefs_err *err);

/* Changes the state; -ENOENT without a text. */
int kefs_st_mount_target_set_state(struct kefs_db *db, const char *id, enum kefs_state state, struct kefs_err *err);

/* Removes one; -ENOENT without a text. */
int kefs_st_mount_target_delete(struct kefs_db *db, const char *id, struct kefs_err *err);

/* Those of a file system ("" = of all) on a page, and one more if there is one; by creation time. */
int kefs_st_mount_target_list(struct kefs_db *db, const char *fs_id, const struct kefs_page *page,
			      struct kefs_mount_target_list *ret_list, struct kefs_err *err);

/* How many a file system has; all for "". */
int kefs_st_mount_target_count(struct kefs_db *db, const char *fs_id, int64_t *ret_count, struct kefs_err *err);

/* How many are neither available nor gone. */
int kefs_st_mount_target_unsettled(struct kefs_db *db, int64_t *ret_count, struct kefs_err *err);

/* How many a subnet has. */
int kefs_st_mount_target_in_subnet(struct kefs_db *db, const char *subnet_id, int64_t *ret_count, struct kefs_err *err);

/* Its security groups, in the order in which they were given. */
int kefs_st_mount_target_groups(struct kefs_db *db, const char *id, struct kefs_groups *ret_groups,
				struct kefs_err *err);

/* Replaces them, in one transaction. */
int kefs_st_mount_target_set_groups(struct kefs_db *db, const char *id, const struct kefs_groups *groups,
				    struct kefs_err *err);

#endif
