// SPDX-License-Identifier: GPL-2.0
/* Lifecycle configuration and backup policy. */
#include "efs.h"
#include "service/file_systems.h"

/* The kinds of transition, in the order in which they are shown. */
enum { TO_IA, TO_ARCHIVE, TO_PRIMARY, KINDS };
static const struct {
	const char *member;
	const char *const *words;
} kinds[KINDS] = {
	[TO_IA] = { "TransitionToIA", kefs_transition_words },
	[TO_ARCHIVE] = { "TransitionToArchive", kefs_transition_words },
	[TO_PRIMARY] = { "TransitionToPrimaryStorageClass", kefs_primary_words },
};

static json_t *lifecycle_json(const struct kefs_fs_options *options)
{
	const int chosen[KINDS] = { options->to_ia, options->to_archive, options->to_primary };
	json_t *list = json_array();

	for (int i = 0; i < KINDS; i++) {
		if (chosen[i])
			(void)json_array_append_new(list, json_pack("{ss}", kinds[i].member, kinds[i].words[chosen[i]]));
	}
	return json_pack("{so}", "LifecyclePolicies", list);
}

/* One transition in each policy, each kind once. */
static int read_policy(struct kefs_efs_call *call, const json_t *policy, int *chosen)
{
	int found = -1;

	for (int i = 0; i < KINDS; i++) {
		if (!json_object_get(policy, kinds[i].member))
			continue;
		if (found >= 0)
			return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST,
					    "A lifecycle policy must have one transition only; give each in a policy of its own");
		found = i;
	}
	if (found < 0)
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST, "A lifecycle policy has no transition");
	if (chosen[found])
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST, "%s is given twice", kinds[found].member);
	chosen[found] = kefs_in_word(policy, kinds[found].member, kinds[found].words, 0);
	return 0;
}

int kefs_efs_put_lifecycle(struct kefs_efs_call *call)
{
	int chosen[KINDS] = { 0 }, rc = 0;
	const struct kefs_fs *fs;
	const json_t *policy;
	size_t i;

	json_array_foreach(json_object_get(call->in, "LifecyclePolicies"), i, policy) {
		rc = read_policy(call, policy, chosen);
		if (rc < 0)
			return rc;
	}
	rc = kefs_file_systems_set_lifecycle(call->efs, kefs_in_string(call->in, "FileSystemId"), chosen[TO_IA],
					     chosen[TO_ARCHIVE], chosen[TO_PRIMARY], &fs, &call->err);
	return rc < 0 ? rc : kefs_efs_out(call, lifecycle_json(&fs->options));
}

int kefs_efs_describe_lifecycle(struct kefs_efs_call *call)
{
	const struct kefs_fs *fs;
	int rc = kefs_efs_find_fs(call->efs, kefs_in_string(call->in, "FileSystemId"), &fs, &call->err);

	return rc < 0 ? rc : kefs_efs_out(call, lifecycle_json(&fs->options));
}

static int backup_out(struct kefs_efs_call *call, const char *status)
{
	return kefs_efs_out(call, json_pack("{s{ss}}", "BackupPolicy", "Status", status));
}

int kefs_efs_put_backup(struct kefs_efs_call *call)
{
	const json_t *policy = json_object_get(call->in, "BackupPolicy");
	int word = kefs_in_word(policy, "Status", kefs_backup_words, KEFS_BACKUP_NONE);
	bool changed;
	int rc;

	if (word == KEFS_BACKUP_NONE)
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST, "Status must be ENABLED or DISABLED");
	rc = kefs_file_systems_set_backup(call->efs, kefs_in_string(call->in, "FileSystemId"), (enum kefs_backup)word,
					  &changed, &call->err);
	if (rc < 0)
		return rc;
	/* It is done already; but who has asked for a change expects to read of one. */
	if (changed)
		return backup_out(call, word == KEFS_BACKUP_ENABLED ? "ENABLING" : "DISABLING");
	return backup_out(call, kefs_backup_words[word]);
}

int kefs_efs_describe_backup(struct kefs_efs_call *call)
{
	const struct kefs_fs *fs;
	int rc = kefs_efs_find_fs(call->efs, kefs_in_string(call->in, "FileSystemId"), &fs, &call->err);

	if (rc < 0)
		return rc;
	if (fs->options.backup == KEFS_BACKUP_NONE)
		return kefs_err_set(&call->err, -KEFS_E_POLICY_NOT_FOUND, "File system '%s' has no backup policy", fs->id);
	return backup_out(call, kefs_backup_words[fs->options.backup]);
}
