// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "common/cleanup.h"
#include "efs.h"
#include "service/fs_policies.h"

static int policy_out(struct kefs_efs_call *call, const char *id, const char *policy)
{
	return kefs_efs_out(call, json_pack("{ss ss}", "FileSystemId", id, "Policy", policy));
}

int kefs_efs_put_policy(struct kefs_efs_call *call)
{
	const char *policy = kefs_in_string(call->in, "Policy");
	const struct kefs_fs_policies_setter setter = {
		.who = call->who, .source_ip = call->caller->address,
		.bypass = kefs_in_boolean(call->in, "BypassPolicyLockoutSafetyCheck", false),
	};
	char id[KEFS_ID_SIZE];
	int rc = kefs_fs_policies_put(call->efs, kefs_in_string(call->in, "FileSystemId"), policy, &setter, id, &call->err);

	return rc < 0 ? rc : policy_out(call, id, policy);
}

int kefs_efs_describe_policy(struct kefs_efs_call *call)
{
	CLEANUP_FREE char *policy = NULL;
	char id[KEFS_ID_SIZE];
	int rc = kefs_fs_policies_get(call->efs, kefs_in_string(call->in, "FileSystemId"), id, &policy, &call->err);

	return rc < 0 ? rc : policy_out(call, id, policy);
}

int kefs_efs_delete_policy(struct kefs_efs_call *call)
{
	return kefs_fs_policies_delete(call->efs, kefs_in_string(call->in, "FileSystemId"), &call->err);
}
