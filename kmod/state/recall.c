// SPDX-License-Identifier: GPL-2.0
/*
 * recall_lock is a leaf but for the pool's own; it is taken inside the VFS's flc_lock. What may sleep is done by one
 * work item, which goes round the list of recalls whenever something is due.
 */
#include <linux/cred.h>
#include <linux/filelock.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/sched/task.h>
#include <linux/workqueue.h>
#include "../core/kefs.h"
#include "../core/request.h"
#include "../core/stats.h"
#include "client.h"
#include "deleg.h"
#include "fileobj.h"
#include "recall.h"
#include "state.h"

#define TICK		HZ		/* parked requests look again that often, whatever happens */
#define SLACK		(5 * HZ)	/* that a request waits on behind the end of the holder's lease */
#define RETRY_MAX	HZ		/* pause between two CB_RECALLs that could not be told */
#define FAR		(24 * 3600 * HZ) /* the VFS is not to end leases by itself: kefs does within an hour */

static void recall_run(struct work_struct *unused);

static DEFINE_SPINLOCK(recall_lock);
static LIST_HEAD(recalls);		/* kefs_deleg.recall; recall_lock */
static unsigned int nr_recalls;		/* recall_lock */
static u32 attr_serial = 1;		/* recall_lock */
static DECLARE_DELAYED_WORK(recall_work, recall_run);
static struct workqueue_struct *wq;
static const struct cred *lease_cred;	/* to have leases on other people's files */
static const struct kefs_state_ops *state_ops;

void kefs_recall_set_ops(const struct kefs_state_ops *ops)
{
	state_ops = ops;
}

/* --- the VFS's view; under flc_lock --- */

/* On the list of recalls; nothing if it is there or over already. */
static void want_back(struct kefs_deleg *deleg, unsigned long since)
{
	bool fresh = false;

	spin_lock(&recall_lock);
	if (!deleg->wanted && !deleg->over) {
		fresh = true;
		deleg->wanted = true;
		deleg->since = since;
		deleg->next = jiffies;
		refcount_inc(&deleg->st.ref);
		list_add_tail(&deleg->recall, &recalls);
		nr_recalls++;
	}
	spin_unlock(&recall_lock);
	if (!fresh)
		return;
	kefs_count(KEFS_CNT_DELEG_RECALLED);
	kefs_deleg_note_conflict(deleg);
	mod_delayed_work(wq, &recall_work, 0);
}

void kefs_recall_one(struct kefs_deleg *deleg)
{
	want_back(deleg, jiffies);
}

void kefs_recall_client(struct kefs_client *client)
{
	unsigned long index = 0;
	struct kefs_state *st;

	while ((st = kefs_stateid_next_of(client, KEFS_STATE_DELEG, &index))) {
		want_back(kefs_deleg_of(st), jiffies);
		kefs_stateid_put(st);
		cond_resched();
	}
}

static bool lease_break(struct file_lease *fl)
{
	/* Both not 0: whoever blocks in the VFS would look again every jiffy. */
	fl->fl_break_time = jiffies + FAR;
	fl->fl_downgrade_time = jiffies + FAR;
	want_back(kefs_flc(fl)->flc_owner, jiffies);
	return false;
}

static int lease_change(struct file_lease *fl, int arg, struct list_head *dispose)
{
	return arg == F_UNLCK ? lease_modify(fl, arg, dispose) : -EAGAIN;
}

static bool breaker_owns(struct file_lease *fl)
{
	struct kefs_deleg *deleg = kefs_flc(fl)->flc_owner;
	struct kefs_actor *actor = kefs_pool_actor();

	if (!actor)
		return false;
	if (actor->client == deleg->st.client)
		return true;
	/* The first one met will do: when it is gone the operation meets the next. */
	if (!actor->blocker) {
		refcount_inc(&deleg->st.ref);	/* its lease is there, so it is alive */
		actor->blocker = deleg;
	}
	return false;
}

static const struct lease_manager_operations lease_ops = {
	.lm_break = lease_break,
	.lm_change = lease_change,
	.lm_breaker_owns_lease = breaker_owns,
};

int kefs_recall_lease(struct kefs_deleg *deleg)
{
	int type = deleg->type == KEFS_DELEG_WRITE ? F_WRLCK : F_RDLCK;
	struct file_lease *fl = locks_alloc_lease();
	const struct cred *old;
	int err;

	lockdep_assert_held(&deleg->st.file->lock);
	if (!fl)
		return -ENOMEM;
	kefs_lease_init(fl);
	kefs_flc(fl)->flc_type = type;
	kefs_flc(fl)->flc_flags = FL_DELEG;
	kefs_flc(fl)->flc_owner = (fl_owner_t)deleg;
	kefs_flc(fl)->flc_pid = current->tgid;
	kefs_flc(fl)->flc_file = deleg->filp;
	fl->fl_lmops = &lease_ops;
	old = override_creds(lease_cred);
	err = kernel_setlease(deleg->filp, type, &fl, NULL);
	revert_creds(old);
	if (fl)		/* else it is the VFS's now */
		locks_free_lease(fl);
	return err;
}

void kefs_recall_unlease(struct kefs_deleg *deleg)
{
	const struct cred *old = override_creds(lease_cred);
	void *owner = deleg;

	lockdep_assert_held(&deleg->st.file->lock);
	kernel_setlease(deleg->filp, F_UNLCK, NULL, &owner);
	revert_creds(old);
}

/* --- requests that wait --- */

void kefs_actor_init(struct kefs_actor *actor, struct kefs_request *rq)
{
	*actor = (struct kefs_actor){ .rq = rq };
	INIT_LIST_HEAD(&actor->node);
}

static void drop_blocker(struct kefs_actor *actor)
{
	if (!actor->blocker)
		return;
	kefs_stateid_put(&actor->blocker->st);
	actor->blocker = NULL;
}

void kefs_actor_enter(struct kefs_actor *actor)
{
	if (actor->waiting) {
		spin_lock(&recall_lock);
		list_del_init(&actor->node);
		spin_unlock(&recall_lock);
	}
	drop_blocker(actor);
	kefs_pool_set_actor(actor);
}

void kefs_actor_leave(struct kefs_actor *actor)
{
	kefs_pool_set_actor(NULL);
	if (!actor->waiting)
		drop_blocker(actor);
}

void kefs_actor_next(struct kefs_actor *actor)
{
	drop_blocker(actor);
	actor->waiting = false;
	actor->attr_after = 0;
	actor->attr_until = 0;
}

/* What the actor waits for has come already. */
static bool is_settled_locked(const struct kefs_actor *actor, const struct kefs_deleg *deleg)
{
	lockdep_assert_held(&recall_lock);
	return deleg->over || (actor->attr_after && !deleg->wanted && (s32)(deleg->attr_serial - actor->attr_after) > 0);
}

int kefs_actor_wait(struct kefs_actor *actor)
{
	struct kefs_deleg *deleg = actor->blocker;
	bool settled = false;

	if (!actor->waiting) {
		actor->until = jiffies + kefs_state_lease() * HZ + SLACK;
		actor->waiting = true;
	} else if (time_after(jiffies, actor->until)) {
		return -KEFS_ERR_DELAY;
	}
	/* Without a blocker it is a lease of somebody else on this host: the timer alone. */
	kefs_park_for(actor->rq, TICK);
	if (deleg) {
		spin_lock(&recall_lock);
		settled = is_settled_locked(actor, deleg);
		if (!settled)
			list_add_tail(&actor->node, &deleg->waiters);
		spin_unlock(&recall_lock);
	}
	if (settled)
		kefs_unpark(actor->rq);
	return KEFS_PARKED;
}

static void wake_waiters_locked(struct kefs_deleg *deleg)
{
	struct kefs_actor *actor, *next;

	lockdep_assert_held(&recall_lock);
	list_for_each_entry_safe(actor, next, &deleg->waiters, node) {
		list_del_init(&actor->node);
		kefs_unpark(actor->rq);
	}
}

void kefs_recall_over(struct kefs_deleg *deleg)
{
	bool listed;

	spin_lock(&recall_lock);
	deleg->over = true;
	listed = !list_empty(&deleg->recall);
	list_del_init(&deleg->recall);
	nr_recalls -= listed;
	wake_waiters_locked(deleg);
	spin_unlock(&recall_lock);
	if (listed)
		kefs_stateid_put(&deleg->st);
}

/* --- the work --- */

static unsigned long deadline(const struct kefs_deleg *deleg)
{
	return deleg->since + deleg->st.client->lease;
}

enum action { NOTHING, CALL, REVOKE };

static enum action judge_locked(struct kefs_deleg *deleg)
{
	lockdep_assert_held(&recall_lock);
	/* Whose lease is over is not asked. */
	if (time_after_eq(jiffies, deadline(deleg)) || READ_ONCE(deleg->st.client->life) != KEFS_LIFE_ACTIVE)
		return REVOKE;
	if (deleg->busy || deleg->told || time_before(jiffies, deleg->next))
		return NOTHING;
	deleg->busy = true;
	return CALL;
}

/* Look at the one that was looked at longest ago. */
static void attend_one(void)
{
	enum action action = NOTHING;
	struct kefs_deleg *deleg;

	spin_lock(&recall_lock);
	deleg = list_first_entry_or_null(&recalls, struct kefs_deleg, recall);
	if (deleg) {
		list_move_tail(&deleg->recall, &recalls);
		refcount_inc(&deleg->st.ref);
		action = judge_locked(deleg);
	}
	spin_unlock(&recall_lock);
	if (!deleg)
		return;
	if (action == CALL) {
		state_ops->recall(deleg);	/* and the reference with it */
		return;
	}
	if (action == REVOKE)
		kefs_deleg_revoke(deleg);
	kefs_stateid_put(&deleg->st);
}

/* Until something is due: at most a second, as nobody tells when a client becomes courteous. */
static unsigned long next_delay(void)
{
	unsigned long now, at, delay = HZ;
	struct kefs_deleg *deleg;

	spin_lock(&recall_lock);
	now = jiffies;
	list_for_each_entry(deleg, &recalls, recall) {
		at = deadline(deleg);
		if (!deleg->busy && !deleg->told && time_before(deleg->next, at))
			at = deleg->next;
		delay = time_after(at, now) ? min(delay, at - now) : 0;
		if (!delay)
			break;
	}
	if (list_empty(&recalls))
		delay = ULONG_MAX;
	spin_unlock(&recall_lock);
	return delay;
}

static void recall_run(struct work_struct *unused)
{
	unsigned long delay;
	unsigned int n;

	for (n = READ_ONCE(nr_recalls); n; n--) {
		attend_one();
		cond_resched();
	}
	delay = next_delay();
	if (delay != ULONG_MAX)		/* no shorter one that was set meanwhile is undone by this */
		queue_delayed_work(wq, &recall_work, delay);
}

void kefs_recall_answered(struct kefs_deleg *deleg, bool told)
{
	spin_lock(&recall_lock);
	deleg->busy = false;
	deleg->told |= told;
	/* At once the first time: there may be another connection. */
	deleg->next = jiffies + (deleg->tries ? min(HZ / 20ul << min(deleg->tries, (u8)6), (unsigned long)RETRY_MAX) : 0);
	if (deleg->tries < 255)
		deleg->tries++;
	spin_unlock(&recall_lock);
	if (!told)
		mod_delayed_work(wq, &recall_work, 0);
	kefs_stateid_put(&deleg->st);
}

void kefs_recall_retry(const struct kefs_client *client)
{
	struct kefs_deleg *deleg;
	bool any = false;

	if (!READ_ONCE(nr_recalls))
		return;
	spin_lock(&recall_lock);
	list_for_each_entry(deleg, &recalls, recall) {
		if (deleg->st.client != client || deleg->told)
			continue;
		deleg->next = jiffies;
		any = true;
	}
	spin_unlock(&recall_lock);
	if (any)
		mod_delayed_work(wq, &recall_work, 0);
}

/* --- CB_GETATTR --- */

void kefs_recall_attrs(struct kefs_deleg *deleg, int err, u64 change, u64 size)
{
	spin_lock(&recall_lock);
	deleg->attr_busy = false;
	deleg->attr_err = err;
	deleg->attr_change = change;
	deleg->attr_size = size;
	deleg->attr_serial = ++attr_serial;
	/* Who could not be asked is asked again when the timers come: two that woke each other would ask without end */
	if (err != -EBUSY)
		wake_waiters_locked(deleg);
	spin_unlock(&recall_lock);
	kefs_stateid_put(&deleg->st);
}

enum verdict { ANSWERED, ASK, WAIT, FAILED };

static enum verdict judge_attrs_locked(struct kefs_actor *actor, struct kefs_deleg *deleg)
{
	lockdep_assert_held(&recall_lock);
	/* On its way back: what it comes with is what counts. */
	if (deleg->wanted || deleg->over)
		return WAIT;
	if (!actor->attr_after) {
		actor->attr_after = attr_serial;
		if (deleg->attr_busy)
			return WAIT;
		deleg->attr_busy = true;
		return ASK;
	}
	if ((s32)(deleg->attr_serial - actor->attr_after) <= 0)
		return WAIT;
	if (deleg->attr_err == -EBUSY) {	/* it could not be asked for all that it is asked already */
		if (!actor->attr_until)
			actor->attr_until = (jiffies + KEFS_CB_TIMEOUT_SEC * HZ) | 1;
		else if (time_after(jiffies, actor->attr_until))
			return FAILED;
		actor->attr_after = 0;
		return WAIT;
	}
	return deleg->attr_err ? FAILED : ANSWERED;
}

static enum verdict ask_holder(struct kefs_actor *actor, struct kefs_deleg *deleg, struct kefs_holder *ret)
{
	enum verdict verdict;

	spin_lock(&recall_lock);
	verdict = judge_attrs_locked(actor, deleg);
	if (verdict == ANSWERED) {
		ret->modified = deleg->attr_change != deleg->change;
		ret->size = deleg->attr_size;
	}
	spin_unlock(&recall_lock);
	if (verdict == ASK) {
		refcount_inc(&deleg->st.ref);
		state_ops->getattr(deleg);
	} else if (verdict == FAILED) {
		/* It was asked before, and silent: that counts. */
		want_back(deleg, jiffies - KEFS_CB_GETATTR_SEC * HZ);
	}
	return verdict;
}

int kefs_holder_ask(struct kefs_actor *actor, struct kefs_volume *volume, const struct kefs_fid *fid,
		    struct kefs_holder *ret)
{
	struct kefs_deleg *deleg = kefs_deleg_find_writer(actor->client, volume, fid);

	*ret = (struct kefs_holder){ .deleg = deleg };
	if (!deleg)
		return 0;
	ret->client = deleg->st.client;
	if (ask_holder(actor, deleg, ret) == ANSWERED)
		return 0;
	ret->deleg = NULL;
	drop_blocker(actor);
	actor->blocker = deleg;
	return -KEFS_ERR_LEASE;
}

void kefs_holder_put(struct kefs_holder *holder)
{
	if (holder->deleg)
		kefs_stateid_put(&holder->deleg->st);
	holder->deleg = NULL;
}

void kefs_holder_swap(struct kefs_actor *actor, struct kefs_holder *holder)
{
	swap(actor->client, holder->client);
}

int __init kefs_recall_init(void)
{
	lease_cred = prepare_kernel_cred(&init_task);
	if (!lease_cred)
		return -ENOMEM;
	wq = alloc_workqueue("kefs_recall", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (wq)
		return 0;
	put_cred(lease_cred);
	return -ENOMEM;
}

void kefs_recall_exit(void)
{
	cancel_delayed_work_sync(&recall_work);
	destroy_workqueue(wq);
	WARN_ON(!list_empty(&recalls));
	put_cred(lease_cred);
}
