/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions, their slots in use, bound connections and back channels. RFC 8881 §2.10, §18.34, §18.36, §18.37, §18.46. */
#ifndef KEFS_STATE_SESSION_H
#define KEFS_STATE_SESSION_H

#include <linux/unaligned.h>
#include "client.h"
#include "slot.h"
#include "state.h"

#define KEFS_SESSION_PERSIST	1u	/* CREATE_SESSION4_FLAG_* */
#define KEFS_SESSION_BACK	2u
#define KEFS_SESSION_RDMA	4u

#define KEFS_BIND_FORE		1u	/* CDFC4_*, CDFS4_* */
#define KEFS_BIND_BACK		2u
#define KEFS_BIND_FORE_OR_BOTH	3u
#define KEFS_BIND_BACK_OR_BOTH	7u

/* SEQ4_STATUS_* that state may set. */
#define KEFS_STATUS_CB_PATH_DOWN		0x001u
#define KEFS_STATUS_EXPIRED_ALL			0x008u
#define KEFS_STATUS_EXPIRED_SOME		0x010u
#define KEFS_STATUS_ADMIN_REVOKED		0x020u
#define KEFS_STATUS_RECALLABLE_REVOKED		0x040u
#define KEFS_STATUS_RESTART_RECLAIM		0x100u
#define KEFS_STATUS_CB_PATH_DOWN_SESSION	0x200u
#define KEFS_STATUS_BACKCHANNEL_FAULT		0x400u

#define KEFS_CB_SLOTS_MAX	16	/* as the Linux client offers */
#define KEFS_BINDINGS_MAX	64	/* sessions that one connection is bound to: more is no trunking */

/* How callbacks are signed: the first of csa_sec_parms that we can do. */
struct kefs_cb_sec {
	u32 flavor;			/* AUTH_NONE 0 or AUTH_SYS 1 */
	u32 uid, gid;
};

/* A connection's side of its bindings: a member of the upper layer's per-connection object. */
struct kefs_bound {
	struct kefs_conn *conn;
	spinlock_t lock;		/* the next three */
	struct list_head bindings;
	unsigned int nr_bindings;
	bool closed;
	struct kefs_session *last;	/* bound to it: compared only, never followed; no lock */
	bool tunnel;			/* constant: clients that begin here are lines (struct kefs_client) */
	u32 line;			/* of a tunnel: the one that it speaks for; 0: has not said. No lock */
};

void kefs_bound_init(struct kefs_bound *bound, struct kefs_conn *conn, bool tunnel);

/* The peer calls itself by that client id, of this life of the server or an earlier one, or was just given it. */
static inline void kefs_bound_speaks_for(struct kefs_bound *bound, u64 clientid)
{
	if (bound && bound->tunnel && READ_ONCE(bound->line) != (u32)clientid)
		WRITE_ONCE(bound->line, (u32)clientid);
}

/* FAULT: not a state but what a call may tell: down, and only a new session can help. */
enum kefs_cb_path { KEFS_CB_UNKNOWN, KEFS_CB_UP, KEFS_CB_DOWN, KEFS_CB_PROBING, KEFS_CB_FAULT };

struct kefs_session {
	refcount_t ref;			/* domain->sessions until dead; each owned slot once dead; look-ups */
	struct kefs_client *client;	/* a reference */
	u8 id[KEFS_SESSION_ID_SIZE];
	u32 index;			/* in domain->sessions */
	u32 flags;			/* KEFS_SESSION_BACK: asked for, or a connection was bound so since; client->lock */
	struct kefs_channel fore, back;	/* as agreed */
	u32 target, target_gen;		/* sr_target_highest_slotid, and how often it changed; no lock */
	u32 live_highest;		/* all above are retired, but for those that were busy then; no lock */
	bool dead;			/* client->lock; no request starts any more */

	struct list_head of_client;	/* client->sessions; client->lock */
	struct list_head bindings;	/* client->lock */

	/* the back channel: client->lock */
	u32 cb_program;
	struct kefs_cb_sec cb_sec;
	int cb_path;			/* enum kefs_cb_path */
	unsigned int nr_back;		/* bindings that callbacks can use */
	u32 cb_free;			/* bit per free slot */
	u32 cb_seqid[KEFS_CB_SLOTS_MAX]; /* of the next call */
	u32 status;			/* SEQUENCE status flags of this session; read without lock */

	size_t reserved;		/* bytes of its client's share of reply caches, those of retired slots too */
	struct rcu_head rcu;
	struct kefs_slot slots[];	/* fore.max_slots */
};

struct kefs_session_args {
	u64 clientid;
	u32 seqid;
	u32 flags;			/* csa_flags */
	struct kefs_principal principal;
	struct kefs_channel fore, back;	/* as asked */
	u32 cb_program;
	struct kefs_cb_sec cb_sec;
};

/*
 * CREATE_SESSION: confirms the client, drops what it replaces, retries give the first results again (so the caller
 * encodes from @res only). @bound, if not NULL, is bound to the new session as fore, and back if asked. Errors:
 * -EINVAL, -KEFS_ERR_STALE_CLIENTID, -KEFS_ERR_CLID_INUSE, -KEFS_ERR_SEQ_MISORDERED, -KEFS_ERR_TOOSMALL, -ENOSPC,
 * -KEFS_ERR_DELAY. Sleeps.
 */
int kefs_session_create(struct kefs_domain *domain, const struct kefs_session_args *args, struct kefs_bound *bound,
			struct kefs_session_res *res);

/* What we agree to: never above @ask. -KEFS_ERR_TOOSMALL. */
int kefs_session_fit_fore(const struct kefs_channel *ask, struct kefs_channel *give);
int kefs_session_fit_back(const struct kefs_channel *ask, struct kefs_channel *give);

/* A session id begins with its client's. */
static inline u64 kefs_session_clientid(const u8 *id) { return get_unaligned_be64(id); }

/* Referenced, alive, or NULL (BADSESSION). */
struct kefs_session *__must_check kefs_session_find(struct kefs_domain *domain, const u8 *id);
void kefs_session_put(struct kefs_session *session);	/* no spin lock held */
static inline bool kefs_session_alive(const struct kefs_session *session)
{
	return !READ_ONCE(session->dead);
}

/*
 * DESTROY_SESSION. @own: the slot of this compound or NULL; it may be one of that session. @bound: the connection it
 * came over. -KEFS_ERR_BADSESSION; -KEFS_ERR_CONN_NOT_BOUND, see kefs_bound_may_carry(); -KEFS_ERR_DELAY while other
 * slots of it are in use.
 */
int kefs_session_destroy(struct kefs_domain *domain, const u8 *id, const struct kefs_slot *own,
			 struct kefs_bound *bound);

/* --- SEQUENCE --- */

struct kefs_sequence_args {
	const u8 *session;		/* KEFS_SESSION_ID_SIZE */
	u32 seqid, slotid, highest;
	bool cachethis;
	u32 digest;			/* of what must be equal in a retry: principal, number of ops, … */
	u32 nr_ops;			/* in the compound, SEQUENCE too */
	u32 request_len;		/* bytes of the RPC call */
	struct kefs_bound *bound;	/* this connection: is bound as fore channel if it is not */
};

struct kefs_sequence_res {
	u32 highest, target;		/* sr_highest_slotid, sr_target_highest_slotid */
};

/*
 * SEQUENCE. 0: new request: *ret is its slot, the lease is renewed. KEFS_SLOT_REPLAY: answer with slot->reply,
 * slot->reply_len. KEFS_SLOT_UNCACHED: a retry of which only the seqid is known: a lone SEQUENCE is answered again,
 * else the second op is RETRY_UNCACHED_REP. In all three the slot must be ended. Errors, in the RFC's order:
 * -KEFS_ERR_BADSESSION, _TOO_MANY_OPS, _REQ_TOO_BIG, _REP_TOO_BIG_TO_CACHE (not even SEQUENCE's result could be kept),
 * _BADSLOT, _BAD_HIGH_SLOT, _SEQ_MISORDERED, -KEFS_ERR_DELAY, -KEFS_ERR_SEQ_FALSE_RETRY.
 * slot->session and slot->session->client may be used until the end.
 */
int kefs_slot_begin(struct kefs_domain *domain, const struct kefs_sequence_args *args, struct kefs_sequence_res *res,
		    struct kefs_slot **ret);

/*
 * The request is over; call it before its reply is sent. @reply is the results (COMPOUND4res) for retries, or NULL: not
 * to be kept (cachethis was false, or this was a replay). It is kept if it fits session->fore.max_cached; the caller
 * makes sure of that beforehand (REP_TOO_BIG_TO_CACHE) when slot->cachethis.
 */
void kefs_slot_end(struct kefs_slot *slot, const void *reply, size_t len);

/* sr_status_flags. */
static inline u32 kefs_session_status_flags(const struct kefs_session *session)
{
	return READ_ONCE(session->status) | READ_ONCE(session->client->status);
}

/* Callbacks can be tried; whether they arrive is another matter. */
static inline bool kefs_session_has_back(const struct kefs_session *session)
{
	return READ_ONCE(session->nr_back);
}

/* --- connections --- */

/*
 * BIND_CONN_TO_SESSION: @wish KEFS_BIND_*, *@ret_dir what it became (FORE, BACK or both = 3). Idempotent.
 * -EINVAL bad @wish, or one that wants a binding changed (RFC 8881 §18.34.3); -ENOTCONN the connection is closing;
 * -KEFS_ERR_BADSESSION, -KEFS_ERR_DELAY.
 */
int kefs_session_bind_conn(struct kefs_domain *domain, const u8 *id, struct kefs_bound *bound, u32 wish, u32 *ret_dir);
/* Bound by use, as CREATE_SESSION and SEQUENCE do it: @dir KEFS_BIND_FORE and/or _BACK is added. Errors as above. */
int kefs_session_use_conn(struct kefs_session *session, struct kefs_bound *bound, u32 dir);
/*
 * Is this one of the session's connections, or none of anybody yet? The latter counts as bound by use, which RFC 8881
 * §2.10.3.1 allows without state protection: a client that ends after its connection was lost comes so.
 */
bool kefs_bound_may_carry(struct kefs_bound *bound, const struct kefs_session *session);
/* The connection is dead: out of all sessions; none binds it any more. Before the connection's memory goes. */
void kefs_session_unbind_conn(struct kefs_bound *bound);
/* Who works over the connection may do less than before: delegations of its clients are recalled. No locks. */
void kefs_bound_recall(struct kefs_bound *bound);

/* BACKCHANNEL_CTL. */
void kefs_session_backchannel_ctl(struct kefs_session *session, u32 cb_program, const struct kefs_cb_sec *sec);

/* --- callbacks --- */

struct kefs_cb_call {
	struct kefs_session *session;	/* a reference */
	struct kefs_conn *conn;		/* a reference */
	u32 program;
	struct kefs_cb_sec sec;
	u32 slotid, seqid, highest;	/* for CB_SEQUENCE */
};

/* Callbacks are known to reach the client; nothing is known of it yet, but is being found out. */
bool kefs_cb_works(struct kefs_client *client);
bool kefs_cb_probing(struct kefs_client *client);
/*
 * A way to call the client back: a session with a bound back channel, if possible one that works, and a free slot of
 * it. -ENOTCONN: none is bound;
 * -EBUSY: all slots are in use (try again when a callback ends).
 */
int kefs_cb_begin(struct kefs_client *client, struct kefs_cb_call *call);
/*
 * Likewise on this session, if nothing is known yet about its path and nobody is finding out: one caller gets 0 and
 * owes a CB_SEQUENCE and kefs_cb_end() with KEFS_CB_UP or _DOWN; others -EALREADY, at the price of a read.
 */
int kefs_cb_begin_probe(struct kefs_session *session, struct kefs_cb_call *call);
/* @sequenced: the client took CB_SEQUENCE for a new call or a retry: the slot moves on. @path: what this tells of
 * the path; KEFS_CB_UNKNOWN nothing, so that a probe is to be repeated. Gives back the references. */
void kefs_cb_end(struct kefs_cb_call *call, bool sequenced, enum kefs_cb_path path);

/* --- inside state/ --- */

/* client->lock held. A session of it has a request running or a reply being read. */
bool kefs_session_any_busy_locked(struct kefs_client *client);
/* Out of domain->sessions and of its client, bindings gone, slots dead. True for the first caller. */
bool kefs_session_kill(struct kefs_session *session);

/* bindings.c, client->lock held: drop all bindings of a session that is dead; CB_PATH_DOWN flags follow the facts. */
void kefs_bindings_drop_locked(struct kefs_session *session);
void kefs_bindings_status_locked(struct kefs_client *client);
void kefs_bindings_set_ops(const struct kefs_state_ops *ops);

unsigned int kefs_session_count(void);

#endif
