// SPDX-License-Identifier: GPL-2.0
/* May the caller do what he asks of the EFS API: on which resources that is, and what else it needs. */
#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "ec2_resource.h"
#include "efs.h"
#include "model/access_point.h"
#include "service/authorize.h"
#include "store/st_mount_target.h"

struct target {
	char arn[KEFS_ARN_SIZE];
	char fs_id[KEFS_ID_SIZE];	/* whose policy has a say; "": none */
	char tagged_id[KEFS_ID_SIZE];	/* whose tags have; "": none */
	char interface_id[KEFS_ID_SIZE]; /* of the mount target; "*": one that is to be made, or none */
	char vpc_id[KEFS_ID_SIZE];	/* that the mount target is in, or will be; "": none */
};

static void set_fs(const struct kefs_efs *efs, const char *id, struct target *target)
{
	(void)kefs_str_copy(target->fs_id, sizeof(target->fs_id), id);
	(void)kefs_str_copy(target->tagged_id, sizeof(target->tagged_id), id);
	kefs_topology_arn(efs->topology, "file-system", id, target->arn);
}

/* A text that is an id, or an ARN, of a file system or an access point. */
static bool set_resource(const struct kefs_efs *efs, const char *text, struct target *target)
{
	const char *id = kefs_topology_bare_id(efs->topology, text, "file-system", KEFS_FS_PREFIX);

	if (id) {
		set_fs(efs, id, target);
		return true;
	}
	id = kefs_topology_bare_id(efs->topology, text, "access-point", KEFS_AP_PREFIX);
	if (!id)
		return false;
	(void)kefs_str_copy(target->tagged_id, sizeof(target->tagged_id), id);
	kefs_topology_arn(efs->topology, "access-point", id, target->arn);
	return true;
}

/* A mount target is its file system's. One that is not there is nobody's: the operation will say so. */
static int set_mount_target(const struct kefs_efs_call *call, const char *id, struct target *target,
			    struct kefs_err *err)
{
	struct kefs_mount_target mount_target;
	int rc = kefs_st_mount_target_get(call->efs->db, id, &mount_target, err);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	set_fs(call->efs, mount_target.fs_id, target);
	(void)kefs_str_copy(target->interface_id, sizeof(target->interface_id), mount_target.interface_id);
	(void)kefs_str_copy(target->vpc_id, sizeof(target->vpc_id), mount_target.vpc_id);
	return 0;
}

/* The shape lets one of them through, or the operation refuses two. */
static int find_target(const struct kefs_efs_call *call, struct target *target, struct kefs_err *err)
{
	static const char *const members[] = { "FileSystemId", "SourceFileSystemId", "AccessPointId", "ResourceId" };
	const char *mount_target = kefs_in_string(call->in, "MountTargetId");
	const struct kefs_subnet *subnet = kefs_topology_subnet(call->efs->topology, kefs_in_string(call->in, "SubnetId"));

	*target = (struct target) { .arn = "*", .interface_id = "*" };
	if (subnet)
		(void)kefs_str_copy(target->vpc_id, sizeof(target->vpc_id), subnet->vpc->id);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *text = kefs_in_string(call->in, members[i]);

		if (*text && set_resource(call->efs, text, target))
			return 0;
	}
	return *mount_target ? set_mount_target(call, mount_target, target, err) : 0;
}

static int ask(struct kefs_efs_call *call, const struct kefs_authorize_request *request)
{
	if (kefs_authorize(call->efs, call->who, request) == 0)
		return 0;
	return kefs_err_set(&call->err, -KEFS_E_ACCESS_DENIED,
			    "User: %s is not authorized to perform: %s on the specified resource", call->who->caller.arn,
			    request->action);
}

/* --- what an operation needs besides its own action --- */

/* Which resource of the call: a kind of ARN and which of that kind. */
enum on { ON_ANY, ON_NEW, ON_SUBNET, ON_INTERFACE, ON_GROUPS };

/*
 * As AWS has it: tags of something new, and the network interface that a mount target is. Not asked is for the key of
 * an encrypted file system: there are no keys here, whose policies would let everybody use EFS's.
 */
static const struct need {
	const char *operation, *action;
	enum on on;
	const char *kind;	/* ON_NEW */
} needs[] = {
	{ "CreateFileSystem", "elasticfilesystem:TagResource", ON_NEW, "file-system" },
	{ "CreateAccessPoint", "elasticfilesystem:TagResource", ON_NEW, "access-point" },
	{ "CreateMountTarget", "ec2:DescribeSubnets", ON_ANY, NULL },
	{ "CreateMountTarget", "ec2:DescribeNetworkInterfaces", ON_ANY, NULL },
	{ "CreateMountTarget", "ec2:CreateNetworkInterface", ON_INTERFACE, NULL },
	{ "CreateMountTarget", "ec2:CreateNetworkInterface", ON_SUBNET, NULL },
	{ "CreateMountTarget", "ec2:CreateNetworkInterface", ON_GROUPS, NULL },
	{ "DeleteMountTarget", "ec2:DeleteNetworkInterface", ON_INTERFACE, NULL },
	{ "DescribeMountTargetSecurityGroups", "ec2:DescribeNetworkInterfaceAttribute", ON_INTERFACE, NULL },
	{ "ModifyMountTargetSecurityGroups", "ec2:ModifyNetworkInterfaceAttribute", ON_INTERFACE, NULL },
	{ "ModifyMountTargetSecurityGroups", "ec2:ModifyNetworkInterfaceAttribute", ON_GROUPS, NULL },
};

/* vpc_id: of what is not in the store; NULL: it is looked up. */
static int ask_ec2(struct kefs_efs_call *call, const char *action, const char *kind, const char *id,
		   const char *vpc_id)
{
	struct kefs_ec2_resource resource;
	const struct kefs_authorize_request request = {
		.action = action, .resource = resource.arn, .source_ip = call->caller->address, .tagged_id = id,
		.keys = &resource.vpc, .key_count = 1,
	};
	int rc = kefs_ec2_resource(call->efs, kind, id, vpc_id, &resource, &call->err);

	return rc < 0 ? rc : ask(call, &request);
}

static int ask_tags(struct kefs_efs_call *call, const struct need *need, const struct kefs_tags *tags)
{
	const struct kefs_policy_key key = { .name = "elasticfilesystem:CreateAction", .value = need->operation };
	char arn[KEFS_ARN_SIZE];
	const struct kefs_authorize_request request = {
		.action = need->action, .resource = arn, .source_ip = call->caller->address, .tags = tags, .keys = &key,
		.key_count = 1,
	};

	if (!tags->count)
		return 0;
	kefs_topology_arn(call->efs->topology, need->kind, "*", arn);
	return ask(call, &request);
}

/* Without names it will be the VPC's default one. */
static int ask_default_group(struct kefs_efs_call *call, const char *action, const char *vpc_id)
{
	const struct kefs_topology *topology = call->efs->topology;

	for (size_t i = 0; i < topology->vpc_count; i++) {
		if (!strcmp(topology->vpcs[i].id, vpc_id))
			return ask_ec2(call, action, "security-group", topology->vpcs[i].group_id, vpc_id);
	}
	return 0;
}

static int ask_groups(struct kefs_efs_call *call, const char *action, const char *vpc_id)
{
	const json_t *named = json_object_get(call->in, "SecurityGroups"), *id;
	int rc = 0;
	size_t i;

	if (!json_array_size(named))
		return ask_default_group(call, action, vpc_id);
	json_array_foreach(named, i, id) {
		rc = ask_ec2(call, action, "security-group", json_string_value(id), NULL);
		if (rc < 0)
			break;
	}
	return rc;
}

static int ask_need(struct kefs_efs_call *call, const struct need *need, const struct target *target,
		    const struct kefs_tags *tags)
{
	switch (need->on) {
	case ON_NEW:
		return ask_tags(call, need, tags);
	case ON_SUBNET:
		return ask_ec2(call, need->action, "subnet", kefs_in_string(call->in, "SubnetId"), NULL);
	case ON_INTERFACE:
		return ask_ec2(call, need->action, "network-interface", target->interface_id, target->vpc_id);
	case ON_GROUPS:
		return ask_groups(call, need->action, target->vpc_id);
	case ON_ANY:
	default:
		return ask_ec2(call, need->action, NULL, NULL, NULL);
	}
}

/* --- all of it --- */

static int ask_own(struct kefs_efs_call *call, const char *operation, const struct target *target,
		   const struct kefs_tags *tags)
{
	const struct kefs_policy_key key = {
		.name = "elasticfilesystem:Encrypted", .value = kefs_in_boolean(call->in, "Encrypted", false) ? "true" : "false",
	};
	const char *tag_keys[KEFS_EFS_TAG_KEYS_MAX];
	char action[96];
	const struct kefs_authorize_request request = {
		.action = action, .resource = target->arn, .fs_id = *target->fs_id ? target->fs_id : NULL,
		.tagged_id = *target->tagged_id ? target->tagged_id : NULL, .tags = tags->count ? tags : NULL,
		.tag_keys = tag_keys, .tag_key_count = kefs_efs_read_tag_keys(call->in, tag_keys), .keys = &key,
		.key_count = strcmp(operation, "CreateFileSystem") ? 0 : 1, .source_ip = call->caller->address,
	};

	(void)kefs_str_format(action, sizeof(action), "elasticfilesystem:%s", operation);
	return ask(call, &request);
}

static int authorize(struct kefs_efs_call *call, const char *operation, const struct kefs_tags *tags)
{
	struct target target;
	int rc = find_target(call, &target, &call->err);

	if (rc < 0)
		return rc;
	if (!strcmp(operation, "CreateFileSystem"))
		kefs_topology_arn(call->efs->topology, "file-system", "*", target.arn);
	rc = ask_own(call, operation, &target, tags);
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]) && rc == 0; i++) {
		if (!strcmp(needs[i].operation, operation))
			rc = ask_need(call, &needs[i], &target, tags);
	}
	return rc;
}

int kefs_efs_authorize(struct kefs_efs_call *call, const char *operation)
{
	struct kefs_tags tags;
	int rc = kefs_efs_read_tags(call->in, "Tags", &tags);

	if (rc < 0)
		return kefs_err_sys(&call->err, rc, "the request's tags");
	rc = authorize(call, operation, &tags);
	kefs_tags_free(&tags);
	return rc;
}
