/* SPDX-License-Identifier: GPL-2.0 */
/* File system policies: checked, stored, given back as they came. */
#ifndef KEFS_SERVICE_FS_POLICIES_H
#define KEFS_SERVICE_FS_POLICIES_H

#include <stdbool.h>

#include "policy/policy.h"
#include "service/efs.h"
#include "service/identities.h"

/* Who sets a policy. */
struct kefs_fs_policies_setter {
	const struct kefs_who *who;
	const char *source_ip;	/* that he asks from; "": none */
	bool bypass;		/* he may set one that keeps him from setting another afterwards */
};

/*
 * Sets the policy of an available file system. 0; -KEFS_E_FS_NOT_FOUND, -KEFS_E_FS_STATE, -KEFS_E_INVALID_POLICY.
 * ret_id (KEFS_ID_SIZE) gets the file system's id.
 */
int kefs_fs_policies_put(const struct kefs_efs *efs, const char *id_or_arn, const char *policy,
			 const struct kefs_fs_policies_setter *setter, char *ret_id, struct kefs_err *err);

/* The policy, to be freed, and the id: 0, -KEFS_E_FS_NOT_FOUND, -KEFS_E_POLICY_NOT_FOUND. */
int kefs_fs_policies_get(const struct kefs_efs *efs, const char *id_or_arn, char *ret_id, char **ret_policy,
			 struct kefs_err *err);

/*
 * What is in the store, compiled, to be freed. 0, -ENOENT if none is set, -EINVAL if it cannot be understood, -errno.
 */
int kefs_fs_policies_compile(struct kefs_db *db, const struct kefs_topology *topology, const char *fs_id,
			     struct kefs_policy **ret_policy, struct kefs_err *err);

/* Removes it, if there is one: 0, -KEFS_E_FS_NOT_FOUND, -KEFS_E_FS_STATE. */
int kefs_fs_policies_delete(const struct kefs_efs *efs, const char *id_or_arn, struct kefs_err *err);

#endif
