// SPDX-License-Identifier: GPL-2.0
/*
 * The pool. One lock guards the queue, the list of idle threads (a stack: the one with the warmest cache wakes first)
 * and the counts. It is taken in softirq and under timers' and other irq-safe locks, hence with interrupts off.
 *
 * Growth: nobody starts a thread in kefs_pool_queue(), which may be a softirq. Work that finds no idle thread arms
 * grow_work; if something still waits when that fires, more threads are started, unless enough of those there are
 * are on a CPU: then the machine is busy, not blocked, and more threads would only take turns.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/fs_struct.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include "limits.h"
#include "pool.h"

struct thread {			/* made by spawn(), freed by the thread: what kthread_data() gives */
	struct list_head all;		/* pool.threads */
	struct list_head idle;		/* pool.idle, or empty: working or picked to work */
	struct task_struct *task;
	void *actor;			/* the thread's own, as the next */
	struct kefs_lane *lane;		/* of the work that it runs */
	bool busy;			/* it runs some */
};

static void grow(struct work_struct *unused);

static struct {
	spinlock_t lock;		/* everything but the work structs */
	struct list_head queue;		/* struct kefs_work */
	struct list_head held;		/* struct kefs_lane that have some aside */
	struct list_head idle;		/* struct thread, last idle first */
	struct list_head threads;	/* struct thread that run; shorter than nr_threads while one starts */
	unsigned int nr_threads;
	unsigned int nr_busy;		/* threads that run work */
	unsigned int max;
	bool stopping;
	struct delayed_work grow_work;
	struct completion ended;	/* one completion for each thread that ended ... */
	unsigned int unreaped;		/* ... and was not counted here yet; pool_mutex */
} pool = {
	.lock = __SPIN_LOCK_UNLOCKED(pool.lock),
	.queue = LIST_HEAD_INIT(pool.queue),
	.held = LIST_HEAD_INIT(pool.held),
	.idle = LIST_HEAD_INIT(pool.idle),
	.threads = LIST_HEAD_INIT(pool.threads),
	.max = KEFS_THREADS_MAX_DEFAULT,
	.grow_work = __DELAYED_WORK_INITIALIZER(pool.grow_work, grow, 0),
	.ended = COMPLETION_INITIALIZER(pool.ended),
};

static DEFINE_MUTEX(pool_mutex);	/* serialises spawn() */

#define GROW_DELAY max(2UL, msecs_to_jiffies(10))

/* Wake the thread that went idle last; false if none is idle. */
static bool wake_one(void)
{
	struct thread *t = list_first_entry_or_null(&pool.idle, struct thread, idle);

	lockdep_assert_held(&pool.lock);
	if (!t)
		return false;
	list_del_init(&t->idle);
	wake_up_process(t->task);	/* under the lock: the thread cannot end before */
	return true;
}

/* How many more threads its work may have. */
static int lane_room(const struct kefs_lane *lane)
{
	lockdep_assert_held(&pool.lock);
	return KEFS_LANE_SHARE * ((int)pool.max - (int)pool.nr_busy) - lane->running;
}

static bool lane_full(const struct kefs_lane *lane)
{
	return lane_room(lane) <= 0;
}

/* Back into the queue with as much as there is room for. Each that runs is one more, and leaves one less to share. */
static void lane_resume(struct kefs_lane *lane)
{
	int room;

	for (room = lane_room(lane); room > 0 && !list_empty(&lane->waiting); room -= KEFS_LANE_SHARE + 1) {
		list_move_tail(lane->waiting.next, &pool.queue);
		if (!wake_one())
			queue_delayed_work(system_unbound_wq, &pool.grow_work, GROW_DELAY);
	}
	if (list_empty(&lane->waiting))
		list_del_init(&lane->held);
}

/*
 * There are more threads than before. All lanes are asked, not that of the work which is done alone: another one's
 * threads may be stuck. What turns out to be too much for the lane goes aside again.
 */
static void resume_held(void)
{
	struct kefs_lane *lane, *next;

	list_for_each_entry_safe(lane, next, &pool.held, held)
		lane_resume(lane);
}

/* The first that may run now; what its lane has no room for goes aside until there is. */
static struct kefs_work *take_locked(struct thread *self)
{
	struct kefs_work *work;

	lockdep_assert_held(&pool.lock);
	while ((work = list_first_entry_or_null(&pool.queue, struct kefs_work, node))) {
		if (!work->lane || !lane_full(work->lane))
			break;
		list_move_tail(&work->node, &work->lane->waiting);
		if (list_empty(&work->lane->held))
			list_add_tail(&work->lane->held, &pool.held);
	}
	if (!work)
		return NULL;
	list_del_init(&work->node);
	pool.nr_busy++;
	self->busy = true;
	self->lane = work->lane;
	if (self->lane)
		self->lane->running++;
	return work;
}

/* The thread has run what it took, if it took something. */
static void done_locked(struct thread *self)
{
	lockdep_assert_held(&pool.lock);
	if (!self->busy)
		return;
	if (self->lane)
		self->lane->running--;
	self->busy = false;
	self->lane = NULL;
	pool.nr_busy--;
	resume_held();
}

static bool lane_busy(struct kefs_lane *lane)
{
	bool busy;

	spin_lock_irq(&pool.lock);
	WARN_ON_ONCE(!list_empty(&lane->waiting));
	busy = lane->running;
	spin_unlock_irq(&pool.lock);
	return busy;
}

void kefs_lane_drain(struct kefs_lane *lane)
{
	while (lane_busy(lane))
		schedule_timeout_uninterruptible(1);
}

/* Next work, or NULL when the thread is to end. Sleeps. */
static struct kefs_work *next_work(struct thread *self)
{
	struct kefs_work *work = NULL;
	long left = 1;

	spin_lock_irq(&pool.lock);
	done_locked(self);
	while (pool.nr_threads <= pool.max) {
		work = take_locked(self);
		if (work)
			break;
		if (pool.stopping || (!left && pool.nr_threads > KEFS_THREADS_MIN))
			break;
		list_add(&self->idle, &pool.idle);
		left = pool.nr_threads > KEFS_THREADS_MIN ? KEFS_THREAD_IDLE_SEC * HZ : MAX_SCHEDULE_TIMEOUT;
		set_current_state(TASK_IDLE);
		spin_unlock_irq(&pool.lock);
		left = schedule_timeout(left);
		spin_lock_irq(&pool.lock);
		__set_current_state(TASK_RUNNING);
		if (list_empty(&self->idle))
			left = 1;	/* picked, though another thread may have been faster: not idle for so long */
		else
			list_del_init(&self->idle);
	}
	if (!work) {
		list_del(&self->all);
		pool.nr_threads--;
		if (!list_empty(&pool.queue))
			wake_one();	/* this thread may have been picked for it */
	}
	spin_unlock_irq(&pool.lock);
	return work;
}

static void thread_main(struct thread *self)
{
	struct kefs_work *work;

	self->task = current;
	INIT_LIST_HEAD(&self->idle);
	spin_lock_irq(&pool.lock);
	list_add(&self->all, &pool.threads);
	spin_unlock_irq(&pool.lock);
	while ((work = next_work(self)) != NULL) {
		work->run(work);
		cond_resched();
	}
}

static int thread_start(void *data)
{
	struct thread *self = data;

	/* kthreads share init's fs_struct, with its umask: modes would depend on who changes that. */
	if (unshare_fs_struct() == 0) {
		current->fs->umask = 0;
		thread_main(self);
	} else {
		spin_lock_irq(&pool.lock);
		pool.nr_threads--;
		spin_unlock_irq(&pool.lock);
	}
	kfree(self);
	/* The last instruction of the module that this thread runs; kefs_pool_exit() waits for it. */
	kthread_complete_and_exit(&pool.ended, 0);
	return 0;
}

void kefs_pool_set_actor(void *actor)
{
	((struct thread *)kthread_data(current))->actor = actor;
}

void *kefs_pool_actor(void)
{
	/* Not in an interrupt that such a thread happens to take. */
	if (!in_task() || kthread_func(current) != thread_start)
		return NULL;
	return ((struct thread *)kthread_data(current))->actor;
}

/* Start a thread if there may be one more. */
static int spawn(void)
{
	static unsigned int number;
	struct task_struct *task;
	struct thread *self;

	lockdep_assert_held(&pool_mutex);
	while (pool.unreaped && try_wait_for_completion(&pool.ended))
		pool.unreaped--;
	spin_lock_irq(&pool.lock);
	if (pool.stopping || pool.nr_threads >= pool.max) {
		spin_unlock_irq(&pool.lock);
		return -EAGAIN;
	}
	pool.nr_threads++;
	spin_unlock_irq(&pool.lock);
	self = kzalloc(sizeof(*self), GFP_KERNEL);
	task = self ? kthread_run(thread_start, self, "kefs/%u", number++) : ERR_PTR(-ENOMEM);
	if (IS_ERR(task)) {
		kfree(self);
		spin_lock_irq(&pool.lock);
		pool.nr_threads--;
		spin_unlock_irq(&pool.lock);
		return PTR_ERR(task);
	}
	pool.unreaped++;
	return 0;
}

/* How many threads would help what waits now. */
static unsigned int threads_wanted(void)
{
	unsigned int cpus = num_online_cpus(), waiting = 0, running = 0;
	struct kefs_work *work;
	struct thread *t;

	spin_lock_irq(&pool.lock);
	if (list_empty(&pool.idle)) {
		list_for_each_entry(work, &pool.queue, node) {
			if (++waiting == cpus)
				break;
		}
		list_for_each_entry(t, &pool.threads, all)
			running += task_is_running(t->task);
		if (pool.nr_threads >= KEFS_THREADS_MIN && running >= 2 * cpus)
			waiting = 0;
	}
	spin_unlock_irq(&pool.lock);
	return waiting;
}

static bool work_waits(void)
{
	bool waits;

	spin_lock_irq(&pool.lock);
	waits = !list_empty(&pool.queue) && !pool.stopping;
	spin_unlock_irq(&pool.lock);
	return waits;
}

static void grow(struct work_struct *unused)
{
	unsigned int wanted = threads_wanted();

	mutex_lock(&pool_mutex);
	while (wanted && spawn() == 0)
		wanted--;
	mutex_unlock(&pool_mutex);
	if (work_waits())
		queue_delayed_work(system_unbound_wq, &pool.grow_work, GROW_DELAY);
}

void kefs_pool_queue(struct kefs_work *work)
{
	unsigned long flags;
	bool woken;

	spin_lock_irqsave(&pool.lock, flags);
	list_add_tail(&work->node, &pool.queue);
	woken = wake_one();
	spin_unlock_irqrestore(&pool.lock, flags);
	if (!woken)
		queue_delayed_work(system_unbound_wq, &pool.grow_work, GROW_DELAY);
}

int kefs_pool_set_max(unsigned int max)
{
	if (max < KEFS_THREADS_MIN || max > 1024)
		return -EINVAL;
	spin_lock_irq(&pool.lock);
	pool.max = max;
	resume_held();
	spin_unlock_irq(&pool.lock);
	return 0;
}

unsigned int kefs_pool_threads(void)
{
	return READ_ONCE(pool.nr_threads);
}

int __init kefs_pool_init(void)
{
	unsigned int i;
	int err = 0;

	mutex_lock(&pool_mutex);
	for (i = 0; i < KEFS_THREADS_MIN && !err; i++)
		err = spawn();
	mutex_unlock(&pool_mutex);
	if (err)
		kefs_pool_exit();
	return err;
}

void kefs_pool_exit(void)
{
	struct thread *t;

	spin_lock_irq(&pool.lock);
	WARN_ON(!list_empty(&pool.queue));
	pool.stopping = true;
	list_for_each_entry(t, &pool.threads, all)
		wake_up_process(t->task);
	spin_unlock_irq(&pool.lock);
	cancel_delayed_work_sync(&pool.grow_work);
	/* Nobody spawns any more: stopping is set and the work is gone. */
	for (; pool.unreaped; pool.unreaped--)
		wait_for_completion(&pool.ended);
}
