/* SPDX-License-Identifier: GPL-2.0 */
/* File systems as the EFS API has them: creation with its options, and what can be changed afterwards. */
#ifndef KEFS_SERVICE_FILE_SYSTEMS_H
#define KEFS_SERVICE_FILE_SYSTEMS_H

#include <stdbool.h>

#include "service/efs.h"

/*
 * Makes one, which is served when this returns. kms_key is what the caller named ("" = the service's own key); the
 * request's option kms_key is filled in. 0; -KEFS_E_FS_EXISTS with the other's id in ret_taken_id (KEFS_ID_SIZE),
 * -KEFS_E_BAD_REQUEST, -KEFS_E_FS_LIMIT, -KEFS_E_THROUGHPUT_LIMIT, -KEFS_E_UNSUPPORTED_ZONE.
 */
int kefs_file_systems_create(const struct kefs_efs *efs, struct kefs_fs_request *request, const char *kms_key,
			     const struct kefs_fs **ret_fs, char *ret_taken_id, struct kefs_err *err);

/* Deletes one that has no mount target and no client: 0, -KEFS_E_FS_NOT_FOUND, -KEFS_E_FS_IN_USE, -KEFS_E_FS_STATE. */
int kefs_file_systems_delete(const struct kefs_efs *efs, const char *id_or_arn, struct kefs_err *err);

/*
 * Changes one that is available. 0 and the file system as it is now; -KEFS_E_FS_NOT_FOUND, -KEFS_E_FS_STATE and what
 * model/fs_options.h says of each.
 */
int kefs_file_systems_set_throughput(const struct kefs_efs *efs, const char *id_or_arn,
				     const struct kefs_throughput_change *change, const struct kefs_fs **ret_fs,
				     struct kefs_err *err);
int kefs_file_systems_set_lifecycle(const struct kefs_efs *efs, const char *id_or_arn, int to_ia, int to_archive,
				    int to_primary, const struct kefs_fs **ret_fs, struct kefs_err *err);
/* *ret_changed: was it another one before? */
int kefs_file_systems_set_backup(const struct kefs_efs *efs, const char *id_or_arn, enum kefs_backup backup,
				 bool *ret_changed, struct kefs_err *err);
int kefs_file_systems_set_protection(const struct kefs_efs *efs, const char *id_or_arn, enum kefs_protection protection,
				     struct kefs_err *err);

#endif
