/* SPDX-License-Identifier: GPL-2.0 */
/* LOCK, LOCKT, LOCKU: byte ranges, kept by the VFS. RFC 8881 §9, §18.10 to §18.12. */
#ifndef KEFS_STATE_LOCK_H
#define KEFS_STATE_LOCK_H

#include <linux/list.h>
#include <linux/mutex.h>
#include "stateid.h"

struct kefs_fh;

/* One per (lock owner, file); it belongs to the open that it was made with and goes with it. */
struct kefs_lockstate {
	struct kefs_state st;
	struct kefs_open *open;		/* a reference */
	struct list_head on_open;	/* open->locks; fileobj->lock */
	struct mutex lock;		/* see state.h; protects gone and seqid, too */
	struct file *filp;		/* of st.file's bfile: where ranges were locked; NULL: none yet */
};

struct kefs_lock_args {
	struct kefs_stateid stateid;	/* of the open if new_owner, else of the lock */
	bool new_owner;			/* open_to_lock_owner4 */
	const u8 *owner;		/* with new_owner, and LOCKT: lock owner, without client id */
	u32 owner_len;
	bool write;			/* WRITE_LT, WRITEW_LT */
	const struct kefs_fh *fh;	/* READW_LT, WRITEW_LT: the client would wait, and knows the file so; else NULL */
	bool reclaim;
	u64 offset, length;
	struct kefs_volume *volume;
	const struct kefs_fid *fid;
	struct dentry *dentry;		/* LOCKT; borrowed */
};

/* LOCK4denied. */
struct kefs_lock_denied {
	u64 offset, length;
	bool write;
	u64 clientid;			/* 0 and no owner: not one of ours */
	const u8 *owner;
	u32 owner_len;
	struct kefs_owner *who;		/* keeps owner: kefs_lock_denied_put() */
};

/*
 * Never wait. -KEFS_ERR_DENIED: @denied is filled, to be put. -EINVAL range, -KEFS_ERR_OPENMODE, _BAD_STATEID,
 * _OLD_STATEID, those of kefs_recovery_may(), _RECLAIM_CONFLICT, _DELAY, -EDQUOT too many, _LOCK_NOTSUPP, -EDEADLK.
 * LOCKT: also -KEFS_ERR_LEASE, while a delegation to write is recalled; wants the caller's credentials active (it may
 * open the file).
 */
int kefs_lock_do(struct kefs_client *client, const struct kefs_lock_args *args, struct kefs_stateid *ret,
		 struct kefs_lock_denied *denied);
int kefs_lock_test(struct kefs_client *client, const struct kefs_lock_args *args, struct kefs_lock_denied *denied);
void kefs_lock_denied_put(struct kefs_lock_denied *denied);

/* LOCKU; args: stateid, offset, length, volume, fid. -EDQUOT: it would make two ranges of one of too many. */
int kefs_lock_undo(struct kefs_client *client, const struct kefs_lock_args *args, struct kefs_stateid *ret);

/* --- inside state/ --- */

/* Nobody else has a lock in the way (or no memory to tell). No locks held; may expire courteous clients. */
bool kefs_lock_is_free(struct kefs_fileobj *file, struct kefs_owner *owner, loff_t start, loff_t end, bool write);
/* Release all ranges and the stateid; nothing if gone already. @nested: expiry, maybe from inside the VFS. */
void kefs_lock_release(struct kefs_lockstate *ls, bool nested);
/* FREE_STATEID: release unless a range is held (-KEFS_ERR_LOCKS_HELD) or @seqid does not fit. */
int kefs_lock_free_unheld(struct kefs_lockstate *ls, u32 seqid);
void kefs_lock_free(struct kefs_state *st);

static inline struct kefs_lockstate *kefs_lock_of(struct kefs_state *st)
{
	return container_of(st, struct kefs_lockstate, st);
}

int __init kefs_lock_init(void);
void kefs_lock_exit(void);

#endif
