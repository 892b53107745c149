// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "efs.h"
#include "service/access_points.h"
#include "service/mount_targets.h"
#include "store/st_mount_target.h"

static json_t *target_json(const struct kefs_efs *efs, const struct kefs_mount_target *target, const char *state)
{
	char address[KEFS_IP_TEXT];

	kefs_ip_format(target->address, address);
	return json_pack("{ss ss ss ss ss ss ss ss ss ss}",
			 "OwnerId", efs->topology->account,
			 "MountTargetId", target->id,
			 "FileSystemId", target->fs_id,
			 "SubnetId", target->subnet_id,
			 "LifeCycleState", state ? state : kefs_state_name(target->state),
			 "IpAddress", address,
			 "NetworkInterfaceId", target->interface_id,
			 "AvailabilityZoneId", target->zone_id,
			 "AvailabilityZoneName", target->zone,
			 "VpcId", target->vpc_id);
}

static int read_groups(struct kefs_efs_call *call, struct kefs_groups *groups)
{
	const json_t *id;
	int rc = 0;
	size_t i;

	groups->count = 0;
	json_array_foreach(json_object_get(call->in, "SecurityGroups"), i, id) {
		rc = kefs_groups_add(groups, json_string_value(id), &call->err);
		if (rc < 0)
			break;
	}
	return rc;
}

/* Subnets have IPv4 ranges only. */
static int read_address(struct kefs_efs_call *call, uint32_t *ret_address)
{
	const char *text = kefs_in_string(call->in, "IpAddress"), *type = kefs_in_string(call->in, "IpAddressType");

	*ret_address = 0;
	if (*kefs_in_string(call->in, "Ipv6Address") || (*type && !kefs_str_after(type, "IPV4")))
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST, "The subnet has no IPv6 addresses");
	if (*text && (kefs_ip_parse(text, ret_address) < 0 || !*ret_address))
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST, "IpAddress '%s' is not an IPv4 address", text);
	return 0;
}

int kefs_efs_create_mount_target(struct kefs_efs_call *call)
{
	struct kefs_mount_target_request request = {
		.fs_id = kefs_in_string(call->in, "FileSystemId"),
		.subnet_id = kefs_in_string(call->in, "SubnetId"),
	};
	struct kefs_mount_target target;
	int rc = read_address(call, &request.address);

	if (rc == 0)
		rc = read_groups(call, &request.groups);
	if (rc == 0)
		rc = kefs_mount_targets_create(call->efs, &request, &target, &call->err);
	return rc < 0 ? rc : kefs_efs_out(call, target_json(call->efs, &target, "creating"));
}

static int describe_one(struct kefs_efs_call *call, const char *id)
{
	struct kefs_efs_next none = { .more = false };
	struct kefs_mount_target target;
	int rc = kefs_mount_targets_get(call->efs, id, &target, &call->err);

	if (rc < 0)
		return rc;
	return kefs_efs_list(call, "MountTargets", json_pack("[o]", target_json(call->efs, &target, NULL)), 'm', true,
			     &none);
}

static int describe_of_fs(struct kefs_efs_call *call, const char *fs_id)
{
	struct kefs_mount_target_list found = { .count = 0 };
	CLEANUP_FREE struct kefs_mount_target *owner = NULL;
	struct kefs_efs_next next = { .more = false };
	struct kefs_page page;
	json_t *list;
	int rc = kefs_efs_page(call, 'm', true, &page);

	if (rc == 0)
		rc = kefs_st_mount_target_list(call->efs->db, fs_id, &page, &found, &call->err);
	if (rc < 0)
		return rc;
	owner = found.targets;
	list = json_array();
	for (size_t i = 0; i < found.count && i < page.limit; i++) {
		(void)json_array_append_new(list, target_json(call->efs, &owner[i], NULL));
		next = (struct kefs_efs_next) { found.count > page.limit, owner[i].created_ms, owner[i].id };
	}
	return kefs_efs_list(call, "MountTargets", list, 'm', true, &next);
}

int kefs_efs_describe_mount_targets(struct kefs_efs_call *call)
{
	const char *fs_id = kefs_in_string(call->in, "FileSystemId"), *id = kefs_in_string(call->in, "MountTargetId");
	const char *point_id = kefs_in_string(call->in, "AccessPointId");
	struct kefs_access_point point;
	const struct kefs_fs *fs;
	int rc;

	if (!!*fs_id + !!*id + !!*point_id != 1)
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST,
				    "Give exactly one of FileSystemId, MountTargetId and AccessPointId");
	if (*id)
		return describe_one(call, id);
	if (*point_id) {
		rc = kefs_access_points_get(call->efs, point_id, &point, &call->err);
		return rc < 0 ? rc : describe_of_fs(call, point.fs_id);
	}
	rc = kefs_efs_find_fs(call->efs, fs_id, &fs, &call->err);
	return rc < 0 ? rc : describe_of_fs(call, fs->id);
}

int kefs_efs_delete_mount_target(struct kefs_efs_call *call)
{
	return kefs_mount_targets_delete(call->efs, kefs_in_string(call->in, "MountTargetId"), &call->err);
}

int kefs_efs_describe_groups(struct kefs_efs_call *call)
{
	struct kefs_groups groups;
	json_t *list;
	int rc = kefs_mount_targets_groups(call->efs, kefs_in_string(call->in, "MountTargetId"), &groups, &call->err);

	if (rc < 0)
		return rc;
	list = json_array();
	for (size_t i = 0; i < groups.count; i++)
		(void)json_array_append_new(list, json_string(groups.ids[i]));
	return kefs_efs_out(call, json_pack("{so}", "SecurityGroups", list));
}

int kefs_efs_modify_groups(struct kefs_efs_call *call)
{
	struct kefs_groups groups;
	int rc = read_groups(call, &groups);

	return rc < 0 ? rc : kefs_mount_targets_set_groups(call->efs, kefs_in_string(call->in, "MountTargetId"), &groups,
							   &call->err);
}
