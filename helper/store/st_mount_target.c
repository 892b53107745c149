// SPDX-License-Identifier: GPL-2.0
#include "st_mount_target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "internal.h"
#include "model/fault.h"

#define COLUMNS "id, file_system_id, created_ms, life_cycle_state, subnet_id, vpc_id, zone, zone_id, " \
		"network_interface_id, address"

static int take_target(void *ctx, sqlite3_stmt *stmt)
{
	const char *state = (const char *)sqlite3_column_text(stmt, 3);
	struct kefs_mount_target_list *list = ctx;
	struct kefs_mount_target *target = &list->targets[list->count];

	if (kefs_store_text(stmt, 0, target->id, sizeof(target->id)) < 0 ||
	    kefs_store_text(stmt, 1, target->fs_id, sizeof(target->fs_id)) < 0 ||
	    !state || kefs_state_parse(state, &target->state) < 0 ||
	    kefs_store_text(stmt, 4, target->subnet_id, sizeof(target->subnet_id)) < 0 ||
	    kefs_store_text(stmt, 5, target->vpc_id, sizeof(target->vpc_id)) < 0 ||
	    kefs_store_text(stmt, 6, target->zone, sizeof(target->zone)) < 0 ||
	    kefs_store_text(stmt, 7, target->zone_id, sizeof(target->zone_id)) < 0 ||
	    kefs_store_text(stmt, 8, target->interface_id, sizeof(target->interface_id)) < 0)
		return -EUCLEAN;
	target->created_ms = sqlite3_column_int64(stmt, 2);
	target->address = (uint32_t)sqlite3_column_int64(stmt, 9);
	list->count++;
	return 0;
}

int kefs_st_mount_target_get(struct kefs_db *db, const char *id, struct kefs_mount_target *ret_target,
			     struct kefs_err *err)
{
	struct kefs_mount_target target = { .address = 0 };
	struct kefs_mount_target_list one = { .targets = &target };
	int rc = kefs_store_query(db, take_target, &one, "reading a mount target", err,
				  "SELECT " COLUMNS " FROM mount_targets WHERE id = ?1", "t", id);

	if (rc == 0 && !one.count)
		return -ENOENT;
	if (rc == 0)
		*ret_target = target;
	return rc;
}

int kefs_st_mount_target_list(struct kefs_db *db, const char *fs_id, const struct kefs_page *page,
			      struct kefs_mount_target_list *ret_list, struct kefs_err *err)
{
	struct kefs_mount_target_list list = { .targets = calloc(page->limit + 1, sizeof(*list.targets)) };
	int rc;

	if (!list.targets)
		return kefs_err_sys(err, -ENOMEM, "listing mount targets");
	if (*fs_id)
		rc = kefs_store_query(db, take_target, &list, "listing mount targets", err,
				      "SELECT " COLUMNS " FROM mount_targets WHERE file_system_id = ?1 AND "
				      "(created_ms, id) > (?2, ?3) ORDER BY created_ms, id LIMIT ?4", "titi", fs_id,
				      page->after_ms, page->after_id, (int64_t)page->limit + 1);
	else
		rc = kefs_store_query(db, take_target, &list, "listing mount targets", err,
				      "SELECT " COLUMNS " FROM mount_targets WHERE (created_ms, id) > (?1, ?2) "
				      "ORDER BY created_ms, id LIMIT ?3", "iti", page->after_ms, page->after_id,
				      (int64_t)page->limit + 1);
	if (rc < 0)
		free(list.targets);
	else
		*ret_list = list;
	return rc;
}

int kefs_st_mount_target_count(struct kefs_db *db, const char *fs_id, int64_t *ret_count, struct kefs_err *err)
{
	if (!*fs_id)
		return kefs_store_query(db, kefs_store_take_int, ret_count, "counting mount targets", err,
					"SELECT count(*) FROM mount_targets", "");
	return kefs_store_query(db, kefs_store_take_int, ret_count, "counting mount targets", err,
				"SELECT count(*) FROM mount_targets WHERE file_system_id = ?1", "t", fs_id);
}

int kefs_st_mount_target_unsettled(struct kefs_db *db, int64_t *ret_count, struct kefs_err *err)
{
	return kefs_store_query(db, kefs_store_take_int, ret_count, "counting mount targets", err,
				"SELECT count(*) FROM mount_targets WHERE life_cycle_state <> ?1", "t",
				kefs_state_name(KEFS_STATE_AVAILABLE));
}

static int take_fs_id(void *ctx, sqlite3_stmt *stmt)
{
	return kefs_store_text(stmt, 0, ctx, KEFS_ID_SIZE);
}

int kefs_st_mount_target_fs(struct kefs_db *db, uint32_t address, char *ret_fs_id, struct kefs_err *err)
{
	int rc;

	ret_fs_id[0] = '\0';
	rc = kefs_store_query(db, take_fs_id, ret_fs_id, "looking for a mount target", err,
			      "SELECT file_system_id FROM mount_targets WHERE address = ?1", "i", (int64_t)address);
	return rc == 0 && !*ret_fs_id ? -ENOENT : rc;
}

int kefs_st_mount_target_set_state(struct kefs_db *db, const char *id, enum kefs_state state, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "storing a mount target's state", err,
				  "UPDATE mount_targets SET life_cycle_state = ?2 WHERE id = ?1", "tt", id,
				  kefs_state_name(state));

	return rc == 0 && !sqlite3_changes(db->sql) ? -ENOENT : rc;
}

int kefs_st_mount_target_delete(struct kefs_db *db, const char *id, struct kefs_err *err)
{
	int rc = kefs_store_query(db, NULL, NULL, "removing a mount target", err, "DELETE FROM mount_targets WHERE id = ?1",
				  "t", id);

	return rc == 0 && !sqlite3_changes(db->sql) ? -ENOENT : rc;
}

/* The file system's mount targets before this one: their VPC, and whether one is in its zone. */
struct neighbours {
	const struct kefs_mount_target *target;
	char same_zone[KEFS_ID_SIZE];
	char other_vpc[KEFS_ID_SIZE];
};

static int take_neighbour(void *ctx, sqlite3_stmt *stmt)
{
	struct neighbours *n = ctx;
	char zone[KEFS_ZONE_SIZE], vpc[KEFS_ID_SIZE];

	if (kefs_store_text(stmt, 1, zone, sizeof(zone)) < 0 || kefs_store_text(stmt, 2, vpc, sizeof(vpc)) < 0)
		return -EUCLEAN;
	if (!strcmp(zone, n->target->zone))
		return kefs_store_text(stmt, 0, n->same_zone, sizeof(n->same_zone));
	if (strcmp(vpc, n->target->vpc_id))
		(void)kefs_str_copy(n->other_vpc, sizeof(n->other_vpc), vpc);
	return 0;
}

static int check_neighbours(struct kefs_db *db, const struct kefs_mount_target *target, uint32_t limit,
			    struct kefs_err *err)
{
	struct neighbours n = { .target = target };
	int64_t count = 0;
	int rc = kefs_store_query(db, take_neighbour, &n, "looking for mount targets", err,
				  "SELECT id, zone, vpc_id FROM mount_targets WHERE file_system_id = ?1", "t", target->fs_id);

	if (rc == 0 && *n.other_vpc)
		return kefs_err_set(err, -KEFS_E_MOUNT_TARGET_CONFLICT,
				    "requested subnet for new mount target is not in the same VPC as existing mount targets");
	if (rc == 0 && *n.same_zone)
		return kefs_err_set(err, -KEFS_E_MOUNT_TARGET_CONFLICT, "mount target already exists in this AZ");
	if (rc == 0)
		rc = kefs_store_query(db, kefs_store_take_int, &count, "counting mount targets", err,
				      "SELECT count(*) FROM mount_targets WHERE vpc_id = ?1", "t", target->vpc_id);
	if (rc == 0 && count >= limit)
		return kefs_err_set(err, -KEFS_E_INTERFACE_LIMIT,
				    "VPC %s has %d network interfaces of mount targets already, which is the limit",
				    target->vpc_id, (int)count);
	return rc;
}

/* Walks over the taken addresses, which come in order, to the first gap. */
static int take_address(void *ctx, sqlite3_stmt *stmt)
{
	uint32_t *free_address = ctx;

	if ((uint32_t)sqlite3_column_int64(stmt, 0) == *free_address)
		(*free_address)++;
	return 0;
}

static int choose_address(struct kefs_db *db, struct kefs_mount_target *target, const struct kefs_subnet *subnet,
			  struct kefs_err *err)
{
	uint32_t first = kefs_subnet_first(subnet), last = kefs_subnet_last(subnet), address = first;
	int64_t taken = 0;
	int rc;

	if (target->address) {
		rc = kefs_store_query(db, kefs_store_take_int, &taken, "looking for an address", err,
				      "SELECT count(*) FROM mount_targets WHERE vpc_id = ?1 AND address = ?2", "ti", target->vpc_id,
				      (int64_t)target->address);
		if (rc == 0 && taken)
			return kefs_err_set(err, -KEFS_E_ADDRESS_IN_USE, "The requested IpAddress is in use in subnet %s", subnet->id);
		return rc;
	}
	rc = kefs_store_query(db, take_address, &address, "looking for an address", err,
			      "SELECT address FROM mount_targets WHERE vpc_id = ?1 AND address BETWEEN ?2 AND ?3 ORDER BY address",
			      "tii", target->vpc_id, (int64_t)first, (int64_t)last);
	if (rc == 0 && address > last)
		return kefs_err_set(err, -KEFS_E_NO_FREE_ADDRESS, "Subnet %s has no free address", subnet->id);
	if (rc == 0)
		target->address = address;
	return rc;
}

static int add_groups(struct kefs_db *db, const char *id, const struct kefs_groups *groups, struct kefs_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < groups->count && rc == 0; i++)
		rc = kefs_store_query(db, NULL, NULL, "storing a mount target's security groups", err,
				      "INSERT INTO mount_target_groups (mount_target_id, position, group_id) VALUES (?1, ?2, ?3)",
				      "tit", id, (int64_t)i, groups->ids[i]);
	return rc;
}

static int insert(struct kefs_db *db, struct kefs_mount_target *target, const struct kefs_groups *groups,
		  const struct kefs_subnet *subnet, uint32_t limit, struct kefs_err *err)
{
	int rc = check_neighbours(db, target, limit, err);

	if (rc == 0)
		rc = choose_address(db, target, subnet, err);
	if (rc == 0)
		rc = kefs_store_query(db, NULL, NULL, "storing a mount target", err,
				      "INSERT INTO mount_targets (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
				      "ttittttt" "ti", target->id, target->fs_id, target->created_ms,
				      kefs_state_name(target->state), target->subnet_id, target->vpc_id, target->zone,
				      target->zone_id, target->interface_id, (int64_t)target->address);
	return rc == 0 ? add_groups(db, target->id, groups, err) : rc;
}

int kefs_st_mount_target_insert(struct kefs_db *db, struct kefs_mount_target *target, const struct kefs_groups *groups,
				const struct kefs_subnet *subnet, uint32_t limit, struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	return kefs_db_end(db, insert(db, target, groups, subnet, limit, err), err);
}

static int take_group(void *ctx, sqlite3_stmt *stmt)
{
	struct kefs_groups *groups = ctx;

	if (groups->count == KEFS_MT_GROUPS_MAX)
		return -EUCLEAN;
	return kefs_store_text(stmt, 0, groups->ids[groups->count++], KEFS_ID_SIZE);
}

int kefs_st_mount_target_groups(struct kefs_db *db, const char *id, struct kefs_groups *ret_groups,
				struct kefs_err *err)
{
	ret_groups->count = 0;
	return kefs_store_query(db, take_group, ret_groups, "reading a mount target's security groups", err,
				"SELECT group_id FROM mount_target_groups WHERE mount_target_id = ?1 ORDER BY position", "t", id);
}

int kefs_st_mount_target_set_groups(struct kefs_db *db, const char *id, const struct kefs_groups *groups,
				    struct kefs_err *err)
{
	int rc = kefs_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = kefs_store_query(db, NULL, NULL, "storing a mount target's security groups", err,
			      "DELETE FROM mount_target_groups WHERE mount_target_id = ?1", "t", id);
	if (rc == 0)
		rc = add_groups(db, id, groups, err);
	return kefs_db_end(db, rc, err);
}

int kefs_st_mount_target_in_subnet(struct kefs_db *db, const char *subnet_id, int64_t *ret_count, struct kefs_err *err)
{
	return kefs_store_query(db, kefs_store_take_int, ret_count, "counting a subnet's mount targets", err,
				"SELECT count(*) FROM mount_targets WHERE subnet_id = ?1", "t", subnet_id);
}
