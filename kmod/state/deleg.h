/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Delegations (RFC 8881 §10.2, §10.4): when OPEN gives one, DELEGRETURN, revocation. A delegation is a lease (FL_DELEG)
 * of the VFS on the backing file, so whatever conflicts with it, through any server or by a process of this host, is
 * found there; recall.h has what then happens.
 *
 * References to a delegation: client->states until it is returned, or until FREE_STATEID or the client's end if it was
 * revoked; the list of recalls; a callback on its way; an actor that waits for it; look-ups. The VFS's lease has none:
 * it goes first, with fileobj->lock held.
 */
#ifndef KEFS_STATE_DELEG_H
#define KEFS_STATE_DELEG_H

#include <linux/list.h>
#include "../files/fh_codec.h"
#include "session.h"
#include "stateid.h"

struct kefs_grant;
struct kefs_open_args;

enum kefs_deleg_type { KEFS_DELEG_NONE, KEFS_DELEG_READ, KEFS_DELEG_WRITE };

/* Why there is none; numbers of why_no_delegation4. */
enum kefs_deleg_why {
	KEFS_DELEG_NOT_WANTED		= 0,
	KEFS_DELEG_CONTENTION		= 1,
	KEFS_DELEG_RESOURCE		= 2,
	KEFS_DELEG_NO_UPGRADE		= 5,
};

/* What OPEN says about it. */
struct kefs_deleg_ask {
	enum kefs_deleg_type most;	/* NONE: not wanted */
	bool wanted;			/* asked for: then it need not be likely to pay */
	bool reclaim;			/* CLAIM_PREVIOUS: it had one of type @most before the server restarted */
	bool may_read;			/* who opens for writing only could also read: so the file can be his */
	const struct kefs_grant *grant;	/* makes the handle that CB_RECALL names the file by */
	const struct kefs_slot *slot;	/* of the request */
};

struct kefs_deleg_give {
	enum kefs_deleg_type type;
	bool recall;			/* to be returned at once: a reclaimed one of a client that cannot be called */
	enum kefs_deleg_why why;	/* if NONE */
	struct kefs_stateid stateid;
};

/* One per (client, file). */
struct kefs_deleg {
	struct kefs_state st;		/* owner NULL; gone: fileobj->lock; client: a reference of its own */
	enum kefs_deleg_type type;	/* this and what follows up to the next comment: constant */
	struct file *filp;		/* of st.file's bfile: what the lease is on */
	struct kefs_fh fh;
	u8 session[KEFS_SESSION_ID_SIZE]; /* the request that got it: its reply may still be on its way when a recall */
	u32 slotid, slot_seqid;		/* overtakes it (RFC 8881 §2.10.6.3) */

	struct list_head on_file;	/* fileobj->delegs; fileobj->lock */
	bool listed;			/* in client->states; fileobj->lock */
	u64 change;			/* the change attribute when it was given; written before anybody can ask */

	/* recall.c's lock */
	struct list_head recall;	/* list of recalls, with a reference */
	struct list_head waiters;	/* kefs_actor.node */
	unsigned long since;		/* jiffies when it was first wanted back */
	unsigned long next;		/* when to call (again) */
	bool wanted, over;		/* since is set; returned or revoked */
	bool busy, told;		/* a CB_RECALL is on its way; was answered NFS4_OK */
	u8 tries;
	bool attr_busy;			/* a CB_GETATTR is on its way */
	int attr_err;			/* of the last one; 0: the next two are valid */
	u32 attr_serial;		/* of its answer, out of one count for all; 0: none yet */
	u64 attr_change, attr_size;
};

static inline struct kefs_deleg *kefs_deleg_of(struct kefs_state *st)
{
	return container_of(st, struct kefs_deleg, st);
}

/*
 * fileobj->lock held; the open itself is done. Notes the open in the history, and gives a delegation if none is in the
 * way and it is likely to pay, or was asked for. Never waits for anybody.
 */
void kefs_deleg_offer_locked(struct kefs_client *client, struct kefs_fileobj *file, const struct kefs_open_args *args,
			     struct kefs_deleg_give *give);
/* The change attribute that the client will see with its new delegation @id for writing. */
void kefs_deleg_set_change(struct kefs_client *client, const struct kefs_stateid *id, u64 change);

/* CLAIM_DELEGATE_CUR, CLAIM_DELEG_CUR_FH: may @id stand for an open with @access? -KEFS_ERR_BAD_STATEID, _OLD_STATEID,
 * _DELEG_REVOKED, _OPENMODE. */
int kefs_deleg_check(struct kefs_client *client, const struct kefs_stateid *id, struct kefs_volume *volume,
		     const struct kefs_fid *fid, u32 access);
/* DELEGRETURN. -KEFS_ERR_BAD_STATEID, _OLD_STATEID, _DELEG_REVOKED. */
int kefs_deleg_return(struct kefs_client *client, const struct kefs_stateid *id, struct kefs_volume *volume,
		      const struct kefs_fid *fid);

/* Of all clients: those that are there, and those that were revoked and not freed. */
unsigned int kefs_deleg_count(void);

/* --- inside state/ --- */

/* The delegation for writing of the file, of another client than @client: referenced, or NULL. */
struct kefs_deleg *kefs_deleg_find_writer(const struct kefs_client *client, struct kefs_volume *volume,
					  const struct kefs_fid *fid);
/*
 * It was not returned in time: every use of it fails until FREE_STATEID, and until then its client can reclaim nothing
 * after a restart (kefs_recovery_lose()). Nothing if it is gone already. Sleeps; no locks.
 */
void kefs_deleg_revoke(struct kefs_deleg *deleg);
/* FREE_STATEID: forget a revoked one; -KEFS_ERR_LOCKS_HELD if it is not. Sleeps; no locks. */
int kefs_deleg_free_revoked(struct kefs_deleg *deleg);
/* The client ends: in whatever state it is. */
void kefs_deleg_release(struct kefs_deleg *deleg);
/* A conflict was met: no delegation of the file for some time. Any context but interrupts. */
void kefs_deleg_note_conflict(const struct kefs_deleg *deleg);
void kefs_deleg_free(struct kefs_state *st);

int __init kefs_deleg_init(void);
void kefs_deleg_exit(void);

#endif
