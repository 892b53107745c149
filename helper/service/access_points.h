/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access points. A connection's grant is made from the one that it names when it comes in, so that there is nothing
 * to tell anybody here.
 */
#ifndef KEFS_SERVICE_ACCESS_POINTS_H
#define KEFS_SERVICE_ACCESS_POINTS_H

#include "model/access_point.h"
#include "service/efs.h"

/*
 * Makes one. point has file system (id or ARN), token, user, path ("" = "/") and creation info filled in; the rest is
 * filled in here. 0, -KEFS_E_FS_NOT_FOUND, -KEFS_E_FS_STATE, -KEFS_E_BAD_REQUEST, -KEFS_E_ACCESS_POINT_LIMIT,
 * -KEFS_E_ACCESS_POINT_EXISTS with the other's id in ret_taken_id (KEFS_ID_SIZE).
 */
int kefs_access_points_create(const struct kefs_efs *efs, const char *fs_id, struct kefs_access_point *point,
			      const struct kefs_tags *tags, char *ret_taken_id, struct kefs_err *err);

/* The one that an id or ARN means: 0 or -KEFS_E_ACCESS_POINT_NOT_FOUND. */
int kefs_access_points_get(const struct kefs_efs *efs, const char *id_or_arn, struct kefs_access_point *ret_point,
			   struct kefs_err *err);

/* Removes one; who is connected by it stays so. 0 or -KEFS_E_ACCESS_POINT_NOT_FOUND. */
int kefs_access_points_delete(const struct kefs_efs *efs, const char *id_or_arn, struct kefs_err *err);

#endif
