// SPDX-License-Identifier: GPL-2.0
#include "authorize.h"

#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "service/fs_policies.h"

static bool evaluate(const struct kefs_efs *efs, const struct kefs_who *who,
		     const struct kefs_authorize_request *request, const struct kefs_policy_set *set)
{
	struct kefs_policy_key keys[KEFS_AUTHORIZE_KEYS_MAX + 2] = {
		/* Whatever brings the API's requests here stands for HTTPS. */
		{ .name = "aws:SecureTransport", .value = "true" },
		{ .name = "aws:SourceIp", .value = *request->source_ip ? request->source_ip : NULL },
	};
	const struct kefs_policy_request asked = {
		.principal = &who->caller.principal,
		.action = request->action,
		.resource = request->resource,
		.account = efs->topology->account,
		.keys = keys,
		.key_count = request->key_count + 2,
		.now = kefs_efs_now_ms() / 1000,
	};
	struct kefs_policy_answer answer;

	if (request->key_count)
		memcpy(keys + 2, request->keys, request->key_count * sizeof(keys[0]));
	return kefs_policy_evaluate(set, &asked, &answer);
}

int kefs_authorize(const struct kefs_efs *efs, const struct kefs_who *who,
		   const struct kefs_authorize_request *request)
{
	struct kefs_policy *of_fs = NULL;
	struct kefs_policy_set set;
	struct kefs_err err;
	bool allowed;
	int rc;

	if (!*who->identity_id && who->caller.principal.type == KEFS_PRINCIPAL_ROOT)
		return 0;
	if (request->key_count > KEFS_AUTHORIZE_KEYS_MAX)
		return -EACCES;
	rc = kefs_identities_policies(efs->identities, who, &set, &err);
	if (rc == 0 && request->fs_id)
		rc = kefs_fs_policies_compile(efs->db, efs->topology, request->fs_id, &of_fs, &err);
	if (rc < 0 && rc != -ENOENT) {
		log_err("%s is refused %s: %s", who->caller.arn, request->action, err.text);
		return -EACCES;
	}
	set.resource = of_fs ? of_fs : request->policy;
	allowed = evaluate(efs, who, request, &set);
	kefs_policy_free(of_fs);
	return allowed ? 0 : -EACCES;
}
