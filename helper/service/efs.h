/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the services of the EFS objects share. Their functions fail with the service's errors (model/fault.h) or an
 * errno, which is an internal error; what they did is in the store before they return. Loop thread only.
 */
#ifndef KEFS_SERVICE_EFS_H
#define KEFS_SERVICE_EFS_H

#include <stdint.h>

#include "common/err.h"
#include "model/limits.h"
#include "model/topology.h"
#include "service/volumes.h"
#include "store/db.h"

struct kefs_access;
struct kefs_endpoints;
struct kefs_identities;

/* All pointers stay main's. */
struct kefs_efs {
	struct kefs_db *db;
	struct kefs_volumes *volumes;
	const struct kefs_topology *topology;
	const struct kefs_limits *limits;
	struct kefs_access *access;
	const struct kefs_endpoints *endpoints;
	struct kefs_identities *identities;
};

/* Milliseconds since the epoch. */
int64_t kefs_efs_now_ms(void);

/* The file system that an id or an ARN means, good until the next change: 0 or -KEFS_E_FS_NOT_FOUND. */
int kefs_efs_find_fs(const struct kefs_efs *efs, const char *id_or_arn, const struct kefs_fs **ret_fs,
		     struct kefs_err *err);

/* The same, and it must be available: else -KEFS_E_FS_STATE. */
int kefs_efs_available_fs(const struct kefs_efs *efs, const char *id_or_arn, const struct kefs_fs **ret_fs,
			  struct kefs_err *err);

#endif
