// SPDX-License-Identifier: GPL-2.0
/* Client records; their end by time or conflict is in expiry.c. */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include "../core/kefs.h"
#include "../files/volume.h"
#include "client.h"
#include "deleg.h"
#include "expiry.h"
#include "taker.h"
#include "open.h"
#include "reaper.h"
#include "recovery.h"
#include "session.h"
#include "state.h"

#define EXCHANGE_KNOWN	(KEFS_EXCHANGE_MOVED_REFER | KEFS_EXCHANGE_MOVED_MIGR | KEFS_EXCHANGE_BIND_PRINC | \
			 KEFS_EXCHANGE_NON_PNFS | KEFS_EXCHANGE_PNFS_MDS | KEFS_EXCHANGE_PNFS_DS | KEFS_EXCHANGE_UPDATE)

struct name_key {
	const struct kefs_domain *domain;
	const u8 *owner;
	u32 owner_len;
};

/* By owner string, of all domains. A domain has at most one confirmed and one unconfirmed record of a name and line. */
static struct rhltable names;

static u32 hash_name(const struct kefs_domain *domain, const u8 *owner, u32 len, u32 seed)
{
	return jhash(owner, len, jhash_1word(domain->boot, seed));
}

static u32 hash_key(const void *data, u32 len, u32 seed)
{
	const struct name_key *key = data;

	return hash_name(key->domain, key->owner, key->owner_len, seed);
}

static u32 hash_obj(const void *data, u32 len, u32 seed)
{
	const struct kefs_client *client = data;

	return hash_name(client->domain, client->owner, client->owner_len, seed);
}

static int compare(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct name_key *key = arg->key;
	const struct kefs_client *client = obj;

	return client->domain != key->domain || client->owner_len != key->owner_len ||
	       memcmp(client->owner, key->owner, key->owner_len);
}

static const struct rhashtable_params params = {
	.head_offset = offsetof(struct kefs_client, by_name),
	.hashfn = hash_key,
	.obj_hashfn = hash_obj,
	.obj_cmpfn = compare,
	.automatic_shrinking = true,
};

/* domain->lock keeps what it returns. */
static struct kefs_client *find_name_locked(struct kefs_domain *domain, const u8 *owner, u32 len, u32 line,
					    bool confirmed)
{
	struct name_key key = { .domain = domain, .owner = owner, .owner_len = len };
	struct kefs_client *client, *found = NULL;
	struct rhlist_head *list, *pos;

	lockdep_assert_held(&domain->lock);
	rcu_read_lock();
	list = rhltable_lookup(&names, &key, params);
	rhl_for_each_entry_rcu(client, pos, list, by_name) {
		if (client->confirmed == confirmed && client->line == line)
			found = client;
	}
	rcu_read_unlock();
	return found;
}

static struct kefs_client *client_alloc(struct kefs_domain *domain, const struct kefs_exchange_args *args)
{
	struct kefs_client *client = kzalloc(struct_size(client, owner, args->owner_len), GFP_KERNEL_ACCOUNT);

	if (!client)
		return NULL;
	client->taker = kefs_taker_get(domain, args->peer, args->peer_len);
	if (!client->taker) {
		kfree(client);
		return NULL;
	}
	kefs_taker_charge(client->taker, KEFS_SHARE_CLIENTS, 1);
	refcount_set(&client->ref, 1);
	client->domain = kefs_domain_get(domain);
	client->renewed = jiffies;
	client->lease = kefs_state_lease() * HZ;
	spin_lock_init(&client->lock);
	INIT_LIST_HEAD(&client->sessions);
	INIT_LIST_HEAD(&client->unconf);
	INIT_LIST_HEAD(&client->doomed);
	xa_init_flags(&client->states, XA_FLAGS_ALLOC1);
	init_completion(&client->gone);
	client->principal = args->principal;
	memcpy(client->verifier, args->verifier, KEFS_VERIFIER_SIZE);
	if (args->peer && args->peer_len <= KEFS_PEER_MAX) {
		client->peer_len = args->peer_len;
		memcpy(client->peer, args->peer, args->peer_len);
	}
	client->who = siphash(args->owner, args->owner_len, &domain->volume->key);
	client->owner_len = args->owner_len;
	memcpy(client->owner, args->owner, args->owner_len);
	return client;
}

void kefs_client_put(struct kefs_client *client)
{
	if (!refcount_dec_and_test(&client->ref))
		return;
	WARN_ON_ONCE(!xa_empty(&client->states) || !list_empty(&client->sessions) || !list_empty(&client->doomed));
	kefs_taker_charge(client->taker, KEFS_SHARE_CLIENTS, -1);
	kefs_taker_put(client->taker);
	kefs_domain_put(client->domain);
	kfree_rcu(client, rcu);
}

static void leave_unconfirmed_locked(struct kefs_client *client)
{
	lockdep_assert_held(&client->domain->lock);
	if (!list_empty(&client->unconf)) {
		list_del_init(&client->unconf);
		client->domain->nr_unconfirmed--;
	}
}

static void unname_locked(struct kefs_client *client)
{
	lockdep_assert_held(&client->domain->lock);
	if (client->named)
		rhltable_remove(&names, &client->by_name, params);
	client->named = false;
	leave_unconfirmed_locked(client);
}

bool kefs_client_kill_locked(struct kefs_client *client)
{
	struct kefs_domain *domain = client->domain;
	struct kefs_session *session;

	lockdep_assert_held(&domain->lock);
	spin_lock(&client->lock);
	if (client->dead) {
		spin_unlock(&client->lock);
		return false;
	}
	client->dead = true;
	/* No session is added any more. */
	while ((session = list_first_entry_or_null(&client->sessions, struct kefs_session, of_client))) {
		refcount_inc(&session->ref);
		spin_unlock(&client->lock);
		kefs_session_kill(session);
		kefs_session_put(session);
		spin_lock(&client->lock);
	}
	spin_unlock(&client->lock);
	unname_locked(client);
	xa_erase(&domain->clients, (u32)client->id);
	atomic_dec(&domain->nr_clients);
	return true;
}

void kefs_client_finish(struct kefs_client *client)
{
	struct kefs_state *st;
	unsigned long index;

	/* First for good: nobody gets what the client could claim back after a crash. */
	kefs_recovery_lose(client);
	/* Lock states go with their opens. No state is added any more. */
	for (index = 0; (st = kefs_stateid_next_of(client, KEFS_STATE_OPEN, &index)); kefs_stateid_put(st)) {
		kefs_open_release(kefs_open_of(st));
		cond_resched();
	}
	for (index = 0; (st = kefs_stateid_next_of(client, KEFS_STATE_DELEG, &index)); kefs_stateid_put(st)) {
		kefs_deleg_release(kefs_deleg_of(st));
		cond_resched();
	}
	kefs_client_undoom(client);
	complete_all(&client->gone);
	kefs_client_put(client);
}

void kefs_client_finish_all(struct list_head *clients)
{
	struct kefs_client *client;

	while ((client = list_first_entry_or_null(clients, struct kefs_client, unconf))) {
		list_del_init(&client->unconf);
		kefs_client_finish(client);
	}
}

/* Unconfirmed records have neither sessions nor state: nothing to wait for. */
static void drop_unconfirmed_locked(struct kefs_client *client)
{
	lockdep_assert_held(&client->domain->lock);
	if (kefs_client_kill_locked(client))
		kefs_client_finish(client);
}

static bool has_state(const struct kefs_client *client)
{
	return READ_ONCE(client->nr_sessions) || atomic_read(&client->nr_opens) || atomic_read(&client->nr_locks) ||
	       atomic_read(&client->nr_delegs);
}

/* There is room for @fresh: what costs its maker nothing goes first. */
static int make_room_locked(struct kefs_domain *domain, const struct kefs_client *fresh)
{
	bool full = kefs_client_count() >= KEFS_CLIENTS_MAX;

	lockdep_assert_held(&domain->lock);
	if (domain->nr_unconfirmed >= KEFS_UNCONFIRMED_MAX || (full && domain->nr_unconfirmed)) {
		drop_unconfirmed_locked(list_first_entry(&domain->unconfirmed, struct kefs_client, unconf));
		return 0;
	}
	if (!full && kefs_taker_room(fresh->taker, KEFS_SHARE_CLIENTS))
		return 0;
	kefs_reaper_kick();	/* courteous clients of a full domain go early */
	return -KEFS_ERR_DELAY;
}

/* The lower half of the id: its old one for a line that is known from before a restart, else one never used before. */
static int take_index_locked(struct kefs_domain *domain, struct kefs_client *client, const struct kefs_bound *bound,
			     u32 *ret)
{
	bool tunnel = bound && bound->tunnel;

	lockdep_assert_held(&domain->lock);
	client->line = tunnel ? READ_ONCE(bound->line) : 0;
	if (client->line && kefs_recovery_needed(client) &&
	    !xa_insert(&domain->clients, client->line, NULL, GFP_KERNEL)) {
		*ret = client->line;
		return 0;
	}
	if (xa_alloc_cyclic(&domain->clients, ret, NULL, xa_limit_32b, &domain->next_client, GFP_KERNEL) < 0)
		return -KEFS_ERR_DELAY;
	client->line = tunnel ? *ret : 0;
	return 0;
}

static int insert_locked(struct kefs_domain *domain, struct kefs_client *client, const struct kefs_bound *bound)
{
	struct name_key key = { .domain = domain, .owner = client->owner, .owner_len = client->owner_len };
	u32 index;
	int err;

	lockdep_assert_held(&domain->lock);
	if (domain->dead)
		return -KEFS_ERR_DELAY;
	err = make_room_locked(domain, client);
	if (err)
		return err;
	err = take_index_locked(domain, client, bound, &index);
	if (err)
		return err;
	client->id = (u64)domain->boot << 32 | index;
	if (rhltable_insert_key(&names, &key, &client->by_name, params)) {
		xa_erase(&domain->clients, index);
		return -KEFS_ERR_DELAY;
	}
	client->named = true;
	list_add_tail(&client->unconf, &domain->unconfirmed);
	domain->nr_unconfirmed++;
	atomic_inc(&domain->nr_clients);
	kefs_client_get(client);	/* the creator's goes away */
	xa_store(&domain->clients, index, client, GFP_KERNEL);	/* reserved: cannot fail */
	return 0;
}

/* What EXCHANGE_ID means to the confirmed record of that name: 0 make a new one, 1 answer with this one, or -errno. */
static int judge_confirmed(const struct kefs_client *conf, const struct kefs_exchange_args *args)
{
	bool principal = kefs_principal_same(&conf->principal, &args->principal);
	bool verifier = !memcmp(conf->verifier, args->verifier, KEFS_VERIFIER_SIZE);

	if (args->flags & KEFS_EXCHANGE_UPDATE) {
		if (!principal)
			return -EPERM;
		return verifier ? 1 : -KEFS_ERR_NOT_SAME;
	}
	if (!principal)
		return has_state(conf) && READ_ONCE(conf->life) == KEFS_LIFE_ACTIVE ? -KEFS_ERR_CLID_INUSE : 0;
	return verifier;
}

/* The owner's record that EXCHANGE_ID on that connection is about. */
static struct kefs_client *find_meant_locked(struct kefs_domain *domain, const struct kefs_exchange_args *args,
					     bool confirmed)
{
	u32 line = 0;

	lockdep_assert_held(&domain->lock);
	if (args->bound && args->bound->tunnel) {
		line = READ_ONCE(args->bound->line);
		if (!line)
			return NULL;
	}
	return find_name_locked(domain, args->owner, args->owner_len, line, confirmed);
}

static void fill_exchange_res(const struct kefs_client *client, const struct kefs_exchange_args *args,
			      struct kefs_exchange_res *res)
{
	res->clientid = client->id;
	res->line = client->line;
	res->seqid = client->cs_seqid + 1;
	res->flags = KEFS_EXCHANGE_NON_PNFS | (client->confirmed ? KEFS_EXCHANGE_CONFIRMED : 0);
	kefs_bound_speaks_for(args->bound, client->id);
}

/*
 * Under the lock: *ret_gone is a record that this ended, for kefs_client_finish(). @fresh is used if a new record is
 * called for (numbers: the cases of RFC 8881 §18.35.4).
 */
static int exchange_locked(struct kefs_domain *domain, const struct kefs_exchange_args *args,
			   struct kefs_client *fresh, struct kefs_exchange_res *res, struct kefs_client **ret_gone)
{
	struct kefs_client *conf, *unconf;
	int ret;

	lockdep_assert_held(&domain->lock);
	conf = find_meant_locked(domain, args, true);
	if (conf && READ_ONCE(conf->life) == KEFS_LIFE_DOOMED) {
		*ret_gone = kefs_client_kill_locked(conf) ? conf : NULL;
		conf = NULL;
	}
	if (conf) {
		ret = judge_confirmed(conf, args);
		if (ret < 0)
			return ret;	/* 3, 8, 9 */
		if (ret) {		/* 2, 6 */
			fill_exchange_res(conf, args, res);
			return 0;
		}
		if (!kefs_principal_same(&conf->principal, &args->principal))
			*ret_gone = kefs_client_kill_locked(conf) ? conf : NULL; /* 3, without state */
		/* 5, client restart: the old record stays until the new one is confirmed */
	} else if (args->flags & KEFS_EXCHANGE_UPDATE) {
		return -ENOENT;		/* 7 */
	}
	unconf = find_meant_locked(domain, args, false);
	if (unconf)			/* 4 */
		drop_unconfirmed_locked(unconf);
	ret = insert_locked(domain, fresh, args->bound);
	if (!ret)
		fill_exchange_res(fresh, args, res);	/* 1 */
	return ret;
}

int kefs_client_exchange_id(struct kefs_domain *domain, const struct kefs_exchange_args *args,
			    struct kefs_exchange_res *res)
{
	struct kefs_client *fresh, *gone = NULL;
	int ret;

	if (!args->owner_len || args->owner_len > KEFS_OPAQUE_MAX || args->flags & ~EXCHANGE_KNOWN)
		return -EINVAL;
	fresh = client_alloc(domain, args);
	if (!fresh)
		return -KEFS_ERR_DELAY;
	mutex_lock(&domain->lock);
	ret = exchange_locked(domain, args, fresh, res, &gone);
	mutex_unlock(&domain->lock);
	if (gone)
		kefs_client_finish(gone);
	kefs_client_put(fresh);
	return ret;
}

static void kill_replaced_locked(struct kefs_client *old, struct list_head *gone)
{
	lockdep_assert_held(&old->domain->lock);
	if (kefs_client_kill_locked(old))
		list_add_tail(&old->unconf, gone);
}

/* Another verifier of the same principal's: the host has restarted, none of the owner's lines is used any more. */
static void kill_other_lines_locked(const struct kefs_client *client, struct list_head *gone)
{
	struct name_key key = { .domain = client->domain, .owner = client->owner, .owner_len = client->owner_len };
	struct rhlist_head *list, *pos;
	struct kefs_client *other;
	bool again;

	lockdep_assert_held(&client->domain->lock);
	do {
		again = false;
		rcu_read_lock();
		list = rhltable_lookup(&names, &key, params);
		rhl_for_each_entry_rcu(other, pos, list, by_name) {
			again = other->confirmed && other->line && !other->dead &&
				kefs_principal_same(&other->principal, &client->principal) &&
				memcmp(other->verifier, client->verifier, KEFS_VERIFIER_SIZE);
			if (again)
				break;
		}
		rcu_read_unlock();
		if (again)	/* domain->lock keeps it */
			kill_replaced_locked(other, gone);
	} while (again);
}

int kefs_client_confirm_locked(struct kefs_client *client, struct list_head *old)
{
	struct kefs_client *same;

	lockdep_assert_held(&client->domain->lock);
	same = find_name_locked(client->domain, client->owner, client->owner_len, client->line, true);
	if (same && !kefs_principal_same(&same->principal, &client->principal) && has_state(same))
		return -KEFS_ERR_CLID_INUSE;
	if (same)
		kill_replaced_locked(same, old);
	if (client->line)
		kill_other_lines_locked(client, old);
	leave_unconfirmed_locked(client);
	WRITE_ONCE(client->confirmed, true);
	return 0;
}

int kefs_client_destroy_id(struct kefs_domain *domain, u64 clientid)
{
	struct kefs_client *client;
	int ret = 0;

	mutex_lock(&domain->lock);
	client = xa_load(&domain->clients, (u32)clientid);
	if (!client || client->id != clientid)
		ret = -KEFS_ERR_STALE_CLIENTID;
	else if (has_state(client))
		ret = -KEFS_ERR_CLIENTID_BUSY;
	else if (!kefs_client_kill_locked(client))
		ret = -KEFS_ERR_STALE_CLIENTID;
	mutex_unlock(&domain->lock);
	if (!ret)
		kefs_client_finish(client);
	return ret;
}

struct kefs_client *kefs_client_find(struct kefs_domain *domain, u64 clientid)
{
	struct kefs_client *client;

	rcu_read_lock();
	client = xa_load(&domain->clients, (u32)clientid);
	if (client && (client->id != clientid || !refcount_inc_not_zero(&client->ref)))
		client = NULL;
	rcu_read_unlock();
	return client;
}

unsigned int kefs_client_lease(const struct kefs_client *client)
{
	return client->lease / HZ;
}

static void fill_info(struct kefs_client *client, struct kefs_client_info *info)
{
	unsigned long renewed = READ_ONCE(client->renewed);

	info->id = client->id;
	info->volume = client->domain->volume->id;
	info->renewed_ms = jiffies_to_msecs(jiffies - renewed);
	info->sessions = READ_ONCE(client->nr_sessions);
	info->opens = atomic_read(&client->nr_opens);
	info->locks = atomic_read(&client->nr_locks);
	info->delegs = atomic_read(&client->nr_delegs);
	info->confirmed = READ_ONCE(client->confirmed);
	info->reclaimed = kefs_recovery_is_complete(client);
	info->courteous = READ_ONCE(client->life) != KEFS_LIFE_ACTIVE;
	info->peer_len = client->peer_len;
	memcpy(info->peer, client->peer, client->peer_len);
	info->owner_len = client->owner_len;
	memcpy(info->owner, client->owner, client->owner_len);
}

bool kefs_client_next(struct kefs_domain *domain, u64 after, struct kefs_client_info *info)
{
	unsigned long index = after >> 32 == domain->boot ? (u32)after : 0;
	struct kefs_client *client;

	if (after >> 32 > domain->boot)
		return false;
	rcu_read_lock();
	client = xa_find_after(&domain->clients, &index, U32_MAX, XA_PRESENT);
	if (client)
		fill_info(client, info);
	rcu_read_unlock();
	return client;
}

unsigned int kefs_client_count(void)
{
	return kefs_taker_all(KEFS_SHARE_CLIENTS);
}

int __init kefs_client_init(void)
{
	kefs_taker_init();
	return rhltable_init(&names, &params);
}

void kefs_client_exit(void)
{
	rhltable_destroy(&names);
}
