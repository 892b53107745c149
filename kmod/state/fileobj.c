// SPDX-License-Identifier: GPL-2.0
/* A file leaves the hash when its last reference goes, both under its bucket lock: nobody meets one that is going. */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include "../core/kefs.h"
#include "../files/opencache.h"
#include "fileobj.h"
#include "stateid.h"

#define LOCKS 64

static struct rhashtable files;
static spinlock_t locks[LOCKS];
static struct kmem_cache *cache;

static u32 hash_key(const void *data, u32 len, u32 seed)
{
	const struct kefs_fileobj_key *key = data;

	return kefs_fid_hash(&key->fid, seed ^ (u32)key->volume->id);
}

static const struct rhashtable_params params = {
	.head_offset = offsetof(struct kefs_fileobj, node),
	.key_offset = offsetof(struct kefs_fileobj, key),
	.key_len = sizeof(struct kefs_fileobj_key),
	.hashfn = hash_key,
	.automatic_shrinking = true,
};

static spinlock_t *lock_of(const struct kefs_fileobj_key *key)
{
	return &locks[kefs_fid_hash(&key->fid, 0) % LOCKS];
}

static void make_key(struct kefs_fileobj_key *key, struct kefs_volume *volume, const struct kefs_fid *fid)
{
	memset(key, 0, sizeof(*key));	/* compared as a whole */
	key->volume = volume;
	key->fid = *fid;
}

static struct kefs_fileobj *find(const struct kefs_fileobj_key *key)
{
	struct kefs_fileobj *file;

	rcu_read_lock();
	file = rhashtable_lookup(&files, key, params);
	if (file && !refcount_inc_not_zero(&file->ref))
		file = NULL;
	rcu_read_unlock();
	return file;
}

struct kefs_fileobj *kefs_fileobj_find(struct kefs_volume *volume, const struct kefs_fid *fid)
{
	struct kefs_fileobj_key key;

	make_key(&key, volume, fid);
	return find(&key);
}

static void free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(cache, container_of(rcu, struct kefs_fileobj, rcu));
}

/* Never in the hash, or no more. */
static void destroy(struct kefs_fileobj *file)
{
	kefs_bfile_put(file->bf);
	kefs_volume_put(file->key.volume);
	call_rcu(&file->rcu, free_rcu);
}

static struct kefs_fileobj *fileobj_alloc(const struct kefs_fileobj_key *key, struct dentry *dentry)
{
	struct kefs_fileobj *file = kmem_cache_zalloc(cache, GFP_KERNEL_ACCOUNT);
	struct kefs_bfile *bf;

	if (!file)
		return ERR_PTR(-KEFS_ERR_DELAY);
	bf = kefs_bfile_get(key->volume, &key->fid, dentry);
	if (IS_ERR(bf)) {
		kmem_cache_free(cache, file);
		return ERR_CAST(bf);
	}
	file->bf = bf;
	file->key = *key;
	kefs_volume_get(key->volume);
	refcount_set(&file->ref, 1);
	mutex_init(&file->lock);
	INIT_LIST_HEAD(&file->opens);
	INIT_LIST_HEAD(&file->delegs);
	INIT_LIST_HEAD(&file->waits);
	INIT_LIST_HEAD(&file->waits_node);
	return file;
}

struct kefs_fileobj *kefs_fileobj_get(struct kefs_volume *volume, const struct kefs_fid *fid, struct dentry *dentry)
{
	struct kefs_fileobj *file, *fresh;
	struct kefs_fileobj_key key;
	spinlock_t *lock;

	make_key(&key, volume, fid);
	file = find(&key);
	if (file)
		return file;
	fresh = fileobj_alloc(&key, dentry);
	if (IS_ERR(fresh))
		return fresh;

	lock = lock_of(&key);
	spin_lock(lock);
	file = rhashtable_lookup_get_insert_fast(&files, &fresh->node, params);
	if (!file)
		file = fresh;
	else if (!IS_ERR(file))
		refcount_inc(&file->ref);	/* not zero under its lock */
	spin_unlock(lock);
	if (file != fresh)
		destroy(fresh);
	return IS_ERR(file) ? ERR_PTR(-KEFS_ERR_DELAY) : file;
}

void kefs_fileobj_put(struct kefs_fileobj *file)
{
	spinlock_t *lock = lock_of(&file->key);

	if (refcount_dec_not_one(&file->ref))
		return;
	spin_lock(lock);
	if (!refcount_dec_and_test(&file->ref)) {
		spin_unlock(lock);
		return;
	}
	rhashtable_remove_fast(&files, &file->node, params);
	spin_unlock(lock);
	WARN_ON_ONCE(!list_empty(&file->opens) || !list_empty(&file->delegs));
	destroy(file);
}

bool kefs_fileobj_denies(const struct kefs_fileobj *file, u32 want)
{
	return (want & KEFS_SHARE_READ && READ_ONCE(file->deny[0])) ||
	       (want & KEFS_SHARE_WRITE && READ_ONCE(file->deny[1]));
}

int __init kefs_fileobj_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < LOCKS; i++)
		spin_lock_init(&locks[i]);
	cache = KMEM_CACHE(kefs_fileobj, SLAB_HWCACHE_ALIGN);
	if (!cache)
		return -ENOMEM;
	err = rhashtable_init(&files, &params);
	if (err)
		kmem_cache_destroy(cache);
	return err;
}

void kefs_fileobj_exit(void)
{
	rhashtable_destroy(&files);
	rcu_barrier();
	kmem_cache_destroy(cache);
}
