// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include <linux/spinlock.h>
#include "../core/stats.h"
#include "client.h"
#include "expiry.h"
#include "session.h"

static DEFINE_SPINLOCK(doomed_lock);	/* doomed; taken inside the VFS's flc_lock */
static LIST_HEAD(doomed);		/* kefs_client.doomed, each with a reference */
static atomic_t nr_courteous;

bool kefs_client_renew(struct kefs_client *client)
{
	unsigned long now = jiffies;
	int was;

	/* All CPUs write here: only when it says something new. */
	if (READ_ONCE(client->renewed) != now)
		WRITE_ONCE(client->renewed, now);
	if (likely(READ_ONCE(client->life) == KEFS_LIFE_ACTIVE))
		return true;
	was = cmpxchg(&client->life, KEFS_LIFE_COURTESY, KEFS_LIFE_ACTIVE);
	if (was == KEFS_LIFE_COURTESY)
		atomic_dec(&nr_courteous);
	return was != KEFS_LIFE_DOOMED;
}

static bool busy(struct kefs_client *client)
{
	bool ret;

	spin_lock(&client->lock);
	ret = kefs_session_any_busy_locked(client);
	spin_unlock(&client->lock);
	return ret;
}

/*
 * A request first takes its slot (cmpxchg, a full barrier), then looks at life; this side first changes life, then
 * looks at the slots. So one of them sees the other: no request of a client that is not ACTIVE runs unnoticed.
 */
static bool lapse(struct kefs_client *client)
{
	if (cmpxchg(&client->life, KEFS_LIFE_ACTIVE, KEFS_LIFE_COURTESY) != KEFS_LIFE_ACTIVE)
		return false;
	atomic_inc(&nr_courteous);
	if (!busy(client))
		return true;
	if (cmpxchg(&client->life, KEFS_LIFE_COURTESY, KEFS_LIFE_ACTIVE) == KEFS_LIFE_COURTESY)
		atomic_dec(&nr_courteous);
	return false;
}

static unsigned long idle_for(const struct kefs_client *client)
{
	unsigned long renewed = smp_load_acquire(&client->renewed);

	return jiffies - renewed;	/* jiffies read last: never negative */
}

static void lapse_if_over(struct kefs_client *client)
{
	if (READ_ONCE(client->life) == KEFS_LIFE_ACTIVE && idle_for(client) > client->lease && lapse(client))
		kefs_count(KEFS_CNT_LEASE_EXPIRED);
}

bool kefs_client_doom(struct kefs_client *client)
{
	int life;

	lapse_if_over(client);	/* whoever wants what it holds does not wait for the reaper */
	life = READ_ONCE(client->life);
	if (life != KEFS_LIFE_COURTESY)
		return life == KEFS_LIFE_DOOMED;
	/* Life was not ACTIVE before the slots are looked at: see lapse(). */
	smp_mb();
	if (busy(client))
		return false;
	spin_lock(&doomed_lock);
	life = cmpxchg(&client->life, KEFS_LIFE_COURTESY, KEFS_LIFE_DOOMED);
	if (life == KEFS_LIFE_COURTESY) {
		list_add_tail(&client->doomed, &doomed);
		kefs_client_get(client);
		atomic_dec(&nr_courteous);
	}
	spin_unlock(&doomed_lock);
	return life != KEFS_LIFE_ACTIVE;
}

void kefs_client_undoom(struct kefs_client *client)
{
	bool listed;

	/* From now on nobody puts it there: not ACTIVE, not COURTESY. */
	if (xchg(&client->life, KEFS_LIFE_DOOMED) == KEFS_LIFE_COURTESY)
		atomic_dec(&nr_courteous);
	spin_lock(&doomed_lock);
	listed = !list_empty(&client->doomed);
	list_del_init(&client->doomed);
	spin_unlock(&doomed_lock);
	if (listed)
		kefs_client_put(client);
}

void kefs_client_expire(struct kefs_client *client)
{
	bool mine;

	mutex_lock(&client->domain->lock);
	mine = kefs_client_kill_locked(client);
	mutex_unlock(&client->domain->lock);
	if (mine)
		kefs_client_finish(client);
	else
		wait_for_completion(&client->gone);
}

void kefs_client_expire_doomed(void)
{
	struct kefs_client *client;

	for (;;) {
		spin_lock(&doomed_lock);
		client = list_first_entry_or_null(&doomed, struct kefs_client, doomed);
		if (client)
			kefs_client_get(client);
		spin_unlock(&doomed_lock);
		if (!client)
			return;
		kefs_client_expire(client);
		kefs_client_put(client);
	}
}

/* Only while it is still unconfirmed: looked at under the lock that confirms. */
static void drop_unconfirmed(struct kefs_client *client)
{
	bool mine;

	mutex_lock(&client->domain->lock);
	mine = !client->confirmed && kefs_client_kill_locked(client);
	mutex_unlock(&client->domain->lock);
	if (mine)
		kefs_client_finish(client);
}

void kefs_client_age(struct kefs_client *client, unsigned long courtesy)
{
	unsigned long idle = idle_for(client);

	if (idle <= client->lease)
		return;
	if (!READ_ONCE(client->confirmed)) {
		drop_unconfirmed(client);
		return;
	}
	lapse_if_over(client);
	if (idle > courtesy && kefs_client_doom(client))
		kefs_client_expire(client);
}

unsigned int kefs_client_courteous(void)
{
	return atomic_read(&nr_courteous);
}
