// SPDX-License-Identifier: GPL-2.0
/* Membership in the hash changes under client->lock, so that a look-up under it never meets an owner that is going. */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include "../core/kefs.h"
#include "client.h"
#include "owner.h"

struct owner_key {
	const struct kefs_client *client;
	const u8 *data;
	u32 len;
	u8 kind;
};

static struct rhashtable owners;
static atomic_t nr_owners;

static u32 hash_owner(const struct kefs_client *client, const u8 *data, u32 len, u8 kind, u32 seed)
{
	return jhash(data, len, jhash_3words((u32)client->id, (u32)(client->id >> 32), kind, seed));
}

static u32 hash_key(const void *data, u32 len, u32 seed)
{
	const struct owner_key *key = data;

	return hash_owner(key->client, key->data, key->len, key->kind, seed);
}

static u32 hash_obj(const void *data, u32 len, u32 seed)
{
	const struct kefs_owner *owner = data;

	return hash_owner(owner->client, owner->data, owner->len, owner->kind, seed);
}

static int compare(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct owner_key *key = arg->key;
	const struct kefs_owner *owner = obj;

	return owner->client != key->client || owner->kind != key->kind || owner->len != key->len ||
	       memcmp(owner->data, key->data, key->len);
}

static const struct rhashtable_params params = {
	.head_offset = offsetof(struct kefs_owner, node),
	.hashfn = hash_key,
	.obj_hashfn = hash_obj,
	.obj_cmpfn = compare,
	.automatic_shrinking = true,
};

static struct kefs_owner *find_locked(const struct owner_key *key)
{
	struct kefs_owner *owner;

	lockdep_assert_held(&key->client->lock);
	owner = rhashtable_lookup_fast(&owners, key, params);
	if (owner)
		refcount_inc(&owner->ref);
	return owner;
}

struct kefs_owner *kefs_owner_find(struct kefs_client *client, enum kefs_owner_kind kind, const u8 *data, u32 len)
{
	struct owner_key key = { .client = client, .data = data, .len = len, .kind = kind };
	struct kefs_owner *owner;

	spin_lock(&client->lock);
	owner = find_locked(&key);
	spin_unlock(&client->lock);
	return owner;
}

static struct kefs_owner *owner_alloc(const struct owner_key *key)
{
	struct kefs_owner *owner = kmalloc(struct_size(owner, data, key->len), GFP_KERNEL_ACCOUNT);

	if (!owner)
		return NULL;
	refcount_set(&owner->ref, 1);
	owner->kind = key->kind;
	owner->len = key->len;
	memcpy(owner->data, key->data, key->len);
	return owner;
}

struct kefs_owner *kefs_owner_get(struct kefs_client *client, enum kefs_owner_kind kind, const u8 *data, u32 len)
{
	struct owner_key key = { .client = client, .data = data, .len = len, .kind = kind };
	struct kefs_owner *owner = kefs_owner_find(client, kind, data, len), *fresh;
	int err = 0;

	if (owner)
		return owner;
	fresh = owner_alloc(&key);
	if (!fresh)
		return ERR_PTR(-KEFS_ERR_DELAY);
	fresh->client = client;

	spin_lock(&client->lock);
	owner = find_locked(&key);
	if (!owner) {
		if (client->dead)
			err = -KEFS_ERR_EXPIRED;
		else if (rhashtable_insert_fast(&owners, &fresh->node, params))
			err = -KEFS_ERR_DELAY;	/* no memory, or the table is just growing */
		if (!err) {
			kefs_client_get(client);
			atomic_inc(&nr_owners);
			owner = fresh;
		}
	}
	spin_unlock(&client->lock);

	if (owner != fresh)
		kfree(fresh);
	return err ? ERR_PTR(err) : owner;
}

void kefs_owner_put(struct kefs_owner *owner)
{
	struct kefs_client *client;

	if (!owner)
		return;
	/* The client must outlive its lock. */
	client = owner->client;
	if (refcount_dec_not_one(&owner->ref))
		return;
	spin_lock(&client->lock);
	if (!refcount_dec_and_test(&owner->ref)) {
		spin_unlock(&client->lock);
		return;
	}
	rhashtable_remove_fast(&owners, &owner->node, params);
	spin_unlock(&client->lock);
	kfree_rcu(owner, rcu);
	kefs_client_put(client);
	if (atomic_dec_and_test(&nr_owners))
		wake_up_var(&nr_owners);
}

int __init kefs_owner_init(void)
{
	return rhashtable_init(&owners, &params);
}

void kefs_owner_exit(void)
{
	/* A copy of a lock that somebody asked the VFS about refers to its owner for a moment longer. */
	wait_var_event(&nr_owners, !atomic_read(&nr_owners));
	rhashtable_destroy(&owners);
}
