/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NFS state. Read this first. No wire formats here; results are 0 or -errno or -KEFS_ERR_x.
 *
 * Objects ("A ──► B": A holds a reference to B, so B lives at least as long)
 *
 *	slot in use ──► kefs_session ──► kefs_client ──► kefs_domain ──► kefs_volume
 *	                                     ▲
 *	                                kefs_owner          (open owner or lock owner; VFS locks refer to the latter)
 *	                                     ▲
 *	      kefs_lockstate ──► kefs_open ──┴─► kefs_fileobj ──► kefs_bfile, kefs_volume
 *	             └────────► kefs_owner            ▲
 *	   actor that waits, list of recalls ──► kefs_deleg ──► kefs_client
 *
 *   domain	One NFS server instance: the clients that may see one another as the same server's.
 *   client	One client record (confirmed or not). Found by id (domain->clients), by owner string (hash).
 *   session	Found by index (domain->sessions), which its 16-byte id contains.
 *   slot	Exactly-once. A request with a slot needs no other reference: the slot keeps session, client and
 *		domain until kefs_slot_end(). Parked requests keep it too.
 *   kefs_state	Common head of what has a stateid: kefs_open, kefs_lockstate, kefs_deleg. Found by index
 *		(client->states), which the stateid contains beside the client id; opens and lock states by (owner,
 *		file) in a hash, too.
 *   deleg	A delegation: a lease of the VFS. On its file's list until it is returned or revoked; a revoked one stays
 *		in client->states until the client frees it.
 *   actor	A running or parked request, as delegations see it: whose it is and what it waits for.
 *   owner	Lives as long as a state or a VFS lock refers to it. 4.1 keeps nothing else for it.
 *   fileobj	One per (volume, file id) that is open, shared by all domains of the volume, so that share modes
 *		conflict across domains; holds the open backing file.
 *   kefs_bound	A connection's side of its bindings to sessions; part of the upper layer's connection object.
 *
 * Files: domain; client (records), expiry (lease, courtesy, end), reaper (time); owner; session (and slots in use),
 * slot (pure rules), bindings (connections, callbacks); stateid, fileobj; open, modes (pure), lock, lockwait; deleg,
 * history (pure), recall; recovery.
 *
 * A table (index or hash) holds one reference to what it lists ("alive"); removing from the table drops it. Look-ups
 * are by RCU and take a reference with refcount_inc_not_zero(); all objects here are freed after a grace period.
 * Whoever marks an object dead (session->dead, client->dead, state->gone) under its lock is the one that removes it.
 *
 * Locks, outer first. Nothing of another line's right side is taken with a lock of its left side but as shown.
 *
 *	lockstate->lock (mutex)	one byte-range operation of a lock stateid; its seqid. The VFS is called under it, and
 *				the VFS may call back to expire a courteous client, hence its place.
 *	  domain->lock (mutex)	client records: who is confirmed, who replaces whom; CREATE_SESSION
 *	  fileobj->lock (mutex)	opens of a file, their share modes and seqids, their lists of lock states; who waits
 *				for its locks; its delegations. Backing files are opened, leases of the VFS taken and
 *				dropped under it.
 *	    lockstate->lock/1	nested, expiry only: of a client of which no request is running
 *	      [VFS flc_lock]	lm_* callbacks run under it
 *	        client->lock (spin)	owners in the hash, sessions of the client, dead; bindings and back channels of its
 *					sessions
 *	          bound->lock (spin)	the connection's list of bindings
 *	          hash and xarray locks, fileobj bucket locks
 *	        recall_lock (spin) recalls and who waits for them; history locks (spin)
 *	        files_lock (spin)	lockwait.c: files with waiters
 *
 * domain->lock and fileobj->lock are never held together; lockstate->lock/1 is taken with neither. Reaper walks hold
 * no lock but RCU.
 *
 * Expiry. client->life goes ACTIVE → COURTESY (lease over, nothing running) → DOOMED (somebody wants what it holds, or
 * a limit, or 24 h), or back to ACTIVE at the next SEQUENCE. Only a client without running requests becomes DOOMED and
 * a doomed one starts none, so whoever expires it never waits for its requests. All this is in expiry.c.
 *
 * Context: process only, except where said.
 */
#ifndef KEFS_STATE_STATE_H
#define KEFS_STATE_STATE_H

#include <linux/types.h>

struct kefs_conn;
struct kefs_deleg;
struct kefs_lock_wait;

/* Caps of this layer beside core/limits.h. */
#define KEFS_UNCONFIRMED_MAX	1024	/* unconfirmed client records of a domain: they cost a stranger nothing */
#define KEFS_COURTESY_SEC	(24 * 3600) /* how long an expired client's state is kept when nobody wants it */
#define KEFS_REPLY_CACHE_SHARE	8	/* reply caches of all sessions take at most 1/8 of memory */
#define KEFS_REPLY_CACHE_SESSIONS 2048	/* and that of a new one 1/2048 of what its client's address may still take */
#define KEFS_REPLY_CACHE_ASSURED (16 * 1024) /* of an address, however much others have: some small sessions */
#define KEFS_REPLY_CACHE_MIN	1024	/* cached reply of a small session: OPEN with names and attributes is below it */
#define KEFS_CLIENTS_ASSURED	64	/* client records of an address, however many others have */

/*
 * What state does with connections, which are opaque to it, and with callbacks, whose form it does not know. conn_get
 * is called while the connection is bound. recall, getattr and notify_lock are called without locks, do not wait, and
 * end, at once or later, with kefs_recall_answered(), kefs_recall_attrs() or kefs_lockwait_told(): the reference goes
 * with the call.
 */
struct kefs_state_ops {
	void (*conn_get)(struct kefs_conn *conn);
	void (*conn_put)(struct kefs_conn *conn);
	void (*recall)(struct kefs_deleg *deleg);
	void (*getattr)(struct kefs_deleg *deleg);
	void (*notify_lock)(struct kefs_lock_wait *wait);
};

/* Objects alive, all domains, for INFO_GET. */
struct kefs_state_counts {
	unsigned int clients, sessions, opens, locks, delegs, courteous;
	u64 reply_cache_bytes;
};
void kefs_state_counts(struct kefs_state_counts *counts);

/* Lease of clients made from now on; -ERANGE outside 10..3600. */
int kefs_state_set_lease(unsigned int seconds);
unsigned int kefs_state_lease(void);

/* @ops must live until kefs_state_exit(). */
int __init kefs_state_init(const struct kefs_state_ops *ops);
/* Every domain was killed and every slot ended before. Waits for what the VFS still holds, and for RCU. */
void kefs_state_exit(void);

#endif
