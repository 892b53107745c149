// SPDX-License-Identifier: GPL-2.0
#include "efs.h"

#include <time.h>

#include "model/fault.h"

int64_t kefs_efs_now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int kefs_efs_find_fs(const struct kefs_efs *efs, const char *id_or_arn, const struct kefs_fs **ret_fs,
		     struct kefs_err *err)
{
	const char *id = kefs_topology_bare_id(efs->topology, id_or_arn, "file-system", KEFS_FS_PREFIX);
	const struct kefs_fs *fs = id ? kefs_fs_find(kefs_volumes_list(efs->volumes), id) : NULL;

	if (!fs)
		return kefs_err_set(err, -KEFS_E_FS_NOT_FOUND, "File system '%s' does not exist.", id ? id : id_or_arn);
	*ret_fs = fs;
	return 0;
}

int kefs_efs_available_fs(const struct kefs_efs *efs, const char *id_or_arn, const struct kefs_fs **ret_fs,
			  struct kefs_err *err)
{
	int rc = kefs_efs_find_fs(efs, id_or_arn, ret_fs, err);

	if (rc == 0 && (*ret_fs)->state != KEFS_FS_AVAILABLE)
		rc = kefs_err_set(err, -KEFS_E_FS_STATE, "File system '%s' is in state '%s'; it must be 'available'",
				  (*ret_fs)->id, kefs_fs_state_name((*ret_fs)->state));
	return rc;
}
