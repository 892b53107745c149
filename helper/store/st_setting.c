// SPDX-License-Identifier: GPL-2.0
#include "st_setting.h"

#include <errno.h>

#include "common/str.h"
#include "internal.h"

int kefs_st_setting_get(struct kefs_db *db, const char *name, char *buf, size_t size, struct kefs_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = kefs_store_prepare(db, "SELECT value FROM settings WHERE name = ?1", &stmt, "reading a setting", err);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		const char *value = (const char *)sqlite3_column_text(stmt, 0);

		rc = kefs_str_copy(buf, size, value ? value : "");
		if (rc < 0)
			(void)kefs_err_set(err, rc, "database %s: setting %s is too long", db->path, name);
	} else {
		rc = rc == SQLITE_DONE ? -ENOENT : kefs_store_fail(db, rc, "reading a setting", err);
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

int kefs_st_setting_set(struct kefs_db *db, const char *name, const char *value, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "storing a setting", err,
				"INSERT INTO settings (name, value) VALUES (?1, ?2) "
				"ON CONFLICT (name) DO UPDATE SET value = excluded.value", "tt", name, value);
}
