// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include "../core/kefs.h"
#include "../core/stats.h"
#include "../files/grant.h"
#include "../files/opencache.h"
#include "client.h"
#include "deleg.h"
#include "fileobj.h"
#include "history.h"
#include "open.h"
#include "recall.h"
#include "recovery.h"

#define HISTORY_LOCKS 64

static struct kmem_cache *cache;
static atomic_t nr_delegs, nr_writers;	/* nr_writers: not gone, for writing */
static unsigned int max_delegs;
static struct kefs_history *history;
static spinlock_t history_locks[HISTORY_LOCKS];	/* by set */
static unsigned long started;			/* jiffies; the history counts seconds from here */

/* --- history --- */

static u64 history_key(const struct kefs_fileobj *file)
{
	const struct kefs_fid *fid = &file->key.fid;

	BUILD_BUG_ON(KEFS_HISTORY_SETS % HISTORY_LOCKS);
	return siphash_2u64(file->key.volume->id, (u64)kefs_fid_hash(fid, 0) << 32 | kefs_fid_hash(fid, 1),
			    &file->key.volume->key);
}

static spinlock_t *history_lock(u64 key)
{
	return &history_locks[kefs_history_set(key) % HISTORY_LOCKS];
}

static u32 history_now(void)
{
	return (u32)((jiffies - started) / HZ) + 1;
}

/* Notes an open. True: a delegation is likely to pay. */
static bool note_open(const struct kefs_client *client, const struct kefs_fileobj *file, bool write,
		      bool *ret_contended)
{
	u64 key = history_key(file);
	u32 now = history_now();
	bool pays;

	spin_lock(history_lock(key));
	pays = kefs_history_open(history, key, client->who, write, now);
	*ret_contended = kefs_history_contended(history, key, now);
	spin_unlock(history_lock(key));
	return pays;
}

void kefs_deleg_note_conflict(const struct kefs_deleg *deleg)
{
	u64 key = history_key(deleg->st.file);

	spin_lock(history_lock(key));
	kefs_history_recall(history, key, history_now());
	spin_unlock(history_lock(key));
}

/* --- giving one --- */

static void free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(cache, container_of(rcu, struct kefs_deleg, st.rcu));
}

void kefs_deleg_free(struct kefs_state *st)
{
	kefs_fileobj_put(st->file);
	kefs_client_put(st->client);
	atomic_dec(&nr_delegs);
	call_rcu(&st->rcu, free_rcu);
}

static struct kefs_deleg *deleg_alloc(struct kefs_client *client, struct kefs_fileobj *file,
				      const struct kefs_deleg_ask *ask, enum kefs_deleg_type type)
{
	struct kefs_deleg *deleg = kmem_cache_zalloc(cache, GFP_KERNEL_ACCOUNT);
	const struct kefs_slot *slot = ask->slot;

	if (!deleg)
		return NULL;
	refcount_set(&deleg->st.ref, 1);
	refcount_inc(&file->ref);
	deleg->st.kind = KEFS_STATE_DELEG;
	deleg->st.seqid = 1;
	deleg->st.client = kefs_client_get(client);
	deleg->st.file = file;
	deleg->type = type;
	kefs_fh_encode(&deleg->fh, file->key.volume->id, &file->key.fid, &ask->grant->fh_key);
	memcpy(deleg->session, slot->session->id, sizeof(deleg->session));
	deleg->slotid = slot - slot->session->slots;
	deleg->slot_seqid = slot->seqid;
	INIT_LIST_HEAD(&deleg->on_file);
	INIT_LIST_HEAD(&deleg->recall);
	INIT_LIST_HEAD(&deleg->waiters);
	atomic_inc(&nr_delegs);
	return deleg;
}

/* Not for its client any more; the lease goes. */
static void retire_locked(struct kefs_deleg *deleg)
{
	lockdep_assert_held(&deleg->st.file->lock);
	deleg->st.gone = true;
	if (!list_empty(&deleg->on_file)) {
		list_del_init(&deleg->on_file);
		deleg->st.file->nr_delegs--;
		if (deleg->type == KEFS_DELEG_WRITE)
			atomic_dec(&nr_writers);
	}
	kefs_recall_unlease(deleg);
}

/* The lease, then a look whether a writer came before it: one that comes later finds it. */
static int lease_locked(struct kefs_deleg *deleg)
{
	struct kefs_bfile *bf = deleg->st.file->bf;
	bool runs;
	int err;

	lockdep_assert_held(&deleg->st.file->lock);
	deleg->filp = kefs_bfile_file(bf, deleg->type == KEFS_DELEG_WRITE ? FMODE_WRITE : FMODE_READ);
	if (IS_ERR(deleg->filp))
		return PTR_ERR(deleg->filp);
	err = kefs_recall_lease(deleg);
	if (err)
		return err;
	smp_mb();	/* pairs with the one in break_lease(): a writer counts itself, then looks for leases */
	if (kefs_bfile_written_elsewhere(bf, &runs) || (runs && deleg->type == KEFS_DELEG_WRITE)) {
		deleg->st.gone = true;
		kefs_recall_unlease(deleg);
		kefs_recall_over(deleg);
		return -EAGAIN;
	}
	return 0;
}

static int add_locked(struct kefs_deleg *deleg)
{
	struct kefs_fileobj *file = deleg->st.file;
	int err;

	lockdep_assert_held(&file->lock);
	err = kefs_stateid_reserve(&deleg->st);
	if (err)
		return err;
	err = lease_locked(deleg);
	if (err)
		goto err_unreserve;
	list_add(&deleg->on_file, &file->delegs);
	file->nr_delegs++;
	if (deleg->type == KEFS_DELEG_WRITE)
		atomic_inc(&nr_writers);
	deleg->listed = true;
	err = kefs_stateid_publish(&deleg->st);
	if (!err)
		return 0;
	deleg->listed = false;
	retire_locked(deleg);
	kefs_recall_over(deleg);
err_unreserve:
	kefs_stateid_unreserve(&deleg->st);
	return err;
}

static bool has_locked(const struct kefs_client *client, const struct kefs_fileobj *file)
{
	const struct kefs_deleg *deleg;

	lockdep_assert_held(&file->lock);
	list_for_each_entry(deleg, &file->delegs, on_file)
		if (deleg->st.client == client)
			return true;
	return false;
}

/* Another client has an open that does not go with a delegation of @type. */
static bool opened_by_others_locked(const struct kefs_client *client, const struct kefs_fileobj *file,
				    enum kefs_deleg_type type)
{
	const struct kefs_open *open;

	lockdep_assert_held(&file->lock);
	list_for_each_entry(open, &file->opens, on_file)
		if (open->st.client != client && (type == KEFS_DELEG_WRITE || open->access & KEFS_SHARE_WRITE))
			return true;
	return false;
}

/* The type that an open calls for. */
static enum kefs_deleg_type type_for(const struct kefs_open_args *args)
{
	const struct kefs_deleg_ask *ask = args->ask;

	if (!(args->access & KEFS_SHARE_WRITE) || (ask->wanted && ask->most == KEFS_DELEG_READ))
		return args->access & KEFS_SHARE_READ ? KEFS_DELEG_READ : KEFS_DELEG_NONE;
	if (!KEFS_WRITE_DELEG)
		return KEFS_DELEG_NONE;
	/* Its holder reads, too, without asking. */
	return args->access & KEFS_SHARE_READ || ask->may_read ? KEFS_DELEG_WRITE : KEFS_DELEG_NONE;
}

static bool room_for_one(const struct kefs_client *client, const struct kefs_fileobj *file)
{
	lockdep_assert_held(&file->lock);
	return atomic_read(&nr_delegs) < max_delegs && atomic_read(&client->nr_delegs) < KEFS_DELEGS_PER_CLIENT &&
	       file->nr_delegs < KEFS_DELEGS_PER_FILE;
}

/* Type NONE and why, or a type that nothing forbids. */
static enum kefs_deleg_type decide_locked(struct kefs_client *client, struct kefs_fileobj *file,
					  const struct kefs_open_args *args, enum kefs_deleg_why *ret_why)
{
	const struct kefs_deleg_ask *ask = args->ask;
	enum kefs_deleg_type type = type_for(args);
	bool contended, pays;

	lockdep_assert_held(&file->lock);
	pays = note_open(client, file, args->access & KEFS_SHARE_WRITE, &contended);
	*ret_why = KEFS_DELEG_NOT_WANTED;
	if (!ask->most)
		return KEFS_DELEG_NONE;
	*ret_why = KEFS_DELEG_RESOURCE;
	if (!type || !(pays || ask->wanted || ask->reclaim) || !room_for_one(client, file) ||
	    !(ask->reclaim || kefs_cb_works(client)))
		return KEFS_DELEG_NONE;
	if (has_locked(client, file)) {
		*ret_why = KEFS_DELEG_NO_UPGRADE;
		return KEFS_DELEG_NONE;
	}
	*ret_why = KEFS_DELEG_CONTENTION;
	if ((contended && !ask->reclaim) || opened_by_others_locked(client, file, type))
		return KEFS_DELEG_NONE;
	return type;
}

void kefs_deleg_offer_locked(struct kefs_client *client, struct kefs_fileobj *file, const struct kefs_open_args *args,
			     struct kefs_deleg_give *give)
{
	enum kefs_deleg_type type;
	struct kefs_deleg *deleg;

	lockdep_assert_held(&file->lock);
	*give = (struct kefs_deleg_give){ .type = KEFS_DELEG_NONE };
	type = decide_locked(client, file, args, &give->why);
	if (!type)
		return;
	deleg = deleg_alloc(client, file, args->ask, type);
	if (!deleg)
		return;
	if (add_locked(deleg)) {
		kefs_stateid_put(&deleg->st);
		return;
	}
	smp_mb();	/* pairs with the one in kefs_server_regrant() */
	if (READ_ONCE(args->ask->grant->replaced))	/* who recalls may have gone by already */
		kefs_recall_one(deleg);
	give->type = type;
	give->recall = args->ask->reclaim && !kefs_cb_works(client);
	kefs_stateid_fill(&deleg->st, &give->stateid);
	kefs_count(KEFS_CNT_DELEG_GIVEN);
}

/* --- looking one up --- */

static struct kefs_deleg *find(struct kefs_client *client, const struct kefs_stateid *id, struct kefs_volume *volume,
			       const struct kefs_fid *fid)
{
	struct kefs_state *st = kefs_stateid_find(client, id, KEFS_STATE_DELEG, volume, fid);
	int err;

	if (IS_ERR(st))
		return ERR_CAST(st);
	err = kefs_stateid_check_seqid(id->seqid, st->seqid);
	if (!err)
		return kefs_deleg_of(st);
	kefs_stateid_put(st);
	return ERR_PTR(err);
}

void kefs_deleg_set_change(struct kefs_client *client, const struct kefs_stateid *id, u64 change)
{
	struct kefs_deleg *deleg = find(client, id, NULL, NULL);

	if (IS_ERR(deleg))
		return;
	WRITE_ONCE(deleg->change, change);
	kefs_stateid_put(&deleg->st);
}

int kefs_deleg_check(struct kefs_client *client, const struct kefs_stateid *id, struct kefs_volume *volume,
		     const struct kefs_fid *fid, u32 access)
{
	struct kefs_deleg *deleg = find(client, id, volume, fid);
	int err = 0;

	if (IS_ERR(deleg))
		return PTR_ERR(deleg);
	if (deleg->type == KEFS_DELEG_READ && access & KEFS_SHARE_WRITE)
		err = -KEFS_ERR_OPENMODE;
	kefs_stateid_put(&deleg->st);
	return err;
}

struct kefs_deleg *kefs_deleg_find_writer(const struct kefs_client *client, struct kefs_volume *volume,
					  const struct kefs_fid *fid)
{
	struct kefs_deleg *deleg;
	struct kefs_fileobj *file;

	if (!atomic_read(&nr_writers))
		return NULL;
	file = kefs_fileobj_find(volume, fid);
	if (!file)
		return NULL;
	mutex_lock(&file->lock);
	/* It is alone, if it is there. */
	deleg = list_first_entry_or_null(&file->delegs, struct kefs_deleg, on_file);
	if (deleg && (deleg->type != KEFS_DELEG_WRITE || deleg->st.client == client))
		deleg = NULL;
	if (deleg)
		refcount_inc(&deleg->st.ref);
	mutex_unlock(&file->lock);
	kefs_fileobj_put(file);
	return deleg;
}

/* --- the end --- */

/* SEQ4_STATUS_RECALLABLE_STATE_REVOKED as long as there is one. */
static void count_revoked(struct kefs_client *client, int n)
{
	u32 status;

	spin_lock(&client->lock);
	client->nr_revoked += n;
	status = client->status & ~KEFS_STATUS_RECALLABLE_REVOKED;
	if (client->nr_revoked > 0)
		status |= KEFS_STATUS_RECALLABLE_REVOKED;
	WRITE_ONCE(client->status, status);
	spin_unlock(&client->lock);
}

/* True: it was there until now, and this ended it. With @revoked it stays in client->states. */
static bool end(struct kefs_deleg *deleg, bool revoked)
{
	struct kefs_fileobj *file = deleg->st.file;
	bool mine;

	mutex_lock(&file->lock);
	mine = !deleg->st.gone;
	if (mine && revoked)	/* before the lease goes, and with it what kept others waiting */
		WRITE_ONCE(deleg->st.revoked, -KEFS_ERR_DELEG_REVOKED);
	if (mine && !revoked)
		deleg->listed = false;
	if (mine)
		retire_locked(deleg);
	mutex_unlock(&file->lock);
	if (!mine)
		return false;
	if (revoked)		/* also before others go on */
		count_revoked(deleg->st.client, 1);
	kefs_recall_over(deleg);
	if (!revoked)
		kefs_stateid_remove(&deleg->st);
	return true;
}

int kefs_deleg_return(struct kefs_client *client, const struct kefs_stateid *id, struct kefs_volume *volume,
		      const struct kefs_fid *fid)
{
	struct kefs_deleg *deleg = find(client, id, volume, fid);
	int err = 0;

	if (IS_ERR(deleg))
		return PTR_ERR(deleg);
	if (!end(deleg, false))
		err = READ_ONCE(deleg->st.revoked) ?: -KEFS_ERR_BAD_STATEID;
	kefs_stateid_put(&deleg->st);
	return err;
}

void kefs_deleg_revoke(struct kefs_deleg *deleg)
{
	if (READ_ONCE(deleg->st.gone))
		return;
	/* Before somebody else can have the file: or a restart would give the delegation back to its old holder. */
	kefs_recovery_lose(deleg->st.client);
	if (end(deleg, true))
		kefs_count(KEFS_CNT_DELEG_REVOKED);
	else
		kefs_recovery_acknowledge(deleg->st.client);	/* returned meanwhile: it was no loss */
}

/* Of a revoked one: who takes it out of client->states. */
static bool unlist(struct kefs_deleg *deleg)
{
	bool mine;

	mutex_lock(&deleg->st.file->lock);
	mine = deleg->listed;
	deleg->listed = false;
	mutex_unlock(&deleg->st.file->lock);
	if (!mine)
		return false;
	count_revoked(deleg->st.client, -1);
	kefs_stateid_remove(&deleg->st);
	return true;
}

int kefs_deleg_free_revoked(struct kefs_deleg *deleg)
{
	if (!READ_ONCE(deleg->st.revoked))
		return -KEFS_ERR_LOCKS_HELD;
	if (!unlist(deleg))
		return -KEFS_ERR_BAD_STATEID;
	kefs_recovery_acknowledge(deleg->st.client);
	return 0;
}

void kefs_deleg_release(struct kefs_deleg *deleg)
{
	if (!end(deleg, false))
		unlist(deleg);
}

unsigned int kefs_deleg_count(void)
{
	return atomic_read(&nr_delegs);
}

int __init kefs_deleg_init(void)
{
	unsigned int i;

	started = jiffies;
	max_delegs = max(totalram_pages() >> (20 - PAGE_SHIFT), 1ul) * KEFS_DELEGS_PER_MIB;
	for (i = 0; i < HISTORY_LOCKS; i++)
		spin_lock_init(&history_locks[i]);
	history = kvzalloc(sizeof(*history), GFP_KERNEL);
	if (!history)
		return -ENOMEM;
	cache = KMEM_CACHE(kefs_deleg, SLAB_HWCACHE_ALIGN);
	if (cache)
		return 0;
	kvfree(history);
	return -ENOMEM;
}

void kefs_deleg_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(cache);
	kvfree(history);
}
