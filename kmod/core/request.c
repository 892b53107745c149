// SPDX-License-Identifier: GPL-2.0
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include "request.h"
#include "trace.h"

/*
 * States of rq->park and who moves them:
 *	RUNNING ─ park_begin (runner) ─► PARKING ─ park_commit (runner) ─► PARKED ─ unpark ─► RUNNING, work queued
 *	                                    └ unpark ─► WOKEN ─ park_commit ─► RUNNING, the runner goes on itself
 * A runner that decides after park_begin not to park leaves PARKING or WOKEN behind; both mean to unpark that there
 * is nothing to queue, and the next park_begin overwrites them.
 */
enum {
	PARK_RUNNING,
	PARK_PARKING,
	PARK_WOKEN,
	PARK_PARKED,
};

static DEFINE_PER_CPU(int, alive);	/* differences; only the sum means something */
static atomic_t parked;

static void timer_fired(struct timer_list *timer)
{
	kefs_unpark(container_of(timer, struct kefs_request, timer));
}

void kefs_request_init(struct kefs_request *rq, void (*run)(struct kefs_work *work), struct kefs_lane *lane)
{
	kefs_work_init(&rq->work, run, lane);
	atomic_set(&rq->park, PARK_RUNNING);
	timer_setup(&rq->timer, timer_fired, 0);
	rq->timed = false;
	this_cpu_inc(alive);
}

void kefs_request_destroy(struct kefs_request *rq)
{
	WARN_ON_ONCE(atomic_read(&rq->park) == PARK_PARKED);
	if (rq->timed)
		timer_delete_sync(&rq->timer);
	this_cpu_dec(alive);
}

void kefs_park_begin(struct kefs_request *rq)
{
	/* A full barrier: what the caller now looks at, before it decides to park, is newer than this, and so either
	 * shows what a waker did or that waker's kefs_unpark() sees PARKING. */
	atomic_xchg(&rq->park, PARK_PARKING);
}

bool kefs_park_commit(struct kefs_request *rq)
{
	atomic_inc(&parked);
	trace_kefs_park(rq);
	if (atomic_cmpxchg(&rq->park, PARK_PARKING, PARK_PARKED) == PARK_PARKING)
		return true;
	atomic_dec(&parked);
	atomic_xchg(&rq->park, PARK_RUNNING);	/* likewise a barrier: run() sees what the waker did */
	return false;
}

void kefs_unpark(struct kefs_request *rq)
{
	smp_mb();	/* what the caller did, before the look at park: pairs with atomic_xchg() in kefs_park_begin() */
	if (atomic_cmpxchg(&rq->park, PARK_PARKING, PARK_WOKEN) == PARK_PARKING)
		return;
	/* It was committed, or another unpark came first. If it is PARKING again by now, it has run since the look
	 * above, and that run saw what the caller did: this wake-up is no longer owed. */
	if (atomic_cmpxchg(&rq->park, PARK_PARKED, PARK_RUNNING) != PARK_PARKED)
		return;
	atomic_dec(&parked);
	trace_kefs_unpark(rq);
	kefs_pool_queue(&rq->work);
}

void kefs_park_for(struct kefs_request *rq, unsigned long delay)
{
	kefs_park_begin(rq);
	rq->timed = true;
	mod_timer(&rq->timer, jiffies + delay);
}

unsigned int kefs_requests_alive(void)
{
	int cpu, sum = 0;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(&alive, cpu));
	return max(sum, 0);
}

unsigned int kefs_requests_parked(void)
{
	return max(atomic_read(&parked), 0);
}
