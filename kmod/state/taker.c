// SPDX-License-Identifier: GPL-2.0
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/ipv6.h>
#include "../core/limits.h"
#include "taker.h"
#include "share.h"
#include "slot.h"
#include "state.h"

#define BUCKETS 1024

static struct hlist_head takers[BUCKETS];
static DEFINE_SPINLOCK(lock);	/* takers */
static u32 seed;
static struct kefs_shares all;

static void address_of(const void *peer, u32 len, struct in6_addr *ret)
{
	const struct sockaddr *sa = peer;

	*ret = (struct in6_addr){};
	if (peer && len >= sizeof(struct sockaddr_in6) && sa->sa_family == AF_INET6)
		*ret = ((const struct sockaddr_in6 *)peer)->sin6_addr;
	else if (peer && len >= sizeof(struct sockaddr_in) && sa->sa_family == AF_INET)
		ipv6_addr_set_v4mapped(((const struct sockaddr_in *)peer)->sin_addr.s_addr, ret);
}

static struct hlist_head *bucket(const struct kefs_domain *domain, const struct in6_addr *addr)
{
	return &takers[jhash(addr, sizeof(*addr), jhash_1word(domain->boot, seed)) % BUCKETS];
}

static struct kefs_taker *find_locked(const struct kefs_domain *domain, const struct in6_addr *addr)
{
	struct kefs_taker *taker;

	lockdep_assert_held(&lock);
	hlist_for_each_entry(taker, bucket(domain, addr), node)
		if (taker->domain == domain && ipv6_addr_equal(&taker->addr, addr))
			return taker;
	return NULL;
}

struct kefs_taker *kefs_taker_get(struct kefs_domain *domain, const void *peer, u32 peer_len)
{
	struct kefs_taker *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT), *taker;

	if (!fresh)
		return NULL;
	refcount_set(&fresh->ref, 1);
	fresh->domain = domain;
	address_of(peer, peer_len, &fresh->addr);
	spin_lock_irq(&lock);
	taker = find_locked(domain, &fresh->addr);
	if (taker)
		refcount_inc(&taker->ref);
	else
		hlist_add_head(&fresh->node, bucket(domain, &fresh->addr));
	spin_unlock_irq(&lock);
	if (!taker)
		return fresh;
	kfree(fresh);
	return taker;
}

void kefs_taker_put(struct kefs_taker *taker)
{
	unsigned long flags;
	bool last;

	if (!taker)
		return;
	/* Under the lock: who finds it there may take a reference. */
	spin_lock_irqsave(&lock, flags);
	last = refcount_dec_and_test(&taker->ref);
	if (last)
		hlist_del(&taker->node);
	spin_unlock_irqrestore(&lock, flags);
	if (!last)
		return;
	WARN_ON_ONCE(atomic_long_read(&taker->shares.held[KEFS_SHARE_REPLIES]) ||
		     atomic_long_read(&taker->shares.held[KEFS_SHARE_CLIENTS]));
	kfree(taker);
}

void kefs_taker_charge(struct kefs_taker *taker, enum kefs_share share, long n)
{
	atomic_long_add(n, &all.held[share]);
	atomic_long_add(n, &taker->domain->shares.held[share]);
	atomic_long_add(n, &taker->shares.held[share]);
}

static u64 held_of(const struct kefs_shares *shares, enum kefs_share share)
{
	return max(atomic_long_read(&shares->held[share]), 0l);
}

u64 kefs_taker_all(enum kefs_share share)
{
	return held_of(&all, share);
}

u64 kefs_taker_limit(enum kefs_share share)
{
	if (share == KEFS_SHARE_CLIENTS)
		return KEFS_CLIENTS_MAX;
	return ((u64)totalram_pages() << PAGE_SHIFT) / KEFS_REPLY_CACHE_SHARE;
}

u64 kefs_taker_room(const struct kefs_taker *taker, enum kefs_share share)
{
	struct kefs_share_held held = {
		.all = held_of(&all, share), .domain = held_of(&taker->domain->shares, share),
		.address = held_of(&taker->shares, share),
	};

	return kefs_share_room(kefs_taker_limit(share),
			       share == KEFS_SHARE_CLIENTS ? KEFS_CLIENTS_ASSURED : KEFS_REPLY_CACHE_ASSURED, &held);
}

bool kefs_taker_crowded(const struct kefs_taker *taker, enum kefs_share share)
{
	return kefs_taker_all(share) > kefs_taker_limit(share) / 2 ||
	       held_of(&taker->shares, share) > kefs_taker_room(taker, share);
}

u32 kefs_taker_target(const struct kefs_taker *taker, u32 max)
{
	u64 held = held_of(&taker->shares, KEFS_SHARE_REPLIES);

	return kefs_slot_target(max, held, held + kefs_taker_room(taker, KEFS_SHARE_REPLIES));
}

void __init kefs_taker_init(void)
{
	seed = get_random_u32();
}
