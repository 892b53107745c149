/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mount targets. What enforces them (addresses on interfaces, listeners, the packet filter) takes what it needs from
 * the store; the functions here that change something are where it is to be told.
 */
#ifndef KEFS_SERVICE_MOUNT_TARGETS_H
#define KEFS_SERVICE_MOUNT_TARGETS_H

#include "model/mount_target.h"
#include "service/efs.h"

/*
 * Makes one. 0, -KEFS_E_FS_NOT_FOUND, -KEFS_E_FS_STATE, -KEFS_E_SUBNET_NOT_FOUND, -KEFS_E_GROUP_NOT_FOUND,
 * -KEFS_E_ZONES_MISMATCH, -KEFS_E_BAD_REQUEST (address outside the subnet) and what the store says
 * (st_mount_target.h).
 */
int kefs_mount_targets_create(const struct kefs_efs *efs, const struct kefs_mount_target_request *request,
			      struct kefs_mount_target *ret_target, struct kefs_err *err);

/* One: 0 or -KEFS_E_MOUNT_TARGET_NOT_FOUND. */
int kefs_mount_targets_get(const struct kefs_efs *efs, const char *id, struct kefs_mount_target *ret_target,
			   struct kefs_err *err);

/* Removes one: 0 or -KEFS_E_MOUNT_TARGET_NOT_FOUND. */
int kefs_mount_targets_delete(const struct kefs_efs *efs, const char *id, struct kefs_err *err);

/* Removes all that a file system has. 0 or what the store says. */
int kefs_mount_targets_delete_all(const struct kefs_efs *efs, const char *fs_id, struct kefs_err *err);

/* Its groups: 0, -KEFS_E_MOUNT_TARGET_NOT_FOUND, -KEFS_E_MOUNT_TARGET_STATE. */
int kefs_mount_targets_groups(const struct kefs_efs *efs, const char *id, struct kefs_groups *ret_groups,
			      struct kefs_err *err);

/* Replaces them; none means the VPC's default group. As above, and -KEFS_E_GROUP_NOT_FOUND. */
int kefs_mount_targets_set_groups(const struct kefs_efs *efs, const char *id, const struct kefs_groups *groups,
				  struct kefs_err *err);

#endif
