/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stateids: who has one, how they are found, special values, the check before I/O. RFC 8881 §8.2, §9.1.
 *
 * other = client id (8 bytes, big-endian) + index in client->states (4 bytes): finding one takes no hash and no lock,
 * and one of another client or another life of the server is told at once.
 */
#ifndef KEFS_STATE_STATEID_H
#define KEFS_STATE_STATEID_H

#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/string.h>
#include <linux/types.h>
#include "../core/kefs.h"	/* struct kefs_stateid */

struct dentry;
struct kefs_bfile;
struct kefs_client;
struct kefs_fid;
struct kefs_fileobj;
struct kefs_owner;
struct kefs_volume;

extern const struct kefs_stateid kefs_stateid_anonymous;	/* all 0 */
extern const struct kefs_stateid kefs_stateid_bypass;		/* all 1 */
extern const struct kefs_stateid kefs_stateid_current;		/* other 0, seqid 1: resolved by nfs4/ */
extern const struct kefs_stateid kefs_stateid_invalid;		/* other 0, seqid ~0: CLOSE's result */

static inline bool kefs_stateid_equal(const struct kefs_stateid *a, const struct kefs_stateid *b)
{
	return a->seqid == b->seqid && !memcmp(a->other, b->other, sizeof(a->other));
}

/* other is all 0 or all 1: one of the four above, or reserved. */
bool kefs_stateid_special(const struct kefs_stateid *id);

#define KEFS_SHARE_READ	1u	/* OPEN4_SHARE_ACCESS_*, _DENY_*, and what I/O wants; ACCESS is files/attr.h's */
#define KEFS_SHARE_WRITE	2u
#define KEFS_SHARE_BOTH	3u

/* What an I/O operation holds while it runs. */
struct kefs_io_pin {
	struct kefs_bfile *bf;
	struct kefs_state *st;		/* NULL: special stateid */
};

/*
 * Before READ, WRITE, SETATTR of size: may @id do @want (KEFS_SHARE_READ or _WRITE) to the file? 0: pin->bf may be used
 * until kefs_stateid_io_end(). Without a state (pin->st NULL; the anonymous and the bypass stateid) only share
 * reservations were looked at: the caller checks permissions itself; with one, OPEN did.
 * -KEFS_ERR_BAD_STATEID, _OLD_STATEID, _OPENMODE, _LOCKED, those of revoked state, what kefs_bfile_get() says, and
 * -KEFS_ERR_LEASE: a delegation is in the way of a special stateid.
 */
int kefs_stateid_io(struct kefs_client *client, const struct kefs_stateid *id, struct kefs_volume *volume,
		    const struct kefs_fid *fid, struct dentry *dentry, u32 want, struct kefs_io_pin *pin);
void kefs_stateid_io_end(struct kefs_io_pin *pin);

/* TEST_STATEID: the status of one id, 0 or -KEFS_ERR_x. */
int kefs_stateid_test(struct kefs_client *client, const struct kefs_stateid *id);
/* FREE_STATEID, also of revoked state: -KEFS_ERR_LOCKS_HELD, _BAD_STATEID, _OLD_STATEID. */
int kefs_stateid_free(struct kefs_client *client, const struct kefs_stateid *id);

/* --- inside state/ --- */

enum kefs_state_kind { KEFS_STATE_OPEN = 1, KEFS_STATE_LOCK = 2, KEFS_STATE_DELEG = 4 };

struct kefs_state {
	refcount_t ref;			/* client->states until gone; I/O and look-ups; lock states of an open */
	u8 kind;			/* enum kefs_state_kind */
	bool gone;			/* closed or released; open, delegation: fileobj->lock, lock: lockstate->lock */
	int revoked;			/* 0, or -KEFS_ERR_x that every use gets until FREE_STATEID */
	u32 seqid;			/* lock as of gone; read without */
	u32 index;
	struct kefs_client *client;	/* the owner's */
	struct kefs_owner *owner;	/* a reference; owner and file are the hash's key; NULL: not in the hash */
	struct kefs_fileobj *file;	/* a reference */
	struct rhash_head node;		/* opens, lock states by (owner, file) while not gone; fileobj->lock */
	struct rcu_head rcu;
};

/* Next value of a stateid's seqid: 0 is left out. */
static inline u32 kefs_stateid_next(u32 seqid)
{
	return seqid + 1 ? seqid + 1 : 1;
}

/* 0, -KEFS_ERR_OLD_STATEID or -KEFS_ERR_BAD_STATEID (from the future); 0 as @given stands for the latest. */
int kefs_stateid_check_seqid(u32 given, u32 current_seqid);

void kefs_stateid_fill(const struct kefs_state *st, struct kefs_stateid *id);

/*
 * The client's state of one of @kinds behind @id, referenced, seqid not looked at. @volume, @fid, if not NULL, must be
 * its file. ERR_PTR(-KEFS_ERR_BAD_STATEID) and those of revoked state.
 */
struct kefs_state *kefs_stateid_find(struct kefs_client *client, const struct kefs_stateid *id, unsigned int kinds,
				     struct kefs_volume *volume, const struct kefs_fid *fid);
/* Of (owner, file), referenced, or NULL. fileobj->lock held. */
struct kefs_state *kefs_stateid_lookup(struct kefs_owner *owner, struct kefs_fileobj *file);

/*
 * Into the tables, in two steps so that the second does little: an index (-KEFS_ERR_DELAY; -EDQUOT, as EFS has it, at
 * a limit of the client's or of all), then, with fileobj->lock held, to be found (-KEFS_ERR_DELAY, -KEFS_ERR_EXPIRED if
 * the client died). From then on the tables hold the first reference, until kefs_stateid_remove().
 */
int kefs_stateid_reserve(struct kefs_state *st);
void kefs_stateid_unreserve(struct kefs_state *st);
int kefs_stateid_publish(struct kefs_state *st);
/* Not found by (owner, file) any more; fileobj->lock held. */
void kefs_stateid_unhash(struct kefs_state *st);
/* Not found by its stateid any more either; puts the tables' reference. */
void kefs_stateid_remove(struct kefs_state *st);
void kefs_stateid_put(struct kefs_state *st);	/* process context; frees by kind; NULL is fine */

/* The client's next state of one of @kinds behind *@index (0 starts), referenced, *@index advanced; NULL at the end. */
struct kefs_state *kefs_stateid_next_of(struct kefs_client *client, unsigned int kinds, unsigned long *index);

/* Opens and locks take most of what is allowed: no time for courtesy. */
bool kefs_stateid_crowded(void);
unsigned int kefs_stateid_opens(void);
unsigned int kefs_stateid_locks(void);
int __init kefs_stateid_init(void);
void kefs_stateid_exit(void);

#endif
