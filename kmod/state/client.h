/* SPDX-License-Identifier: GPL-2.0 */
/* Client records: EXCHANGE_ID, confirmation, lease, courtesy, end. RFC 8881 §2.4, §8.3, §18.35. */
#ifndef KEFS_STATE_CLIENT_H
#define KEFS_STATE_CLIENT_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>
#include "../core/kefs.h"
#include "../core/limits.h"
#include "domain.h"

#define KEFS_SESSION_ID_SIZE	16
#define KEFS_PEER_MAX		28	/* struct sockaddr_in6 */

/* Who made or uses a record, as far as it matters to state. */
struct kefs_principal {
	u32 flavor;
	u32 uid;
};

/* EXCHGID4_FLAG_*: these bits come and go as they are. */
#define KEFS_EXCHANGE_MOVED_REFER	0x00000001u
#define KEFS_EXCHANGE_MOVED_MIGR	0x00000002u
#define KEFS_EXCHANGE_BIND_PRINC	0x00000100u
#define KEFS_EXCHANGE_NON_PNFS		0x00010000u
#define KEFS_EXCHANGE_PNFS_MDS		0x00020000u
#define KEFS_EXCHANGE_PNFS_DS		0x00040000u
#define KEFS_EXCHANGE_UPDATE		0x40000000u
#define KEFS_EXCHANGE_CONFIRMED		0x80000000u

/* channel_attrs4 without RDMA. */
struct kefs_channel {
	u32 headerpad;
	u32 max_request;
	u32 max_response;
	u32 max_cached;
	u32 max_ops;
	u32 max_slots;
};

/* Results of CREATE_SESSION, kept in the client for its retry. */
struct kefs_session_res {
	u8 id[KEFS_SESSION_ID_SIZE];
	u32 seqid;
	u32 flags;			/* KEFS_SESSION_* */
	struct kefs_channel fore, back;
};

enum kefs_life {
	KEFS_LIFE_ACTIVE,
	KEFS_LIFE_COURTESY,		/* lease over, nothing running, state kept until somebody wants it */
	KEFS_LIFE_DOOMED,		/* being expired; no request starts any more */
};

struct kefs_bound;
struct kefs_taker;

/*
 * Lines. A client is who has sent its owner string: so EXCHANGE_ID finds its record (RFC 8881 §18.35.4), and so the
 * Linux client finds that two of its mounts are of one server, which it then reaches by the connection of the first. If
 * that is a tunnel through another program, which ends with the first mount, the second one hangs. So what begins on a
 * tunnel's connection is a client by itself, a line of its owner's, told by the lower half of its id: EXCHANGE_ID there
 * finds the line that the connection speaks for, i.e. whose client id or session id it has shown or was given, and
 * begins a new one if it has shown none. Major ids differ, so that to the client each line is a server of its own.
 *
 * Whoever has something to reclaim after a restart shows its old id first, since only STALE_CLIENTID or BADSESSION tell
 * it that there was a restart; who is known to recovery keeps its line. A line is never used again for another client.
 */
struct kefs_client {
	refcount_t ref;			/* domain->clients until dead; sessions; owners; look-ups; the doomed list */
	struct kefs_domain *domain;	/* a reference */
	struct kefs_taker *taker;	/* a reference: who answers for what it takes */
	u64 id;				/* clientid4 */
	u32 line;			/* of a tunnel's: (u32)id; 0: all others. Constant once it is in the tables */
	unsigned long renewed;		/* jiffies; any request, no lock */
	unsigned long lease;		/* jiffies */
	int life;			/* enum kefs_life, by cmpxchg; see state.h */
	u32 status;			/* SEQUENCE status flags common to its sessions; client->lock */

	spinlock_t lock;		/* what follows up to the next comment, and owners in the hash */
	bool dead;			/* out of the tables; gets no new sessions, owners, states */
	struct list_head sessions;	/* kefs_session.of_client */
	unsigned int nr_sessions;
	int nr_revoked;			/* delegations that it has not freed yet */

	struct xarray states;		/* index → kefs_state; entries come under lock, unless dead */
	u32 next_state;			/* the xarray's lock */
	atomic_t nr_opens, nr_locks, nr_delegs;
	atomic_t nr_ranges;		/* of its lock owners, in the VFS; lock.c */

	/* domain->lock, unless said otherwise */
	struct rhlist_head by_name;
	struct list_head unconf;	/* domain->unconfirmed; once dead, whose finish is owed */
	bool confirmed;			/* read without the lock, too */
	bool named;			/* in the table of names */
	int reclaim_complete;		/* recovery.c; cmpxchg, no lock */
	unsigned long recording;	/* bit 0: its record is being written or removed; no lock */
	u32 block;			/* where its record in the ledger may be, or 0; recovery.c's lock, as the next two */
	bool recorded;			/* it is there */
	unsigned int lost;		/* pieces of state, and its end: no record until it has acknowledged them all */
	int cs_status;			/* CREATE_SESSION's one-slot reply cache */
	u32 cs_seqid;			/* last executed */
	bool cs_used;			/* there are results to give again */
	bool cs_refused;		/* cs_seqid had impossible arguments: it may come again with others */
	struct kefs_session_res cs_res;

	struct list_head doomed;	/* expiry.c's list of doomed clients */
	struct completion gone;		/* kefs_client_finish() is through */

	struct kefs_principal principal; /* constant from here on */
	u64 who;			/* hash of the owner string: stays the same over remounts and reboots */
	u8 verifier[KEFS_VERIFIER_SIZE];
	u8 peer_len;
	u8 peer[KEFS_PEER_MAX];
	struct rcu_head rcu;
	u32 owner_len;
	u8 owner[];
};

struct kefs_exchange_args {
	const u8 *owner;		/* co_ownerid, 1..KEFS_OPAQUE_MAX bytes */
	u32 owner_len;
	const u8 *verifier;		/* KEFS_VERIFIER_SIZE */
	u32 flags;			/* eia_flags as received */
	struct kefs_principal principal;
	struct kefs_bound *bound;	/* the connection; it then speaks for the result */
	const void *peer;		/* sockaddr of the connection, for dumps; or NULL */
	u32 peer_len;
};

struct kefs_exchange_res {
	u64 clientid;
	u32 seqid;			/* eir_sequenceid */
	u32 flags;			/* eir_flags */
	u32 line;
};

/*
 * EXCHANGE_ID, RFC 8881 §18.35.4, all cases (state protection is SP4_NONE, the caller's business). -EINVAL bad flags or
 * empty owner; -KEFS_ERR_CLID_INUSE; update: -ENOENT, -KEFS_ERR_NOT_SAME, -EPERM; -KEFS_ERR_DELAY out of memory or
 * records.
 */
int kefs_client_exchange_id(struct kefs_domain *domain, const struct kefs_exchange_args *args,
			    struct kefs_exchange_res *res);

/* DESTROY_CLIENTID: -KEFS_ERR_STALE_CLIENTID, -KEFS_ERR_CLIENTID_BUSY while it has sessions or state. */
int kefs_client_destroy_id(struct kefs_domain *domain, u64 clientid);

/* The record with that id, referenced, or NULL. */
struct kefs_client *__must_check kefs_client_find(struct kefs_domain *domain, u64 clientid);
void kefs_client_put(struct kefs_client *client);	/* any context */

/* Seconds, for the lease_time attribute. */
unsigned int kefs_client_lease(const struct kefs_client *client);

struct kefs_client_info {
	u64 id, volume;
	u64 renewed_ms;
	u32 sessions, opens, locks, delegs;
	bool confirmed, courteous, reclaimed;	/* reclaimed: RECLAIM_COMPLETE has come */
	u32 peer_len, owner_len;
	u8 peer[KEFS_PEER_MAX];
	u8 owner[KEFS_OPAQUE_MAX];
};

/* The client with the smallest id above @after (0 starts) of the domain into @info; false: none. */
bool kefs_client_next(struct kefs_domain *domain, u64 after, struct kefs_client_info *info);

/* --- inside state/ --- */

static inline struct kefs_client *kefs_client_get(struct kefs_client *client)
{
	refcount_inc(&client->ref);
	return client;
}

/* Records of this principal are its own. */
static inline bool kefs_principal_same(const struct kefs_principal *a, const struct kefs_principal *b)
{
	return a->flavor == b->flavor && a->uid == b->uid;
}

/* domain->lock held. Confirm @client; the confirmed records that it replaces, those of its owner's earlier lives, are
 * put on @old, out of all tables and referenced, for kefs_client_finish_all() without the lock. 0 or
 * -KEFS_ERR_CLID_INUSE. */
int kefs_client_confirm_locked(struct kefs_client *client, struct list_head *old);
/* domain->lock held. Out of all tables, dead, sessions dead. True for the first caller, who then owes it a
 * kefs_client_finish() without locks. */
bool kefs_client_kill_locked(struct kefs_client *client);
/* Second half of the above: releases all states, the table's reference, wakes waiters. */
void kefs_client_finish(struct kefs_client *client);
void kefs_client_finish_all(struct list_head *clients);

unsigned int kefs_client_count(void);

int __init kefs_client_init(void);
void kefs_client_exit(void);

#endif
