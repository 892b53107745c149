/* SPDX-License-Identifier: GPL-2.0 */
/* Security groups, also the default ones of VPCs, and their rules in the store. */
#ifndef KEFS_STORE_ST_GROUP_H
#define KEFS_STORE_ST_GROUP_H

#include <stdint.h>

#include "common/err.h"
#include "model/group_rule.h"
#include "store/db.h"

/* Stores a new one. 0; -EEXIST without a text if the VPC has one of that name, -EDQUOT if it has limit. */
int kefs_st_group_insert(struct kefs_db *db, const struct kefs_security_group *group,
			 const struct kefs_group_rule *rules, size_t rule_count, int64_t limit, int64_t now_ms,
			 struct kefs_err *err);

/* One; -ENOENT without a text. The first of this name in a VPC. */
int kefs_st_group_get(struct kefs_db *db, const char *id, struct kefs_security_group *ret_group, struct kefs_err *err);

/* The VPC that the group is in (KEFS_ID_SIZE); -ENOENT without a text. */
int kefs_st_group_vpc(struct kefs_db *db, const char *id, char *ret_vpc_id, struct kefs_err *err);

/* Removes one with its rules. -ENOTEMPTY without a text if a mount target has it or another group's rule names it. */
int kefs_st_group_delete(struct kefs_db *db, const char *id, struct kefs_err *err);

/* Calls each for all, by VPC and name. A result below 0 ends it. */
int kefs_st_group_list(struct kefs_db *db, int (*each)(void *ctx, const struct kefs_security_group *group), void *ctx,
		       struct kefs_err *err);

/* Calls each for the rules of a group ("": of all), oldest first. */
int kefs_st_rule_list(struct kefs_db *db, const char *group_id,
		      int (*each)(void *ctx, const struct kefs_group_rule *rule), void *ctx, struct kefs_err *err);

/*
 * All or none. Adds: -EEXIST without a text, and which one in *ret_which, if it is there already; -EDQUOT if the group
 * would have more than limit. Removes those that are the same (but for id and description): -ENOENT likewise.
 */
int kefs_st_rule_add(struct kefs_db *db, const struct kefs_group_rule *rules, size_t count, int64_t limit,
		     int64_t now_ms, size_t *ret_which, struct kefs_err *err);
int kefs_st_rule_remove(struct kefs_db *db, const struct kefs_group_rule *rules, size_t count, size_t *ret_which,
			struct kefs_err *err);

/* Calls each for the groups of each mount target: its address, and "" for one that is no more, or if it has none. */
int kefs_st_group_targets(struct kefs_db *db, int (*each)(void *ctx, uint32_t address, const char *group_id),
			  void *ctx, struct kefs_err *err);

#endif
