// SPDX-License-Identifier: GPL-2.0
/*
 * A file's list is changed under fileobj->lock. Looking whether a range is free needs the VFS, which may call back to
 * expire a courteous client, who closes files: so that is done without any lock, one waiter after the other; by who
 * freed something if he can, or he would have it again before anybody else heard of it, else by one work item for all
 * files. The list of files with waiters has a spin lock of its own, taken inside fileobj->lock.
 */
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "../core/kefs.h"
#include "../core/limits.h"
#include "client.h"
#include "fileobj.h"
#include "lock.h"
#include "lockwait.h"
#include "open.h"
#include "owner.h"
#include "state.h"

#define TOLD_MAX	HZ		/* a told one that does not even answer the callback */
#define TOLD_ANSWERED	(HZ / 5)	/* after his answer: his LOCK is on its way */
#define LATER		(HZ / 50)	/* all slots of the back channel are in use */
#define TRIES		5		/* of a callback that did not get there: some 1.2 s, while a client binds a connection anew */
#define LOOK		HZ		/* between looks at a file whose lock a process of this host may hold */
#define FORGET		(60 * HZ)	/* twice the interval in which Linux asks again */

static void look_at_all(struct work_struct *work);
static DECLARE_DELAYED_WORK(looker, look_at_all);
static DEFINE_SPINLOCK(files_lock);	/* files; waits_due and waits_freed of its members; looker_due */
static unsigned long looker_due;	/* jiffies; 0: it is not to come */
static LIST_HEAD(files);		/* kefs_fileobj.waits_node: those with waiters, which keep them */
static atomic_t nr_waits;
static atomic64_t last_round;
static const struct kefs_state_ops *state_ops;

void kefs_lockwait_set_ops(const struct kefs_state_ops *ops)
{
	state_ops = ops;
}

/* --- the list --- */

static struct kefs_fileobj *file_of(const struct kefs_lock_wait *wait)
{
	return wait->open->st.file;
}

static void wait_put(struct kefs_lock_wait *wait)
{
	if (!refcount_dec_and_test(&wait->ref))
		return;
	kefs_owner_put(wait->owner);
	kefs_stateid_put(&wait->open->st);
	kfree(wait);
	atomic_dec(&nr_waits);
}

static void put_all(struct list_head *gone)
{
	struct kefs_lock_wait *wait, *next;

	list_for_each_entry_safe(wait, next, gone, on_file) {
		list_del_init(&wait->on_file);
		wait_put(wait);
	}
}

/* Off the file's list, onto @gone, for put_all() without locks. */
static void remove_locked(struct kefs_fileobj *file, struct kefs_lock_wait *wait, struct list_head *gone)
{
	lockdep_assert_held(&file->lock);
	list_move_tail(&wait->on_file, gone);
	WRITE_ONCE(file->nr_waits, file->nr_waits - 1);
	if (file->nr_waits)
		return;
	spin_lock(&files_lock);
	list_del_init(&file->waits_node);
	spin_unlock(&files_lock);
}

static void insert_locked(struct kefs_fileobj *file, struct kefs_lock_wait *wait)
{
	lockdep_assert_held(&file->lock);
	list_add_tail(&wait->on_file, &file->waits);
	WRITE_ONCE(file->nr_waits, file->nr_waits + 1);
	if (file->nr_waits > 1)
		return;
	spin_lock(&files_lock);
	file->waits_due = jiffies + LOOK;
	list_add_tail(&file->waits_node, &files);
	spin_unlock(&files_lock);
}

static struct kefs_lock_wait *find_locked(struct kefs_fileobj *file, const struct kefs_owner *owner)
{
	struct kefs_lock_wait *wait;

	lockdep_assert_held(&file->lock);
	list_for_each_entry(wait, &file->waits, on_file)
		if (wait->owner == owner)
			return wait;
	return NULL;
}

/* One that the range is kept for, other than @owner. */
static struct kefs_lock_wait *kept_locked(struct kefs_fileobj *file, const struct kefs_owner *owner, loff_t start,
					  loff_t end, bool write)
{
	struct kefs_lock_wait *wait;

	lockdep_assert_held(&file->lock);
	list_for_each_entry(wait, &file->waits, on_file)
		if (wait->told && wait->owner != owner && (wait->write || write) && wait->start <= end &&
		    start <= wait->end && time_before(jiffies, wait->deadline))
			return wait;
	return NULL;
}

/* The looker comes at @when (jiffies), or before. */
static void call_looker_locked(unsigned long when)
{
	unsigned long now = jiffies;

	lockdep_assert_held(&files_lock);
	if (looker_due && !time_before(when, looker_due))
		return;
	looker_due = when ?: 1;
	mod_delayed_work(system_unbound_wq, &looker, time_after(when, now) ? when - now : 0);
}

/* Have the file looked at when @when (jiffies) has come, or before. */
static void look_at(struct kefs_fileobj *file, unsigned long when)
{
	spin_lock(&files_lock);
	if (time_before(when, file->waits_due))
		file->waits_due = when;
	call_looker_locked(when);
	spin_unlock(&files_lock);
}

void kefs_lockwait_freed(struct kefs_fileobj *file)
{
	if (READ_ONCE(file->nr_waits))
		look_at(file, jiffies);
}

/* --- what LOCK does --- */

static void fill_denied(const struct kefs_lock_wait *wait, struct kefs_lock_denied *denied)
{
	*denied = (struct kefs_lock_denied){
		.offset = wait->start,
		.length = wait->end == OFFSET_MAX ? U64_MAX : wait->end - wait->start + 1,
		.write = wait->write,
		.clientid = wait->owner->client->id,
		.owner = wait->owner->data,
		.owner_len = wait->owner->len,
		.who = wait->owner,
	};
	refcount_inc(&wait->owner->ref);
}

int kefs_lockwait_check(struct kefs_lockstate *ls, const struct kefs_lock_want *want, struct kefs_lock_denied *denied)
{
	struct kefs_fileobj *file = ls->st.file;
	struct kefs_lock_wait *wait;

	lockdep_assert_held(&ls->lock);
	if (likely(!READ_ONCE(file->nr_waits)))
		return 0;
	mutex_lock(&file->lock);
	wait = kept_locked(file, ls->st.owner, want->start, want->end, want->write);
	if (wait)
		fill_denied(wait, denied);
	mutex_unlock(&file->lock);
	return wait ? -KEFS_ERR_DENIED : 0;
}

static struct kefs_lock_wait *wait_alloc(struct kefs_lockstate *ls, const struct kefs_lock_want *want)
{
	struct kefs_lock_wait *wait;

	if (atomic_inc_return(&nr_waits) > KEFS_LOCK_WAITS_MAX)
		goto err_count;
	wait = kzalloc(sizeof(*wait), GFP_KERNEL_ACCOUNT);
	if (!wait)
		goto err_count;
	refcount_set(&wait->ref, 1);
	refcount_inc(&ls->st.owner->ref);
	refcount_inc(&ls->open->st.ref);
	wait->owner = ls->st.owner;
	wait->open = ls->open;
	wait->fh = *want->fh;
	INIT_LIST_HEAD(&wait->on_file);
	return wait;

err_count:
	atomic_dec(&nr_waits);
	return NULL;
}

/* He asks again: his place stays, unless it is for something else. */
static void ask_again_locked(struct kefs_fileobj *file, struct kefs_lock_wait *wait, const struct kefs_lock_want *want)
{
	lockdep_assert_held(&file->lock);
	if (wait->start != want->start || wait->end != want->end || wait->write != want->write)
		list_move_tail(&wait->on_file, &file->waits);
	wait->start = want->start;
	wait->end = want->end;
	wait->write = want->write;
	wait->told = false;
	wait->tries = 0;
	wait->not_before = jiffies;
	wait->deadline = jiffies + FORGET;
}

void kefs_lockwait_add(struct kefs_lockstate *ls, const struct kefs_lock_want *want)
{
	struct kefs_fileobj *file = ls->st.file;
	struct kefs_lock_wait *wait, *fresh = wait_alloc(ls, want);

	lockdep_assert_held(&ls->lock);
	mutex_lock(&file->lock);
	wait = find_locked(file, ls->st.owner);
	/* No more of a file than can be looked through; none of an open that goes. */
	if (!wait && fresh && file->nr_waits < KEFS_LOCK_WAITS_PER_FILE && !ls->open->st.gone) {
		wait = fresh;
		fresh = NULL;
		wait->start = want->start;
		wait->end = want->end;
		wait->write = want->write;
		insert_locked(file, wait);
	}
	if (wait)
		ask_again_locked(file, wait, want);
	mutex_unlock(&file->lock);
	if (fresh)
		wait_put(fresh);
	/* It may have got free since it was denied, and nobody was there to be told. */
	if (wait)
		look_at(file, jiffies);
}

void kefs_lockwait_done(struct kefs_lockstate *ls)
{
	struct kefs_fileobj *file = ls->st.file;
	struct kefs_lock_wait *wait;
	LIST_HEAD(gone);

	if (likely(!READ_ONCE(file->nr_waits)))
		return;
	mutex_lock(&file->lock);
	wait = find_locked(file, ls->st.owner);
	if (wait)
		remove_locked(file, wait, &gone);
	mutex_unlock(&file->lock);
	put_all(&gone);
	/* What was kept for him was perhaps more than he took now. */
	kefs_lockwait_freed(file);
}

void kefs_lockwait_drop(struct kefs_open *open)
{
	struct kefs_fileobj *file = open->st.file;
	struct kefs_lock_wait *wait, *next;
	LIST_HEAD(gone);

	if (likely(!READ_ONCE(file->nr_waits)))
		return;
	mutex_lock(&file->lock);
	list_for_each_entry_safe(wait, next, &file->waits, on_file)
		if (wait->open == open)
			remove_locked(file, wait, &gone);
	mutex_unlock(&file->lock);
	put_all(&gone);
	kefs_lockwait_freed(file);
}

/* --- who is next --- */

void kefs_lockwait_told(struct kefs_lock_wait *wait, enum kefs_lock_told how)
{
	struct kefs_fileobj *file = file_of(wait);
	unsigned long when = jiffies;
	LIST_HEAD(gone);

	mutex_lock(&file->lock);
	if (!list_empty(&wait->on_file) && wait->told) {
		switch (how) {
		case KEFS_TOLD:
			when += TOLD_ANSWERED;
			wait->tries = 0;
			wait->deadline = when;
			break;
		case KEFS_TOLD_AGAIN:
			if (++wait->tries > TRIES) {
				remove_locked(file, wait, &gone);
				break;
			}
			fallthrough;
		case KEFS_TOLD_LATER:
			wait->not_before = jiffies + (LATER << wait->tries);
			wait->told = false;
			wait->deadline = jiffies + FORGET;
			break;
		case KEFS_TOLD_NOT:
			remove_locked(file, wait, &gone);
			break;
		}
	}
	mutex_unlock(&file->lock);
	if (READ_ONCE(file->nr_waits))
		look_at(file, when);
	put_all(&gone);
	wait_put(wait);
}

/* The next one to look at in this round, referenced; what is over is forgotten. *ret_due: when to look again. */
static struct kefs_lock_wait *next_locked(struct kefs_fileobj *file, u64 round, struct list_head *gone,
					  unsigned long *ret_due)
{
	struct kefs_lock_wait *wait, *next, *found = NULL;

	lockdep_assert_held(&file->lock);
	list_for_each_entry_safe(wait, next, &file->waits, on_file) {
		if (time_after_eq(jiffies, wait->deadline)) {
			remove_locked(file, wait, gone);
			continue;
		}
		if (time_before(wait->deadline, *ret_due))
			*ret_due = wait->deadline;
		if (time_before(jiffies, wait->not_before)) {
			if (time_before(wait->not_before, *ret_due))
				*ret_due = wait->not_before;
			continue;
		}
		if (found || wait->told || wait->round == round ||
		    kept_locked(file, wait->owner, wait->start, wait->end, wait->write))
			continue;
		wait->round = round;
		refcount_inc(&wait->ref);
		found = wait;
	}
	return found;
}

/* Still there and in nobody's way: it is his. */
static bool keep_for(struct kefs_fileobj *file, struct kefs_lock_wait *wait)
{
	bool ok;

	mutex_lock(&file->lock);
	ok = !list_empty(&wait->on_file) && !wait->told &&
	     !kept_locked(file, wait->owner, wait->start, wait->end, wait->write);
	if (ok) {
		wait->told = true;
		wait->deadline = jiffies + TOLD_MAX;
	}
	mutex_unlock(&file->lock);
	return ok;
}

static void look_at_one(struct kefs_fileobj *file)
{
	unsigned long due = jiffies + LOOK;
	u64 round = atomic64_inc_return(&last_round);
	struct kefs_lock_wait *wait;
	LIST_HEAD(gone);

	for (;;) {
		mutex_lock(&file->lock);
		wait = next_locked(file, round, &gone, &due);
		mutex_unlock(&file->lock);
		if (!wait)
			break;
		if (kefs_lock_is_free(file, wait->owner, wait->start, wait->end, wait->write) && keep_for(file, wait))
			state_ops->notify_lock(wait);
		else
			wait_put(wait);
		cond_resched();
	}
	put_all(&gone);
	spin_lock(&files_lock);
	if (time_before(due, file->waits_due))
		file->waits_due = due;
	spin_unlock(&files_lock);
}

void kefs_lockwait_next(struct kefs_fileobj *file)
{
	if (READ_ONCE(file->nr_waits))
		look_at_one(file);
}

/* One whose time has come, referenced, its next time set to what is usual; or NULL, and when the next one's comes. */
static struct kefs_fileobj *take_due(unsigned long *ret_next)
{
	struct kefs_fileobj *file, *found = NULL;

	*ret_next = jiffies + LOOK;
	spin_lock(&files_lock);
	list_for_each_entry(file, &files, waits_node) {
		if (time_after_eq(jiffies, file->waits_due) && refcount_inc_not_zero(&file->ref)) {
			file->waits_due = jiffies + LOOK;
			found = file;
			break;
		}
		if (time_before(file->waits_due, *ret_next))
			*ret_next = file->waits_due;
	}
	spin_unlock(&files_lock);
	return found;
}

static void look_at_all(struct work_struct *work)
{
	struct kefs_fileobj *file;
	unsigned long next;

	spin_lock(&files_lock);
	looker_due = 0;
	spin_unlock(&files_lock);
	while ((file = take_due(&next))) {
		look_at_one(file);
		kefs_fileobj_put(file);
	}
	if (!atomic_read(&nr_waits))
		return;
	spin_lock(&files_lock);
	call_looker_locked(time_after(next, jiffies) ? next : jiffies + 1);
	spin_unlock(&files_lock);
}

void kefs_lockwait_exit(void)
{
	cancel_delayed_work_sync(&looker);
	WARN_ON(atomic_read(&nr_waits) || !list_empty(&files));
}
