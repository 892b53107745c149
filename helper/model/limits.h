/* SPDX-License-Identifier: GPL-2.0 */
/* How much there may be: the service's quotas, each to be raised or lowered by the configuration. Pure. */
#ifndef KEFS_MODEL_LIMITS_H
#define KEFS_MODEL_LIMITS_H

#include <stdint.h>

struct kefs_limits {
	uint32_t file_systems;
	uint32_t access_points;		/* of a file system */
	uint32_t mount_targets;		/* in a VPC */
	uint32_t provisioned_mibps;	/* of a file system */
};

#define KEFS_LIMITS_DEFAULT { \
	.file_systems = 1000, .access_points = 10000, .mount_targets = 1400, .provisioned_mibps = 1024, \
}

#endif
