// SPDX-License-Identifier: GPL-2.0
#include "mount_targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "model/fault.h"
#include "service/endpoints.h"
#include "store/st_group.h"
#include "store/st_mount_target.h"

static int check_group(const struct kefs_efs *efs, const char *id, const char *vpc_id, struct kefs_err *err)
{
	const struct kefs_vpc *vpc = kefs_topology_default_group(efs->topology, id);
	char in_vpc[KEFS_ID_SIZE] = "";
	int rc = 0;

	if (vpc)
		(void)kefs_str_copy(in_vpc, sizeof(in_vpc), vpc->id);
	else
		rc = kefs_st_group_vpc(efs->db, id, in_vpc, err);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (strcmp(in_vpc, vpc_id))
		return kefs_err_set(err, -KEFS_E_GROUP_NOT_FOUND, "The security group '%s' does not exist in VPC %s", id, vpc_id);
	return 0;
}

/* The groups to store: those given, each in the VPC, or its default one. */
static int settle_groups(const struct kefs_efs *efs, const struct kefs_groups *given, const char *vpc_id,
			 struct kefs_groups *ret_groups, struct kefs_err *err)
{
	int rc = 0;

	*ret_groups = *given;
	for (size_t i = 0; i < given->count && rc == 0; i++)
		rc = check_group(efs, given->ids[i], vpc_id, err);
	if (rc < 0 || given->count)
		return rc;
	for (size_t i = 0; i < efs->topology->vpc_count; i++) {
		const struct kefs_vpc *vpc = &efs->topology->vpcs[i];

		if (!strcmp(vpc->id, vpc_id))
			return kefs_groups_add(ret_groups, vpc->group_id, err);
	}
	return kefs_err_set(err, -KEFS_E_GROUP_NOT_FOUND, "VPC %s is no longer configured: name security groups", vpc_id);
}

static int check_place(const struct kefs_fs *fs, const struct kefs_subnet *subnet, uint32_t address,
		       struct kefs_err *err)
{
	char text[KEFS_IP_TEXT];

	if (*fs->options.zone && strcmp(fs->options.zone, subnet->zone))
		return kefs_err_set(err, -KEFS_E_ZONES_MISMATCH,
				    "File system '%s' is in availability zone %s only, and subnet %s is in %s", fs->id,
				    fs->options.zone, subnet->id, subnet->zone);
	if (address && (address < kefs_subnet_first(subnet) || address > kefs_subnet_last(subnet))) {
		kefs_ip_format(address, text);
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "Address %s does not fall within the range of subnet %s", text,
				    subnet->id);
	}
	return 0;
}

int kefs_mount_targets_create(const struct kefs_efs *efs, const struct kefs_mount_target_request *request,
			      struct kefs_mount_target *ret_target, struct kefs_err *err)
{
	const struct kefs_subnet *subnet = kefs_topology_subnet(efs->topology, request->subnet_id);
	struct kefs_mount_target target;
	struct kefs_groups groups;
	const struct kefs_fs *fs;
	char text[KEFS_IP_TEXT];
	struct kefs_err ignored;
	int rc = kefs_efs_available_fs(efs, request->fs_id, &fs, err);

	if (rc < 0)
		return rc;
	if (!subnet)
		return kefs_err_set(err, -KEFS_E_SUBNET_NOT_FOUND, "The subnet ID '%.60s' does not exist", request->subnet_id);
	rc = check_place(fs, subnet, request->address, err);
	if (rc == 0)
		rc = settle_groups(efs, &request->groups, subnet->vpc->id, &groups, err);
	if (rc < 0)
		return rc;
	rc = kefs_mount_target_make(fs->id, subnet, kefs_efs_now_ms(), &target);
	if (rc < 0)
		return kefs_err_sys(err, rc, "drawing an id");
	target.address = request->address;
	rc = kefs_st_mount_target_insert(efs->db, &target, &groups, subnet, efs->limits->mount_targets, err);
	if (rc < 0)
		return rc;
	rc = kefs_endpoints_add(efs->endpoints, &target, err);
	if (rc == 0)
		rc = kefs_st_mount_target_set_state(efs->db, target.id, KEFS_STATE_AVAILABLE, err);
	if (rc < 0) {
		/* If even that fails, kefs_endpoints_tick() does it. */
		(void)kefs_endpoints_remove(efs->endpoints, &target, &ignored);
		return rc;
	}
	target.state = KEFS_STATE_AVAILABLE;
	kefs_ip_format(target.address, text);
	log_info("mount target %s of file system %s is created: %s in %s", target.id, target.fs_id, text, target.zone);
	*ret_target = target;
	return 0;
}

static int not_found(const char *id, struct kefs_err *err)
{
	return kefs_err_set(err, -KEFS_E_MOUNT_TARGET_NOT_FOUND, "Mount target '%.60s' does not exist.", id);
}

int kefs_mount_targets_get(const struct kefs_efs *efs, const char *id, struct kefs_mount_target *ret_target,
			   struct kefs_err *err)
{
	int rc = kefs_st_mount_target_get(efs->db, id, ret_target, err);

	return rc == -ENOENT ? not_found(id, err) : rc;
}

int kefs_mount_targets_delete(const struct kefs_efs *efs, const char *id, struct kefs_err *err)
{
	struct kefs_mount_target target;
	int rc = kefs_mount_targets_get(efs, id, &target, err);

	if (rc == 0)
		rc = kefs_st_mount_target_set_state(efs->db, id, KEFS_STATE_DELETING, err);
	if (rc == -ENOENT)
		return not_found(id, err);
	if (rc == 0)
		rc = kefs_endpoints_remove(efs->endpoints, &target, err);
	if (rc < 0)
		return rc;
	log_info("mount target %s is removed", id);
	return 0;
}

int kefs_mount_targets_delete_all(const struct kefs_efs *efs, const char *fs_id, struct kefs_err *err)
{
	const struct kefs_page first = { .limit = 1 };
	int rc;

	for (;;) {
		struct kefs_mount_target_list list;
		char id[KEFS_ID_SIZE];
		size_t count;

		rc = kefs_st_mount_target_list(efs->db, fs_id, &first, &list, err);
		if (rc < 0)
			return rc;
		count = list.count;
		if (count)
			(void)kefs_str_copy(id, sizeof(id), list.targets[0].id);
		free(list.targets);
		rc = count ? kefs_mount_targets_delete(efs, id, err) : 0;
		if (rc < 0 || !count)
			return rc;
	}
}

static int get_available(const struct kefs_efs *efs, const char *id, struct kefs_mount_target *target,
			 struct kefs_err *err)
{
	int rc = kefs_mount_targets_get(efs, id, target, err);

	if (rc == 0 && target->state != KEFS_STATE_AVAILABLE)
		rc = kefs_err_set(err, -KEFS_E_MOUNT_TARGET_STATE, "Mount target '%s' is in state '%s'; it must be 'available'",
				  target->id, kefs_state_name(target->state));
	return rc;
}

int kefs_mount_targets_groups(const struct kefs_efs *efs, const char *id, struct kefs_groups *ret_groups,
			      struct kefs_err *err)
{
	struct kefs_mount_target target;
	int rc = get_available(efs, id, &target, err);

	return rc < 0 ? rc : kefs_st_mount_target_groups(efs->db, target.id, ret_groups, err);
}

int kefs_mount_targets_set_groups(const struct kefs_efs *efs, const char *id, const struct kefs_groups *groups,
				  struct kefs_err *err)
{
	struct kefs_mount_target target;
	struct kefs_groups settled;
	int rc = get_available(efs, id, &target, err);

	if (rc == 0)
		rc = settle_groups(efs, groups, target.vpc_id, &settled, err);
	if (rc == 0)
		rc = kefs_st_mount_target_set_groups(efs->db, target.id, &settled, err);
	return rc < 0 ? rc : kefs_endpoints_filter(efs->endpoints, err);
}
