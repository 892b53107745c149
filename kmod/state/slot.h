/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slot of a session's reply cache: RFC 8881 §2.10.6. Pure: also built in user space. session.h has the calls that
 * compounds use.
 *
 * The state word is changed by cmpxchg only; who took the slot (from FREE to RUNNING or REPLAYING) owns all other
 * fields until it lets go. seqid may be read by others meanwhile, to tell a retry of the running request from nonsense.
 */
#ifndef KEFS_STATE_SLOT_H
#define KEFS_STATE_SLOT_H

#include <linux/compiler.h>
#include <linux/types.h>

#define KEFS_SLOT_FREE		0u
#define KEFS_SLOT_RUNNING	1u
#define KEFS_SLOT_REPLAYING	2u	/* its cached reply is being read */
#define KEFS_SLOT_DEAD		4u	/* alone, or with one of the above: the session went meanwhile */

/* Positive results of kefs_slot_check() and kefs_slot_begin(). */
#define KEFS_SLOT_REPLAY	1	/* slot->reply, slot->reply_len are the answer */
#define KEFS_SLOT_UNCACHED	2	/* a retry, but the reply was not kept */

struct kefs_session;

struct kefs_slot {
	u32 state;			/* KEFS_SLOT_* */
	u32 seqid;			/* of the last request taken; 0 and !used: none yet */
	u32 digest;			/* of that request, to tell false retries */
	bool used;
	bool cachethis;			/* that request wants its reply kept */
	bool have_reply;
	bool retired;			/* its memory was given back; seqid goes on, or starts again with 1 */
	u32 told_gen;			/* session->target_gen when that request was answered; for session.c */
	u32 reply_len;
	u32 reply_max;
	u8 *reply;			/* reply_max bytes, or NULL until first needed; kvfree()d with the session */
	struct kefs_session *session;	/* for session.c */
} __aligned(64);			/* different CPUs run neighbouring slots */

/*
 * The rules, without the slot: what a request with @seqid means to a slot in @state that last saw @last.
 * 0: new; KEFS_SLOT_REPLAY: a retry of the finished last one; -KEFS_ERR_DELAY: of the running one, or its reply is
 * being read just now; -KEFS_ERR_SEQ_MISORDERED; -KEFS_ERR_BADSESSION: dead.
 */
int kefs_slot_judge(u32 state, bool used, u32 last, u32 seqid);

/* Own the slot (REPLAYING), if it is free and alive. */
bool kefs_slot_own(struct kefs_slot *slot);

/* Own the slot (REPLAYING) to look closer. Negative, from kefs_slot_judge(): somebody else has it or it is dead. */
int kefs_slot_acquire(struct kefs_slot *slot, u32 seqid);

/*
 * Of an owned slot: 0 new, KEFS_SLOT_REPLAY, KEFS_SLOT_UNCACHED, -KEFS_ERR_SEQ_MISORDERED, or
 * -KEFS_ERR_SEQ_FALSE_RETRY: a retry with another @digest. Changes nothing.
 */
int kefs_slot_check(const struct kefs_slot *slot, u32 seqid, u32 digest);

/*
 * How many of @max slots a session should use while reply caches have taken @taken of the @limit bytes that they may:
 * all, up to a half of it; from then on ever fewer, at least 1.
 */
u32 kefs_slot_target(u32 max, u64 taken, u64 limit);

/*
 * Give back the memory of an owned slot that the client knows not to use any more and has no request on: so no retry
 * can come, and when it comes back into use its number may be forgotten (RFC 8881 §2.10.6.1). False: was so before.
 */
bool kefs_slot_retire(struct kefs_slot *slot);

/* The new request begins: the owned slot goes RUNNING, its old reply is forgotten. */
void kefs_slot_start(struct kefs_slot *slot, u32 seqid, u32 digest, bool cachethis);

/* Before kefs_slot_start(): have memory to keep a reply of @max bytes. -ENOMEM. */
int kefs_slot_reserve(struct kefs_slot *slot, u32 max);

/* Keep @reply for retries: owned, RUNNING slot; false (nothing kept) without memory or if @len exceeds it. */
bool kefs_slot_keep(struct kefs_slot *slot, const void *reply, size_t len);

/*
 * Let go of an owned slot. Must happen before the reply can reach the peer. True if it died meanwhile: the caller then
 * owns the reference that kefs_slot_kill()'s caller left for it.
 */
bool kefs_slot_release(struct kefs_slot *slot);

/* Mark dead; true if owned by somebody, who will get true from kefs_slot_release(). Once per slot. */
bool kefs_slot_kill(struct kefs_slot *slot);

/* A request is running or a reply being read. */
bool kefs_slot_busy(const struct kefs_slot *slot);

#endif
