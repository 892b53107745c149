// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include "budget.h"

#define BUDGET_MIN (16ull << 20)

static atomic64_t used;
static u64 limit;		/* 0: the default; READ_ONCE */
static LIST_HEAD(waiters);
static unsigned long waiting_since;	/* jiffies when the first of them came; waiters_lock */
static DEFINE_SPINLOCK(waiters_lock);

u64 kefs_budget_limit(void)
{
	u64 bytes = READ_ONCE(limit);

	return bytes ?: max_t(u64, BUDGET_MIN, ((u64)totalram_pages() << PAGE_SHIFT) / 8);
}

u64 kefs_budget_used(void)
{
	return max_t(s64, atomic64_read(&used), 0);
}

bool kefs_budget_low(void)
{
	return kefs_budget_used() >= kefs_budget_limit();
}

bool kefs_budget_full(void)
{
	u64 full = kefs_budget_limit();

	return kefs_budget_used() >= full + full / 4;
}

unsigned long kefs_budget_stuck(void)
{
	unsigned long flags, since = 0;

	spin_lock_irqsave(&waiters_lock, flags);
	if (!list_empty(&waiters))
		since = max(jiffies - waiting_since, 1ul);
	spin_unlock_irqrestore(&waiters_lock, flags);
	return since;
}

static void wake_waiters(void)
{
	struct kefs_budget_waiter *w, *next;
	unsigned long flags;

	spin_lock_irqsave(&waiters_lock, flags);
	list_for_each_entry_safe(w, next, &waiters, node) {
		list_del_init(&w->node);
		w->wake(w);
	}
	spin_unlock_irqrestore(&waiters_lock, flags);
}

void kefs_budget_charge(size_t bytes)
{
	atomic64_add(bytes, &used);
}

/*
 * Waiters are woken all at once, when an eighth is free again: each then looks for itself, so few of many get on, and
 * the distance keeps that from happening with each request.
 */
void kefs_budget_uncharge(size_t bytes)
{
	u64 full;
	s64 now;

	now = atomic64_sub_return(bytes, &used);	/* a barrier: pairs with the one in kefs_budget_wait() */
	if (likely(list_empty(&waiters)))
		return;
	full = kefs_budget_limit();
	if (now < (s64)(full - full / 8))
		wake_waiters();
}

bool kefs_budget_wait(struct kefs_budget_waiter *w)
{
	unsigned long flags;

	spin_lock_irqsave(&waiters_lock, flags);
	if (list_empty(&waiters))
		waiting_since = jiffies;
	list_add_tail(&w->node, &waiters);
	spin_unlock_irqrestore(&waiters_lock, flags);
	smp_mb();	/* on the list before the look: an uncharge that the look missed finds the list not empty */
	if (kefs_budget_low())
		return true;
	/* Somebody's wake() may have come between: harmless, the caller reads on in either case. */
	kefs_budget_cancel(w);
	return false;
}

void kefs_budget_cancel(struct kefs_budget_waiter *w)
{
	unsigned long flags;

	spin_lock_irqsave(&waiters_lock, flags);
	list_del_init(&w->node);
	spin_unlock_irqrestore(&waiters_lock, flags);
}

int kefs_budget_set(u64 bytes)
{
	if (bytes && bytes < BUDGET_MIN)
		return -EINVAL;
	WRITE_ONCE(limit, bytes);
	if (!kefs_budget_low())
		wake_waiters();
	return 0;
}
