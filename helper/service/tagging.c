// SPDX-License-Identifier: GPL-2.0
#include "tagging.h"

#include <errno.h>

#include "common/str.h"
#include "model/fault.h"
#include "service/access_points.h"
#include "store/st_tag.h"

/* Does it look like an access point's id or ARN, whether there is one or not? */
static bool is_access_point(const char *text)
{
	const char *end = text;

	for (const char *p = text; *p; p++) {
		if (*p == '/' || *p == ':')
			end = p + 1;
	}
	return kefs_str_after(end, KEFS_AP_PREFIX) != NULL;
}

int kefs_tagging_resource(const struct kefs_efs *efs, const char *id_or_arn, char *ret_id, struct kefs_err *err)
{
	struct kefs_access_point point;
	const struct kefs_fs *fs;
	int rc;

	if (is_access_point(id_or_arn)) {
		rc = kefs_access_points_get(efs, id_or_arn, &point, err);
		return rc < 0 ? rc : kefs_str_copy(ret_id, KEFS_ID_SIZE, point.id);
	}
	rc = kefs_efs_find_fs(efs, id_or_arn, &fs, err);
	return rc < 0 ? rc : kefs_str_copy(ret_id, KEFS_ID_SIZE, fs->id);
}

/* A file system's name is one of its tags. */
static int show(const struct kefs_efs *efs, const char *id, struct kefs_err *err)
{
	return kefs_str_after(id, KEFS_FS_PREFIX) ? kefs_volumes_refresh(efs->volumes, id, err) : 0;
}

int kefs_tagging_set(const struct kefs_efs *efs, const char *id, const struct kefs_tags *tags, struct kefs_err *err)
{
	int rc = kefs_tags_check(tags, err);

	if (rc < 0)
		return rc;
	rc = kefs_st_tags_set(efs->db, id, tags, err);
	if (rc == -EDQUOT)
		return -KEFS_E_BAD_REQUEST;
	return rc < 0 ? rc : show(efs, id, err);
}

int kefs_tagging_remove(const struct kefs_efs *efs, const char *id, const char *const *keys, size_t count,
			struct kefs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = kefs_tag_check_key(keys[i], err);
	if (rc == 0)
		rc = kefs_st_tags_remove(efs->db, id, keys, count, err);
	return rc < 0 ? rc : show(efs, id, err);
}
