/* SPDX-License-Identifier: GPL-2.0 */
/* Tags of whatever can have them. */
#ifndef KEFS_SERVICE_TAGGING_H
#define KEFS_SERVICE_TAGGING_H

#include "model/tag.h"
#include "service/efs.h"

/*
 * The bare id (KEFS_ID_SIZE) of the file system or access point that an id or ARN means. 0, -KEFS_E_FS_NOT_FOUND,
 * -KEFS_E_ACCESS_POINT_NOT_FOUND.
 */
int kefs_tagging_resource(const struct kefs_efs *efs, const char *id_or_arn, char *ret_id, struct kefs_err *err);

/* Sets tags of a resource that was found. 0 or -KEFS_E_BAD_REQUEST. */
int kefs_tagging_set(const struct kefs_efs *efs, const char *id, const struct kefs_tags *tags, struct kefs_err *err);

/* Takes tags away; those that are not there do not matter. 0 or -KEFS_E_BAD_REQUEST for a key that is nobody's. */
int kefs_tagging_remove(const struct kefs_efs *efs, const char *id, const char *const *keys, size_t count,
			struct kefs_err *err);

#endif
