// SPDX-License-Identifier: GPL-2.0
/* May the caller do what he asks of the EFS API: on which file system or access point that is. */
#include <string.h>

#include "common/str.h"
#include "efs.h"
#include "model/access_point.h"
#include "service/authorize.h"
#include "store/st_mount_target.h"

struct target {
	char arn[KEFS_ARN_SIZE];
	char fs_id[KEFS_ID_SIZE];	/* whose policy has a say; "": none */
	char tagged_id[KEFS_ID_SIZE];	/* whose tags have; "": none */
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

/* A mount target is its file system's. */
static void set_mount_target(const struct kefs_efs *efs, const char *id, struct target *target)
{
	struct kefs_mount_target mount_target;
	struct kefs_err err;

	if (kefs_st_mount_target_get(efs->db, id, &mount_target, &err) == 0)
		set_fs(efs, mount_target.fs_id, target);
}

static void find_target(const struct kefs_efs_call *call, struct target *target)
{
	static const char *const members[] = { "FileSystemId", "SourceFileSystemId", "AccessPointId", "ResourceId" };
	const char *mount_target = kefs_in_string(call->in, "MountTargetId");

	(void)kefs_str_copy(target->arn, sizeof(target->arn), "*");
	target->fs_id[0] = target->tagged_id[0] = '\0';
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *text = kefs_in_string(call->in, members[i]);

		if (*text && set_resource(call->efs, text, target))
			return;
	}
	if (*mount_target)
		set_mount_target(call->efs, mount_target, target);
}

static int ask(struct kefs_efs_call *call, const char *operation, struct kefs_authorize_request *request)
{
	char action[96];

	(void)kefs_str_format(action, sizeof(action), "elasticfilesystem:%s", operation);
	request->action = action;
	if (kefs_authorize(call->efs, call->who, request) == 0)
		return 0;
	return kefs_err_set(&call->err, -KEFS_E_ACCESS_DENIED,
			    "User: %s is not authorized to perform: %s on the specified resource", call->who->caller.arn, action);
}

/* Who gives something tags as he makes it must also be allowed to tag such a thing, in that way. */
static int ask_to_tag(struct kefs_efs_call *call, const char *operation, const struct kefs_tags *tags)
{
	const struct kefs_policy_key key = { .name = "elasticfilesystem:CreateAction", .value = operation };
	char arn[KEFS_ARN_SIZE];
	struct kefs_authorize_request request = {
		.resource = arn, .source_ip = call->caller->address, .tags = tags, .keys = &key, .key_count = 1,
	};

	kefs_topology_arn(call->efs->topology, !strcmp(operation, "CreateFileSystem") ? "file-system" : "access-point", "*",
			  arn);
	return ask(call, "TagResource", &request);
}

static int authorize(struct kefs_efs_call *call, const char *operation, const struct kefs_tags *tags)
{
	const struct kefs_policy_key key = {
		.name = "elasticfilesystem:Encrypted", .value = kefs_in_boolean(call->in, "Encrypted", false) ? "true" : "false",
	};
	bool makes_fs = !strcmp(operation, "CreateFileSystem"), makes_point = !strcmp(operation, "CreateAccessPoint");
	const char *tag_keys[KEFS_EFS_TAG_KEYS_MAX];
	struct target target;
	struct kefs_authorize_request request = {
		.resource = target.arn, .source_ip = call->caller->address, .tags = tags->count ? tags : NULL, .keys = &key,
		.key_count = makes_fs, .tag_keys = tag_keys, .tag_key_count = kefs_efs_read_tag_keys(call->in, tag_keys),
	};
	int rc;

	find_target(call, &target);
	if (makes_fs)
		kefs_topology_arn(call->efs->topology, "file-system", "*", target.arn);
	request.fs_id = *target.fs_id ? target.fs_id : NULL;
	request.tagged_id = *target.tagged_id ? target.tagged_id : NULL;
	rc = ask(call, operation, &request);
	return rc == 0 && tags->count && (makes_fs || makes_point) ? ask_to_tag(call, operation, tags) : rc;
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
