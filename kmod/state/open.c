// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include "../core/kefs.h"
#include "../files/opencache.h"
#include "client.h"
#include "deleg.h"
#include "expiry.h"
#include "fileobj.h"
#include "lock.h"
#include "lockwait.h"
#include "modes.h"
#include "open.h"
#include "owner.h"
#include "recovery.h"

static struct kmem_cache *cache;

static void free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(cache, container_of(rcu, struct kefs_open, st.rcu));
}

void kefs_open_free(struct kefs_state *st)
{
	kefs_fileobj_put(st->file);
	kefs_owner_put(st->owner);
	call_rcu(&st->rcu, free_rcu);
}

/* Not in the tables yet; takes references of its own. */
static struct kefs_open *open_alloc(struct kefs_owner *owner, struct kefs_fileobj *file)
{
	struct kefs_open *open = kmem_cache_zalloc(cache, GFP_KERNEL_ACCOUNT);

	if (!open)
		return NULL;
	refcount_set(&open->st.ref, 1);
	refcount_inc(&owner->ref);
	refcount_inc(&file->ref);
	open->st.kind = KEFS_STATE_OPEN;
	open->st.client = owner->client;
	open->st.owner = owner;
	open->st.file = file;
	INIT_LIST_HEAD(&open->on_file);
	INIT_LIST_HEAD(&open->locks);
	return open;
}

/*
 * Share modes of @open become (@access, @deny), in the file's sums, too. What I/O is allowed is read without a lock,
 * access first and then the seqid: the caller has given @open its new seqid, so that nobody takes the new modes for
 * those of the old stateid.
 */
static void set_modes_locked(struct kefs_open *open, u32 access, u32 deny)
{
	struct kefs_fileobj *file = open->st.file;
	unsigned int i;

	lockdep_assert_held(&file->lock);
	for (i = 0; i < 2; i++) {
		file->access[i] += (access >> i & 1) - (open->access >> i & 1);
		WRITE_ONCE(file->deny[i], file->deny[i] + (deny >> i & 1) - (open->deny >> i & 1));
	}
	smp_store_release(&open->access, access);
	open->deny = deny;
}

/* Opens other than @own are in the way. */
static bool conflicts_locked(const struct kefs_fileobj *file, const struct kefs_open *own, u32 access, u32 deny)
{
	unsigned int i, own_access = own ? own->access : 0, own_deny = own ? own->deny : 0;

	lockdep_assert_held(&file->lock);
	for (i = 0; i < 2; i++) {
		if (access >> i & 1 && file->deny[i] > (own_deny >> i & 1))
			return true;
		if (deny >> i & 1 && file->access[i] > (own_access >> i & 1))
			return true;
	}
	return false;
}

struct kefs_client *kefs_open_doom_one_locked(struct kefs_fileobj *file, const struct kefs_open *own, u32 access,
					      u32 deny)
{
	struct kefs_open *open;

	lockdep_assert_held(&file->lock);
	list_for_each_entry(open, &file->opens, on_file) {
		if (open == own || !(open->deny & access || open->access & deny))
			continue;
		if (kefs_client_doom(open->st.client))
			return kefs_client_get(open->st.client);
	}
	return NULL;
}

/* 0, or -KEFS_ERR_SHARE_DENIED: if *ret_doomed is set, ask again when that client is expired. */
static int check_share_locked(struct kefs_fileobj *file, const struct kefs_open *own, const struct kefs_open_args *args,
			      struct kefs_client **ret_doomed)
{
	lockdep_assert_held(&file->lock);
	if (!conflicts_locked(file, own, args->access, args->deny))
		return 0;
	*ret_doomed = kefs_open_doom_one_locked(file, own, args->access, args->deny);
	return -KEFS_ERR_SHARE_DENIED;
}

static int add_locked(struct kefs_owner *owner, struct kefs_fileobj *file, struct kefs_open **ret)
{
	struct kefs_open *open;
	int err;

	lockdep_assert_held(&file->lock);
	open = open_alloc(owner, file);
	if (!open)
		return -KEFS_ERR_DELAY;
	err = kefs_stateid_reserve(&open->st);
	if (err)
		goto err_put;
	list_add(&open->on_file, &file->opens);
	err = kefs_stateid_publish(&open->st);
	if (err)
		goto err_unreserve;
	*ret = open;
	return 0;

err_unreserve:
	list_del(&open->on_file);
	kefs_stateid_unreserve(&open->st);
err_put:
	kefs_stateid_put(&open->st);
	return err;
}

static fmode_t fmode_of(u32 access)
{
	return (access & KEFS_SHARE_READ ? FMODE_READ : 0) | (access & KEFS_SHARE_WRITE ? FMODE_WRITE : 0);
}

/*
 * Who has a delegation may have opened the file without our knowing: to read, so that a deny of reading conflicts like
 * writing does.
 */
static int break_delegs_locked(struct kefs_fileobj *file, const struct kefs_open_args *args)
{
	lockdep_assert_held(&file->lock);
	return kefs_bfile_break(file->bf, args->access & KEFS_SHARE_WRITE || args->deny & KEFS_SHARE_READ);
}

/* *ret_doomed as in check_share_locked(). */
static int open_locked(struct kefs_owner *owner, struct kefs_fileobj *file, const struct kefs_open_args *args,
		       struct kefs_stateid *ret, struct kefs_deleg_give *give, struct kefs_client **ret_doomed)
{
	struct kefs_state *st = kefs_stateid_lookup(owner, file);
	struct kefs_open *open = st ? kefs_open_of(st) : NULL;
	struct file *filp;
	int err;

	lockdep_assert_held(&file->lock);
	err = check_share_locked(file, open, args, ret_doomed);
	if (!err)
		err = break_delegs_locked(file, args);
	if (err)
		goto out;
	/* Now, so that I/O cannot fail to open it later; the bfile keeps it. */
	filp = kefs_bfile_file(file->bf, fmode_of(args->access));
	if (IS_ERR(filp)) {
		err = PTR_ERR(filp);
		goto out;
	}
	if (!open)
		err = add_locked(owner, file, &open);
	if (err)
		goto out;
	open->seen = kefs_modes_add(open->seen, args->access, args->deny);
	WRITE_ONCE(open->st.seqid, kefs_stateid_next(open->st.seqid));
	set_modes_locked(open, open->access | args->access, open->deny | args->deny);
	kefs_stateid_fill(&open->st, ret);
	kefs_deleg_offer_locked(owner->client, file, args, give);
out:
	kefs_stateid_put(st);
	return err;
}

static void expire(struct kefs_client *doomed)
{
	if (!doomed)
		return;
	kefs_client_expire(doomed);
	kefs_client_put(doomed);
}

static int open_file(struct kefs_client *client, struct kefs_fileobj *file, const struct kefs_open_args *args,
		     struct kefs_stateid *ret, struct kefs_deleg_give *give)
{
	struct kefs_owner *owner = kefs_owner_get(client, KEFS_OWNER_OPEN, args->owner, args->owner_len);
	struct kefs_client *doomed;
	int err;

	if (IS_ERR(owner))
		return PTR_ERR(owner);
	do {
		doomed = NULL;
		mutex_lock(&file->lock);
		err = kefs_recovery_intact(args->volume) ?: open_locked(owner, file, args, ret, give, &doomed);
		mutex_unlock(&file->lock);
		expire(doomed);
	} while (doomed);
	kefs_owner_put(owner);
	/* Two say that they had it: what is granted stays. */
	return args->reclaim && err == -KEFS_ERR_SHARE_DENIED ? -KEFS_ERR_RECLAIM_CONFLICT : err;
}

int kefs_open_may(struct kefs_client *client, bool reclaim)
{
	return kefs_recovery_may(client, reclaim);
}

static bool modes_valid(u32 access, u32 deny)
{
	return access && !(access & ~KEFS_SHARE_BOTH) && !(deny & ~KEFS_SHARE_BOTH);
}

int kefs_open_do(struct kefs_client *client, const struct kefs_open_args *args, struct kefs_stateid *ret,
		 struct kefs_deleg_give *give)
{
	struct kefs_fileobj *file;
	int err;

	if (!modes_valid(args->access, args->deny) || args->owner_len > KEFS_OPAQUE_MAX)
		return -EINVAL;
	err = kefs_open_may(client, args->reclaim);
	if (!err && args->deleg)
		err = kefs_deleg_check(client, args->deleg, args->volume, args->fid, args->access);
	if (err)
		return err;
	file = kefs_fileobj_get(args->volume, args->fid, args->dentry);
	if (IS_ERR(file))
		return PTR_ERR(file);
	err = open_file(client, file, args, ret, give);
	kefs_fileobj_put(file);
	return err;
}

static int would_share(struct kefs_owner *owner, struct kefs_fileobj *file, const struct kefs_open_args *args)
{
	struct kefs_client *doomed;
	struct kefs_state *st;
	int err;

	do {
		doomed = NULL;
		mutex_lock(&file->lock);
		st = owner ? kefs_stateid_lookup(owner, file) : NULL;
		err = check_share_locked(file, st ? kefs_open_of(st) : NULL, args, &doomed);
		mutex_unlock(&file->lock);
		kefs_stateid_put(st);
		expire(doomed);
	} while (doomed);
	return err;
}

int kefs_open_would_share(struct kefs_client *client, const struct kefs_open_args *args)
{
	struct kefs_fileobj *file = kefs_fileobj_find(args->volume, args->fid);
	struct kefs_owner *owner;
	int err;

	if (!file)
		return 0;
	owner = kefs_owner_find(client, KEFS_OWNER_OPEN, args->owner, args->owner_len);
	err = would_share(owner, file, args);
	kefs_owner_put(owner);
	kefs_fileobj_put(file);
	return err;
}

/* The open behind @id with its file's lock held, referenced, if @id is good for a change of it. */
static struct kefs_open *find_and_lock(struct kefs_client *client, const struct kefs_stateid *id,
				       struct kefs_volume *volume, const struct kefs_fid *fid)
{
	struct kefs_state *st = kefs_stateid_find(client, id, KEFS_STATE_OPEN, volume, fid);
	int err;

	if (IS_ERR(st))
		return ERR_CAST(st);
	mutex_lock(&st->file->lock);
	err = st->gone ? -KEFS_ERR_BAD_STATEID : kefs_stateid_check_seqid(id->seqid, st->seqid);
	if (!err)
		return kefs_open_of(st);
	mutex_unlock(&st->file->lock);
	kefs_stateid_put(st);
	return ERR_PTR(err);
}

static int downgrade_locked(struct kefs_open *open, u32 access, u32 deny)
{
	u32 all_access, all_deny;
	u16 kept;

	lockdep_assert_held(&open->st.file->lock);
	kept = kefs_modes_within(open->seen, access, deny, &all_access, &all_deny);
	if (all_access != access || all_deny != deny)
		return -EINVAL;
	open->seen = kept;
	WRITE_ONCE(open->st.seqid, kefs_stateid_next(open->st.seqid));
	set_modes_locked(open, access, deny);
	return 0;
}

int kefs_open_downgrade(struct kefs_client *client, struct kefs_stateid *id, struct kefs_volume *volume,
			const struct kefs_fid *fid, u32 access, u32 deny)
{
	struct kefs_open *open;
	int err;

	if (!modes_valid(access, deny))
		return -EINVAL;
	open = find_and_lock(client, id, volume, fid);
	if (IS_ERR(open))
		return PTR_ERR(open);
	err = downgrade_locked(open, access, deny);
	if (!err)
		kefs_stateid_fill(&open->st, id);
	mutex_unlock(&open->st.file->lock);
	kefs_stateid_put(&open->st);
	return err;
}

/* Nobody finds it by owner any more and no lock state joins it. */
static void close_locked(struct kefs_open *open)
{
	lockdep_assert_held(&open->st.file->lock);
	WRITE_ONCE(open->st.gone, true);
	set_modes_locked(open, 0, 0);
	list_del_init(&open->on_file);
	kefs_stateid_unhash(&open->st);
}

static struct kefs_lockstate *pop_lockstate(struct kefs_open *open)
{
	struct kefs_lockstate *ls;

	mutex_lock(&open->st.file->lock);
	ls = list_first_entry_or_null(&open->locks, struct kefs_lockstate, on_open);
	if (ls) {
		list_del_init(&ls->on_open);
		refcount_inc(&ls->st.ref);	/* listed, hence alive */
	}
	mutex_unlock(&open->st.file->lock);
	return ls;
}

/* The rest of closing, without locks. */
static void close_finish(struct kefs_open *open, bool nested)
{
	struct kefs_lockstate *ls;

	kefs_lockwait_drop(open);
	while ((ls = pop_lockstate(open))) {
		kefs_lock_release(ls, nested);
		kefs_stateid_put(&ls->st);
	}
	kefs_stateid_remove(&open->st);
}

int kefs_open_close(struct kefs_client *client, struct kefs_stateid *id, struct kefs_volume *volume,
		    const struct kefs_fid *fid)
{
	struct kefs_open *open = find_and_lock(client, id, volume, fid);

	if (IS_ERR(open))
		return PTR_ERR(open);
	close_locked(open);
	mutex_unlock(&open->st.file->lock);
	close_finish(open, false);
	kefs_lockwait_next(open->st.file);
	kefs_stateid_put(&open->st);
	*id = kefs_stateid_invalid;
	return 0;
}

void kefs_open_release(struct kefs_open *open)
{
	bool mine;

	mutex_lock(&open->st.file->lock);
	mine = !open->st.gone;
	if (mine)
		close_locked(open);
	mutex_unlock(&open->st.file->lock);
	if (mine)
		close_finish(open, true);
}

int __init kefs_open_init(void)
{
	cache = KMEM_CACHE(kefs_open, SLAB_HWCACHE_ALIGN);
	return cache ? 0 : -ENOMEM;
}

void kefs_open_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(cache);
}
