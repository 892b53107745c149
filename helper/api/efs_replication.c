// SPDX-License-Identifier: GPL-2.0
/*
 * Replication, which this version does not have: there is no configuration to describe or to delete, and none can be
 * made. Account preferences, of which there is nothing to store: ids are long.
 */
#include <string.h>

#include "efs.h"

int kefs_efs_create_replication(struct kefs_efs_call *call)
{
	const struct kefs_fs *fs;
	int rc = kefs_efs_available_fs(call->efs, kefs_in_string(call->in, "FileSystemId"), &fs, &call->err);

	if (rc < 0)
		return rc;
	return kefs_err_set(&call->err, -KEFS_E_VALIDATION, "Replication is not available in region %s",
			    call->efs->topology->region);
}

static int none(struct kefs_efs_call *call, const char *id)
{
	const struct kefs_fs *fs;
	int rc = kefs_efs_find_fs(call->efs, id, &fs, &call->err);

	if (rc < 0)
		return rc;
	return kefs_err_set(&call->err, -KEFS_E_REPLICATION_NOT_FOUND, "File system '%s' has no replication configuration",
			    fs->id);
}

int kefs_efs_delete_replication(struct kefs_efs_call *call)
{
	return none(call, kefs_in_string(call->in, "FileSystemId"));
}

int kefs_efs_describe_replications(struct kefs_efs_call *call)
{
	const char *id = kefs_in_string(call->in, "FileSystemId");
	struct kefs_page page;
	int rc;

	if (*id)
		return none(call, id);
	rc = kefs_efs_page(call, 'r', false, &page);
	return rc < 0 ? rc : kefs_efs_out(call, json_pack("{s[]}", "Replications"));
}

static int preferences(struct kefs_efs_call *call)
{
	return kefs_efs_out(call, json_pack("{s{ss s[ss]}}", "ResourceIdPreference", "ResourceIdType", "LONG_ID", "Resources",
					    "FILE_SYSTEM", "MOUNT_TARGET"));
}

int kefs_efs_put_preferences(struct kefs_efs_call *call)
{
	if (strcmp(kefs_in_string(call->in, "ResourceIdType"), "LONG_ID"))
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST, "ResourceIdType SHORT_ID is not supported any more");
	return preferences(call);
}

int kefs_efs_describe_preferences(struct kefs_efs_call *call)
{
	struct kefs_page page;
	int rc = kefs_efs_page(call, 'p', false, &page);

	return rc < 0 ? rc : preferences(call);
}
