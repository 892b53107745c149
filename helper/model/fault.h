/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The service's errors as numbers: a function that can fail with one returns it negative, like an errno, from which
 * they are kept apart by their size. Pure.
 */
#ifndef KEFS_MODEL_FAULT_H
#define KEFS_MODEL_FAULT_H

#include <stdbool.h>

enum kefs_fault {
	KEFS_E_FIRST = 5000,
	KEFS_E_BAD_REQUEST = KEFS_E_FIRST,
	KEFS_E_VALIDATION,
	KEFS_E_ACCESS_POINT_EXISTS,
	KEFS_E_ACCESS_POINT_LIMIT,
	KEFS_E_ACCESS_POINT_NOT_FOUND,
	KEFS_E_ZONES_MISMATCH,
	KEFS_E_FS_EXISTS,
	KEFS_E_FS_IN_USE,
	KEFS_E_FS_LIMIT,
	KEFS_E_FS_NOT_FOUND,
	KEFS_E_FS_STATE,
	KEFS_E_MOUNT_TARGET_STATE,
	KEFS_E_INTERNAL,
	KEFS_E_INVALID_POLICY,
	KEFS_E_ADDRESS_IN_USE,
	KEFS_E_MOUNT_TARGET_CONFLICT,
	KEFS_E_MOUNT_TARGET_NOT_FOUND,
	KEFS_E_INTERFACE_LIMIT,
	KEFS_E_NO_FREE_ADDRESS,
	KEFS_E_POLICY_NOT_FOUND,
	KEFS_E_REPLICATION_NOT_FOUND,
	KEFS_E_GROUP_LIMIT,
	KEFS_E_GROUP_NOT_FOUND,
	KEFS_E_SUBNET_NOT_FOUND,
	KEFS_E_THROUGHPUT_LIMIT,
	KEFS_E_TOO_MANY_REQUESTS,
	KEFS_E_UNSUPPORTED_ZONE,
	KEFS_E_ACCESS_DENIED,
	KEFS_E_MISSING_TOKEN,
	KEFS_E_UNKNOWN_CLIENT,
	KEFS_E_BAD_SIGNATURE,
	KEFS_E_INCOMPLETE_SIGNATURE,
	KEFS_E_UNKNOWN_OPERATION,
	KEFS_E_END
};

struct kefs_fault_info {
	const char *code;	/* as clients match it */
	unsigned int status;	/* of HTTP */
};

/* What is said of a negative result: the fault's row, or InternalServerError's for an errno. Never NULL. */
const struct kefs_fault_info *kefs_fault_info(int rc);

#endif
