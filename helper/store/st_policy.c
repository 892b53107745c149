// SPDX-License-Identifier: GPL-2.0
#include "st_policy.h"

#include "internal.h"

int kefs_st_policy_set(struct kefs_db *db, const char *fs_id, const char *policy, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "storing a policy", err,
				"INSERT INTO file_system_policies (file_system_id, policy) VALUES (?1, ?2) "
				"ON CONFLICT (file_system_id) DO UPDATE SET policy = excluded.policy", "tt", fs_id, policy);
}

int kefs_st_policy_get(struct kefs_db *db, const char *fs_id, char **ret_policy, struct kefs_err *err)
{
	return kefs_store_get_text(db, ret_policy, "reading a policy", err,
				   "SELECT policy FROM file_system_policies WHERE file_system_id = ?1", "t", fs_id);
}

int kefs_st_policy_delete(struct kefs_db *db, const char *fs_id, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "removing a policy", err,
				"DELETE FROM file_system_policies WHERE file_system_id = ?1", "t", fs_id);
}
