/* SPDX-License-Identifier: GPL-2.0 */
/* What clients of one domain and address hold together of what all share; share.h says how much they may. */
#ifndef KEFS_STATE_TAKER_H
#define KEFS_STATE_TAKER_H

#include <linux/in6.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include "domain.h"

/* References: each client of it. */
struct kefs_taker {
	struct hlist_node node;		/* taker.c's table and lock */
	refcount_t ref;
	struct kefs_domain *domain;	/* its clients' reference keeps it */
	struct in6_addr addr;		/* IPv4: mapped */
	struct kefs_shares shares;
};

/* The taker for clients of @domain whose connection comes from the sockaddr @peer (NULL: unknown). Referenced, or
 * NULL: no memory. */
struct kefs_taker *__must_check kefs_taker_get(struct kefs_domain *domain, const void *peer, u32 peer_len);
void kefs_taker_put(struct kefs_taker *taker);	/* any context; NULL is fine */

/* @n more (less, if negative); may go beyond what there is room for. Any context. */
void kefs_taker_charge(struct kefs_taker *taker, enum kefs_share share, long n);
/* How much more there may be. Who asks at the same time may get the same. */
u64 kefs_taker_room(const struct kefs_taker *taker, enum kefs_share share);
/* It, or all together, hold more than half of what they may: who does without his had better go. */
bool kefs_taker_crowded(const struct kefs_taker *taker, enum kefs_share share);
/* How many of @max slots a session of it should use: see kefs_slot_target(). */
u32 kefs_taker_target(const struct kefs_taker *taker, u32 max);

/* Of all, and what that may come to. */
u64 kefs_taker_all(enum kefs_share share);
u64 kefs_taker_limit(enum kefs_share share);

void __init kefs_taker_init(void);

#endif
