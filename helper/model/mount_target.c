// SPDX-License-Identifier: GPL-2.0
#include "mount_target.h"

#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "fault.h"

int kefs_mount_target_make(const char *fs_id, const struct kefs_subnet *subnet, int64_t now_ms,
			   struct kefs_mount_target *ret_target)
{
	struct kefs_mount_target target = { .created_ms = now_ms, .state = KEFS_STATE_CREATING };
	int rc = kefs_id_new(KEFS_MT_PREFIX, target.id);

	if (rc == 0)
		rc = kefs_id_new("eni-", target.interface_id);
	if (rc < 0)
		return rc;
	(void)kefs_str_copy(target.fs_id, sizeof(target.fs_id), fs_id);
	(void)kefs_str_copy(target.subnet_id, sizeof(target.subnet_id), subnet->id);
	(void)kefs_str_copy(target.vpc_id, sizeof(target.vpc_id), subnet->vpc->id);
	(void)kefs_str_copy(target.zone, sizeof(target.zone), subnet->zone);
	(void)kefs_str_copy(target.zone_id, sizeof(target.zone_id), subnet->zone_id);
	*ret_target = target;
	return 0;
}

int kefs_groups_add(struct kefs_groups *groups, const char *id, struct kefs_err *err)
{
	if (!kefs_id_valid(id, "sg-"))
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "'%.60s' is not the id of a security group", id);
	for (size_t i = 0; i < groups->count; i++) {
		if (!strcmp(groups->ids[i], id))
			return 0;
	}
	if (groups->count == KEFS_MT_GROUPS_MAX)
		return kefs_err_set(err, -KEFS_E_GROUP_LIMIT, "A mount target can have at most %d security groups",
				    KEFS_MT_GROUPS_MAX);
	return kefs_str_copy(groups->ids[groups->count++], KEFS_ID_SIZE, id);
}
