// SPDX-License-Identifier: GPL-2.0
#include "authorize.h"

#include <errno.h>

#include "common/log.h"
#include "service/fs_policies.h"
#include "service/keyring.h"

static bool evaluate(const struct kefs_efs *efs, const struct kefs_who *who,
		     const struct kefs_authorize_request *request, const struct kefs_keyring *ring,
		     const struct kefs_policy_set *set)
{
	const struct kefs_policy_request asked = {
		.principal = &who->caller.principal,
		.action = request->action,
		.resource = request->resource,
		.account = efs->topology->account,
		.keys = ring->keys,
		.key_count = ring->count,
		.now = kefs_efs_now_ms() / 1000,
	};
	struct kefs_policy_answer answer;

	return kefs_policy_evaluate(set, &asked, &answer);
}

int kefs_authorize(const struct kefs_efs *efs, const struct kefs_who *who,
		   const struct kefs_authorize_request *request)
{
	struct kefs_policy *of_fs = NULL;
	struct kefs_keyring ring = { .keys = NULL };
	struct kefs_policy_set set;
	bool allowed = false;
	struct kefs_err err;
	int rc;

	if (!*who->identity_id && who->caller.principal.type == KEFS_PRINCIPAL_ROOT)
		return 0;
	if (request->key_count > KEFS_AUTHORIZE_KEYS_MAX)
		return -EACCES;
	rc = kefs_identities_policies(efs->identities, who, &set, &err);
	if (rc == 0 && request->fs_id) {
		rc = kefs_fs_policies_compile(efs->db, efs->topology, request->fs_id, &of_fs, &err);
		if (rc == -ENOENT)
			rc = 0;
	}
	if (rc == 0)
		rc = kefs_keyring_make(efs, request, &set, &ring, &err);
	if (rc < 0)
		log_err("%s is refused %s: %s", who->caller.arn, request->action, err.text);
	if (rc == 0) {
		set.resource = of_fs ? of_fs : request->policy;
		allowed = evaluate(efs, who, request, &ring, &set);
	}
	kefs_policy_free(of_fs);
	kefs_keyring_free(&ring);
	return allowed ? 0 : -EACCES;
}
