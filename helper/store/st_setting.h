/* SPDX-License-Identifier: GPL-2.0 */
/* Single values that must last. */
#ifndef KEFS_STORE_ST_SETTING_H
#define KEFS_STORE_ST_SETTING_H

#include <stddef.h>

#include "common/err.h"
#include "store/db.h"

#define KEFS_SETTING_POOL_ID "pool_id"

/* Reads a value; -ENOENT (err untouched) if it was never set, -ENAMETOOLONG. */
int kefs_st_setting_get(struct kefs_db *db, const char *name, char *buf, size_t size, struct kefs_err *err);

/* Sets a value. */
int kefs_st_setting_set(struct kefs_db *db, const char *name, const char *value, struct kefs_err *err);

#endif
