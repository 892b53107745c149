// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include "../core/kefs.h"
#include "../core/limits.h"
#include "../files/opencache.h"
#include "client.h"
#include "deleg.h"
#include "expiry.h"
#include "fileobj.h"
#include "lock.h"
#include "open.h"
#include "owner.h"
#include "recovery.h"
#include "stateid.h"

#define ONES4 0xff, 0xff, 0xff, 0xff

const struct kefs_stateid kefs_stateid_anonymous;
const struct kefs_stateid kefs_stateid_bypass = { .seqid = U32_MAX, .other = { ONES4, ONES4, ONES4 } };
const struct kefs_stateid kefs_stateid_current = { .seqid = 1 };
const struct kefs_stateid kefs_stateid_invalid = { .seqid = U32_MAX };

static_assert(offsetof(struct kefs_state, file) == offsetof(struct kefs_state, owner) + sizeof(void *));

struct state_key {
	const struct kefs_owner *owner;
	const struct kefs_fileobj *file;
};

static const struct rhashtable_params params = {
	.head_offset = offsetof(struct kefs_state, node),
	.key_offset = offsetof(struct kefs_state, owner),
	.key_len = sizeof(struct state_key),
	.automatic_shrinking = true,
};

static struct rhashtable states;
static atomic_t nr_opens, nr_locks;
static unsigned int max_states;			/* opens and locks */

bool kefs_stateid_special(const struct kefs_stateid *id)
{
	return !memcmp(id->other, kefs_stateid_anonymous.other, sizeof(id->other)) ||
	       !memcmp(id->other, kefs_stateid_bypass.other, sizeof(id->other));
}

int kefs_stateid_check_seqid(u32 given, u32 current_seqid)
{
	if (!given || given == current_seqid)
		return 0;
	return (s32)(given - current_seqid) > 0 ? -KEFS_ERR_BAD_STATEID : -KEFS_ERR_OLD_STATEID;
}

void kefs_stateid_fill(const struct kefs_state *st, struct kefs_stateid *id)
{
	id->seqid = st->seqid;
	put_unaligned_be64(st->client->id, id->other);
	put_unaligned_be32(st->index, id->other + 8);
}

/* Of any kind, revoked or not; referenced, or NULL. */
static struct kefs_state *find_any(struct kefs_client *client, const struct kefs_stateid *id)
{
	struct kefs_state *st;

	/* Another client's, another life's, or special: the latter have no such client id. */
	if (get_unaligned_be64(id->other) != client->id)
		return NULL;
	rcu_read_lock();
	st = xa_load(&client->states, get_unaligned_be32(id->other + 8));
	if (st && !refcount_inc_not_zero(&st->ref))
		st = NULL;
	rcu_read_unlock();
	return st;
}

struct kefs_state *kefs_stateid_find(struct kefs_client *client, const struct kefs_stateid *id, unsigned int kinds,
				     struct kefs_volume *volume, const struct kefs_fid *fid)
{
	struct kefs_state *st = find_any(client, id);
	int err = -KEFS_ERR_BAD_STATEID;

	if (!st)
		return ERR_PTR(err);
	if (st->kind & kinds && (!fid || kefs_fileobj_is(st->file, volume, fid)))
		err = READ_ONCE(st->revoked);
	if (!err)
		return st;
	kefs_stateid_put(st);
	return ERR_PTR(err);
}

struct kefs_state *kefs_stateid_lookup(struct kefs_owner *owner, struct kefs_fileobj *file)
{
	struct state_key key = { .owner = owner, .file = file };
	struct kefs_state *st;

	lockdep_assert_held(&file->lock);
	st = rhashtable_lookup_fast(&states, &key, params);
	if (st)
		refcount_inc(&st->ref);
	return st;
}

struct kefs_state *kefs_stateid_next_of(struct kefs_client *client, unsigned int kinds, unsigned long *index)
{
	struct kefs_state *st;

	rcu_read_lock();
	do {
		st = xa_find_after(&client->states, index, U32_MAX, XA_PRESENT);
	} while (st && (!(st->kind & kinds) || !refcount_inc_not_zero(&st->ref)));
	rcu_read_unlock();
	return st;
}

/* A client has at most what is left for others: the second of them that wants everything gets half of it. */
static bool room_for(const struct kefs_state *st)
{
	unsigned int opens = atomic_read(&st->client->nr_opens), locks = atomic_read(&st->client->nr_locks);
	unsigned int all = kefs_stateid_opens() + kefs_stateid_locks();

	if (st->kind == KEFS_STATE_DELEG)	/* deleg.c counts them, and keeps the client's opens few */
		return true;
	if (st->kind == KEFS_STATE_OPEN ? opens >= KEFS_OPENS_PER_CLIENT : locks >= KEFS_LOCKS_PER_CLIENT)
		return false;
	return all < max_states && (opens + locks < KEFS_STATES_ASSURED || opens + locks < max_states - all);
}

bool kefs_stateid_crowded(void)
{
	return kefs_stateid_opens() + kefs_stateid_locks() > max_states / 4 * 3;
}

int kefs_stateid_reserve(struct kefs_state *st)
{
	struct kefs_client *client = st->client;

	if (!room_for(st))
		return -EDQUOT;
	if (xa_alloc_cyclic(&client->states, &st->index, NULL, xa_limit_32b, &client->next_state,
			    GFP_KERNEL_ACCOUNT) < 0)
		return -KEFS_ERR_DELAY;
	return 0;
}

void kefs_stateid_unreserve(struct kefs_state *st)
{
	xa_erase(&st->client->states, st->index);
}

static void count(struct kefs_state *st, int n)
{
	if (st->kind == KEFS_STATE_OPEN) {
		atomic_add(n, &st->client->nr_opens);
		atomic_add(n, &nr_opens);
	} else if (st->kind == KEFS_STATE_LOCK) {
		atomic_add(n, &st->client->nr_locks);
		atomic_add(n, &nr_locks);
	} else {
		atomic_add(n, &st->client->nr_delegs);
	}
}

int kefs_stateid_publish(struct kefs_state *st)
{
	struct kefs_client *client = st->client;
	int err = 0;

	lockdep_assert_held(&st->file->lock);
	if (st->owner && rhashtable_insert_fast(&states, &st->node, params))
		return -KEFS_ERR_DELAY;
	spin_lock(&client->lock);
	if (client->dead)
		err = -KEFS_ERR_EXPIRED;
	else	/* the entry is reserved: needs no memory */
		xa_store(&client->states, st->index, st, GFP_NOWAIT);
	spin_unlock(&client->lock);
	if (!err)
		count(st, 1);
	else if (st->owner)
		rhashtable_remove_fast(&states, &st->node, params);
	return err;
}

void kefs_stateid_unhash(struct kefs_state *st)
{
	lockdep_assert_held(&st->file->lock);
	rhashtable_remove_fast(&states, &st->node, params);
}

void kefs_stateid_remove(struct kefs_state *st)
{
	xa_erase(&st->client->states, st->index);
	count(st, -1);
	kefs_stateid_put(st);
}

void kefs_stateid_put(struct kefs_state *st)
{
	if (!st || !refcount_dec_and_test(&st->ref))
		return;
	if (st->kind == KEFS_STATE_OPEN)
		kefs_open_free(st);
	else if (st->kind == KEFS_STATE_LOCK)
		kefs_lock_free(st);
	else
		kefs_deleg_free(st);
}

/* Share reservations against I/O without an open; courteous clients do not count. */
static int check_deny(struct kefs_volume *volume, const struct kefs_fid *fid, u32 want)
{
	struct kefs_fileobj *file = kefs_fileobj_find(volume, fid);
	struct kefs_client *doomed;
	bool denied = false;
	int err = 0;

	if (!file)
		return 0;
	while (!err && kefs_fileobj_denies(file, want)) {
		mutex_lock(&file->lock);
		doomed = kefs_open_doom_one_locked(file, NULL, want, 0);
		denied = !doomed && kefs_fileobj_denies(file, want);
		mutex_unlock(&file->lock);
		if (denied)
			break;
		if (doomed) {
			kefs_client_expire(doomed);
			kefs_client_put(doomed);
			err = kefs_recovery_intact(volume);
		}
	}
	kefs_fileobj_put(file);
	return denied ? -KEFS_ERR_LOCKED : err;
}

static int io_special(const struct kefs_stateid *id, struct kefs_volume *volume, const struct kefs_fid *fid,
		      struct dentry *dentry, u32 want, struct kefs_io_pin *pin)
{
	bool bypass = kefs_stateid_equal(id, &kefs_stateid_bypass);
	struct kefs_bfile *bf;
	int err;

	if (!bypass && !kefs_stateid_equal(id, &kefs_stateid_anonymous))
		return -KEFS_ERR_BAD_STATEID;
	/* To write, bypass is anonymous (RFC 8881 §8.2.3). In grace nobody knows yet who denies what. */
	if (!bypass || want & KEFS_SHARE_WRITE) {
		err = kefs_recovery_settled(volume) ?: check_deny(volume, fid, want);
		if (err)
			return err;
	}
	bf = kefs_bfile_get(volume, fid, dentry);
	if (IS_ERR(bf))
		return PTR_ERR(bf);
	err = kefs_bfile_break(bf, want & KEFS_SHARE_WRITE);
	if (err) {
		kefs_bfile_put(bf);
		return err;
	}
	pin->bf = bf;
	pin->st = NULL;
	return 0;
}

/* A lock stateid allows what its open does. */
static u32 access_of(struct kefs_state *st)
{
	if (st->kind == KEFS_STATE_OPEN)
		return kefs_open_access(kefs_open_of(st));
	if (st->kind == KEFS_STATE_LOCK)
		return kefs_open_access(kefs_lock_of(st)->open);
	return kefs_deleg_of(st)->type == KEFS_DELEG_WRITE ? KEFS_SHARE_BOTH : KEFS_SHARE_READ;
}

int kefs_stateid_io(struct kefs_client *client, const struct kefs_stateid *id, struct kefs_volume *volume,
		    const struct kefs_fid *fid, struct dentry *dentry, u32 want, struct kefs_io_pin *pin)
{
	struct kefs_state *st;
	u32 access;
	int err;

	if (unlikely(kefs_stateid_special(id)))
		return io_special(id, volume, fid, dentry, want, pin);
	st = kefs_stateid_find(client, id, KEFS_STATE_OPEN | KEFS_STATE_LOCK | KEFS_STATE_DELEG, volume, fid);
	if (IS_ERR(st))
		return PTR_ERR(st);
	access = access_of(st);
	err = access ? kefs_stateid_check_seqid(id->seqid, READ_ONCE(st->seqid)) : -KEFS_ERR_BAD_STATEID;
	if (!err && want & ~access)
		err = -KEFS_ERR_OPENMODE;
	if (err) {
		kefs_stateid_put(st);
		return err;
	}
	pin->bf = st->file->bf;		/* the file's reference, which st keeps */
	pin->st = st;
	return 0;
}

void kefs_stateid_io_end(struct kefs_io_pin *pin)
{
	if (pin->st)
		kefs_stateid_put(pin->st);
	else
		kefs_bfile_put(pin->bf);
}

int kefs_stateid_test(struct kefs_client *client, const struct kefs_stateid *id)
{
	struct kefs_state *st = kefs_stateid_find(client, id, ~0u, NULL, NULL);
	int err;

	if (IS_ERR(st))
		return PTR_ERR(st);
	err = kefs_stateid_check_seqid(id->seqid, READ_ONCE(st->seqid));
	kefs_stateid_put(st);
	return err;
}

int kefs_stateid_free(struct kefs_client *client, const struct kefs_stateid *id)
{
	struct kefs_state *st = find_any(client, id);
	int err;

	if (!st)
		return -KEFS_ERR_BAD_STATEID;
	err = kefs_stateid_check_seqid(id->seqid, READ_ONCE(st->seqid));
	if (st->kind == KEFS_STATE_LOCK)
		err = kefs_lock_free_unheld(kefs_lock_of(st), id->seqid);
	else if (!err && st->kind == KEFS_STATE_DELEG)
		err = kefs_deleg_free_revoked(kefs_deleg_of(st));
	else if (!err)
		err = -KEFS_ERR_LOCKS_HELD;
	kefs_stateid_put(st);
	return err;
}

unsigned int kefs_stateid_opens(void)
{
	return atomic_read(&nr_opens);
}

unsigned int kefs_stateid_locks(void)
{
	return atomic_read(&nr_locks);
}

int __init kefs_stateid_init(void)
{
	max_states = max(totalram_pages() >> (20 - PAGE_SHIFT), 1ul) * KEFS_STATES_PER_MIB;
	return rhashtable_init(&states, &params);
}

void kefs_stateid_exit(void)
{
	rhashtable_destroy(&states);
}
