// SPDX-License-Identifier: GPL-2.0
#include "access_points.h"

#include <errno.h>

#include "common/log.h"
#include "common/str.h"
#include "model/fault.h"
#include "store/st_access_point.h"

static int check(const struct kefs_access_point *point, const struct kefs_tags *tags, struct kefs_err *err)
{
	int rc = kefs_ap_check_path(point->path, err);

	if (rc == 0 && point->has_creation)
		rc = kefs_ap_check_permissions(point->creation.permissions, err);
	return rc == 0 ? kefs_tags_check(tags, err) : rc;
}

int kefs_access_points_create(const struct kefs_efs *efs, const char *fs_id, struct kefs_access_point *point,
			      const struct kefs_tags *tags, char *ret_taken_id, struct kefs_err *err)
{
	const struct kefs_fs *fs;
	int rc;

	if (!*point->path)
		(void)kefs_str_copy(point->path, sizeof(point->path), "/");
	rc = check(point, tags, err);
	if (rc == 0)
		rc = kefs_efs_available_fs(efs, fs_id, &fs, err);
	if (rc < 0)
		return rc;
	(void)kefs_str_copy(point->fs_id, sizeof(point->fs_id), fs->id);
	point->created_ms = kefs_efs_now_ms();
	point->state = KEFS_STATE_AVAILABLE;
	rc = kefs_id_new(KEFS_AP_PREFIX, point->id);
	if (rc < 0)
		return kefs_err_sys(err, rc, "drawing an id");
	rc = kefs_st_access_point_insert(efs->db, point, tags, efs->limits->access_points, ret_taken_id, err);
	if (rc == 0)
		log_info("access point %s of file system %s is created: %s", point->id, point->fs_id, point->path);
	return rc;
}

int kefs_access_points_get(const struct kefs_efs *efs, const char *id_or_arn, struct kefs_access_point *ret_point,
			   struct kefs_err *err)
{
	const char *id = kefs_topology_bare_id(efs->topology, id_or_arn, "access-point", KEFS_AP_PREFIX);
	int rc = id ? kefs_st_access_point_get(efs->db, id, ret_point, err) : -ENOENT;

	if (rc == -ENOENT)
		rc = kefs_err_set(err, -KEFS_E_ACCESS_POINT_NOT_FOUND, "Access Point '%s' does not exist.", id ? id : id_or_arn);
	return rc;
}

int kefs_access_points_delete(const struct kefs_efs *efs, const char *id_or_arn, struct kefs_err *err)
{
	struct kefs_access_point point;
	int rc = kefs_access_points_get(efs, id_or_arn, &point, err);

	if (rc == 0)
		rc = kefs_st_access_point_delete(efs->db, point.id, err);
	if (rc == 0)
		log_info("access point %s is removed", point.id);
	return rc;
}
