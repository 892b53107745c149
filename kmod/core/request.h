/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A request's life: it runs on a pool thread until done, or parks (holding no thread) and is resumed by whoever it
 * waits for. Knows neither sockets nor NFS.
 *
 *	run() ──────────────► done (the owner frees it)
 *	  │ kefs_park_begin(), hand the request to a waker, return KEFS_PARKED up to the runner
 *	  ▼
 *	runner: kefs_park_commit() ── true: forget the request, it may already run elsewhere
 *	                            └ false: the wake-up came first; run again
 *
 * kefs_unpark() may be called any number of times, from any context, between kefs_park_begin() and the next run;
 * exactly one of them resumes. A waker must be cancelled (so that it makes no late call) before the request is freed.
 */
#ifndef KEFS_CORE_REQUEST_H
#define KEFS_CORE_REQUEST_H

#include <linux/atomic.h>
#include <linux/timer.h>
#include "pool.h"

#define KEFS_PARKED 1	/* result of an op or a runner: neither done nor an error */

struct kefs_request {
	struct kefs_work work;		/* queued by kefs_unpark() */
	atomic_t park;			/* enum in request.c */
	struct timer_list timer;	/* kefs_park_for() */
	bool timed;			/* the timer was ever armed */
};

/* @run is called on a pool thread, in @lane if that is not NULL, at each resume; it must itself call kefs_park_commit()
 * when it parks again. */
void kefs_request_init(struct kefs_request *rq, void (*run)(struct kefs_work *work), struct kefs_lane *lane);
/* Before the memory goes: the timer is off for good. */
void kefs_request_destroy(struct kefs_request *rq);

void kefs_park_begin(struct kefs_request *rq);
bool kefs_park_commit(struct kefs_request *rq);
void kefs_unpark(struct kefs_request *rq);
/* kefs_park_begin() with a wake-up after @delay jiffies; other wakers may come first. */
void kefs_park_for(struct kefs_request *rq, unsigned long delay);

/* Requests between init and destroy, and those of them parked, for INFO_GET. */
unsigned int kefs_requests_alive(void);
unsigned int kefs_requests_parked(void);

#endif
