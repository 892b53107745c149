/* SPDX-License-Identifier: GPL-2.0 */
/* Security groups in the store: those that were made, not the default ones of VPCs. */
#ifndef KEFS_STORE_ST_GROUP_H
#define KEFS_STORE_ST_GROUP_H

#include <stdint.h>

#include "common/err.h"
#include "store/db.h"

/* Stores a new one; -EEXIST if the VPC has one of that name. */
int kefs_st_group_insert(struct kefs_db *db, const char *id, const char *vpc_id, const char *name,
			 const char *description, int64_t now_ms, struct kefs_err *err);

/* The VPC that the group is in (KEFS_ID_SIZE); -ENOENT without a text. */
int kefs_st_group_vpc(struct kefs_db *db, const char *id, char *ret_vpc_id, struct kefs_err *err);

#endif
