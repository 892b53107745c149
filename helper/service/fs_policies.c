// SPDX-License-Identifier: GPL-2.0
#include "fs_policies.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"
#include "model/fault.h"
#include "policy/caller.h"
#include "policy/policy.h"
#include "service/access.h"
#include "service/keyring.h"
#include "store/st_policy.h"

/* Could the caller still replace the policy? */
static int check_lockout(const struct kefs_efs *efs, const char *fs_id, const struct kefs_policy *policy,
			 const struct kefs_fs_policies_setter *setter, struct kefs_err *err)
{
	char arn[KEFS_ARN_SIZE];
	/* As kefs_authorize() has them when he asks. */
	const struct kefs_authorize_request next = {
		.action = "elasticfilesystem:PutFileSystemPolicy", .source_ip = setter->source_ip,
		.tagged_id = fs_id,
	};
	struct kefs_policy_request request = {
		.principal = &setter->who->caller.principal, .account = efs->topology->account, .now = kefs_efs_now_ms() / 1000,
	};
	struct kefs_keyring ring = { .count = 0 };
	struct kefs_policy_set set;
	int rc = kefs_identities_policies(efs->identities, setter->who, &set, err);

	if (rc == 0)
		rc = kefs_keyring_make(efs, &next, &set, &ring, err);
	if (rc == 0) {
		kefs_topology_arn(efs->topology, "file-system", fs_id, arn);
		set.resource = policy;
		request.keys = ring.keys;
		request.key_count = ring.count;
		rc = kefs_policy_check_lockout(&set, &request, arn, err);
	}
	kefs_keyring_free(&ring);
	return rc;
}

static int parse(const char *text, const char *arn,
		 int (*resolve)(void *ctx, const char *principal, char ret_id[KEFS_POLICY_ID_SIZE]), void *ctx,
		 struct kefs_policy **ret_policy, struct kefs_err *err)
{
	const struct kefs_policy_rules rules = {
		.kind = KEFS_POLICY_FILE_SYSTEM,
		.name = "the file system policy",
		.resource = arn,
		.resolve = resolve,
		.ctx = ctx,
	};

	return kefs_policy_parse(text, strlen(text), &rules, ret_policy, err);
}

int kefs_fs_policies_compile(struct kefs_db *db, const struct kefs_topology *topology, const char *fs_id,
			     struct kefs_policy **ret_policy, struct kefs_err *err)
{
	struct kefs_principals_owner owner = { db, fs_id };
	CLEANUP_FREE char *text = NULL;
	char arn[KEFS_ARN_SIZE];
	int rc = kefs_st_policy_get(db, fs_id, &text, err);

	if (rc < 0)
		return rc;
	kefs_topology_arn(topology, "file-system", fs_id, arn);
	return parse(text, arn, kefs_identities_resolve_stored, &owner, ret_policy, err);
}

/* The document by itself, and what it would do to the caller. 0, -KEFS_E_INVALID_POLICY or -errno. */
static int check(const struct kefs_efs *efs, const char *fs_id, const char *text,
		 const struct kefs_fs_policies_setter *setter, struct kefs_policy **ret_policy, struct kefs_err *err)
{
	struct kefs_policy *policy = NULL;
	char arn[KEFS_ARN_SIZE];
	int rc;

	kefs_topology_arn(efs->topology, "file-system", fs_id, arn);
	rc = parse(text, arn, kefs_identities_resolve, efs->identities, &policy, err);

	if (rc == 0 && !setter->bypass)
		rc = check_lockout(efs, fs_id, policy, setter, err);
	if (rc == 0)
		*ret_policy = policy;
	else
		kefs_policy_free(policy);
	return rc == -EINVAL || rc == -E2BIG || rc == -EPERM ? -KEFS_E_INVALID_POLICY : rc;
}

/* The text and whom it means, in one transaction. */
static int store(struct kefs_db *db, const char *fs_id, const char *text, const struct kefs_policy *policy,
		 struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = kefs_st_policy_set(db, fs_id, text, err);
	if (rc == 0)
		rc = kefs_identities_store_principals(db, fs_id, policy, err);
	return kefs_db_end(db, rc, err);
}

int kefs_fs_policies_put(const struct kefs_efs *efs, const char *id_or_arn, const char *policy,
			 const struct kefs_fs_policies_setter *setter, char *ret_id, struct kefs_err *err)
{
	struct kefs_policy *compiled = NULL;
	const struct kefs_fs *fs;
	int rc = kefs_efs_available_fs(efs, id_or_arn, &fs, err);

	if (rc < 0)
		return rc;
	rc = check(efs, fs->id, policy, setter, &compiled, err);
	if (rc == 0)
		rc = store(efs->db, fs->id, policy, compiled, err);
	kefs_policy_free(compiled);
	if (rc < 0)
		return rc;
	log_info("file system %s has a new policy, set by %s", fs->id, setter->who->caller.arn);
	kefs_access_policy_changed(efs->access, fs->id);
	return kefs_str_copy(ret_id, KEFS_ID_SIZE, fs->id);
}

int kefs_fs_policies_get(const struct kefs_efs *efs, const char *id_or_arn, char *ret_id, char **ret_policy,
			 struct kefs_err *err)
{
	const struct kefs_fs *fs;
	int rc = kefs_efs_find_fs(efs, id_or_arn, &fs, err);

	if (rc < 0)
		return rc;
	(void)kefs_str_copy(ret_id, KEFS_ID_SIZE, fs->id);
	rc = kefs_st_policy_get(efs->db, fs->id, ret_policy, err);
	if (rc == -ENOENT)
		rc = kefs_err_set(err, -KEFS_E_POLICY_NOT_FOUND, "File system '%s' has no policy", fs->id);
	return rc;
}

int kefs_fs_policies_delete(const struct kefs_efs *efs, const char *id_or_arn, struct kefs_err *err)
{
	const struct kefs_fs *fs;
	int rc = kefs_efs_available_fs(efs, id_or_arn, &fs, err);

	if (rc == 0)
		rc = kefs_st_policy_delete(efs->db, fs->id, err);
	if (rc < 0)
		return rc;
	log_info("file system %s has the default policy again", fs->id);
	kefs_access_policy_changed(efs->access, fs->id);
	return 0;
}
