// SPDX-License-Identifier: GPL-2.0
#include "st_group.h"

#include <errno.h>

#include "common/id.h"
#include "internal.h"

static int add_rule(struct kefs_db *db, const struct kefs_group_rule *rule, int64_t now_ms, struct kefs_err *err)
{
	return kefs_store_query(db, NULL, NULL, "storing a rule", err,
				"INSERT INTO security_group_rules (id, group_id, egress, protocol, from_port, to_port, source, "
				"description, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", "ttiiiitti", rule->id,
				rule->group_id, (int64_t)rule->egress, (int64_t)rule->protocol, (int64_t)rule->from_port,
				(int64_t)rule->to_port, rule->source, rule->description, now_ms);
}

static int insert(struct kefs_db *db, const struct kefs_security_group *group, int64_t limit, int64_t now_ms,
		  struct kefs_err *err)
{
	int64_t taken = 0, count = 0;
	int rc = kefs_store_query(db, kefs_store_take_int, &taken, "looking for a security group", err,
				  "SELECT count(*) FROM security_groups WHERE vpc_id = ?1 AND name = ?2", "tt", group->vpc_id,
				  group->name);

	if (rc == 0)
		rc = kefs_store_query(db, kefs_store_take_int, &count, "counting security groups", err,
				      "SELECT count(*) FROM security_groups", "");
	if (rc == 0 && taken)
		rc = -EEXIST;
	if (rc == 0 && count >= limit)
		rc = -EDQUOT;
	return rc < 0 ? rc : kefs_store_query(db, NULL, NULL, "storing a security group", err,
					      "INSERT INTO security_groups (id, vpc_id, name, description, created_ms) "
					      "VALUES (?1, ?2, ?3, ?4, ?5)", "tttti", group->id, group->vpc_id, group->name,
					      group->description, now_ms);
}

int kefs_st_group_insert(struct kefs_db *db, const struct kefs_security_group *group,
			 const struct kefs_group_rule *rules, size_t rule_count, int64_t limit, int64_t now_ms,
			 struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = insert(db, group, limit, now_ms, err);
	for (size_t i = 0; i < rule_count && rc == 0; i++)
		rc = add_rule(db, &rules[i], now_ms, err);
	return kefs_db_end(db, rc, err);
}

static int take_group(void *ctx, sqlite3_stmt *stmt)
{
	struct kefs_security_group *group = ctx;

	return kefs_store_text(stmt, 0, group->id, sizeof(group->id)) < 0 ||
		       kefs_store_text(stmt, 1, group->vpc_id, sizeof(group->vpc_id)) < 0 ||
		       kefs_store_text(stmt, 2, group->name, sizeof(group->name)) < 0 ||
		       kefs_store_text(stmt, 3, group->description, sizeof(group->description)) < 0 ? -EUCLEAN : 0;
}

int kefs_st_group_get(struct kefs_db *db, const char *id, struct kefs_security_group *ret_group, struct kefs_err *err)
{
	int rc;

	ret_group->id[0] = '\0';
	rc = kefs_store_query(db, take_group, ret_group, "looking for a security group", err,
			      "SELECT id, vpc_id, name, description FROM security_groups WHERE id = ?1", "t", id);
	return rc == 0 && !*ret_group->id ? -ENOENT : rc;
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

static int remove_unused(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int64_t used = 0;
	int rc = kefs_store_query(db, kefs_store_take_int, &used, "looking at a security group", err,
				  "SELECT (SELECT count(*) FROM mount_target_groups WHERE group_id = ?1) + "
				  "(SELECT count(*) FROM security_group_rules WHERE source = ?1 AND group_id != ?1)", "t", id);

	if (rc == 0 && used)
		rc = -ENOTEMPTY;
	return rc < 0 ? rc : kefs_store_query(db, NULL, NULL, "removing a security group", err,
					      "DELETE FROM security_groups WHERE id = ?1", "t", id);
}

int kefs_st_group_delete(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	return rc < 0 ? rc : kefs_db_end(db, remove_unused(db, id, err), err);
}

struct each_group {
	int (*fn)(void *ctx, const struct kefs_security_group *group);
	void *ctx;
};

static int give_group(void *ctx, sqlite3_stmt *stmt)
{
	const struct each_group *each = ctx;
	struct kefs_security_group group;
	int rc = take_group(&group, stmt);

	return rc < 0 ? rc : each->fn(each->ctx, &group);
}

int kefs_st_group_list(struct kefs_db *db, int (*each)(void *ctx, const struct kefs_security_group *group), void *ctx,
		       struct kefs_err *err)
{
	struct each_group all = { each, ctx };

	return kefs_store_query(db, give_group, &all, "listing security groups", err,
				"SELECT id, vpc_id, name, description FROM security_groups ORDER BY vpc_id, name", "");
}

struct each_rule {
	int (*fn)(void *ctx, const struct kefs_group_rule *rule);
	void *ctx;
};

static int give_rule(void *ctx, sqlite3_stmt *stmt)
{
	const struct each_rule *each = ctx;
	struct kefs_group_rule rule = {
		.egress = sqlite3_column_int(stmt, 2) != 0, .protocol = sqlite3_column_int(stmt, 3),
		.from_port = sqlite3_column_int(stmt, 4), .to_port = sqlite3_column_int(stmt, 5),
	};

	if (kefs_store_text(stmt, 0, rule.id, sizeof(rule.id)) < 0 ||
	    kefs_store_text(stmt, 1, rule.group_id, sizeof(rule.group_id)) < 0 ||
	    kefs_store_text(stmt, 6, rule.source, sizeof(rule.source)) < 0 ||
	    kefs_store_text(stmt, 7, rule.description, sizeof(rule.description)) < 0)
		return -EUCLEAN;
	return each->fn(each->ctx, &rule);
}

#define RULE_COLUMNS "id, group_id, egress, protocol, from_port, to_port, source, description"

int kefs_st_rule_list(struct kefs_db *db, const char *group_id,
		      int (*each)(void *ctx, const struct kefs_group_rule *rule), void *ctx, struct kefs_err *err)
{
	struct each_rule all = { each, ctx };

	/* Two, because one that takes both finds no index. */
	if (!*group_id)
		return kefs_store_query(db, give_rule, &all, "listing rules", err, "SELECT " RULE_COLUMNS
					" FROM security_group_rules ORDER BY group_id, created_ms, id", "");
	return kefs_store_query(db, give_rule, &all, "listing rules", err, "SELECT " RULE_COLUMNS
				" FROM security_group_rules WHERE group_id = ?1 ORDER BY created_ms, id", "t", group_id);
}

static int count_same(struct kefs_db *db, const struct kefs_group_rule *rule, int64_t *ret_count,
		      struct kefs_err *err)
{
	return kefs_store_query(db, kefs_store_take_int, ret_count, "looking for a rule", err,
				"SELECT count(*) FROM security_group_rules WHERE group_id = ?1 AND egress = ?2 AND protocol = ?3 "
				"AND from_port = ?4 AND to_port = ?5 AND source = ?6", "tiiiit", rule->group_id,
				(int64_t)rule->egress, (int64_t)rule->protocol, (int64_t)rule->from_port,
				(int64_t)rule->to_port, rule->source);
}

static int add_all(struct kefs_db *db, const struct kefs_group_rule *rules, size_t count, int64_t limit,
		   int64_t now_ms, size_t *ret_which, struct kefs_err *err)
{
	int64_t same = 0, all = 0;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		*ret_which = i;
		rc = count_same(db, &rules[i], &same, err);
		if (rc == 0 && same)
			rc = -EEXIST;
		if (rc == 0)
			rc = add_rule(db, &rules[i], now_ms, err);
	}
	if (rc == 0 && count)
		rc = kefs_store_query(db, kefs_store_take_int, &all, "counting rules", err,
				      "SELECT count(*) FROM security_group_rules WHERE group_id = ?1", "t", rules[0].group_id);
	return rc == 0 && all > limit ? -EDQUOT : rc;
}

int kefs_st_rule_add(struct kefs_db *db, const struct kefs_group_rule *rules, size_t count, int64_t limit,
		     int64_t now_ms, size_t *ret_which, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	return rc < 0 ? rc : kefs_db_end(db, add_all(db, rules, count, limit, now_ms, ret_which, err), err);
}

static int remove_all(struct kefs_db *db, const struct kefs_group_rule *rules, size_t count, size_t *ret_which,
		      struct kefs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct kefs_group_rule *rule = &rules[i];

		*ret_which = i;
		rc = kefs_store_query(db, NULL, NULL, "removing a rule", err,
				      "DELETE FROM security_group_rules WHERE group_id = ?1 AND egress = ?2 AND protocol = ?3 "
				      "AND from_port = ?4 AND to_port = ?5 AND source = ?6", "tiiiit", rule->group_id,
				      (int64_t)rule->egress, (int64_t)rule->protocol, (int64_t)rule->from_port,
				      (int64_t)rule->to_port, rule->source);
		rc = kefs_store_changed(db, rc);
	}
	return rc;
}

int kefs_st_rule_remove(struct kefs_db *db, const struct kefs_group_rule *rules, size_t count, size_t *ret_which,
			struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	return rc < 0 ? rc : kefs_db_end(db, remove_all(db, rules, count, ret_which, err), err);
}

struct each_target {
	int (*fn)(void *ctx, uint32_t address, const char *group_id);
	void *ctx;
};

static int give_target(void *ctx, sqlite3_stmt *stmt)
{
	const struct each_target *each = ctx;
	char group_id[KEFS_ID_SIZE];

	if (kefs_store_text(stmt, 1, group_id, sizeof(group_id)) < 0)
		return -EUCLEAN;
	return each->fn(each->ctx, (uint32_t)sqlite3_column_int64(stmt, 0), group_id);
}

int kefs_st_group_targets(struct kefs_db *db, int (*each)(void *ctx, uint32_t address, const char *group_id),
			  void *ctx, struct kefs_err *err)
{
	struct each_target all = { each, ctx };

	return kefs_store_query(db, give_target, &all, "listing mount targets' groups", err,
				"SELECT DISTINCT t.address, coalesce(s.id, '') FROM mount_targets t "
				"LEFT JOIN mount_target_groups g ON g.mount_target_id = t.id "
				"LEFT JOIN security_groups s ON s.id = g.group_id ORDER BY 1, 2", "");
}
