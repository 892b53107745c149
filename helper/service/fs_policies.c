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
#include "store/st_policy.h"

/*
 * Who is named by a principal. Accounts are taken at their word, as nobody can look into others; of users and roles
 * there are none yet.
 */
static int resolve(void *ctx, const char *principal, char ret_id[KEFS_POLICY_ID_SIZE])
{
	const char *account = kefs_str_after(principal, "arn:aws:iam::");
	size_t digits = account ? strspn(account, "0123456789") : 0;

	(void)ctx;
	ret_id[0] = '\0';
	return digits == 12 && !strcmp(account + digits, ":root") ? 0 : -ENOENT;
}

/* Could the caller still replace the policy? */
static int check_lockout(const struct kefs_policy *policy, const char *caller_arn, const char *arn,
			 struct kefs_err *err)
{
	/* Whatever brings the API's requests here stands for HTTPS. */
	static const struct kefs_policy_key keys[] = { { .name = "aws:SecureTransport", .value = "true" } };
	const struct kefs_policy_set set = { .resource = policy };
	struct kefs_caller caller;
	const struct kefs_policy_request request = {
		.principal = &caller.principal,
		.keys = keys,
		.key_count = 1,
		.now = kefs_efs_now_ms() / 1000,
	};
	int rc = kefs_caller_parse(caller_arn, NULL, NULL, &caller, err);

	return rc < 0 ? rc : kefs_policy_check_lockout(&set, &request, arn, err);
}

static int parse(const char *text, const char *arn, struct kefs_policy **ret_policy, struct kefs_err *err)
{
	const struct kefs_policy_rules rules = {
		.kind = KEFS_POLICY_FILE_SYSTEM,
		.name = "the file system policy",
		.resource = arn,
		.resolve = resolve,
	};

	return kefs_policy_parse(text, strlen(text), &rules, ret_policy, err);
}

int kefs_fs_policies_compile(struct kefs_db *db, const struct kefs_topology *topology, const char *fs_id,
			     struct kefs_policy **ret_policy, struct kefs_err *err)
{
	CLEANUP_FREE char *text = NULL;
	char arn[KEFS_ARN_SIZE];
	int rc = kefs_st_policy_get(db, fs_id, &text, err);

	if (rc < 0)
		return rc;
	kefs_topology_arn(topology, "file-system", fs_id, arn);
	return parse(text, arn, ret_policy, err);
}

/* The document by itself, and what it would do to the caller. 0, -KEFS_E_INVALID_POLICY or -errno. */
static int check(const char *text, const char *arn, bool bypass, const char *caller_arn,
		 struct kefs_err *err)
{
	struct kefs_policy *policy = NULL;
	int rc = parse(text, arn, &policy, err);

	if (rc == 0 && !bypass)
		rc = check_lockout(policy, caller_arn, arn, err);
	kefs_policy_free(policy);
	return rc == -EINVAL || rc == -E2BIG || rc == -EPERM ? -KEFS_E_INVALID_POLICY : rc;
}

int kefs_fs_policies_put(const struct kefs_efs *efs, const char *id_or_arn, const char *policy, bool bypass,
			 const char *caller_arn, char *ret_id, struct kefs_err *err)
{
	char arn[KEFS_ARN_SIZE];
	const struct kefs_fs *fs;
	int rc = kefs_efs_available_fs(efs, id_or_arn, &fs, err);

	if (rc < 0)
		return rc;
	kefs_topology_arn(efs->topology, "file-system", fs->id, arn);
	rc = check(policy, arn, bypass, caller_arn, err);
	if (rc == 0)
		rc = kefs_st_policy_set(efs->db, fs->id, policy, err);
	if (rc < 0)
		return rc;
	log_info("file system %s has a new policy, set by %s", fs->id, caller_arn);
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
