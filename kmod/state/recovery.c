// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include "../core/kefs.h"
#include "../core/stats.h"
#include "../files/volume.h"
#include "client.h"
#include "grace.h"
#include "ledger.h"
#include "recovery.h"
#include "state.h"

#define BUCKETS		256
#define RECORDING	0	/* bit of client->recording */
#define LOOK		HZ		/* how often the clock is looked at */

enum { COMPLETE_NO, COMPLETE_WRITING, COMPLETE_YES };	/* client->reclaim_complete */

/* Who was in the ledger at the start. They go when grace ends. */
struct known {
	struct hlist_node node;
	u64 epoch;
	u32 block;
	u32 flavor, uid, line;
	bool done;			/* RECLAIM_COMPLETE has come */
	bool again;			/* a second record of the same client, from a grace that a crash cut short */
	u32 domain_len, owner_len;
	u8 name[];			/* domain, owner */
};

struct kefs_recovery {
	struct kefs_ledger *ledger;
	bool grace;			/* changed under lock and ending */
	bool broken;			/* a record could be neither removed nor voided */
	struct mutex ending;		/* one ends it; outside of lock */
	spinlock_t lock;		/* all below; a client's block, recorded and lost */
	struct hlist_head *known;	/* BUCKETS; NULL without grace */
	unsigned int nr_known, awaited;
	bool started, reclaimed;
	u64 started_ms, reclaimed_ms;	/* if so */
	struct delayed_work clock;
	char name[KEFS_NAME_MAX + 1];
};

static u64 now_ms(void)
{
	return ktime_to_ms(ktime_get_boottime());
}

static struct hlist_head *bucket(struct kefs_recovery *r, const u8 *domain, u32 domain_len, const u8 *owner,
				 u32 owner_len, u32 line)
{
	return &r->known[jhash(owner, owner_len, jhash(domain, domain_len, line)) % BUCKETS];
}

static struct known *find(struct kefs_recovery *r, const u8 *domain, u32 domain_len, const u8 *owner, u32 owner_len,
			  u32 line)
{
	struct known *k;

	if (!r->known)
		return NULL;
	hlist_for_each_entry(k, bucket(r, domain, domain_len, owner, owner_len, line), node)
		if (!k->again && k->line == line && k->domain_len == domain_len && k->owner_len == owner_len &&
		    !memcmp(k->name, domain, domain_len) && !memcmp(k->name + domain_len, owner, owner_len))
			return k;
	return NULL;
}

/* While the ledger is read: nobody else is there. */
static int add_known(void *ctx, const struct kefs_ledger_entry *entry, u32 block)
{
	struct kefs_recovery *r = ctx;
	struct known *k, *first;

	k = kzalloc(struct_size(k, name, entry->domain_len + entry->owner_len), GFP_KERNEL);
	if (!k)
		return -ENOMEM;
	first = find(r, entry->domain, entry->domain_len, entry->owner, entry->owner_len, entry->line);
	k->again = first;
	k->epoch = entry->epoch;
	k->block = block;
	k->flavor = entry->flavor;
	k->uid = entry->uid;
	k->line = entry->line;
	k->domain_len = entry->domain_len;
	k->owner_len = entry->owner_len;
	memcpy(k->name, entry->domain, entry->domain_len);
	memcpy(k->name + entry->domain_len, entry->owner, entry->owner_len);
	hlist_add_head(&k->node, bucket(r, entry->domain, entry->domain_len, entry->owner, entry->owner_len, entry->line));
	if (!first) {
		r->nr_known++;
		r->awaited++;
	} else if (entry->epoch > first->epoch) {	/* the later one says whose it is */
		first->epoch = entry->epoch;
		first->flavor = entry->flavor;
		first->uid = entry->uid;
	}
	return 0;
}

static void drop_known(struct kefs_recovery *r, struct hlist_head *known, bool release)
{
	struct hlist_node *next;
	unsigned int i;
	struct known *k;

	for (i = 0; known && i < BUCKETS; i++) {
		hlist_for_each_entry_safe(k, next, &known[i], node) {
			if (release)
				kefs_ledger_release(r->ledger, k->block);
			kfree(k);
		}
		cond_resched();
	}
	kvfree(known);
}

/* --- the period --- */

static u64 left_locked(struct kefs_recovery *r)
{
	u64 now = now_ms(), lease = kefs_state_lease() * 1000ull;

	lockdep_assert_held(&r->lock);
	if (!r->started)
		return lease;
	return kefs_grace_left(now - r->started_ms, lease, r->reclaimed ? now - r->reclaimed_ms : U64_MAX);
}

int kefs_recovery_end_grace(struct kefs_recovery *r)
{
	unsigned int nr, awaited;
	struct hlist_head *known;
	int err = -ESRCH;

	mutex_lock(&r->ending);
	if (!READ_ONCE(r->grace))
		goto out;
	/* First for good, then in effect: or a crash would give a lock to its old owner that a new one got meanwhile. */
	err = kefs_ledger_raise_floor(r->ledger);
	if (err)
		goto out;
	spin_lock(&r->lock);
	WRITE_ONCE(r->grace, false);
	nr = r->nr_known;
	awaited = r->awaited;
	known = r->known;
	r->known = NULL;
	r->awaited = 0;
	spin_unlock(&r->lock);
	drop_known(r, known, true);
	pr_info_ratelimited("%s: grace is over, %u of %u clients are back\n", r->name, nr - awaited, nr);
out:
	mutex_unlock(&r->ending);
	return err;
}

static void look_at_clock(struct work_struct *work)
{
	struct kefs_recovery *r = container_of(work, struct kefs_recovery, clock.work);
	bool over;

	spin_lock(&r->lock);
	over = !r->awaited || !left_locked(r);
	spin_unlock(&r->lock);
	/* Not written: again, until it is. Nobody may get what is not on record as free. */
	if (over && kefs_recovery_end_grace(r) != -ESRCH && READ_ONCE(r->grace))
		pr_warn_ratelimited("%s: the end of grace cannot be written; trying again\n", r->name);
	if (READ_ONCE(r->grace))
		queue_delayed_work(system_long_wq, &r->clock, LOOK);
}

void kefs_recovery_start(struct kefs_recovery *r)
{
	bool first;

	if (!r || !READ_ONCE(r->grace))
		return;
	spin_lock(&r->lock);
	first = r->grace && !r->started;
	if (first) {
		r->started = true;
		r->started_ms = now_ms();
	}
	spin_unlock(&r->lock);
	if (first)
		queue_delayed_work(system_long_wq, &r->clock, LOOK);
}

void kefs_recovery_info(struct kefs_recovery *r, struct kefs_grace_info *info)
{
	*info = (struct kefs_grace_info){};
	if (!r)
		return;
	spin_lock(&r->lock);
	if (r->grace) {
		/* Its time may be over and its end not on disk yet. */
		info->left_ms = max(left_locked(r), 1ull);
		info->awaited = r->awaited;
	}
	spin_unlock(&r->lock);
}

int kefs_recovery_settled(const struct kefs_volume *volume)
{
	const struct kefs_recovery *r = volume->recovery;

	return r && READ_ONCE(r->grace) ? -KEFS_ERR_GRACE : 0;
}

int kefs_recovery_intact(const struct kefs_volume *volume)
{
	const struct kefs_recovery *r = volume->recovery;

	return r && READ_ONCE(r->broken) ? -EIO : 0;
}

/* --- clients --- */

static struct kefs_recovery *recovery_of(const struct kefs_client *client)
{
	return client->domain->volume->recovery;
}

static struct known *find_client_locked(struct kefs_recovery *r, const struct kefs_client *client)
{
	const struct kefs_domain *domain = client->domain;
	struct known *k;

	lockdep_assert_held(&r->lock);
	k = find(r, domain->bytes, domain->bytes_len, client->owner, client->owner_len, client->line);
	return k && k->flavor == client->principal.flavor && k->uid == client->principal.uid ? k : NULL;
}

bool kefs_recovery_is_complete(const struct kefs_client *client)
{
	return smp_load_acquire(&client->reclaim_complete) == COMPLETE_YES;
}

static int may_reclaim(struct kefs_recovery *r, struct kefs_client *client)
{
	struct known *k;

	spin_lock(&r->lock);
	k = find_client_locked(r, client);
	if (k) {
		r->reclaimed = true;
		r->reclaimed_ms = now_ms();
	}
	spin_unlock(&r->lock);
	return k ? 0 : -KEFS_ERR_RECLAIM_BAD;
}

bool kefs_recovery_needed(struct kefs_client *client)
{
	struct kefs_recovery *r = recovery_of(client);
	bool known;

	if (likely(kefs_recovery_is_complete(client)) || !r || !READ_ONCE(r->grace))
		return false;
	spin_lock(&r->lock);
	known = find_client_locked(r, client);
	spin_unlock(&r->lock);
	return known;
}

int kefs_recovery_may(struct kefs_client *client, bool reclaim)
{
	struct kefs_recovery *r = recovery_of(client);
	bool grace = r && READ_ONCE(r->grace);

	if (reclaim)
		return grace && !kefs_recovery_is_complete(client) ? may_reclaim(r, client) : -KEFS_ERR_NO_GRACE;
	if (grace || !kefs_recovery_is_complete(client))
		return -KEFS_ERR_GRACE;
	return kefs_recovery_intact(client->domain->volume);
}

/* If it cannot be removed: rather nobody can reclaim than one who must not. */
static void remove(struct kefs_recovery *r, u32 block)
{
	int err = kefs_ledger_remove(r->ledger, block);

	if (!err)
		return;
	if (!kefs_ledger_void(r->ledger)) {
		pr_err_ratelimited("%s: a client's record cannot be removed (error %d): no client will be able to reclaim\n",
				   r->name, err);
	} else if (!xchg(&r->broken, true)) {
		pr_err_ratelimited("%s: records of clients cannot be written (error %d): no more opens and locks\n",
				   r->name, err);
	}
}

/* Between these nobody else writes or removes the client's record: who waits finds what there is on stable storage. */
static void begin_recording(struct kefs_client *client)
{
	wait_on_bit_lock(&client->recording, RECORDING, TASK_UNINTERRUPTIBLE);
}

static void end_recording(struct kefs_client *client)
{
	clear_and_wake_up_bit(RECORDING, &client->recording);
}

static int add(struct kefs_recovery *r, struct kefs_client *client, u32 *block)
{
	struct kefs_ledger_entry entry = {
		.flavor = client->principal.flavor, .uid = client->principal.uid, .line = client->line,
		.domain = client->domain->bytes, .domain_len = client->domain->bytes_len,
		.owner = client->owner, .owner_len = client->owner_len,
	};

	return kefs_ledger_add(r->ledger, &entry, block);
}

/* A record, if there is none and the client has lost nothing that it does not know of. */
static int record(struct kefs_recovery *r, struct kefs_client *client)
{
	bool wanted;
	int err = 0;
	u32 block;

	begin_recording(client);
	spin_lock(&r->lock);
	wanted = !client->lost && !client->recorded;
	block = client->block;
	spin_unlock(&r->lock);
	if (wanted) {
		err = add(r, client, &block);
		spin_lock(&r->lock);
		client->block = block;
		client->recorded = !err;
		spin_unlock(&r->lock);
	}
	end_recording(client);
	if (err != -EUSERS && err != -ENOSPC && err != -EDQUOT)
		return err ? -KEFS_ERR_DELAY : 0;
	kefs_count(KEFS_CNT_UNRECORDED);
	return 0;	/* it cannot reclaim, and will be told so: better than not to be served */
}

/* One less to wait for. */
static void settle(struct kefs_recovery *r, struct kefs_client *client)
{
	struct known *k;
	bool last = false;

	if (!READ_ONCE(r->grace))
		return;
	spin_lock(&r->lock);
	k = find_client_locked(r, client);
	if (k && !k->done) {
		k->done = true;
		last = !--r->awaited;
	}
	spin_unlock(&r->lock);
	if (last)
		kefs_recovery_end_grace(r);	/* if it fails, the clock does it */
}

int kefs_recovery_complete(struct kefs_client *client, bool one_fs)
{
	struct kefs_recovery *r = recovery_of(client);
	int was, err;

	if (one_fs)
		return 0;
	was = cmpxchg(&client->reclaim_complete, COMPLETE_NO, COMPLETE_WRITING);
	if (was != COMPLETE_NO)
		return was == COMPLETE_YES ? -KEFS_ERR_COMPLETE_ALREADY : -KEFS_ERR_DELAY;
	err = r ? record(r, client) : 0;
	/* From here on it reclaims no more; only then may it count as one who is done. */
	smp_store_release(&client->reclaim_complete, err ? COMPLETE_NO : COMPLETE_YES);
	if (r && !err)
		settle(r, client);
	return err;
}

void kefs_recovery_lose(struct kefs_client *client)
{
	struct kefs_recovery *r = recovery_of(client);
	u32 block;

	if (!r)
		return;
	/* The server goes, and its clients' state with it; nobody gets it but they themselves. */
	if (READ_ONCE(client->domain->dead) && READ_ONCE(client->life) != KEFS_LIFE_DOOMED)
		return;
	spin_lock(&r->lock);
	client->lost++;
	spin_unlock(&r->lock);
	/* From here on none is begun; one that was is there after this. */
	begin_recording(client);
	spin_lock(&r->lock);
	block = client->block;
	client->block = 0;
	client->recorded = false;
	spin_unlock(&r->lock);
	if (block)
		remove(r, block);
	end_recording(client);
}

void kefs_recovery_acknowledge(struct kefs_client *client)
{
	struct kefs_recovery *r = recovery_of(client);
	bool last;

	/* As the server goes not all losses are counted: none is forgiven then. */
	if (!r || READ_ONCE(client->domain->dead))
		return;
	spin_lock(&r->lock);
	last = client->lost && !--client->lost;
	spin_unlock(&r->lock);
	/* Whoever is not done reclaiming is put on record when he is. */
	if (last && smp_load_acquire(&client->reclaim_complete) != COMPLETE_NO)
		record(r, client);
}

/* --- */

struct kefs_recovery *kefs_recovery_open(struct file *file, const siphash_key_t *key, const char *name)
{
	struct kefs_recovery *r = kzalloc(sizeof(*r), GFP_KERNEL);
	struct kefs_ledger *ledger;

	if (!r)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&r->lock);
	mutex_init(&r->ending);
	INIT_DELAYED_WORK(&r->clock, look_at_clock);
	strscpy(r->name, name, sizeof(r->name));
	r->known = kvcalloc(BUCKETS, sizeof(*r->known), GFP_KERNEL);
	if (!r->known) {
		kefs_recovery_free(r);
		return ERR_PTR(-ENOMEM);
	}
	ledger = kefs_ledger_open(file, key, name, add_known, r);
	if (IS_ERR(ledger)) {
		kefs_recovery_free(r);
		return ERR_CAST(ledger);
	}
	r->ledger = ledger;
	r->grace = r->nr_known;
	if (!r->grace) {
		kvfree(r->known);
		r->known = NULL;
	}
	if (r->grace)
		pr_info_ratelimited("%s: grace: %u clients may reclaim\n", name, r->nr_known);
	return r;
}

void kefs_recovery_free(struct kefs_recovery *r)
{
	if (!r)
		return;
	cancel_delayed_work_sync(&r->clock);
	drop_known(r, r->known, false);
	kefs_ledger_free(r->ledger);
	kfree(r);
}
