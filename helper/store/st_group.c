// SPDX-License-Identifier: GPL-2.0
#include "st_group.h"

#include <errno.h>

#include "common/id.h"
#include "internal.h"

int kefs_st_group_insert(struct kefs_db *db, const char *id, const char *vpc_id, const char *name,
			 const char *description, int64_t now_ms, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "storing a security group", err,
				"INSERT INTO security_groups (id, vpc_id, name, description, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
				"tttti", id, vpc_id, name, description, now_ms);
}

static int take_vpc(void *ctx, sqlite3_stmt *stmt)
{
	return kefs_store_text(stmt, 0, ctx, KEFS_ID_SIZE);
}

int kefs_st_group_vpc(struct kefs_db *db, const char *id, char *ret_vpc_id, struct kefs_err *err)
{
	int rc;

	ret_vpc_id[0] = '\0';
	rc = kefs_store_query(db, take_vpc, ret_vpc_id, "looking for a security group", err,
			      "SELECT vpc_id FROM security_groups WHERE id = ?1", "t", id);
	return rc == 0 && !*ret_vpc_id ? -ENOENT : rc;
}
