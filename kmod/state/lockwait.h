/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks that are waited for: RFC 8881 §9.6, §20.11. A LOCK of READW_LT or WRITEW_LT that is denied is remembered in its
 * file's list, oldest first. When ranges get free, who waits for something that is free now is told by CB_NOTIFY_LOCK,
 * and for a moment the range is kept for him: other LOCKs of it are denied. So who waited longest has it next.
 *
 * Whoever waits asks again from time to time (Linux every 30 s): what is remembered is forgotten if he does not, at the
 * latest when its open is closed. There is no more to it than that: what is not remembered for want of room costs
 * fairness and the wait until the next asking, nothing else. Processes of this host that hold a lock are found in the
 * way, but when they let go nobody is told: for them the file is looked at once a second.
 */
#ifndef KEFS_STATE_LOCKWAIT_H
#define KEFS_STATE_LOCKWAIT_H

#include <linux/list.h>
#include <linux/refcount.h>
#include "../files/fh_codec.h"

struct kefs_fileobj;
struct kefs_lock_denied;
struct kefs_lockstate;
struct kefs_open;
struct kefs_owner;

struct kefs_lock_wait {
	refcount_t ref;			/* the file's list; a callback; a look at it */
	struct list_head on_file;	/* fileobj->waits; fileobj->lock, as what follows */
	bool told;			/* a CB_NOTIFY_LOCK was sent: kept for him until the deadline */
	u8 tries;			/* in a row that did not get to him */
	unsigned long not_before;	/* jiffies; then he is told again */
	unsigned long deadline;		/* jiffies; then it is forgotten */
	u64 round;			/* looked at in that one */
	bool write;
	loff_t start, end;
	struct kefs_owner *owner;	/* constant, as what follows; a reference */
	struct kefs_open *open;		/* a reference, which keeps the file */
	struct kefs_fh fh;		/* as the client knows the file */
};

struct kefs_lock_want {
	loff_t start, end;
	bool write;
	const struct kefs_fh *fh;	/* NULL: he would not wait */
};

/* Is the range kept for somebody else? 0, or -KEFS_ERR_DENIED with @denied (to be put). lockstate->lock held. */
int kefs_lockwait_check(struct kefs_lockstate *ls, const struct kefs_lock_want *want, struct kefs_lock_denied *denied);
/* It was denied: remember who waits for it. lockstate->lock held. */
void kefs_lockwait_add(struct kefs_lockstate *ls, const struct kefs_lock_want *want);
/* The owner has got a lock of the file: he waits no more. */
void kefs_lockwait_done(struct kefs_lockstate *ls);
/* Ranges of the file may have got free: tell who is next, and keep them for him. No locks held. */
void kefs_lockwait_next(struct kefs_fileobj *file);
/* The same, soon; any context. */
void kefs_lockwait_freed(struct kefs_fileobj *file);
/* The open is closed; no lock of it is taken any more. */
void kefs_lockwait_drop(struct kefs_open *open);

/* What came of telling him. */
enum kefs_lock_told {
	KEFS_TOLD,			/* he has it */
	KEFS_TOLD_LATER,		/* not now: try again soon */
	KEFS_TOLD_AGAIN,		/* it did not get there: likewise, but not for ever; and others meanwhile */
	KEFS_TOLD_NOT,			/* there is no way to him: next, please */
};

/* The end of struct kefs_state_ops' notify_lock: takes over the reference that it got. Process context. */
void kefs_lockwait_told(struct kefs_lock_wait *wait, enum kefs_lock_told how);

struct kefs_state_ops;
void kefs_lockwait_set_ops(const struct kefs_state_ops *ops);
/* Nobody waits any more. */
void kefs_lockwait_exit(void);

#endif
