// SPDX-License-Identifier: GPL-2.0
/* Exactly-once rules of a slot. Pure. */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "../core/kefs.h"
#include "slot.h"

int kefs_slot_judge(u32 state, bool used, u32 last, u32 seqid)
{
	if (state & KEFS_SLOT_DEAD)
		return -KEFS_ERR_BADSESSION;
	if (seqid == last + 1) {
		/* While a request runs its successor cannot come; while its reply is read again, it can. */
		if (state == KEFS_SLOT_RUNNING)
			return -KEFS_ERR_SEQ_MISORDERED;
		return state == KEFS_SLOT_REPLAYING ? -KEFS_ERR_DELAY : 0;
	}
	if (seqid == last && used)
		return state == KEFS_SLOT_FREE ? KEFS_SLOT_REPLAY : -KEFS_ERR_DELAY;
	return -KEFS_ERR_SEQ_MISORDERED;
}

bool kefs_slot_own(struct kefs_slot *slot)
{
	return cmpxchg(&slot->state, KEFS_SLOT_FREE, KEFS_SLOT_REPLAYING) == KEFS_SLOT_FREE;
}

int kefs_slot_acquire(struct kefs_slot *slot, u32 seqid)
{
	u32 state = cmpxchg(&slot->state, KEFS_SLOT_FREE, KEFS_SLOT_REPLAYING);

	if (likely(state == KEFS_SLOT_FREE))
		return 0;
	/* Another's: used and seqid may be moving, but either of the answers is a true one. */
	return kefs_slot_judge(state, READ_ONCE(slot->used), READ_ONCE(slot->seqid), seqid);
}

int kefs_slot_check(const struct kefs_slot *slot, u32 seqid, u32 digest)
{
	int ret = kefs_slot_judge(KEFS_SLOT_FREE, slot->used, slot->seqid, seqid);

	if (slot->retired) {
		/* The last request once more, delayed on its way: its number alone could be that of a new start. */
		if (ret == KEFS_SLOT_REPLAY && slot->digest == digest)
			return KEFS_SLOT_UNCACHED;
		return seqid == 1 || !ret ? 0 : -KEFS_ERR_SEQ_MISORDERED;
	}
	if (ret != KEFS_SLOT_REPLAY)
		return ret;
	if (slot->digest != digest)
		return -KEFS_ERR_SEQ_FALSE_RETRY;
	return slot->have_reply ? KEFS_SLOT_REPLAY : KEFS_SLOT_UNCACHED;
}

int kefs_slot_reserve(struct kefs_slot *slot, u32 max)
{
	if (slot->reply || !max)
		return 0;
	slot->reply = kvmalloc(max, GFP_KERNEL_ACCOUNT);
	if (!slot->reply)
		return -ENOMEM;
	slot->reply_max = max;
	return 0;
}

/* REPLAYING to RUNNING, RUNNING or REPLAYING to FREE; a DEAD that was set meanwhile stays. Returns whether it was. */
static bool state_change(struct kefs_slot *slot, u32 to)
{
	u32 old = READ_ONCE(slot->state), was;

	while ((was = cmpxchg(&slot->state, old, to | (old & KEFS_SLOT_DEAD))) != old)
		old = was;
	return old & KEFS_SLOT_DEAD;
}

u32 kefs_slot_target(u32 max, u64 taken, u64 limit)
{
	u32 target = max;
	u64 left;

	for (left = limit / 2; taken > limit - left && target > 1 && left; left /= 2)
		target /= 2;
	return target;
}

bool kefs_slot_retire(struct kefs_slot *slot)
{
	if (slot->retired)
		return false;
	kvfree(slot->reply);
	slot->reply = NULL;
	slot->have_reply = false;
	slot->retired = true;
	return true;
}

void kefs_slot_start(struct kefs_slot *slot, u32 seqid, u32 digest, bool cachethis)
{
	slot->digest = digest;
	slot->cachethis = cachethis;
	slot->have_reply = false;
	slot->retired = false;
	slot->reply_len = 0;
	WRITE_ONCE(slot->used, true);
	WRITE_ONCE(slot->seqid, seqid);
	state_change(slot, KEFS_SLOT_RUNNING);
}

bool kefs_slot_keep(struct kefs_slot *slot, const void *reply, size_t len)
{
	if (!slot->reply || len > slot->reply_max)
		return false;
	memcpy(slot->reply, reply, len);
	slot->reply_len = len;
	slot->have_reply = true;
	return true;
}

bool kefs_slot_release(struct kefs_slot *slot)
{
	return state_change(slot, KEFS_SLOT_FREE);
}

bool kefs_slot_kill(struct kefs_slot *slot)
{
	u32 old = READ_ONCE(slot->state), was;

	while ((was = cmpxchg(&slot->state, old, old | KEFS_SLOT_DEAD)) != old)
		old = was;
	return old != KEFS_SLOT_FREE;
}

bool kefs_slot_busy(const struct kefs_slot *slot)
{
	return READ_ONCE(slot->state) & (KEFS_SLOT_RUNNING | KEFS_SLOT_REPLAYING);
}
