// SPDX-License-Identifier: GPL-2.0
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "../files/volume.h"
#include "client.h"
#include "domain.h"
#include "recovery.h"
#include "session.h"

static DEFINE_SPINLOCK(domains_lock);	/* domains, next_boot */
static LIST_HEAD(domains);		/* RCU; ordered by boot but for the one time that it wraps */
static u32 next_boot;			/* 0: not drawn yet */

/*
 * Boot numbers start at random at each load of the module, so that ids of an earlier life hit nothing, and count up, so
 * that ids of all domains together have an order.
 */
static u32 draw_boot(void)
{
	lockdep_assert_held(&domains_lock);
	if (!next_boot)
		next_boot = get_random_u32() / 2 + 1;
	return next_boot++;
}

/*
 * The same for the same volume and bytes, now and after a reload, different for others. The bytes say who may do what,
 * so they go through a keyed hash.
 */
static void make_scope(struct kefs_domain *domain, const void *bytes, size_t len)
{
	u64 hash = siphash(bytes, len, &domain->volume->key);

	domain->scope_len = scnprintf(domain->scope, sizeof(domain->scope), "kefs-%016llx-%016llx", domain->volume->id,
				      hash);
}

u32 kefs_domain_major(const struct kefs_domain *domain, u32 line, char ret[KEFS_MAJOR_ID_MAX])
{
	if (!line)
		return scnprintf(ret, KEFS_MAJOR_ID_MAX, "%s", domain->scope);
	return scnprintf(ret, KEFS_MAJOR_ID_MAX, "%s-%08x", domain->scope, line);
}

struct kefs_domain *kefs_domain_create(struct kefs_volume *volume, const void *bytes, size_t len)
{
	struct kefs_domain *domain;

	if (WARN_ON_ONCE(!len || len > sizeof(domain->bytes)))
		return ERR_PTR(-EINVAL);
	domain = kzalloc(sizeof(*domain), GFP_KERNEL_ACCOUNT);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	refcount_set(&domain->ref, 1);
	kefs_volume_get(volume);
	domain->volume = volume;
	mutex_init(&domain->lock);
	xa_init_flags(&domain->clients, XA_FLAGS_ALLOC1);
	xa_init_flags(&domain->sessions, XA_FLAGS_ALLOC1);
	INIT_LIST_HEAD(&domain->unconfirmed);
	make_scope(domain, bytes, len);
	domain->next_client = get_random_u32();
	domain->bytes_len = len;
	memcpy(domain->bytes, bytes, len);
	kefs_recovery_start(volume->recovery);

	spin_lock(&domains_lock);
	domain->boot = draw_boot();
	list_add_tail_rcu(&domain->all, &domains);
	spin_unlock(&domains_lock);
	return domain;
}

static void kill_clients(struct kefs_domain *domain)
{
	struct kefs_client *client;
	unsigned long index;
	bool mine;

	/* No client is added any more; each one goes out of the array by its first killer. */
	xa_for_each(&domain->clients, index, client) {
		mutex_lock(&domain->lock);
		client = xa_load(&domain->clients, index);
		mine = client && kefs_client_kill_locked(client);
		mutex_unlock(&domain->lock);
		if (mine)
			kefs_client_finish(client);
		cond_resched();
	}
}

void kefs_domain_kill(struct kefs_domain *domain)
{
	mutex_lock(&domain->lock);
	WRITE_ONCE(domain->dead, true);
	mutex_unlock(&domain->lock);
	kill_clients(domain);
	kefs_domain_put(domain);
}

struct kefs_domain *kefs_domain_get(struct kefs_domain *domain)
{
	refcount_inc(&domain->ref);
	return domain;
}

void kefs_domain_put(struct kefs_domain *domain)
{
	if (!refcount_dec_and_test(&domain->ref))
		return;
	WARN_ON(!xa_empty(&domain->clients) || !xa_empty(&domain->sessions));
	/* Not before: a walk that holds a reference goes on from here. */
	spin_lock(&domains_lock);
	list_del_rcu(&domain->all);
	spin_unlock(&domains_lock);
	kefs_volume_put(domain->volume);
	kfree_rcu(domain, rcu);
}

struct kefs_domain *kefs_domain_next(struct kefs_domain *prev)
{
	struct kefs_domain *next, *found = NULL;

	rcu_read_lock();
	next = prev ? prev : list_entry(&domains, struct kefs_domain, all);
	list_for_each_entry_continue_rcu(next, &domains, all) {
		if (refcount_inc_not_zero(&next->ref)) {
			found = next;
			break;
		}
	}
	rcu_read_unlock();
	if (prev)
		kefs_domain_put(prev);
	return found;
}
