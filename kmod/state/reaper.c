// SPDX-License-Identifier: GPL-2.0
#include <linux/workqueue.h>
#include "client.h"
#include "expiry.h"
#include "taker.h"
#include "reaper.h"
#include "state.h"
#include "stateid.h"

#define PERIOD (5 * HZ)		/* half of the shortest lease */

static void reap(struct work_struct *work);
static DECLARE_DELAYED_WORK(reaper, reap);

/* Courtesy is for those who leave room for others. */
static unsigned long courtesy(const struct kefs_client *client)
{
	if (kefs_stateid_crowded() || kefs_taker_crowded(client->taker, KEFS_SHARE_REPLIES) ||
	    kefs_taker_crowded(client->taker, KEFS_SHARE_CLIENTS))
		return 2ul * kefs_state_lease() * HZ;
	return KEFS_COURTESY_SEC * HZ;
}

static void reap_domain(struct kefs_domain *domain)
{
	struct kefs_client *client;
	unsigned long index = 0;

	for (;;) {
		rcu_read_lock();
		client = xa_find_after(&domain->clients, &index, U32_MAX, XA_PRESENT);
		if (client && !refcount_inc_not_zero(&client->ref)) {
			rcu_read_unlock();
			continue;
		}
		rcu_read_unlock();
		if (!client)
			return;
		kefs_client_age(client, courtesy(client));
		kefs_client_put(client);
		cond_resched();
	}
}

static void reap(struct work_struct *work)
{
	struct kefs_domain *domain = NULL;

	/* Doomed by somebody who could not wait, and then did not come to it. */
	kefs_client_expire_doomed();
	while ((domain = kefs_domain_next(domain)))
		reap_domain(domain);
	queue_delayed_work(system_long_wq, &reaper, PERIOD);
}

void kefs_reaper_kick(void)
{
	mod_delayed_work(system_long_wq, &reaper, 0);
}

int __init kefs_reaper_init(void)
{
	queue_delayed_work(system_long_wq, &reaper, PERIOD);
	return 0;
}

void kefs_reaper_exit(void)
{
	cancel_delayed_work_sync(&reaper);
}
