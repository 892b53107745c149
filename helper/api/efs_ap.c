// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "efs.h"
#include "service/access_points.h"
#include "store/st_access_point.h"

static json_t *user_json(const struct kefs_posix_user *user)
{
	json_t *object = json_pack("{sI sI}", "Uid", (json_int_t)user->uid, "Gid", (json_int_t)user->gid), *gids;

	if (!user->gid_count)
		return object;
	gids = json_array();
	for (size_t i = 0; i < user->gid_count; i++)
		(void)json_array_append_new(gids, json_integer((json_int_t)user->gids[i]));
	(void)json_object_set_new(object, "SecondaryGids", gids);
	return object;
}

static json_t *root_json(const struct kefs_access_point *point)
{
	const struct kefs_creation_info *info = &point->creation;

	if (!point->has_creation)
		return json_pack("{ss}", "Path", point->path);
	return json_pack("{ss s{sI sI ss}}", "Path", point->path, "CreationInfo", "OwnerUid", (json_int_t)info->uid,
			 "OwnerGid", (json_int_t)info->gid, "Permissions", info->permissions);
}

static json_t *point_json(const struct kefs_efs *efs, const struct kefs_access_point *point, const char *state)
{
	char arn[KEFS_ARN_SIZE], name[KEFS_TAG_VALUE_SIZE];
	json_t *tags = kefs_efs_tags_json(efs, point->id, name, sizeof(name)), *object;

	kefs_topology_arn(efs->topology, "access-point", point->id, arn);
	object = json_pack("{ss so ss ss ss so ss ss}",
			   "ClientToken", point->token,
			   "Tags", tags,
			   "AccessPointId", point->id,
			   "AccessPointArn", arn,
			   "FileSystemId", point->fs_id,
			   "RootDirectory", root_json(point),
			   "OwnerId", efs->topology->account,
			   "LifeCycleState", state ? state : kefs_state_name(point->state));
	if (object && *name)
		(void)json_object_set_new(object, "Name", json_string(name));
	if (object && point->has_user)
		(void)json_object_set_new(object, "PosixUser", user_json(&point->user));
	return object;
}

static void read_user(const json_t *in, struct kefs_access_point *point)
{
	const json_t *user = json_object_get(in, "PosixUser"), *gid;
	size_t i;

	point->has_user = user;
	point->user.uid = (uint32_t)kefs_in_integer(user, "Uid");
	point->user.gid = (uint32_t)kefs_in_integer(user, "Gid");
	json_array_foreach(json_object_get(user, "SecondaryGids"), i, gid)
		point->user.gids[point->user.gid_count++] = (uint32_t)json_integer_value(gid);
}

/* The shape has checked how long all of it is. */
static int read_root(const json_t *in, struct kefs_access_point *point)
{
	const json_t *root = json_object_get(in, "RootDirectory"), *info = json_object_get(root, "CreationInfo");

	point->has_creation = info;
	point->creation.uid = (uint32_t)kefs_in_integer(info, "OwnerUid");
	point->creation.gid = (uint32_t)kefs_in_integer(info, "OwnerGid");
	if (kefs_str_copy(point->path, sizeof(point->path), kefs_in_string(root, "Path")) < 0 ||
	    kefs_str_copy(point->token, sizeof(point->token), kefs_in_string(in, "ClientToken")) < 0)
		return -KEFS_E_BAD_REQUEST;
	if (kefs_str_copy(point->creation.permissions, sizeof(point->creation.permissions),
			  kefs_in_string(info, "Permissions")) < 0)
		return -KEFS_E_BAD_REQUEST;
	return 0;
}

int kefs_efs_create_access_point(struct kefs_efs_call *call)
{
	struct kefs_access_point point = { .id = "" };
	struct kefs_tags tags;
	int rc;

	call->extra = "AccessPointId";
	read_user(call->in, &point);
	if (read_root(call->in, &point) < 0)
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST, "Permissions must be three or four octal digits");
	rc = kefs_efs_read_tags(call->in, "Tags", &tags);
	if (rc == 0)
		rc = kefs_access_points_create(call->efs, kefs_in_string(call->in, "FileSystemId"), &point, &tags,
					       call->extra_value, &call->err);
	kefs_tags_free(&tags);
	return rc < 0 ? rc : kefs_efs_out(call, point_json(call->efs, &point, "creating"));
}

static int describe_one(struct kefs_efs_call *call, const char *id)
{
	struct kefs_efs_next none = { .more = false };
	struct kefs_access_point point;
	int rc = kefs_access_points_get(call->efs, id, &point, &call->err);

	if (rc < 0)
		return rc;
	return kefs_efs_list(call, "AccessPoints", json_pack("[o]", point_json(call->efs, &point, NULL)), 'a', false, &none);
}

static int describe_of_fs(struct kefs_efs_call *call, const char *fs_id)
{
	struct kefs_access_point_list found = { .count = 0 };
	CLEANUP_FREE struct kefs_access_point *owner = NULL;
	struct kefs_efs_next next = { .more = false };
	struct kefs_page page;
	json_t *list;
	int rc = kefs_efs_page(call, 'a', false, &page);

	if (rc == 0)
		rc = kefs_st_access_point_list(call->efs->db, fs_id, &page, &found, &call->err);
	if (rc < 0)
		return rc;
	owner = found.points;
	list = json_array();
	for (size_t i = 0; i < found.count && i < page.limit; i++) {
		(void)json_array_append_new(list, point_json(call->efs, &owner[i], NULL));
		next = (struct kefs_efs_next) { found.count > page.limit, owner[i].created_ms, owner[i].id };
	}
	return kefs_efs_list(call, "AccessPoints", list, 'a', false, &next);
}

int kefs_efs_describe_access_points(struct kefs_efs_call *call)
{
	const char *id = kefs_in_string(call->in, "AccessPointId"), *fs_id = kefs_in_string(call->in, "FileSystemId");
	const struct kefs_fs *fs;
	int rc;

	if (*id && *fs_id)
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST, "Give AccessPointId or FileSystemId, not both");
	if (*id)
		return describe_one(call, id);
	if (!*fs_id)
		return describe_of_fs(call, "");
	rc = kefs_efs_find_fs(call->efs, fs_id, &fs, &call->err);
	return rc < 0 ? rc : describe_of_fs(call, fs->id);
}

int kefs_efs_delete_access_point(struct kefs_efs_call *call)
{
	return kefs_access_points_delete(call->efs, kefs_in_string(call->in, "AccessPointId"), &call->err);
}
