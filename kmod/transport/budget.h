/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One memory budget for all that peers can make the module hold: records being read, requests alive, replies queued.
 * Charging never fails. kefs_budget_low() tells readers to begin no record, kefs_budget_full() to stop in the middle of
 * one; they are run again when it is low no longer. A record is charged as it comes, so the sum may exceed what is full
 * by one record for each thread that reads at that moment, and by what sending replies takes.
 */
#ifndef KEFS_TRANSPORT_BUDGET_H
#define KEFS_TRANSPORT_BUDGET_H

#include <linux/list.h>
#include <linux/types.h>

void kefs_budget_charge(size_t bytes);
void kefs_budget_uncharge(size_t bytes);	/* any context */
bool kefs_budget_low(void);
bool kefs_budget_full(void);			/* a quarter beyond low */
/* Jiffies since when somebody waits and nobody was woken; 0 if nobody waits. */
unsigned long kefs_budget_stuck(void);
u64 kefs_budget_used(void);
u64 kefs_budget_limit(void);
/* 0 = the default; -EINVAL below 16 MiB. */
int kefs_budget_set(u64 bytes);

struct kefs_budget_waiter {
	struct list_head node;		/* budget's; empty: not waiting. INIT_LIST_HEAD() first */
	/* It is no longer low. Called once, under the budget's lock, with interrupts off. */
	void (*wake)(struct kefs_budget_waiter *w);
};

/* Wait if the budget is low; false: it is not, and wake() will not be called. @w must not be waiting. */
bool kefs_budget_wait(struct kefs_budget_waiter *w);
/* Wait no longer; on return wake() was called, or will not be. */
void kefs_budget_cancel(struct kefs_budget_waiter *w);

#endif
