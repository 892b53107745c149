// SPDX-License-Identifier: GPL-2.0
/* Sessions and the slots of their requests; connections and callbacks are in bindings.c. */
#include <linux/nospec.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "../core/kefs.h"
#include "client.h"
#include "expiry.h"
#include "taker.h"
#include "reaper.h"
#include "session.h"

#define FORE_REQUEST_MIN	256	/* an RPC call with AUTH_SYS, SEQUENCE and a small operation */
#define FORE_RESPONSE_MIN	128
#define SEQUENCE_REPLY		80	/* RPC header and COMPOUND4res with SEQUENCE alone */
#define BACK_REQUEST_MIN	384	/* CB_SEQUENCE and CB_RECALL with the largest file handle */
#define BACK_RESPONSE_MIN	128
#define BACK_SIZE_MAX		4096

static atomic_t nr_sessions;

unsigned int kefs_session_count(void)
{
	return atomic_read(&nr_sessions);
}

int kefs_session_fit_fore(const struct kefs_channel *ask, struct kefs_channel *give)
{
	if (ask->max_request < FORE_REQUEST_MIN || ask->max_response < FORE_RESPONSE_MIN || !ask->max_ops)
		return -KEFS_ERR_TOOSMALL;
	*give = (struct kefs_channel){
		.max_request = min_t(u32, ask->max_request, KEFS_RECORD_MAX),
		.max_response = min_t(u32, ask->max_response, KEFS_RECORD_MAX),
		.max_cached = min3(ask->max_cached, ask->max_response, (u32)KEFS_SLOT_CACHE_MAX),
		.max_ops = min_t(u32, ask->max_ops, KEFS_OPS_MAX),
		.max_slots = clamp_t(u32, ask->max_slots, 1, KEFS_SLOTS_MAX),
	};
	return 0;
}

int kefs_session_fit_back(const struct kefs_channel *ask, struct kefs_channel *give)
{
	if (ask->max_request < BACK_REQUEST_MIN || ask->max_response < BACK_RESPONSE_MIN || ask->max_ops < 2)
		return -KEFS_ERR_TOOSMALL;
	*give = (struct kefs_channel){
		.max_request = min_t(u32, ask->max_request, BACK_SIZE_MAX),
		.max_response = min_t(u32, ask->max_response, BACK_SIZE_MAX),
		.max_cached = 0,
		.max_ops = min_t(u32, ask->max_ops, KEFS_OPS_MAX),
		.max_slots = clamp_t(u32, ask->max_slots, 1, KEFS_CB_SLOTS_MAX),
	};
	return 0;
}

static size_t cache_need(u32 slots, u32 max_cached)
{
	return sizeof(struct kefs_session) + slots * (sizeof(struct kefs_slot) + max_cached);
}

/*
 * Reply caches are memory that clients hold for as long as they like. Each new session may have a small part of what
 * its client's taker may still take, so that thousands find room: if need be it gets fewer slots or, where not even
 * two would fit, smaller replies kept; one slot as long as there is room for one.
 */
static int reserve_cache(struct kefs_taker *taker, struct kefs_channel *fore, size_t *ret_bytes)
{
	u64 room = kefs_taker_room(taker, KEFS_SHARE_REPLIES);
	u64 share = room / KEFS_REPLY_CACHE_SESSIONS;

	if (share < cache_need(2, fore->max_cached))
		fore->max_cached = min_t(u32, fore->max_cached, KEFS_REPLY_CACHE_MIN);
	share = min(room, max_t(u64, share, cache_need(1, fore->max_cached)));
	if (share < cache_need(1, fore->max_cached)) {
		kefs_reaper_kick();	/* courteous clients go early */
		return -KEFS_ERR_DELAY;
	}
	while (cache_need(fore->max_slots, fore->max_cached) > share)
		fore->max_slots--;
	*ret_bytes = cache_need(fore->max_slots, fore->max_cached);
	kefs_taker_charge(taker, KEFS_SHARE_REPLIES, *ret_bytes);
	return 0;
}

static void session_free(struct kefs_session *session)
{
	u32 i;

	for (i = 0; i < session->fore.max_slots; i++) {
		if (session->slots[i].retired)
			session->reserved -= session->fore.max_cached;
		kvfree(session->slots[i].reply);
	}
	kefs_taker_charge(session->client->taker, KEFS_SHARE_REPLIES, -(long)session->reserved);
	kefs_client_put(session->client);
	atomic_dec(&nr_sessions);
	kvfree_rcu(session, rcu);
}

void kefs_session_put(struct kefs_session *session)
{
	if (refcount_dec_and_test(&session->ref))
		session_free(session);
}

static void init_slots(struct kefs_session *session)
{
	u32 i;

	for (i = 0; i < session->fore.max_slots; i++)
		session->slots[i].session = session;
	for (i = 0; i < KEFS_CB_SLOTS_MAX; i++)
		session->cb_seqid[i] = 1;
	session->cb_free = GENMASK(session->back.max_slots - 1, 0);
	session->target = session->fore.max_slots - 1;
	session->live_highest = session->target;
}

/* A session that nobody knows yet: no id, not in the client's list. */
static struct kefs_session *session_alloc(struct kefs_client *client, const struct kefs_session_args *args)
{
	struct kefs_channel fore, back;
	struct kefs_session *session;
	size_t bytes;
	int err;

	if (args->flags & ~(KEFS_SESSION_PERSIST | KEFS_SESSION_BACK | KEFS_SESSION_RDMA))
		return ERR_PTR(-EINVAL);
	err = kefs_session_fit_fore(&args->fore, &fore);
	if (!err)
		err = kefs_session_fit_back(&args->back, &back);
	if (!err)
		err = reserve_cache(client->taker, &fore, &bytes);
	if (err)
		return ERR_PTR(err);
	session = kvzalloc(struct_size(session, slots, fore.max_slots), GFP_KERNEL_ACCOUNT);
	if (!session) {
		kefs_taker_charge(client->taker, KEFS_SHARE_REPLIES, -(long)bytes);
		return ERR_PTR(-KEFS_ERR_DELAY);
	}
	refcount_set(&session->ref, 1);
	session->client = kefs_client_get(client);
	session->reserved = bytes;
	session->flags = args->flags & KEFS_SESSION_BACK;
	session->fore = fore;
	session->back = back;
	session->cb_program = args->cb_program;
	session->cb_sec = args->cb_sec;
	INIT_LIST_HEAD(&session->of_client);
	INIT_LIST_HEAD(&session->bindings);
	init_slots(session);
	atomic_inc(&nr_sessions);
	return session;
}

/* Into the tables. The id says which client and which entry; the random part keeps it from being guessed. */
static int insert_locked(struct kefs_client *client, struct kefs_session *session)
{
	struct kefs_domain *domain = client->domain;

	lockdep_assert_held(&domain->lock);
	if (client->nr_sessions >= KEFS_SESSIONS_PER_CLIENT)
		return -ENOSPC;
	if (xa_alloc_cyclic(&domain->sessions, &session->index, NULL, xa_limit_32b, &domain->next_session,
			    GFP_KERNEL) < 0)
		return -KEFS_ERR_DELAY;
	put_unaligned_be64(client->id, session->id);
	put_unaligned_be32(session->index, session->id + 8);
	put_unaligned_be32(get_random_u32(), session->id + 12);
	spin_lock(&client->lock);
	list_add_tail(&session->of_client, &client->sessions);
	client->nr_sessions++;
	kefs_bindings_status_locked(client);
	spin_unlock(&client->lock);
	xa_store(&domain->sessions, session->index, session, GFP_KERNEL);	/* reserved: cannot fail */
	return 0;
}

static void fill_res(const struct kefs_session *session, u32 seqid, struct kefs_session_res *res)
{
	memcpy(res->id, session->id, sizeof(res->id));
	res->seqid = seqid;
	res->flags = session->flags;
	res->fore = session->fore;
	res->back = session->back;
}

/*
 * The steps of RFC 8881 §18.36.4 behind the sequence check. *@ret_refused: the arguments are impossible. @old: the
 * client records that this one replaces, for kefs_client_finish_all().
 */
static int create_locked(struct kefs_client *client, const struct kefs_session_args *args, bool *ret_refused,
			 struct list_head *old)
{
	struct kefs_session *session = session_alloc(client, args);
	int err = 0;

	lockdep_assert_held(&client->domain->lock);
	*ret_refused = IS_ERR(session);
	if (IS_ERR(session))
		return PTR_ERR(session);
	if (!client->confirmed)
		err = kefs_client_confirm_locked(client, old);
	if (!err)
		err = insert_locked(client, session);
	if (err)
		session_free(session);
	else
		fill_res(session, args->seqid, &client->cs_res);
	return err;
}

static bool transient(int err)
{
	return err == -KEFS_ERR_DELAY || err == -KEFS_ERR_CLID_INUSE;
}

/*
 * Arguments that nothing can come of: RFC 8881 §18.36.4 counts the seqid before it looks at them, and so does the Linux
 * client; knfsd does not, and so pynfs. As the answer depends on nothing else, a request with this seqid is carried out
 * anew, a retry or not, and then the next seqid is good, too.
 */
static void count_refused_locked(struct kefs_client *client, u32 seqid)
{
	lockdep_assert_held(&client->domain->lock);
	client->cs_seqid = seqid;
	client->cs_refused = true;
	client->cs_used = false;
}

/* The client's own one-slot reply cache around it. */
static int create_once_locked(struct kefs_client *client, const struct kefs_session_args *args,
			      struct kefs_session_res *res, struct list_head *old)
{
	bool refused;
	int err;

	lockdep_assert_held(&client->domain->lock);
	if (client->cs_used && args->seqid == client->cs_seqid) {
		*res = client->cs_res;
		return client->cs_status;
	}
	if (args->seqid != client->cs_seqid + 1 && !(client->cs_refused && args->seqid == client->cs_seqid))
		return -KEFS_ERR_SEQ_MISORDERED;
	/* A stranger counts nothing. */
	if (!client->confirmed && !kefs_principal_same(&client->principal, &args->principal))
		return -KEFS_ERR_CLID_INUSE;
	err = create_locked(client, args, &refused, old);
	if (transient(err))
		return err;	/* as if it had never come: the client repeats it with the same number */
	if (refused) {
		count_refused_locked(client, args->seqid);
		return err;
	}
	client->cs_refused = false;
	client->cs_used = true;
	client->cs_seqid = args->seqid;
	client->cs_status = err;
	*res = client->cs_res;
	return err;
}

/* New or again: this connection belongs to the session now, and can call back if that was agreed. */
static void bind_creator(struct kefs_domain *domain, const struct kefs_session_res *res, struct kefs_bound *bound)
{
	u32 dir = res->flags & KEFS_SESSION_BACK ? KEFS_BIND_FORE | KEFS_BIND_BACK : KEFS_BIND_FORE;
	struct kefs_session *session = kefs_session_find(domain, res->id);

	if (!session)
		return;
	/* Not bound, because it is just closing: then there is nobody to tell either. */
	kefs_session_use_conn(session, bound, dir);
	kefs_session_put(session);
}

int kefs_session_create(struct kefs_domain *domain, const struct kefs_session_args *args, struct kefs_bound *bound,
			struct kefs_session_res *res)
{
	int err = -KEFS_ERR_STALE_CLIENTID;
	struct kefs_client *client;
	LIST_HEAD(old);

	kefs_bound_speaks_for(bound, args->clientid);
	mutex_lock(&domain->lock);
	client = xa_load(&domain->clients, (u32)args->clientid);
	if (client && client->id == args->clientid && kefs_client_renew(client))
		err = create_once_locked(client, args, res, &old);
	mutex_unlock(&domain->lock);

	kefs_client_finish_all(&old);
	if (!err && bound)
		bind_creator(domain, res, bound);
	return err;
}

/* RCU read side or a reference to what it is in: alive, not referenced. */
static struct kefs_session *find_rcu(struct kefs_domain *domain, const u8 *id)
{
	struct kefs_session *session = xa_load(&domain->sessions, get_unaligned_be32(id + 8));

	if (!session || memcmp(session->id, id, KEFS_SESSION_ID_SIZE) || READ_ONCE(session->dead))
		return NULL;
	return session;
}

struct kefs_session *kefs_session_find(struct kefs_domain *domain, const u8 *id)
{
	struct kefs_session *session;

	rcu_read_lock();
	session = find_rcu(domain, id);
	if (session && !refcount_inc_not_zero(&session->ref))
		session = NULL;
	rcu_read_unlock();
	return session;
}

bool kefs_session_kill(struct kefs_session *session)
{
	struct kefs_client *client = session->client;
	u32 i;

	spin_lock(&client->lock);
	if (session->dead) {
		spin_unlock(&client->lock);
		return false;
	}
	WRITE_ONCE(session->dead, true);
	list_del_init(&session->of_client);
	client->nr_sessions--;
	kefs_bindings_drop_locked(session);
	kefs_bindings_status_locked(client);
	spin_unlock(&client->lock);

	xa_erase(&client->domain->sessions, session->index);
	/* Who owns a slot has relied on the table's reference so far; from here on on one of its own. */
	for (i = 0; i < session->fore.max_slots; i++) {
		refcount_inc(&session->ref);
		if (!kefs_slot_kill(&session->slots[i]))
			kefs_session_put(session);
	}
	kefs_session_put(session);
	return true;
}

static bool others_busy(const struct kefs_session *session, const struct kefs_slot *own)
{
	u32 i;

	for (i = 0; i < session->fore.max_slots; i++)
		if (&session->slots[i] != own && kefs_slot_busy(&session->slots[i]))
			return true;
	return false;
}

bool kefs_session_any_busy_locked(struct kefs_client *client)
{
	struct kefs_session *session;

	lockdep_assert_held(&client->lock);
	list_for_each_entry(session, &client->sessions, of_client)
		if (others_busy(session, NULL))
			return true;
	return false;
}

int kefs_session_destroy(struct kefs_domain *domain, const u8 *id, const struct kefs_slot *own,
			 struct kefs_bound *bound)
{
	struct kefs_session *session = kefs_session_find(domain, id);
	int err = 0;

	kefs_bound_speaks_for(bound, kefs_session_clientid(id));
	if (!session)
		return -KEFS_ERR_BADSESSION;
	if (!kefs_bound_may_carry(bound, session))
		err = -KEFS_ERR_CONN_NOT_BOUND;
	else if (others_busy(session, own))
		err = -KEFS_ERR_DELAY;
	else if (!kefs_session_kill(session))
		err = -KEFS_ERR_BADSESSION;
	kefs_session_put(session);
	return err;
}

/* What is wrong with a request before its slot is looked at. */
static int check_request(const struct kefs_session *session, const struct kefs_sequence_args *args)
{
	if (args->nr_ops > session->fore.max_ops)
		return -KEFS_ERR_TOO_MANY_OPS;
	if (args->request_len > session->fore.max_request)
		return -KEFS_ERR_REQ_TOO_BIG;
	if (args->cachethis && session->fore.max_cached < SEQUENCE_REPLY)
		return -KEFS_ERR_REP_TOO_BIG_TO_CACHE;
	if (args->slotid >= session->fore.max_slots)
		return -KEFS_ERR_BADSLOT;
	if (args->highest >= session->fore.max_slots)
		return -KEFS_ERR_BAD_HIGH_SLOT;
	return 0;
}

/* Find and own the slot, which from then on keeps the session. */
static int slot_acquire(struct kefs_domain *domain, const struct kefs_sequence_args *args, struct kefs_slot **ret)
{
	struct kefs_session *session;
	int err = -KEFS_ERR_BADSESSION;

	rcu_read_lock();
	session = find_rcu(domain, args->session);
	if (session) {
		err = check_request(session, args);
		if (!err) {
			*ret = &session->slots[array_index_nospec(args->slotid, session->fore.max_slots)];
			err = kefs_slot_acquire(*ret, args->seqid);
		}
	}
	rcu_read_unlock();
	return err;
}

static void slot_release(struct kefs_slot *slot)
{
	struct kefs_session *session = slot->session;

	/* Alive, the session may go at any time after this. */
	if (kefs_slot_release(slot))
		kefs_session_put(session);
}

/* The client has said, knowing the target, that it has no request above it. */
static void retire_slots(struct kefs_session *session, u32 target)
{
	u32 i;

	WRITE_ONCE(session->live_highest, target);
	for (i = target + 1; i < session->fore.max_slots; i++) {
		/* Nobody who starts it anew shall find it owned. */
		if (READ_ONCE(session->slots[i].retired) || !kefs_slot_own(&session->slots[i]))
			continue;
		if (kefs_slot_retire(&session->slots[i]))
			kefs_taker_charge(session->client->taker, KEFS_SHARE_REPLIES,
					   -(long)session->fore.max_cached);
		slot_release(&session->slots[i]);
	}
}

/*
 * sr_target_highest_slotid: when the reply caches of a taker take much of what they may, its clients are asked to do
 * with fewer slots. A new request on a slot whose last reply said so comes from a client that knows; if it then claims
 * to use no slot above, the memory goes (RFC 8881 §2.10.6.1). A client that does not listen is served as agreed.
 */
static void set_target(struct kefs_slot *slot, u32 highest)
{
	struct kefs_session *session = slot->session;
	u32 target = kefs_taker_target(session->client->taker, session->fore.max_slots) - 1;

	if (unlikely(target != READ_ONCE(session->target))) {
		WRITE_ONCE(session->target, target);
		WRITE_ONCE(session->target_gen, session->target_gen + 1);
	}
	if (unlikely(slot->retired)) {
		kefs_taker_charge(session->client->taker, KEFS_SHARE_REPLIES, session->fore.max_cached);
		WRITE_ONCE(session->live_highest, session->fore.max_slots - 1);
	} else if (unlikely(target < READ_ONCE(session->live_highest)) && slot->used && highest <= target &&
		   slot->told_gen == READ_ONCE(session->target_gen)) {
		retire_slots(session, target);
	}
	slot->told_gen = READ_ONCE(session->target_gen);
}

int kefs_slot_begin(struct kefs_domain *domain, const struct kefs_sequence_args *args, struct kefs_sequence_res *res,
		    struct kefs_slot **ret)
{
	struct kefs_session *session;
	struct kefs_slot *slot;
	int err;

	err = slot_acquire(domain, args, &slot);
	if (err == -KEFS_ERR_BADSESSION)
		kefs_bound_speaks_for(args->bound, kefs_session_clientid(args->session));
	if (err)
		return err;
	session = slot->session;
	err = kefs_slot_check(slot, args->seqid, args->digest);
	if (err >= 0 && !kefs_client_renew(session->client))
		err = -KEFS_ERR_BADSESSION;
	/* Memory now: when the request has run, its reply must be kept. */
	if (!err && args->cachethis && kefs_slot_reserve(slot, session->fore.max_cached))
		err = -KEFS_ERR_DELAY;
	if (err < 0) {
		slot_release(slot);
		return err;
	}
	if (!err) {
		set_target(slot, args->highest);
		kefs_slot_start(slot, args->seqid, args->digest, args->cachethis);
	}
	if (args->bound && READ_ONCE(args->bound->last) != session)
		kefs_session_use_conn(session, args->bound, KEFS_BIND_FORE);
	res->highest = session->fore.max_slots - 1;
	res->target = READ_ONCE(session->target);
	*ret = slot;
	return err;
}

void kefs_slot_end(struct kefs_slot *slot, const void *reply, size_t len)
{
	if (reply && READ_ONCE(slot->state) & KEFS_SLOT_RUNNING)
		kefs_slot_keep(slot, reply, len);
	/* A request may have run for long; the lease counts from its end. */
	kefs_client_renew(slot->session->client);
	slot_release(slot);
}
