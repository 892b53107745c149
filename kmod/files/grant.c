// SPDX-License-Identifier: GPL-2.0
/*
 * Grants, and the credentials that requests run with.
 *
 * Credentials are made once per set of effective ids and shared. Lookup is lock-free; an entry is freed an RCU grace
 * period after it left the table. When the table is full the entry that was longest not used goes (second chance).
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/sched/task.h>
#include <linux/securebits.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include "fh.h"
#include "grant.h"

#define CRED_BUCKETS_BITS 10
#define CRED_ENTRIES_MAX 4096	/* some 2 MiB; more users at once than this make each other's entries afresh */

struct ids {
	u32 uid, gid, nr_gids;
	u32 gids[KEFS_GIDS_MAX];	/* those behind nr_gids are not compared */
};

struct cred_entry {
	struct hlist_node node;		/* bucket; cred_lock, read under RCU */
	struct list_head age;		/* ages; cred_lock */
	const struct cred *cred;	/* a reference */
	bool used;			/* since the hand of the clock last passed */
	struct rcu_head rcu;
	struct ids ids;
};

static struct hlist_head cred_table[1 << CRED_BUCKETS_BITS];
static LIST_HEAD(ages);
static unsigned int nr_creds;		/* cred_lock */
static DEFINE_SPINLOCK(cred_lock);
static u32 cred_seed __ro_after_init;

static u32 id_squashed(u32 id, bool squash)
{
	return id == (u32)-1 || (squash && !id) ? KEFS_ANON_ID : id;
}

static void effective_ids(const struct kefs_grant *grant, const struct ids *caller, u32 flavor, struct ids *ids)
{
	bool squash = grant->flags & KEFS_GRANT_F_SQUASH_ROOT;
	u32 i;

	if (grant->flags & KEFS_GRANT_F_ENFORCE_IDS) {
		ids->uid = grant->uid;
		ids->gid = grant->gid;
		ids->nr_gids = grant->nr_gids;
		memcpy(ids->gids, grant->gids, sizeof(u32) * grant->nr_gids);
	} else if (flavor == KEFS_FLAVOR_SYS) {
		ids->uid = caller->uid;
		ids->gid = caller->gid;
		ids->nr_gids = caller->nr_gids;
		memcpy(ids->gids, caller->gids, sizeof(u32) * caller->nr_gids);
	} else {
		ids->uid = ids->gid = KEFS_ANON_ID;
		ids->nr_gids = 0;
	}
	ids->uid = id_squashed(ids->uid, squash);
	ids->gid = id_squashed(ids->gid, squash);
	for (i = 0; i < ids->nr_gids; i++)
		ids->gids[i] = id_squashed(ids->gids[i], squash);
}

static u32 ids_size(const struct ids *ids)
{
	return offsetof(struct ids, gids) + sizeof(u32) * ids->nr_gids;
}

static struct hlist_head *ids_bucket(const struct ids *ids)
{
	u32 h = jhash2((const u32 *)ids, ids_size(ids) / sizeof(u32), cred_seed);

	return &cred_table[hash_32(h, CRED_BUCKETS_BITS)];
}

/* What root may do to files; not SYS_RESOURCE, which would ignore quotas, nor anything beyond files. */
static const int root_caps[] = {
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID, CAP_MKNOD, CAP_LEASE,
};

static struct group_info *make_groups(const struct ids *ids)
{
	struct group_info *groups = groups_alloc(ids->nr_gids);
	u32 i;

	if (!groups)
		return NULL;
	for (i = 0; i < ids->nr_gids; i++)
		groups->gid[i] = make_kgid(&init_user_ns, ids->gids[i]);
	groups_sort(groups);
	return groups;
}

static const struct cred *make_cred(const struct ids *ids)
{
	struct group_info *groups;
	struct cred *cred;
	size_t i;

	cred = prepare_kernel_cred(&init_task);
	if (!cred)
		return NULL;
	groups = make_groups(ids);
	if (!groups) {
		abort_creds(cred);
		return NULL;
	}
	set_groups(cred, groups);
	put_group_info(groups);
	cred->uid = cred->euid = cred->suid = cred->fsuid = make_kuid(&init_user_ns, ids->uid);
	cred->gid = cred->egid = cred->sgid = cred->fsgid = make_kgid(&init_user_ns, ids->gid);
	cred->securebits = SECUREBITS_DEFAULT;
	cap_clear(cred->cap_inheritable);
	cap_clear(cred->cap_permitted);
	cap_clear(cred->cap_effective);
	cap_clear(cred->cap_ambient);
	if (!ids->uid) {
		for (i = 0; i < ARRAY_SIZE(root_caps); i++)
			cap_raise(cred->cap_effective, root_caps[i]);
		cred->cap_permitted = cred->cap_effective;
	}
	return cred;
}

static const struct cred *cached_cred(const struct hlist_head *bucket, const struct ids *ids)
{
	const struct cred *cred = NULL;
	struct cred_entry *e;

	rcu_read_lock();
	hlist_for_each_entry_rcu(e, bucket, node) {
		if (memcmp(&e->ids, ids, ids_size(ids)))
			continue;
		if (!READ_ONCE(e->used))
			WRITE_ONCE(e->used, true);
		cred = get_cred_rcu(e->cred);	/* NULL if the entry is just going */
		break;
	}
	rcu_read_unlock();
	return cred;
}

static void entry_free_rcu(struct rcu_head *rcu)
{
	struct cred_entry *e = container_of(rcu, struct cred_entry, rcu);

	put_cred(e->cred);
	kfree(e);
}

static void entry_drop_locked(struct cred_entry *e)
{
	lockdep_assert_held(&cred_lock);
	hlist_del_rcu(&e->node);
	list_del(&e->age);
	nr_creds--;
	call_rcu(&e->rcu, entry_free_rcu);
}

static void make_room_locked(void)
{
	unsigned int chances = CRED_ENTRIES_MAX;
	struct cred_entry *e;

	lockdep_assert_held(&cred_lock);
	if (nr_creds < CRED_ENTRIES_MAX)
		return;
	for (;;) {
		e = list_first_entry(&ages, struct cred_entry, age);
		if (!READ_ONCE(e->used) || !chances--)
			break;
		WRITE_ONCE(e->used, false);
		list_move_tail(&e->age, &ages);
	}
	entry_drop_locked(e);
}

/* Two threads may add the same ids at once: the second entry is found by nobody and ages out. */
static void cache_cred(struct hlist_head *bucket, const struct ids *ids, const struct cred *cred)
{
	struct cred_entry *e = kmalloc(sizeof(*e), GFP_KERNEL);

	if (!e)
		return;		/* works, only slower */
	e->cred = get_cred(cred);
	e->used = false;
	memcpy(&e->ids, ids, ids_size(ids));
	spin_lock(&cred_lock);
	make_room_locked();
	hlist_add_head_rcu(&e->node, bucket);
	list_add_tail(&e->age, &ages);
	nr_creds++;
	spin_unlock(&cred_lock);
}

const struct cred *kefs_grant_cred(const struct kefs_grant *grant, u32 flavor, u32 uid, u32 gid, u32 nr_gids,
				   const u32 *gids)
{
	struct ids caller = { .uid = uid, .gid = gid, .nr_gids = min_t(u32, nr_gids, KEFS_GIDS_MAX) };
	const struct cred *cred;
	struct hlist_head *bucket;
	struct ids ids;

	memcpy(caller.gids, gids, sizeof(u32) * caller.nr_gids);
	effective_ids(grant, &caller, flavor, &ids);
	bucket = ids_bucket(&ids);
	cred = cached_cred(bucket, &ids);
	if (cred)
		return cred;
	cred = make_cred(&ids);
	if (!cred)
		return ERR_PTR(-ENOMEM);
	cache_cred(bucket, &ids, cred);
	return cred;
}

/* Another root, another key: a handle made below one access point says nothing below another. */
static void derive_key(struct kefs_grant *grant)
{
	struct {
		struct kefs_fid fid;
		u64 half;
	} in = { .fid = grant->root_fid };

	if (grant->root.dentry == grant->volume->root.dentry) {
		grant->fh_key = grant->volume->key;
		return;
	}
	for (in.half = 0; in.half < 2; in.half++)
		grant->fh_key.key[in.half] = siphash(&in, sizeof(in), &grant->volume->key);
}

static int check_params(const struct kefs_grant_params *params)
{
	const struct path *volume = &params->volume->root;

	if (params->nr_gids > KEFS_GIDS_MAX || params->domain_len > KEFS_DOMAIN_MAX)
		return -EINVAL;
	if (params->access_point && strlen(params->access_point) > KEFS_NAME_MAX)
		return -EINVAL;
	if (!params->root)
		return 0;
	if (!d_is_dir(params->root->dentry))
		return -ENOTDIR;
	if (params->root->mnt->mnt_sb != volume->mnt->mnt_sb)
		return -EXDEV;
	return is_subdir(params->root->dentry, volume->dentry) ? 0 : -EINVAL;
}

struct kefs_grant *kefs_grant_create(const struct kefs_grant_params *params)
{
	struct kefs_grant *grant;
	int err;

	err = check_params(params);
	if (err)
		return ERR_PTR(err);
	grant = kzalloc(sizeof(*grant), GFP_KERNEL);
	if (!grant)
		return ERR_PTR(-ENOMEM);
	err = -ENOMEM;
	grant->principal = kstrdup(params->principal ?: "", GFP_KERNEL);
	if (!grant->principal)
		goto err_free;
	grant->volume = params->volume;
	grant->root.mnt = params->volume->root.mnt;	/* the volume's: permissions of the mount are its own */
	grant->root.dentry = params->root ? params->root->dentry : params->volume->root.dentry;
	err = kefs_fid_of(grant->root.dentry, &grant->root_fid);
	if (err)
		goto err_free_principal;
	derive_key(grant);
	grant->flags = params->flags;
	grant->uid = params->uid;
	grant->gid = params->gid;
	grant->nr_gids = params->nr_gids;
	memcpy(grant->gids, params->gids, sizeof(u32) * params->nr_gids);
	grant->domain_len = params->domain_len;
	memcpy(grant->domain, params->domain, params->domain_len);
	strscpy(grant->access_point, params->access_point ?: "", sizeof(grant->access_point));
	dget(grant->root.dentry);
	kefs_volume_get(grant->volume);
	refcount_set(&grant->refs, 1);
	return grant;

err_free_principal:
	kfree(grant->principal);
err_free:
	kfree(grant);
	return ERR_PTR(err);
}

void kefs_grant_get(struct kefs_grant *grant)
{
	refcount_inc(&grant->refs);
}

void kefs_grant_put(struct kefs_grant *grant)
{
	if (!grant || !refcount_dec_and_test(&grant->refs))
		return;
	dput(grant->root.dentry);
	kefs_volume_put(grant->volume);	/* behind dput(): the volume is the mount's pin */
	kfree(grant->principal);
	kfree_sensitive(grant);
}

int __init kefs_grant_init(void)
{
	cred_seed = get_random_u32();
	return 0;
}

void kefs_grant_exit(void)
{
	struct cred_entry *e, *next;

	spin_lock(&cred_lock);
	list_for_each_entry_safe(e, next, &ages, age)
		entry_drop_locked(e);
	spin_unlock(&cred_lock);
	rcu_barrier();	/* entry_free_rcu() is module code */
}
