/* SPDX-License-Identifier: GPL-2.0 */
/* Compiled policies of file systems, kept until they change. Loop thread only. */
#ifndef KEFS_SERVICE_POLICY_CACHE_H
#define KEFS_SERVICE_POLICY_CACHE_H

#include "common/err.h"
#include "model/fs.h"
#include "model/topology.h"
#include "policy/policy.h"
#include "store/db.h"

struct kefs_policy_cache;

/* Both stay the caller's and outlive it. 0 or -ENOMEM. */
int kefs_policy_cache_new(struct kefs_db *db, const struct kefs_topology *topology,
			  struct kefs_policy_cache **ret_cache);

/* NULL is fine. */
void kefs_policy_cache_free(struct kefs_policy_cache *cache);

/*
 * The policy of a file system, NULL if none is set; good until it is forgotten. 0; -EKEYREJECTED if it cannot be
 * understood (it was checked when it was set): nobody may do anything; another -errno if it cannot be read now.
 */
int kefs_policy_cache_get(struct kefs_policy_cache *cache, const char *fs_id, const struct kefs_policy **ret_policy,
			  struct kefs_err *err);

/* It is another one now. */
void kefs_policy_cache_forget(struct kefs_policy_cache *cache, const char *fs_id);

/* Forgets those of file systems that are not in the list. */
void kefs_policy_cache_prune(struct kefs_policy_cache *cache, const struct kefs_fs_list *list);

/* How many there are. */
size_t kefs_policy_cache_size(const struct kefs_policy_cache *cache);

#endif
