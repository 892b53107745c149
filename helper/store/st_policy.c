// SPDX-License-Identifier: GPL-2.0
#include "st_policy.h"

#include <errno.h>
#include <string.h>

#include "internal.h"

int kefs_st_policy_set(struct kefs_db *db, const char *fs_id, const char *policy, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "storing a policy", err,
				"INSERT INTO file_system_policies (file_system_id, policy) VALUES (?1, ?2) "
				"ON CONFLICT (file_system_id) DO UPDATE SET policy = excluded.policy", "tt", fs_id, policy);
}

static int take_policy(void *ctx, sqlite3_stmt *stmt)
{
	const char *text = (const char *)sqlite3_column_text(stmt, 0);
	char *copy = text ? strdup(text) : NULL;

	if (!copy)
		return -ENOMEM;
	*(char **)ctx = copy;
	return 0;
}

int kefs_st_policy_get(struct kefs_db *db, const char *fs_id, char **ret_policy, struct kefs_err *err)
{
	char *policy = NULL;
	int rc = kefs_store_query(db, take_policy, &policy, "reading a policy", err,
				  "SELECT policy FROM file_system_policies WHERE file_system_id = ?1", "t", fs_id);

	if (rc == 0 && !policy)
		return -ENOENT;
	*ret_policy = policy;
	return rc;
}

int kefs_st_policy_delete(struct kefs_db *db, const char *fs_id, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "removing a policy", err,
				"DELETE FROM file_system_policies WHERE file_system_id = ?1", "t", fs_id);
}
