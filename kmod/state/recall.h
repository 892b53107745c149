/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands in the way of a request, and how it goes away: leases of the VFS that are delegations are recalled from
 * their clients (RFC 8881 §10.2, §10.4.4, §20.2), revoked if that takes longer than the client's lease; requests wait
 * parked.
 *
 *	operation ──► VFS ──► breaker_owns(): the client's own does not count; else noted as the actor's blocker
 *	                  └─► lm_break(): on the list of recalls, its work is queued
 *	operation: -KEFS_ERR_LEASE ──► kefs_actor_wait(): parked on the blocker's list of waiters
 *	work: CB_RECALL, again and again; after the lease: revoked ──► waiters run again
 *	DELEGRETURN ──────────────────────────────────────────────┘
 */
#ifndef KEFS_STATE_RECALL_H
#define KEFS_STATE_RECALL_H

#include <linux/list.h>
#include <linux/types.h>

struct file;
struct kefs_client;
struct kefs_deleg;
struct kefs_fid;
struct kefs_request;
struct kefs_state_ops;
struct kefs_volume;

/* Whose request a pool thread runs, and what it waits for. Part of the request. */
struct kefs_actor {
	struct kefs_client *client;	/* kept by the request's slot; NULL without */
	struct kefs_request *rq;
	struct kefs_deleg *blocker;	/* a reference: met in the running operation */
	struct list_head node;		/* blocker->waiters while parked; recall.c's lock */
	unsigned long until;		/* jiffies: then the operation waits no more */
	bool waiting;			/* until is set: the operation has parked already */
	u32 attr_after;			/* CB_GETATTR: answers with larger serials are new enough; 0: not asked yet */
	unsigned long attr_until;	/* jiffies: so long it may be that it cannot be asked; 0: it could so far */
};

void kefs_actor_init(struct kefs_actor *actor, struct kefs_request *rq);
/* The request runs on this pool thread, (again) after it was parked, until kefs_actor_leave(). */
void kefs_actor_enter(struct kefs_actor *actor);
void kefs_actor_leave(struct kefs_actor *actor);
/* Its operation is over, the next one begins. */
void kefs_actor_next(struct kefs_actor *actor);
/*
 * The operation said -KEFS_ERR_LEASE. KEFS_PARKED: it is to be run again when the request is resumed, which happens
 * within a second at the latest; -KEFS_ERR_DELAY: it has waited for a lease and more, the client may ask again.
 */
int kefs_actor_wait(struct kefs_actor *actor);

/* What the holder of a delegation for writing says of the file. */
struct kefs_holder {
	struct kefs_deleg *deleg;	/* a reference; NULL: there is none, the file system knows best */
	struct kefs_client *client;	/* kefs_holder_swap()'s */
	bool modified;			/* since it has the delegation, as told by the change attribute; see also size */
	u64 size;
};

/*
 * Before size, change or times of a file are told to @actor's client: ask another that may have changed them in its
 * cache (CB_GETATTR; RFC 8881 §10.4.3). 0: *ret is to be put by kefs_holder_put(). -KEFS_ERR_LEASE: wait for it.
 */
int kefs_holder_ask(struct kefs_actor *actor, struct kefs_volume *volume, const struct kefs_fid *fid,
		    struct kefs_holder *ret);
void kefs_holder_put(struct kefs_holder *holder);
/* From the first to the second call the actor changes the file as if it were the holder. */
void kefs_holder_swap(struct kefs_actor *actor, struct kefs_holder *holder);

/* --- for the layer that calls back; @deleg's reference goes with them --- */

/* CB_RECALL is over. @told: the client has heard of it; else it is tried again. */
void kefs_recall_answered(struct kefs_deleg *deleg, bool told);
/* CB_GETATTR is over: an error, or 0 and the values. */
void kefs_recall_attrs(struct kefs_deleg *deleg, int err, u64 change, u64 size);

/* --- inside state/ --- */

/* Take the lease that @deleg is; fileobj->lock held. -EAGAIN: something conflicts. */
int kefs_recall_lease(struct kefs_deleg *deleg);
/* Give it back; fileobj->lock held. */
void kefs_recall_unlease(struct kefs_deleg *deleg);
/* Nobody need wait for it any more. No locks. */
void kefs_recall_over(struct kefs_deleg *deleg);
/* The client has a new back channel: what could not be told is tried again. No locks. */
void kefs_recall_retry(const struct kefs_client *client);

/* Wanted back: its holder may do less than when it asked for it. */
void kefs_recall_one(struct kefs_deleg *deleg);
/* All delegations of the client are wanted back: it may do less than when they were given. No locks. */
void kefs_recall_client(struct kefs_client *client);

void kefs_recall_set_ops(const struct kefs_state_ops *ops);
int __init kefs_recall_init(void);
void kefs_recall_exit(void);

#endif
