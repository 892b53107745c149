/* SPDX-License-Identifier: GPL-2.0 */
/* OPEN, OPEN_DOWNGRADE, CLOSE: share reservations. RFC 8881 §9.7, §18.2, §18.16, §18.18. */
#ifndef KEFS_STATE_OPEN_H
#define KEFS_STATE_OPEN_H

#include <linux/list.h>
#include "stateid.h"

struct kefs_deleg_ask;
struct kefs_deleg_give;

/* One per (open owner, file). */
struct kefs_open {
	struct kefs_state st;
	struct list_head on_file;	/* fileobj->opens; fileobj->lock, as all below */
	struct list_head locks;		/* kefs_lockstate.on_open */
	u8 access, deny;		/* union of the opens in effect; access is read without lock by I/O */
	u16 seen;			/* which (access, deny) pairs are in effect: modes.h */
};

struct kefs_open_args {
	const u8 *owner;		/* open owner, without client id */
	u32 owner_len;
	u32 access;			/* 1..3, want bits removed */
	u32 deny;			/* 0..3 */
	bool reclaim;			/* CLAIM_PREVIOUS */
	struct kefs_volume *volume;
	const struct kefs_fid *fid;
	struct dentry *dentry;		/* regular file; borrowed */
	const struct kefs_stateid *deleg; /* CLAIM_DELEGATE_CUR, CLAIM_DELEG_CUR_FH: what it is for; or NULL */
	const struct kefs_deleg_ask *ask;
};

/*
 * The part of OPEN that is state, after the file was found or made and permissions were checked, with the caller's
 * credentials active: opens the backing file, and may give a delegation. -EINVAL, those of kefs_recovery_may(),
 * -KEFS_ERR_SHARE_DENIED (reclaim: -KEFS_ERR_RECLAIM_CONFLICT), -EDQUOT too many opens, -KEFS_ERR_DELAY,
 * -KEFS_ERR_EXPIRED, -KEFS_ERR_LEASE (a delegation is in the way), those of kefs_deleg_check(), and what opening the
 * file gives.
 */
int kefs_open_do(struct kefs_client *client, const struct kefs_open_args *args, struct kefs_stateid *ret,
		 struct kefs_deleg_give *give);

/* What kefs_open_do() checks first; for OPEN to ask before it creates anything. */
int kefs_open_may(struct kefs_client *client, bool reclaim);

/*
 * Would an open of that file with these modes be denied by others? For OPEN to ask before it truncates or creates over
 * an existing file. 0, -KEFS_ERR_SHARE_DENIED. Courteous clients in the way are expired.
 */
int kefs_open_would_share(struct kefs_client *client, const struct kefs_open_args *args);

/* OPEN_DOWNGRADE; *id is updated. -EINVAL (also: never opened so), -KEFS_ERR_BAD_STATEID, _OLD_STATEID. */
int kefs_open_downgrade(struct kefs_client *client, struct kefs_stateid *id, struct kefs_volume *volume,
			const struct kefs_fid *fid, u32 access, u32 deny);

/* CLOSE, with all byte-range locks of the open; *id becomes the invalid stateid. -KEFS_ERR_BAD_STATEID,
 * _OLD_STATEID. */
int kefs_open_close(struct kefs_client *client, struct kefs_stateid *id, struct kefs_volume *volume,
		    const struct kefs_fid *fid);

/* --- inside state/ --- */

/* Close whatever its seqid; nothing if it is gone already. For the end of a client: no locks held but, perhaps, another
 * client's lockstate->lock. */
void kefs_open_release(struct kefs_open *open);
/*
 * fileobj->lock held. A courteous client of whose opens one is in the way of (@access, @deny) is doomed and returned
 * referenced, to be expired without the lock; NULL: none. @own does not count.
 */
struct kefs_client *kefs_open_doom_one_locked(struct kefs_fileobj *file, const struct kefs_open *own, u32 access,
					      u32 deny);
void kefs_open_free(struct kefs_state *st);

static inline struct kefs_open *kefs_open_of(struct kefs_state *st)
{
	return container_of(st, struct kefs_open, st);
}

/* What I/O of @open is allowed, without a lock; before its seqid is looked at. 0: it is closed. */
static inline u32 kefs_open_access(const struct kefs_open *open)
{
	return smp_load_acquire(&open->access);
}

int __init kefs_open_init(void);
void kefs_open_exit(void);

#endif
