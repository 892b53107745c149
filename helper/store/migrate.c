// SPDX-License-Identifier: GPL-2.0
/*
 * PRAGMA user_version is the number of steps that a database has behind it. A step and its number are one
 * transaction, so that a crash leaves either all of it or nothing.
 */
#include <errno.h>
#include <stddef.h>

#include "common/str.h"
#include "db.h"
#include "internal.h"

static int run_step(struct kefs_db *db, const char *sql, int number, struct kefs_err *err)
{
	char what[64], set_version[64];
	int rc;

	(void)kefs_str_format(what, sizeof(what), "bringing it to version %d", number);
	(void)kefs_str_format(set_version, sizeof(set_version), "PRAGMA user_version = %d", number);
	rc = kefs_db_begin(db, err);
	if (rc < 0)
		return rc;
	rc = kefs_store_exec(db, sql, what, err);
	if (rc == 0)
		rc = kefs_store_exec(db, set_version, what, err);
	return kefs_db_end(db, rc, err);
}

int kefs_migrate_run(struct kefs_db *db, const char *const *steps, int count, struct kefs_err *err)
{
	int version = 0, rc;

	rc = kefs_store_integer(db, "PRAGMA user_version", &version, err);
	if (rc < 0)
		return rc;
	if (version > count)
		return kefs_err_set(err, -EPROTO,
				    "database %s was written by a newer version of kefsd (its tables have version %d, this program "
				    "knows %d); install that version again, or restore the backup that was made before the upgrade",
				    db->path, version, count);
	for (int i = version; i < count && rc == 0; i++)
		rc = run_step(db, steps[i], i + 1, err);
	return rc;
}
