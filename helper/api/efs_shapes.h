/* SPDX-License-Identifier: GPL-2.0 */
/* The shapes of the EFS API's requests: version 2015-02-01. Pure. */
#ifndef KEFS_API_EFS_SHAPES_H
#define KEFS_API_EFS_SHAPES_H

#include "api/shape.h"

/* One for each operation, or for several whose input is the same: named after the first. */
extern const struct kefs_shape kefs_shape_create_file_system[];
extern const struct kefs_shape kefs_shape_describe_file_systems[];
extern const struct kefs_shape kefs_shape_update_file_system[];
extern const struct kefs_shape kefs_shape_file_system[];	/* whose id is in the path, and nothing else */
extern const struct kefs_shape kefs_shape_update_protection[];
extern const struct kefs_shape kefs_shape_put_policy[];
extern const struct kefs_shape kefs_shape_put_lifecycle[];
extern const struct kefs_shape kefs_shape_put_backup[];
extern const struct kefs_shape kefs_shape_create_replication[];
extern const struct kefs_shape kefs_shape_delete_replication[];
extern const struct kefs_shape kefs_shape_describe_replications[];
extern const struct kefs_shape kefs_shape_create_mount_target[];
extern const struct kefs_shape kefs_shape_describe_mount_targets[];
extern const struct kefs_shape kefs_shape_mount_target[];
extern const struct kefs_shape kefs_shape_modify_groups[];
extern const struct kefs_shape kefs_shape_create_access_point[];
extern const struct kefs_shape kefs_shape_describe_access_points[];
extern const struct kefs_shape kefs_shape_access_point[];
extern const struct kefs_shape kefs_shape_tag_resource[];
extern const struct kefs_shape kefs_shape_untag_resource[];
extern const struct kefs_shape kefs_shape_list_tags[];
extern const struct kefs_shape kefs_shape_put_preferences[];
extern const struct kefs_shape kefs_shape_describe_preferences[];
extern const struct kefs_shape kefs_shape_create_tags[];
extern const struct kefs_shape kefs_shape_delete_tags[];
extern const struct kefs_shape kefs_shape_describe_tags[];

#endif
