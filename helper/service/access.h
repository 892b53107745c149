/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a connection may do: which file system it is for, what that one's policy gives its client, and the grant that
 * comes of it; anew for connections that live when the policy changes. Loop thread only.
 */
#ifndef KEFS_SERVICE_ACCESS_H
#define KEFS_SERVICE_ACCESS_H

#include <stdint.h>

#include "common/err.h"
#include "kernel/kernel.h"
#include "model/grant.h"
#include "model/topology.h"
#include "service/volumes.h"
#include "store/db.h"

struct kefs_access;

/* All stays the caller's and outlives it. */
struct kefs_access_parts {
	struct kefs_db *db;
	struct kefs_volumes *volumes;
	struct kefs_kernel kernel;
	const struct kefs_topology *topology;
};

/* 0 or -ENOMEM. */
int kefs_access_new(const struct kefs_access_parts *parts, struct kefs_access **ret_access, struct kefs_err *err);

/* NULL is fine. */
void kefs_access_free(struct kefs_access *access);

/*
 * The grant of a new connection. The file system is that of the mount target with claims->local, else the default one;
 * claims->volume_id is not looked at. 0; -ENOENT with err saying why there is no file system; -errno. A client that
 * may not mount gets a grant too: one that answers it so.
 */
int kefs_access_decide(struct kefs_access *access, const struct kefs_claims *claims, struct kefs_grant *ret_grant,
		       struct kefs_err *err);

/* The file system's policy is another one: its connections get new grants before this returns. */
void kefs_access_policy_changed(struct kefs_access *access, const char *fs_id);

/* The kernel has connections of an earlier run: they get the grants that are right now. */
void kefs_access_renew(struct kefs_access *access);

/* A mount target is no more: connections to its address end. */
void kefs_access_target_removed(struct kefs_access *access, uint32_t address);

#endif
