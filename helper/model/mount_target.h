/* SPDX-License-Identifier: GPL-2.0 */
/* A mount target: an address of a file system in one zone, and who reaches it. Pure. */
#ifndef KEFS_MODEL_MOUNT_TARGET_H
#define KEFS_MODEL_MOUNT_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/id.h"
#include "model/state.h"
#include "model/topology.h"

#define KEFS_MT_PREFIX		"fsmt-"
#define KEFS_MT_GROUPS_MAX	5

struct kefs_groups {
	char ids[KEFS_MT_GROUPS_MAX][KEFS_ID_SIZE];
	size_t count;
};

struct kefs_mount_target {
	char id[KEFS_ID_SIZE];
	char fs_id[KEFS_ID_SIZE];
	int64_t created_ms;
	enum kefs_state state;
	char subnet_id[KEFS_ID_SIZE];
	char vpc_id[KEFS_ID_SIZE];
	char zone[KEFS_ZONE_SIZE];
	char zone_id[KEFS_ZONE_SIZE];
	char interface_id[KEFS_ID_SIZE];	/* "eni-…" */
	uint32_t address;			/* host byte order */
};

/* What a creation asks for. */
struct kefs_mount_target_request {
	const char *fs_id;
	const char *subnet_id;
	uint32_t address;		/* 0: any */
	struct kefs_groups groups;	/* none: the default one */
};

/* A new one in a subnet: ids drawn, state creating, address left 0. 0 or -errno of the random source. */
int kefs_mount_target_make(const char *fs_id, const struct kefs_subnet *subnet, int64_t now_ms,
			   struct kefs_mount_target *ret_target);

/*
 * Appends a group, once however often it is given. 0, -KEFS_E_BAD_REQUEST if it is no group's id,
 * -KEFS_E_GROUP_LIMIT.
 */
int kefs_groups_add(struct kefs_groups *groups, const char *id, struct kefs_err *err);

#endif
