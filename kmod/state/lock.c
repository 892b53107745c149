// SPDX-License-Identifier: GPL-2.0
/*
 * Byte ranges are POSIX locks of the VFS, so that local users and a clustered backing store see them; the owner that
 * the VFS knows is struct kefs_owner. Splitting, merging and deadlock are its business.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "../core/kefs.h"
#include "../core/limits.h"
#include "../files/opencache.h"
#include "client.h"
#include "expiry.h"
#include "fileobj.h"
#include "lock.h"
#include "lockwait.h"
#include "open.h"
#include "owner.h"
#include "recovery.h"

#define RACES_MAX 4	/* times that a conflict may be gone when we ask for it, before the client has to ask again */

static struct kmem_cache *cache;
static atomic_t nr_ranges;
static unsigned int max_ranges;

/*
 * --- the VFS's view of an owner; under flc_lock except put_owner and expire_lock ---
 *
 * Each range that the VFS keeps takes the owner once and puts it once, however ranges split and merge: so they are
 * counted here. What it copies for who asks counts for that moment, too.
 */

static fl_owner_t get_owner(fl_owner_t data)
{
	struct kefs_owner *owner = data;

	refcount_inc(&owner->ref);
	atomic_inc(&owner->client->nr_ranges);
	atomic_inc(&nr_ranges);
	return data;
}

static void put_owner(fl_owner_t data)
{
	struct kefs_owner *owner = data;

	atomic_dec(&nr_ranges);
	atomic_dec(&owner->client->nr_ranges);
	kefs_owner_put(owner);
}

/* Somebody wants what this lock covers; may be a process of this host. */
static bool lock_expirable(struct file_lock *fl)
{
	struct kefs_owner *owner = kefs_flc(fl)->flc_owner;

	return kefs_client_doom(owner->client);
}

static const struct lock_manager_operations lock_ops = {
	.lm_mod_owner = THIS_MODULE,
	.lm_get_owner = get_owner,
	.lm_put_owner = put_owner,
	.lm_lock_expirable = lock_expirable,
	.lm_expire_lock = kefs_client_expire_doomed,
};

/* --- lock states --- */

static void free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(cache, container_of(rcu, struct kefs_lockstate, st.rcu));
}

void kefs_lock_free(struct kefs_state *st)
{
	kefs_stateid_put(&kefs_lock_of(st)->open->st);
	kefs_fileobj_put(st->file);
	kefs_owner_put(st->owner);
	call_rcu(&st->rcu, free_rcu);
}

static struct kefs_lockstate *lockstate_alloc(struct kefs_open *open, struct kefs_owner *owner)
{
	struct kefs_lockstate *ls = kmem_cache_zalloc(cache, GFP_KERNEL_ACCOUNT);

	if (!ls)
		return NULL;
	refcount_set(&ls->st.ref, 1);
	refcount_inc(&open->st.ref);
	refcount_inc(&owner->ref);
	refcount_inc(&open->st.file->ref);
	ls->open = open;
	ls->st.kind = KEFS_STATE_LOCK;
	ls->st.client = owner->client;
	ls->st.owner = owner;
	ls->st.file = open->st.file;
	INIT_LIST_HEAD(&ls->on_open);
	mutex_init(&ls->lock);
	return ls;
}

/* A new one, published, with a reference for the caller. */
static struct kefs_lockstate *add_locked(struct kefs_open *open, struct kefs_owner *owner)
{
	struct kefs_lockstate *ls;
	int err;

	lockdep_assert_held(&open->st.file->lock);
	ls = lockstate_alloc(open, owner);
	if (!ls)
		return ERR_PTR(-KEFS_ERR_DELAY);
	err = kefs_stateid_reserve(&ls->st);
	if (err)
		goto err_put;
	refcount_inc(&ls->st.ref);
	err = kefs_stateid_publish(&ls->st);
	if (err)
		goto err_unreserve;
	list_add(&ls->on_open, &open->locks);
	return ls;

err_unreserve:
	kefs_stateid_unreserve(&ls->st);
	kefs_stateid_put(&ls->st);
err_put:
	kefs_stateid_put(&ls->st);
	return ERR_PTR(err);
}

static struct kefs_lockstate *get_locked(struct kefs_open *open, u32 seqid, struct kefs_owner *owner, bool *ret_new)
{
	struct kefs_state *st;
	int err;

	lockdep_assert_held(&open->st.file->lock);
	err = open->st.gone ? -KEFS_ERR_BAD_STATEID : kefs_stateid_check_seqid(seqid, open->st.seqid);
	if (err)
		return ERR_PTR(err);
	st = kefs_stateid_lookup(owner, open->st.file);
	*ret_new = !st;
	return st ? kefs_lock_of(st) : add_locked(open, owner);
}

/* open_to_lock_owner4: the lock state of (owner, file), made if need be, referenced. */
static struct kefs_lockstate *find_by_open(struct kefs_client *client, const struct kefs_lock_args *args,
					   u32 *ret_access, bool *ret_new)
{
	struct kefs_lockstate *ls;
	struct kefs_owner *owner;
	struct kefs_state *st;

	if (args->owner_len > KEFS_OPAQUE_MAX)
		return ERR_PTR(-EINVAL);
	st = kefs_stateid_find(client, &args->stateid, KEFS_STATE_OPEN, args->volume, args->fid);
	if (IS_ERR(st))
		return ERR_CAST(st);
	owner = kefs_owner_get(client, KEFS_OWNER_LOCK, args->owner, args->owner_len);
	if (IS_ERR(owner)) {
		kefs_stateid_put(st);
		return ERR_CAST(owner);
	}
	mutex_lock(&st->file->lock);
	*ret_access = kefs_open_of(st)->access;
	ls = get_locked(kefs_open_of(st), args->stateid.seqid, owner, ret_new);
	mutex_unlock(&st->file->lock);
	kefs_owner_put(owner);
	kefs_stateid_put(st);
	return ls;
}

/* The lock state behind a lock stateid, referenced. */
static struct kefs_lockstate *find_by_id(struct kefs_client *client, const struct kefs_lock_args *args)
{
	struct kefs_state *st;

	st = kefs_stateid_find(client, &args->stateid, KEFS_STATE_LOCK, args->volume, args->fid);
	return IS_ERR(st) ? ERR_CAST(st) : kefs_lock_of(st);
}

/* --- ranges --- */

struct byte_range {
	loff_t start, end;
};

/*
 * RFC 8881 §18.10.3. Offsets of the VFS have 63 bits. A range that goes on behind them must go to the end of all, or it
 * would be confused with others there: an unlock of the one would be one of the other, too.
 */
static int range_from(u64 offset, u64 length, struct byte_range *ret)
{
	u64 last = length == U64_MAX ? U64_MAX : offset + length - 1;

	if (!length || (length != U64_MAX && length > U64_MAX - offset))
		return -EINVAL;
	if (offset > OFFSET_MAX || (last > OFFSET_MAX && last < U64_MAX - 1))
		return -KEFS_ERR_BAD_RANGE;
	ret->start = offset;
	ret->end = min_t(u64, last, OFFSET_MAX);
	return 0;
}

/* For the VFS; @owner is not referenced by it. */
static void describe(struct file_lock *fl, struct file *filp, void *owner, const struct byte_range *range, int type)
{
	locks_init_lock(fl);
	kefs_flc(fl)->flc_type = type;
	kefs_flc(fl)->flc_flags = FL_POSIX;
	kefs_flc(fl)->flc_owner = owner;
	kefs_flc(fl)->flc_pid = current->tgid;
	kefs_flc(fl)->flc_file = filp;
	fl->fl_start = range->start;
	fl->fl_end = range->end;
}

/*
 * May the client have more ranges? As with stateids it has at most what is left for others. Looked at before the VFS is
 * called, so there may be two more of them for each thread.
 */
static bool room_for_ranges(const struct kefs_client *client)
{
	unsigned int own = atomic_read(&client->nr_ranges), all = atomic_read(&nr_ranges);

	return all < max_ranges && (own < KEFS_RANGES_ASSURED || own < max_ranges - all);
}

static void fill_denied(const struct file_lock *fl, struct kefs_lock_denied *denied)
{
	struct kefs_owner *owner = kefs_flc(fl)->flc_owner;

	*denied = (struct kefs_lock_denied){
		.offset = fl->fl_start,
		.length = fl->fl_end == OFFSET_MAX ? U64_MAX : fl->fl_end - fl->fl_start + 1,
		.write = kefs_flc(fl)->flc_type == F_WRLCK,
	};
	if (fl->fl_lmops != &lock_ops)
		return;
	refcount_inc(&owner->ref);
	denied->who = owner;
	denied->clientid = owner->client->id;
	denied->owner = owner->data;
	denied->owner_len = owner->len;
}

void kefs_lock_denied_put(struct kefs_lock_denied *denied)
{
	kefs_owner_put(denied->who);
	denied->who = NULL;
}

/* Errors of the VFS as the protocol has them for LOCK and LOCKU; -EAGAIN stays. */
static int lock_error(int err)
{
	switch (err) {
	case -EACCES:
		return -EAGAIN;
	case -ENOMEM:
	case -ENOLCK:
		return -KEFS_ERR_DELAY;
	case -EOPNOTSUPP:
		return -KEFS_ERR_LOCK_NOTSUPP;
	default:
		/* FILE_LOCK_DEFERRED: not for who does not wait. */
		return err > 0 ? -EAGAIN : err;
	}
}

/* Does the owner have a range for which @is holds? There is no cheaper way to know, as ranges split and merge. */
static bool any_range_locked(struct kefs_lockstate *ls, const struct byte_range *range,
			     bool (*is)(const struct file_lock *fl, const struct byte_range *range))
{
	struct file_lock_context *ctx;
	struct file_lock *fl;
	bool found = false;

	lockdep_assert_held(&ls->lock);
	ctx = ls->filp ? locks_inode_context(file_inode(ls->filp)) : NULL;
	if (!ctx)
		return false;
	spin_lock(&ctx->flc_lock);
	kefs_for_each_posix_lock(fl, ctx) {
		if (kefs_flc(fl)->flc_owner == (fl_owner_t)ls->st.owner && is(fl, range)) {
			found = true;
			break;
		}
	}
	spin_unlock(&ctx->flc_lock);
	return found;
}

static bool is_any(const struct file_lock *fl, const struct byte_range *unused)
{
	return true;
}

static bool goes_beyond(const struct file_lock *fl, const struct byte_range *range)
{
	return fl->fl_start < range->start && fl->fl_end > range->end;
}

/* Is somebody in the way? -KEFS_ERR_DENIED, with @denied. */
static int test(struct file *filp, void *owner, const struct byte_range *range, int type,
		struct kefs_lock_denied *denied)
{
	struct file_lock *fl = locks_alloc_lock();
	int err;

	if (!fl)
		return -KEFS_ERR_DELAY;
	describe(fl, filp, owner, range, type);
	err = lock_error(vfs_test_lock(filp, fl));
	if (err == -EAGAIN)	/* not to be told from a lock state that went, and asked for again without end */
		err = -KEFS_ERR_DELAY;
	if (!err && kefs_flc(fl)->flc_type != F_UNLCK) {
		fill_denied(fl, denied);
		err = -KEFS_ERR_DENIED;
	}
	locks_free_lock(fl);	/* and the reference to the owner that it found */
	return err;
}

bool kefs_lock_is_free(struct kefs_fileobj *file, struct kefs_owner *owner, loff_t start, loff_t end, bool write)
{
	/* It was opened so when the LOCK came that was denied, and the backing file keeps it. */
	struct file *filp = kefs_bfile_file(file->bf, write ? FMODE_WRITE : FMODE_READ);
	struct byte_range range = { .start = start, .end = end };
	struct kefs_lock_denied denied;
	int err;

	if (IS_ERR(filp))
		return false;
	err = test(filp, owner, &range, write ? F_WRLCK : F_RDLCK, &denied);
	if (err == -KEFS_ERR_DENIED)
		kefs_lock_denied_put(&denied);
	return !err;
}

/* One change of the owner's ranges. */
static int set(struct file *filp, struct kefs_owner *owner, const struct byte_range *range, int type)
{
	struct file_lock *fl = locks_alloc_lock();
	int err;

	if (!fl)
		return -KEFS_ERR_DELAY;
	describe(fl, filp, get_owner(owner), range, type);
	fl->fl_lmops = &lock_ops;
	err = lock_error(vfs_lock_file(filp, F_SETLK, fl, NULL));
	locks_free_lock(fl);
	return err;
}

static void unlock_all_locked(struct kefs_lockstate *ls)
{
	struct byte_range all = { .start = 0, .end = OFFSET_MAX };
	struct file_lock fl;

	lockdep_assert_held(&ls->lock);
	if (!ls->filp)
		return;
	describe(&fl, ls->filp, ls->st.owner, &all, F_UNLCK);
	/* Local locks need no memory for this. What a cluster does with it, nobody can mend here. */
	vfs_lock_file(ls->filp, F_SETLK, &fl, NULL);
	kefs_lockwait_freed(ls->st.file);
}

/* --- operations --- */

static int set_or_deny(struct kefs_lockstate *ls, const struct byte_range *range, int type,
		       struct kefs_lock_denied *denied)
{
	int tries, err = 0;

	lockdep_assert_held(&ls->lock);
	for (tries = 0; tries < RACES_MAX; tries++) {
		err = set(ls->filp, ls->st.owner, range, type);
		if (err != -EAGAIN)
			return err;
		err = test(ls->filp, ls->st.owner, range, type, denied);
		if (err)
			return err;
	}
	return -KEFS_ERR_DELAY;
}

/* In turn: not what is kept for another that waited for it. */
static int lock_in_turn(struct kefs_lockstate *ls, const struct kefs_lock_args *args, const struct byte_range *range,
			struct kefs_lock_denied *denied)
{
	struct kefs_lock_want want = {
		.start = range->start, .end = range->end, .write = args->write, .fh = args->fh,
	};
	int err;

	lockdep_assert_held(&ls->lock);
	err = kefs_lockwait_check(ls, &want, denied);
	if (!err)
		err = set_or_deny(ls, range, args->write ? F_WRLCK : F_RDLCK, denied);
	if (err == -KEFS_ERR_DENIED && args->fh)
		kefs_lockwait_add(ls, &want);
	else if (!err)
		kefs_lockwait_done(ls);
	return err;
}

static int lock_locked(struct kefs_lockstate *ls, const struct kefs_lock_args *args, const struct byte_range *range,
		       struct kefs_lock_denied *denied)
{
	struct file *filp;
	int err;

	lockdep_assert_held(&ls->lock);
	/* The second: a CLOSE has begun that will release this one. */
	if (ls->st.gone || READ_ONCE(ls->open->st.gone))
		return args->new_owner ? -EAGAIN : -KEFS_ERR_BAD_STATEID;
	if (!args->new_owner) {
		err = ls->st.seqid ? kefs_stateid_check_seqid(args->stateid.seqid, ls->st.seqid) : -KEFS_ERR_BAD_STATEID;
		if (err)
			return err;
	}
	if (!room_for_ranges(ls->st.client))
		return -EDQUOT;
	filp = kefs_bfile_file(ls->st.file->bf, args->write ? FMODE_WRITE : FMODE_READ);
	if (IS_ERR(filp))
		return filp == ERR_PTR(-EAGAIN) ? -KEFS_ERR_DELAY : PTR_ERR(filp);
	ls->filp = filp;
	err = lock_in_turn(ls, args, range, denied);
	if (!err) {
		/* The VFS may have made room by expiring a client that could then not be forgotten. */
		err = kefs_recovery_intact(args->volume);
		if (err)
			set(ls->filp, ls->st.owner, range, F_UNLCK);
	}
	if (!err)
		WRITE_ONCE(ls->st.seqid, kefs_stateid_next(ls->st.seqid));
	return err;
}

/* Out of the hash while ls->lock is held: who waits for it and finds it gone finds a new one when it looks again. */
static void retire_locked(struct kefs_lockstate *ls)
{
	lockdep_assert_held(&ls->lock);
	ls->st.gone = true;
	mutex_lock(&ls->st.file->lock);
	list_del_init(&ls->on_open);
	kefs_stateid_unhash(&ls->st);
	mutex_unlock(&ls->st.file->lock);
}

/* Made for a LOCK that then failed: nobody was told its stateid, unless another LOCK of the owner found it. */
static void drop_unused(struct kefs_lockstate *ls)
{
	bool mine;

	mutex_lock(&ls->lock);
	mine = !ls->st.gone && !ls->st.seqid;
	if (mine)
		retire_locked(ls);
	mutex_unlock(&ls->lock);
	if (mine)
		kefs_stateid_remove(&ls->st);
}

/* -EAGAIN: the lock state went while we came; look again. */
static int lock_once(struct kefs_client *client, const struct kefs_lock_args *args, const struct byte_range *range,
		     struct kefs_stateid *ret, struct kefs_lock_denied *denied)
{
	struct kefs_lockstate *ls;
	bool is_new = false;
	u32 access = 0;
	int err = 0;

	ls = args->new_owner ? find_by_open(client, args, &access, &is_new) : find_by_id(client, args);
	if (IS_ERR(ls))
		return PTR_ERR(ls);
	if (!args->new_owner)
		access = kefs_open_access(ls->open);
	if (!access)
		err = -KEFS_ERR_BAD_STATEID;
	else if (!(access & (args->write ? KEFS_SHARE_WRITE : KEFS_SHARE_READ)))
		err = -KEFS_ERR_OPENMODE;
	if (!err) {
		mutex_lock(&ls->lock);
		err = lock_locked(ls, args, range, denied);
		if (!err)
			kefs_stateid_fill(&ls->st, ret);
		mutex_unlock(&ls->lock);
	}
	if (err && is_new)
		drop_unused(ls);
	kefs_stateid_put(&ls->st);
	return err;
}

int kefs_lock_do(struct kefs_client *client, const struct kefs_lock_args *args, struct kefs_stateid *ret,
		 struct kefs_lock_denied *denied)
{
	struct byte_range range;
	int err;

	err = range_from(args->offset, args->length, &range);
	if (!err)
		err = kefs_recovery_may(client, args->reclaim);
	if (err)
		return err;
	do {
		cond_resched();
		err = lock_once(client, args, &range, ret, denied);
	} while (err == -EAGAIN);
	if (args->reclaim && err == -KEFS_ERR_DENIED) {
		kefs_lock_denied_put(denied);
		err = -KEFS_ERR_RECLAIM_CONFLICT;
	}
	return err;
}

int kefs_lock_test(struct kefs_client *client, const struct kefs_lock_args *args, struct kefs_lock_denied *denied)
{
	struct kefs_owner *owner;
	struct kefs_bfile *bf;
	struct byte_range range;
	struct file *filp;
	int err;

	err = range_from(args->offset, args->length, &range) ?: kefs_recovery_settled(args->volume);
	if (err)
		return err;
	bf = kefs_bfile_get(args->volume, args->fid, args->dentry);
	if (IS_ERR(bf))
		return PTR_ERR(bf);
	/* Who has a delegation to write locks without asking (RFC 8881 §10.4.2): by the time it is back he has told. */
	err = kefs_bfile_break(bf, false);
	filp = err ? ERR_PTR(err) : kefs_bfile_file(bf, FMODE_READ);
	if (IS_ERR(filp)) {
		err = PTR_ERR(filp);
	} else {
		owner = kefs_owner_find(client, KEFS_OWNER_LOCK, args->owner, args->owner_len);
		/* An owner that is not known holds nothing; this address is nobody's. */
		err = test(filp, owner ? (void *)owner : &range, &range, args->write ? F_WRLCK : F_RDLCK, denied);
		kefs_owner_put(owner);
	}
	kefs_bfile_put(bf);
	return err;
}

static int undo_locked(struct kefs_lockstate *ls, const struct kefs_lock_args *args, const struct byte_range *range)
{
	int err;

	lockdep_assert_held(&ls->lock);
	/* No seqid yet: its first LOCK has not come so far, nobody was told of it, and who names it has guessed. */
	if (ls->st.gone || !ls->st.seqid)
		return -KEFS_ERR_BAD_STATEID;
	err = kefs_stateid_check_seqid(args->stateid.seqid, ls->st.seqid);
	/* A hole makes two ranges of one. */
	if (!err && !room_for_ranges(ls->st.client) && any_range_locked(ls, range, goes_beyond))
		err = -EDQUOT;
	if (!err)
		err = set(ls->filp, ls->st.owner, range, F_UNLCK);
	if (!err)
		WRITE_ONCE(ls->st.seqid, kefs_stateid_next(ls->st.seqid));
	return err;
}

int kefs_lock_undo(struct kefs_client *client, const struct kefs_lock_args *args, struct kefs_stateid *ret)
{
	struct kefs_lockstate *ls;
	struct byte_range range;
	int err;

	err = range_from(args->offset, args->length, &range);
	if (err)
		return err;
	ls = find_by_id(client, args);
	if (IS_ERR(ls))
		return PTR_ERR(ls);
	mutex_lock(&ls->lock);
	err = undo_locked(ls, args, &range);
	if (!err)
		kefs_stateid_fill(&ls->st, ret);
	mutex_unlock(&ls->lock);
	kefs_lockwait_next(ls->st.file);
	kefs_stateid_put(&ls->st);
	return err == -EAGAIN ? -KEFS_ERR_DELAY : err;
}

/* --- the end of lock states --- */

void kefs_lock_release(struct kefs_lockstate *ls, bool nested)
{
	bool mine;

	mutex_lock_nested(&ls->lock, nested ? SINGLE_DEPTH_NESTING : 0);
	mine = !ls->st.gone;
	if (mine) {
		unlock_all_locked(ls);
		retire_locked(ls);
	}
	mutex_unlock(&ls->lock);
	if (mine)
		kefs_stateid_remove(&ls->st);
}

static int free_locked(struct kefs_lockstate *ls, u32 seqid)
{
	int err;

	lockdep_assert_held(&ls->lock);
	err = ls->st.gone ? -KEFS_ERR_BAD_STATEID : kefs_stateid_check_seqid(seqid, ls->st.seqid);
	if (!err && any_range_locked(ls, NULL, is_any))
		err = -KEFS_ERR_LOCKS_HELD;
	if (!err)
		retire_locked(ls);
	return err;
}

int kefs_lock_free_unheld(struct kefs_lockstate *ls, u32 seqid)
{
	int err;

	mutex_lock(&ls->lock);
	err = free_locked(ls, seqid);
	mutex_unlock(&ls->lock);
	if (!err)
		kefs_stateid_remove(&ls->st);
	return err;
}

int __init kefs_lock_init(void)
{
	max_ranges = max(totalram_pages() >> (20 - PAGE_SHIFT), 1ul) * KEFS_RANGES_PER_MIB;
	cache = KMEM_CACHE(kefs_lockstate, SLAB_HWCACHE_ALIGN);
	return cache ? 0 : -ENOMEM;
}

void kefs_lock_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(cache);
}
