// SPDX-License-Identifier: GPL-2.0
/*
 * One that is in the store and cannot be understood denies everything: to let people in by mistake is the worse error.
 * It is kept as such; one that could not be read is not kept, and read again when it is next asked for.
 */
#include "policy_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/id.h"
#include "common/log.h"
#include "common/str.h"
#include "service/fs_policies.h"

struct entry {
	struct entry *next;
	char fs_id[KEFS_ID_SIZE];
	struct kefs_policy *policy;	/* NULL: none is set */
	bool broken;
};

struct kefs_policy_cache {
	struct kefs_db *db;
	const struct kefs_topology *topology;
	struct entry *entries;
	size_t count;
};

int kefs_policy_cache_new(struct kefs_db *db, const struct kefs_topology *topology,
			  struct kefs_policy_cache **ret_cache)
{
	struct kefs_policy_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return -ENOMEM;
	cache->db = db;
	cache->topology = topology;
	*ret_cache = cache;
	return 0;
}

/* Removes the entry that p points to. */
static void drop(struct kefs_policy_cache *cache, struct entry **p)
{
	struct entry *entry = *p;

	*p = entry->next;
	kefs_policy_free(entry->policy);
	free(entry);
	cache->count--;
}

void kefs_policy_cache_free(struct kefs_policy_cache *cache)
{
	if (!cache)
		return;
	while (cache->entries)
		drop(cache, &cache->entries);
	free(cache);
}

void kefs_policy_cache_forget(struct kefs_policy_cache *cache, const char *fs_id)
{
	struct entry **p = &cache->entries;

	while (*p && strcmp((*p)->fs_id, fs_id))
		p = &(*p)->next;
	if (*p)
		drop(cache, p);
}

void kefs_policy_cache_prune(struct kefs_policy_cache *cache, const struct kefs_fs_list *list)
{
	struct entry **p = &cache->entries;

	while (*p) {
		if (kefs_fs_find(list, (*p)->fs_id))
			p = &(*p)->next;
		else
			drop(cache, p);
	}
}

size_t kefs_policy_cache_size(const struct kefs_policy_cache *cache)
{
	return cache->count;
}

static int load(struct kefs_policy_cache *cache, const char *fs_id, const struct entry **ret_entry,
		struct kefs_err *err)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	int rc;

	if (!entry)
		return kefs_err_sys(err, -ENOMEM, "the policy of %s", fs_id);
	(void)kefs_str_copy(entry->fs_id, sizeof(entry->fs_id), fs_id);
	rc = kefs_fs_policies_compile(cache->db, cache->topology, fs_id, &entry->policy, err);
	entry->broken = rc == -EINVAL || rc == -E2BIG;
	if (rc < 0 && rc != -ENOENT && !entry->broken) {
		free(entry);
		return kefs_err_prefix(err, rc, "the policy of %s cannot be read now: ", fs_id);
	}
	if (entry->broken)
		log_err("the policy of %s cannot be used, nobody may mount it: %s", fs_id, err->text);
	entry->next = cache->entries;
	cache->entries = entry;
	cache->count++;
	*ret_entry = entry;
	return 0;
}

int kefs_policy_cache_get(struct kefs_policy_cache *cache, const char *fs_id, const struct kefs_policy **ret_policy,
			  struct kefs_err *err)
{
	const struct entry *entry = cache->entries;
	int rc = 0;

	while (entry && strcmp(entry->fs_id, fs_id))
		entry = entry->next;
	if (!entry)
		rc = load(cache, fs_id, &entry, err);
	if (rc < 0)
		return rc;
	if (entry->broken)
		return kefs_err_set(err, -EKEYREJECTED, "the policy of %s cannot be used", fs_id);
	*ret_policy = entry->policy;
	return 0;
}
